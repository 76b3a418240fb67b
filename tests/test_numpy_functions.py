"""NumPy's own functions on Tensors, all of them: they record the op of the same meaning, or answer
plainly about the values, or are refused by name. docs/numpy.md lists which does what.
"""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograd import REGISTRY, AutogradError, Tensor
from autograd.numpy_protocol import ABOUT, COMPOSED, NAMES, PLAIN, WRITING
from autograd.testing.registry import _is_float, samples_of
from autograd.tree import flatten

PAGE = Path(__file__).parents[1] / "docs" / "numpy.md"


def overridable(module):
    """The public functions that let other types take over, by the name that they call themselves.

    np.absolute and np.abs are one function; what stands in np.linalg is called linalg.something.
    """
    prefix = "linalg." if module is np.linalg else ""
    for name in module.__all__:
        f = getattr(module, name)
        if isinstance(f, np.ufunc) or (hasattr(f, "_implementation") and not isinstance(f, type)):
            home = "linalg." if "linalg" in (getattr(f, "__module__", "") or "") else prefix
            yield home + f.__name__, f


FUNCTIONS = dict(sorted([*overridable(np), *overridable(np.linalg)]))


def op_of(name):
    """The name of the op that a function records, or None."""
    bare = name.rpartition(".")[2]
    if name in COMPOSED or bare in COMPOSED or bare in WRITING:
        return None
    entry = REGISTRY.get(NAMES.get(bare, bare))
    return entry.name if entry is not None and entry.public else None


RECORDING = {name: op_of(name) for name in FUNCTIONS if op_of(name)}
OTHERS = sorted(n for n in FUNCTIONS if n not in RECORDING)


def tensors(leaves):
    return [
        Tensor(a, requires_grad=a.dtype.kind == "f")
        if isinstance(a, np.ndarray | np.floating)
        else a
        for a in leaves
    ]


def gradients(outputs, inputs):
    for y in outputs:
        if y.node is not None:
            y.backward(np.cos(np.arange(y.size)).reshape(y.shape), retain_graph=True)
    return [x.grad for x in inputs if type(x) is Tensor]


def close(actual, expected):
    return np.shape(actual) == np.shape(expected) and np.allclose(
        np.asarray(actual), expected, rtol=1e-10, atol=1e-12, equal_nan=True
    )


# Matrices that are not symmetric: NumPy reads one triangle, here it is the mean of both
SYMMETRISED = {"eigh", "eigvalsh", "cholesky"}


@pytest.mark.parametrize("name", RECORDING)
def test_a_function_records_the_op_of_the_same_meaning(name):
    """On the op's own samples: NumPy's value, and the op's gradient."""
    f, entry = FUNCTIONS[name], REGISTRY[RECORDING[name]]
    compared = 0
    for sample in samples_of(entry):
        leaves, rebuild = flatten(list(sample.args))
        attrs = {k: v for k, v in sample.attrs.items() if k != "dtype"}
        if name == "astype":
            rebuild, attrs = (lambda v: [*v, np.float32]), {}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = f(*rebuild(leaves), **attrs)
            except Exception:  # arguments that only ours has
                continue
            xs, ys = tensors(leaves), tensors(leaves)
            if not any(type(x) is Tensor for x in xs):
                continue
            actual = flatten(f(*rebuild(xs), **attrs))[0]
            ours = flatten(entry.call(*rebuild(ys), **attrs))[0]
        compared += 1
        assert all(type(v) is Tensor for v in actual)
        if entry.name not in SYMMETRISED:
            assert len(actual) == len(flatten(expected)[0])
            assert all(map(close, actual, flatten(expected)[0])), sample.label
        for a, b in zip(gradients(actual, xs), gradients(ours, ys), strict=True):
            assert (a is None and b is None) or close(a, b.numpy()), sample.label
        floats = any(_is_float(v) for v in leaves)
        assert entry.plain or not floats or any(v.requires_grad for v in actual)
    assert compared


X = np.arange(1.0, 25).reshape(2, 3, 4) / 7
COMPOSED_CALLS = [
    (np.linalg.trace, ()), (np.linalg.diagonal, ()), (np.conj, ()), (np.real, ()), (np.copy, ()),
    (np.fliplr, ()), (np.flipud, ()), (np.matrix_transpose, ()), (np.linalg.matrix_transpose, ()),
    (np.percentile, (30,)), (np.vsplit, (2,)), (np.dsplit, (2,)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "more"), COMPOSED_CALLS, ids=lambda v: getattr(v, "__name__", ""))
