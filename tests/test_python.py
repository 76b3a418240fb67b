"""Tensors as Python objects: iteration, truth, text, copies, pickles."""

import copy
import pickle

import numpy as np
import pytest

from autograd import Tensor
from autograd.errors import DTypeError, GraphError, ShapeError


def leaf(values, dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12)


# Sequences


def test_iterating_is_differentiable():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (first * 2 + second * 3).sum().backward()
    close(x.grad, [[2, 2], [3, 3]])
    a, b, c = leaf([1.0, 2.0, 3.0])
    assert (a * b * c).item() == 6
    assert len(list(Tensor(np.ones((0, 3))))) == 0


def test_python_sum_and_max_and_sorted():
    x = leaf([3.0, 1.0, 2.0])
    sum(x).backward()
    close(x.grad, [1, 1, 1])
    assert max(x).item() == 3
    assert [t.item() for t in sorted(x)] == [1, 2, 3]


@pytest.mark.parametrize("shape", [(3,), (2, 5), (0, 2)])
def test_len_is_the_first_axis(shape):
    assert len(Tensor(np.ones(shape))) == shape[0]


def test_a_number_has_no_length_and_no_items():
    for t in (Tensor(1.0), leaf(1.0)):
        with pytest.raises(TypeError, match="0-d"):
            len(t)
        with pytest.raises(TypeError, match="0-d"):
            iter(t)


def test_in():
    x = leaf([1.0, 2.0])
    assert 1.0 in x
    assert Tensor(2.0) in x
    assert 3.0 not in x
    assert np.array([1.0, 2.0]) in leaf([[1.0, 2.0], [3.0, 4.0]])


# Numbers


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_is_a_number(shape):
    t = leaf(np.full(shape, 2.5))
    assert t.item() == 2.5
    assert float(t) == 2.5
    assert int(t) == 2
    assert bool(t)
    assert not Tensor(np.zeros(shape))
    assert f"{t:.3f}" == "2.500"
    assert f"{t:>8.1f}" == "     2.5"


def test_several_elements_are_not():
    t = leaf([1.0, 2.0])
    for use in (bool, float, int, lambda t: t.item(), lambda t: f"{t:.2f}"):
        with pytest.raises(ShapeError, match=r"\(2,\)"):
            use(t)
    with pytest.raises(ShapeError, match=r"any.*all"):
        bool(t)
    with pytest.raises(ShapeError):
        bool(Tensor(np.ones(0)))


def test_integer_tensors_are_indices():
    items = "abc"
    assert items[Tensor(1)] == "b"
    assert list(range(Tensor(3))) == [0, 1, 2]
    for bad in (Tensor(1.0), Tensor([1])):
        with pytest.raises(TypeError):
            items[bad]


def test_tolist():
    assert leaf([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    assert type(leaf(2.0).tolist()) is float
    assert Tensor([1, 2]).tolist() == [1, 2]


# Text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Tensor([1.0, 2.5]), "Tensor([1. , 2.5])"),
        (lambda: Tensor(2.0), "Tensor(2.)"),
        (lambda: Tensor([1, 2]), "Tensor([1, 2])"),
        (lambda: Tensor([True]), "Tensor([ True])"),
        (lambda: Tensor(np.ones(1)), "Tensor([1.], dtype=float64)"),
        (lambda: Tensor([1.0], requires_grad=True), "Tensor([1.], requires_grad=True)"),
        (lambda: Tensor([1.0], requires_grad=True) * 2, "Tensor([2.], op=multiply)"),
        (lambda: Tensor(np.array(3, np.int8)), "Tensor(3, dtype=int8)"),
    ],
)
def test_repr(make, text):
    assert repr(make()) == text
    assert str(make()) == text
    assert f"{make()}" == text


def test_repr_aligns_rows():
    assert repr(Tensor([[1.0, 2.0], [3.0, 4.0]])) == "Tensor([[1., 2.],\n        [3., 4.]])"


def test_a_large_tensor_has_a_short_repr():
    assert len(repr(Tensor(np.ones((1000, 1000))))) < 1000


# Identity


def test_tensors_hash_by_identity_and_compare_by_element():
    x, y = leaf([1.0]), leaf([1.0])
    assert len({x, y, x}) == 2
    assert {x: 1}[x] == 1
    assert (x == y).tolist() == [True]
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711
    assert (x == "a") is False
    assert x != object()


