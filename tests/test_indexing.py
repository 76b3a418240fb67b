"""x[index] and x[index] = v for every index that NumPy takes, drawn by hypothesis.

Both are linear, so derivatives need no differences: an array of numbers that is indexed in the same
way tells where every element goes. What comes out are whole numbers, and compared exactly.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import AutogradError, IndexingError, ShapeError, Tensor
from autograd.testing import check_grads

SHAPES = st.lists(st.integers(0, 4) | st.integers(2, 4), max_size=4).map(tuple)
COMMON = st.sampled_from([(), (1,), (2,), (3,), (2, 1), (2, 3), (0,)])
many = settings(deadline=None, derandomize=True, max_examples=400, database=None)


def whole(shape, start=1):
    """Distinct whole numbers as floats."""
    return np.asarray(start + np.arange(np.prod(shape, dtype=int), dtype=float).reshape(shape))


@st.composite
def slices(draw, size):
    bound = st.none() | st.integers(-size - 2, size + 2)
    return slice(draw(bound), draw(bound), draw(st.sampled_from([None, 1, 2, 3, -1, -2, -3])))


@st.composite
def integer_arrays(draw, size, common):
    """Positions along an axis, with repetitions and negative ones, that broadcast to `common`."""
    shape = tuple(draw(st.sampled_from([n, 1])) for n in common)
    shape = shape[draw(st.integers(0, len(shape))) :]
    count = int(np.prod(shape))
    values = draw(
        st.lists(st.integers(-size, max(size - 1, -size)), min_size=count, max_size=count)
    )
    dtype = draw(st.sampled_from([np.int64, np.int32, np.int8]))
    return np.array(values, dtype).reshape(shape)


@st.composite
def masks(draw, shape, count):
    """A mask, with `count` elements if the shape has so many and count is not None."""
    size = int(np.prod(shape, dtype=int))
    hits = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    if count is not None and count <= size and draw(st.booleans()):
        hits = draw(st.permutations([True] * count + [False] * (size - count)))
    return np.array(hits, bool).reshape(shape)


@st.composite
def indices(draw, shape):
    """Any index for an array of this shape; some are such as NumPy refuses."""
    common = draw(COMMON)
    items, axis, dots = [], 0, False
    kinds = ["int", "slice", "slice", "array", "array", "mask", "None", "...", "truth", "end"]
    for _ in range(len(shape) + 2):
        kind = draw(st.sampled_from(kinds))
        left = shape[axis:] if not dots else shape[-1:]
        if kind == "end":
            break
        if kind == "None":
            items.append(None)
        elif kind == "..." and not dots:
            dots = True
            items.append(Ellipsis)
        elif kind == "truth":
            items.append(draw(st.sampled_from([True, False, np.array(True), np.bool_(False)])))
        elif not left:
            continue
        elif kind == "mask":
            axes = draw(st.integers(1, len(left)))
            items.append(draw(masks(left[:axes], common[-1] if common else 1)))
            axis += axes
        elif kind in ("int", "array") and left[0]:
            whole_index = integer_arrays(left[0], () if kind == "int" else common)
            array = draw(whole_index)
            items.append(int(array) if kind == "int" else array)
            axis += 1
        elif kind == "slice":
            items.append(draw(slices(left[0])))
            axis += 1
    return items[0] if len(items) == 1 and draw(st.booleans()) else tuple(items)


def respelled(index, form):
    """The same index with its arrays as lists, or as Tensors."""
    if isinstance(index, tuple):
        return tuple(respelled(i, form) for i in index)
    if not isinstance(index, np.ndarray) or form == "arrays":
        return index
    if form == "lists" and index.size and index.ndim:
        return index.tolist()
    return Tensor(index) if form == "tensors" else index


@st.composite
def cases(draw):
    shape = draw(SHAPES)
    index = draw(indices(shape))
    return shape, index, respelled(index, draw(st.sampled_from(["arrays", "lists", "tensors"])))


def taken(array, index):
    """array[index], or None where NumPy refuses the index."""
    try:
        return np.asarray(array[index])
    except IndexError:
        return None


def counted(shape, positions):
    """How often each element is named."""
    size = int(np.prod(shape, dtype=int))
    return np.bincount(positions.ravel(), minlength=size)[:size].reshape(shape)


# Reading


@given(case=cases())
@many
def test_reading(case):
    """Value, gradient and second derivative; what NumPy refuses is refused, and nothing else."""
    shape, index, spelled = case
    array = whole(shape)
    x = Tensor(array, requires_grad=True)
    expected = taken(array, index)
    if expected is None:
        with pytest.raises(IndexingError) as e:
            x[spelled]
        assert "getitem: " in str(e.value)
        assert f"x: {shape} float64" in str(e.value)
        assert "index = " in str(e.value)
        return
    y = x[spelled]
    assert y.shape == expected.shape
    assert np.array_equal(y.numpy(), expected)

    positions = taken(np.arange(array.size).reshape(shape), index)
    g = whole(y.shape, 5)
    scattered = np.bincount(positions.ravel(), g.ravel(), array.size)[: array.size].reshape(shape)
    assert np.array_equal(y.gradient(x, gradient=g), scattered)

    slope = (y**3).sum().gradient(x, create_graph=True)
    times = counted(shape, positions)
    assert np.array_equal(slope.numpy(), 3 * array**2 * times)
    assert np.array_equal(slope.gradient(x, gradient=array), 6 * array**2 * times)


@given(case=cases())
@settings(many, max_examples=40)
@pytest.mark.slow
def test_all_modes_and_orders(case):
    shape, index, spelled = case
    if taken(whole(shape), index) is not None:
        x = np.sin(whole(shape))
        check_grads(lambda x: ag.exp(x)[spelled] * 2, x, order=2)


# Writing


@st.composite
def values_for(draw, shape):
    """The shape of something that broadcasts to `shape`, with ones in front or axes left out."""
    kept = tuple(draw(st.sampled_from([n, n, 1])) for n in shape)
    form = draw(st.sampled_from(["full", "fewer axes", "leading ones"]))
    if form == "fewer axes":
        return kept[draw(st.integers(0, len(kept))) :]
    return (1,) * draw(st.integers(1, 2)) + kept if form == "leading ones" else kept


@given(case=cases(), data=st.data())
@many
def test_writing(case, data):
    """x keeps its derivative where nothing was written; v gets the sum over its broadcasting.

    An element that is named several times keeps what was written last, as in NumPy, and only that
    one has a derivative.
    """
    shape, index, spelled = case
    start = whole(shape)
    target = taken(start, index)
    x = Tensor(start, requires_grad=True)
    if target is None:
        y = x * 1
        with pytest.raises(IndexingError, match=r"^(x\[\.\.\.\] =|index_put): "):
            y[spelled] = 1.0
        assert np.array_equal(y.numpy(), start)
        return
    value = whole(data.draw(values_for(target.shape)), 50)
    v = Tensor(value, requires_grad=True)
    y = x * 1
    y[spelled] = v
    expected, writer = start.copy(), np.full(shape, -1)
    fitting = value.shape[max(value.ndim - target.ndim, 0) :]  # without leading ones
    expected[index] = value.reshape(fitting)
    writer[index] = np.arange(value.size).reshape(fitting)
    assert np.array_equal(y.numpy(), expected)

    written = writer >= 0
    g = whole(shape, 7)
    dx, dv = y.gradient(x, v, gradient=g)
    assert np.array_equal(dx.numpy(), np.where(written, 0, g))
    summed = np.bincount(writer[written], g[written], value.size)[: value.size]
    assert np.array_equal(dv.numpy(), summed.reshape(value.shape))

    slope = (y**3).sum().gradient(v, create_graph=True)
    times = np.bincount(writer[written], minlength=value.size)[: value.size].reshape(value.shape)
    assert np.array_equal(slope.numpy(), 3 * value**2 * times)
    assert np.array_equal(slope.gradient(v, gradient=np.ones_like(value)), 6 * value * times)


@given(case=cases())
@settings(many, max_examples=100)
def test_writing_what_does_not_fit(case):
    shape, index, spelled = case
    target = taken(whole(shape), index)
    if target is None:
        return
    v = np.ones((*target.shape, 5))
    try:
        np.zeros(shape)[index] = v
    except (ValueError, TypeError):
        for y in (Tensor(whole(shape)), Tensor(whole(shape), requires_grad=True) * 1):
            with pytest.raises(ShapeError) as e:
                y[spelled] = v
            assert str(v.shape) in str(e.value)
            assert str(shape) in str(e.value)
            assert np.array_equal(y.numpy(), whole(shape))


# What is no index

NO_INDEX = [
    (5, "index 5 is out of bounds"), (-3, "index -3"), ((0, 9), "index 9"), ([0, 7], "index 7"),
    ((0, 0, 0), "too many indices"), ((..., ...), "ellipsis"), (np.ones(3, bool), "boolean"),
    (np.ones((2, 4), bool), "boolean"), (([0, 1], [0, 1, 2]), r"\(2,\) \(3,\)"), (1.0, "not 1.0"),
    ([0.5], r"not \[0.5\]"), ("a", "not 'a'"), ({0}, r"not \{0\}"), ([[0], [0, 1]], "ragged"),
    (np.array(["a"]), "<U1"), (slice(None, 1.5), "slice"), (slice(None, None, 0), "zero"),
    (1j, "1j"), (Tensor([0.5]), "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("index", "fact"), NO_INDEX, ids=lambda v: " ".join(str(v).split()))
def test_what_is_no_index(index, fact):
    """The message names the op, shows x and the index, and says what is wrong."""
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    for use in (lambda: x[index], lambda: (x * 1).__setitem__(index, 1.0)):
        with pytest.raises(AutogradError, match=fact) as e:
            use()
        first, *more = str(e.value).splitlines()
        assert first.partition(": ")[0] in ("getitem", "index_put", "x[...]", "x[...] =")
        assert any(line.startswith("  x: (2, 3) float64") for line in more)
        assert any(line.startswith("  index = ") for line in more)


def test_a_constant_that_is_written_in_place_complains_alike():
    for index, fact in ((5, "index 5"), ([0.5], "0.5"), ([[0], [0, 1]], "ragged")):
        x = Tensor(np.ones((2, 3)))
        with pytest.raises(IndexingError, match=fact) as e:
            x[index] = 1.0
        assert "(2, 3)" in str(e.value)