def test_functions_that_are_ops_with_other_arguments(f, more):
    """Values are NumPy's; each element of the result is a sum of weights times elements of x."""
    x = Tensor(X, requires_grad=True)
    actual, expected = (flatten(f(v, *more))[0] for v in (x, X))
    assert all(map(close, actual, expected))
    for k, y in enumerate(actual):
        g = np.cos(np.arange(y.size)).reshape(y.shape)
        slope = y.gradient(x, gradient=g)
        direction = np.sin(X)
        step = 1e-6  # the functions are linear here: no order changes
        moved = (flatten(f(X + step * direction, *more))[0][k] - expected[k]) / step
        assert np.isclose(np.sum(slope.numpy() * direction), np.sum(g * moved), rtol=1e-6)


@pytest.mark.parametrize("like", [np.zeros_like, np.ones_like, np.empty_like])
def test_arrays_like_tensors_are_tensors(like):
    made = like(Tensor(np.float32(X)))
    assert (type(made), made.shape, made.dtype) == (Tensor, X.shape, np.float32)
    assert np.full_like(Tensor(X), 3.0).numpy().max() == 3


@pytest.mark.parametrize("name", OTHERS)
def test_all_others_answer_plainly_or_are_refused_by_name(name):
    """Never an array of objects, and never numbers that have lost their derivative."""
    f, bare = FUNCTIONS[name], name.rpartition(".")[2]
    x = Tensor(np.array([[0.5, 2.0], [3.0, 0.25]]), requires_grad=True)
    for more in ((), (1,), (x,), (0, 1), (x, x), (1, 1, 1)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = f(x, *more)
            except AutogradError as e:
                if bare in str(e).splitlines()[0] or name in COMPOSED or bare in COMPOSED:
                    continue
                raise
            except (TypeError, ValueError, IndexError, AttributeError, OSError):  # other arguments
                continue
        assert bare in PLAIN | ABOUT or bare in COMPOSED or name in COMPOSED, name
        if bare in PLAIN:
            for part in flatten(result)[0]:
                assert not isinstance(part, Tensor)
                assert np.asarray(part).dtype.kind not in "fcO" or isinstance(part, np.dtype | str)


def test_what_writes_into_its_argument_is_refused():
    x = Tensor(X[0], requires_grad=True)
    index = np.array([[0], [1], [2]])
    for call in (
        lambda: np.put_along_axis(x, index, 5.0, 1), lambda: np.fill_diagonal(x, 0.0),
        lambda: np.copyto(x, X[1]), lambda: np.put(x, [0], 1.0),
        lambda: np.putmask(x, X[0] > 1, 0.0), lambda: np.place(x, X[0] > 1, [0.0]),
    ):  # fmt: skip
        with pytest.raises(AutogradError, match="is not an op on Tensors"):
            call()
        assert np.array_equal(x.numpy(), X[0])


def test_options_of_ufuncs_that_the_op_has():
    x, y = Tensor(X, requires_grad=True), X + 1
    assert close(np.vecdot(x, y, axis=0), np.vecdot(X, y, axis=0))
    with pytest.raises(AutogradError, match=r"np\.exp.*where"):
        np.exp(x, where=X > 1)


# The page


# Calls with NumPy's names, order and defaults of arguments: x is (3, 4), v (4,), k ints

CALLS = {
    "by name": lambda x, v, k: np.sum(a=x, axis=0),
    "several by name": lambda x, v, k: np.moveaxis(a=x, source=0, destination=-1),
    "linalg by name": lambda x, v, k: np.linalg.solve(a=x @ x.T + np.eye(3), b=x[:, 0]),
    "dtype and out in the way": lambda x, v, k: np.sum(x, 0, None, None, True),
    "dtype in the way of ddof": lambda x, v, k: np.std(x, 0, None, None, 1),
    "out in the way of method": lambda x, v, k: np.quantile(x, 0.3, 0, None, False, "hazen"),
    "copy in the way of nan": lambda x, v, k: np.nan_to_num(np.where(x > 0, x, np.nan), True, 7.0),
    "a kind of sorting": lambda x, v, k: np.sort(x, -1, "stable"),
    "a kind of sorting indices": lambda x, v, k: np.argsort(x, -1, "stable"),
    "clip with its old names": lambda x, v, k: np.clip(x, a_min=0, a_max=0.5),
    "out=None": lambda x, v, k: np.clip(x, 0, 0.5, out=None),
    "correction": lambda x, v, k: np.var(x, axis=1, correction=1),
    "rcond": lambda x, v, k: np.linalg.pinv(x, rcond=1e-10),
    "order C": lambda x, v, k: np.reshape(np.ravel(x, "C"), (4, 3), order="C"),
    "axes of cross": lambda x, v, k: np.cross(x[:, :3], x[:, 1:], -1, -1, -1),
    "no copy": lambda x, v, k: np.meshgrid(v, v, copy=False),
    "sparse": lambda x, v, k: np.meshgrid(v, x[0], sparse=True),
    "several arrays": lambda x, v, k: np.atleast_2d(v, x),
    "prepend and append": lambda x, v, k: np.diff(x, prepend=0.0, append=x[:, :2]),
    "indices that wrap": lambda x, v, k: np.take(x, [5, -7], 1, None, "wrap"),
    "indices that are clipped": lambda x, v, k: np.take(x, [5, -7], axis=1, mode="clip"),
    "inverted_cdf": lambda x, v, k: np.quantile(x, [0.2, 0.5], method="inverted_cdf"),
    "float_power of floats": lambda x, v, k: np.float_power(abs(x), 2),
    "float_power of ints": lambda x, v, k: np.float_power(k, 2),
    "fabs of ints": lambda x, v, k: np.fabs(k),
    "rint of ints": lambda x, v, k: np.rint(k),
    "einsum's default": lambda x, v, k: np.einsum("ij,j", x, v, optimize=False),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CALLS)
def test_arguments_are_numpys(case, dtype):
    rng = np.random.default_rng(5)
    arrays = rng.normal(size=(3, 4)).astype(dtype), rng.normal(size=4).astype(dtype), np.arange(4)
    expected = flatten(CALLS[case](*arrays))[0]
    actual = flatten(CALLS[case](*tensors(arrays)))[0]
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        assert type(a) is Tensor
        if case != "prepend and append":  # there our Python numbers stay weak
            assert a.dtype == e.dtype
        assert np.allclose(a, e, rtol=1e-5, equal_nan=True)


REFUSED = {
    "an initial value": ("initial", lambda x: np.sum(x, initial=2.0)),
    "a condition": ("where", lambda x: np.mean(x, where=x.numpy() > 0)),
    "a dtype by position": ("dtype", lambda x: np.sum(x, 0, np.float32)),
    "Fortran's order": ("order", lambda x: np.reshape(x, (4, 3), order="F")),
    "a triangle": ("UPLO", lambda x: np.linalg.eigh(x @ x.T, "U")),
    "an odd reflection": ("reflect_type", lambda x: np.pad(x, 1, "reflect", reflect_type="odd")),
    "a sorter": ("sorter", lambda x: np.searchsorted(x[0], 0.5, sorter=[0, 1, 2, 3])),
    "an initial value of a ufunc": ("initial", lambda x: np.add.reduce(x, initial=5.0)),
    "a condition of a ufunc": (
        "where",
        lambda x: np.add.reduce(x, where=x.numpy() > 0),
    ),
    "a dtype of a ufunc": ("dtype", lambda x: np.add.reduce(x, dtype=np.float32)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_without_a_meaning_here_are_refused_by_name(case):
    said, call = REFUSED[case]
    with pytest.raises(AutogradError, match=rf"^np\.[\w.]+: .*{said}"):
        call(Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True))


def listed(heading):
    """The names in backquotes below a heading of docs/numpy.md; pairs where it is a table."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|", text, re.MULTILINE)
    return dict(rows) if rows else set(re.findall(r"`([\w.]+)`", text))


def test_the_page_tells_what_each_function_does():
    """Every function of the installed NumPy; names that only other versions have may be there."""
    recorded = listed("Recorded")
    assert {n: o for n, o in recorded.items() if n in FUNCTIONS} == RECORDING
    assert {n for n in COMPOSED if n in FUNCTIONS} <= listed("Recorded with other arguments")
    assert {n for n in PLAIN | ABOUT if n in FUNCTIONS} <= listed("Answered plainly")
    known = {*recorded, *listed("Recorded with other arguments"), *listed("Answered plainly")}
    assert not known & listed("Refused by name")
    assert set(FUNCTIONS) <= known | {f"linalg.{n}" for n in COMPOSED} | listed("Refused by name")