def test_foreign_types_get_their_say():
    class Mine:
        def __radd__(self, other):
            return "mine"

        __array_ufunc__ = None

    class Unknown:
        pass

    for compute in (lambda x, y: x + y, lambda x, y: y * x, lambda x, y: x < y, lambda x, y: x @ y):
        with pytest.raises(TypeError):
            compute(leaf([1.0]), Unknown())


def test_a_misspelt_attribute_is_not_set_silently():
    with pytest.raises(AttributeError):
        leaf([1.0]).anything = 1


def test_a_tensor_has_the_usual_attributes():
    x = leaf(np.ones((2, 3)), np.float32)
    assert (x.shape, x.ndim, x.size, x.dtype) == ((2, 3), 2, 6, np.float32)
    assert (x.nbytes, x.itemsize) == (24, 4)
    assert x.T.shape == (3, 2)
    assert x.is_leaf
    assert x.requires_grad
    assert not (x * 2).is_leaf
    assert (x * 2).requires_grad
    assert Tensor(1.0).is_leaf


# requires_grad_


def test_requires_grad_can_be_switched():
    x = Tensor([1.0, 2.0])
    assert x.requires_grad_() is x
    (x * x).sum().backward()
    close(x.grad, [2, 4])
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    x.requires_grad_()
    assert (x * 2).requires_grad


def test_requires_grad_of_results_and_integers():
    y = leaf([1.0]) * 2
    assert y.requires_grad_() is y
    with pytest.raises(GraphError, match="detach"):
        y.requires_grad_(False)
    for bad in (Tensor([1, 2]), Tensor([True])):
        with pytest.raises(DTypeError, match="float"):
            bad.requires_grad_()
    with pytest.raises(DTypeError, match=r"int64"):
        Tensor([1, 2], requires_grad=True)


def test_detach_shares_the_value_and_not_the_graph():
    x = leaf([3.0])
    d = x.detach()
    assert not d.requires_grad
    (x * d).backward()
    close(x.grad, [3])


# Copies

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda t: pickle.loads(pickle.dumps(t)),
}
copies = pytest.mark.parametrize("make", COPIES.values(), ids=COPIES.keys())


@copies
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("shape", [(), (2, 3), (0,)])
def test_leaves_copy_as_leaves(make, dtype, shape):
    x = leaf(np.full(shape, 2.0), dtype, name="weight")
    y = make(x)
    assert y is not x
    assert y.is_leaf
    assert y.requires_grad
    assert y.name == "weight"
    assert y.dtype == dtype
    assert y.shape == shape
    assert np.array_equal(y.numpy(), x.numpy())
    (y * y).sum().backward()
    assert x.grad is None
    y.data[...] = 7
    close(x, np.full(shape, 2.0))


@copies
def test_constants_copy_as_constants(make):
    for t in (Tensor([1, 2]), Tensor(1.5), Tensor([True])):
        c = make(t)
        assert not c.requires_grad
        assert c.dtype == t.dtype
        assert c.tolist() == t.tolist()


@copies
def test_results_do_not_copy(make):
    y = leaf([1.0]) * 2
    with pytest.raises(GraphError, match=r"multiply.*test_python.py:\d+") as e:
        make(y)
    assert "detach" in str(e.value)
    make(y.detach())


@pytest.mark.parametrize("make", [copy.deepcopy, COPIES["pickle"]])
def test_shared_leaves_stay_shared(make):
    x = leaf([1.0])
    a, b = make([x, {"same": x}])
    assert a is b["same"]


def test_a_deep_copy_takes_the_gradient_along():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    close(y.grad, [2, 4])
    y.grad.data[:] = 0
    close(x.grad, [2, 4])


def test_a_pickle_of_a_leaf_holds_no_graph():
    x = leaf([1.0])
    y = x
    for _ in range(100):
        y = y * 2
    assert len(pickle.dumps(x)) < 1000


def test_copy_and_clone_are_differentiable():
    x = leaf([1.0, 2.0])
    for c in (x.copy(), x.clone()):
        close((c * 3).sum().gradient(x), [3, 3])
