"""What tables of vectors promise: messages, the limit of norms, gradients, dtypes."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from nn import functional as F  # noqa: N812

BAD_OPTIONS = {
    "padding": (lambda: nn.Embedding(4, 2, padding_idx=4), IndexingError, "4 .* 4 rows"),
    "padding from the end": (lambda: nn.EmbeddingBag(4, 2, padding_idx=-5), IndexingError, "-5"),
    "max_norm": (lambda: nn.Embedding(4, 2, max_norm=0), ArgumentError, "positive, got 0"),
    "mode": (lambda: nn.EmbeddingBag(4, 2, mode="median"), ArgumentError, "'median'"),
    "table of one axis": (
        lambda: nn.Embedding.from_pretrained(np.ones(3)), ShapeError, r"shape \(3,\)"),
    "table of ints": (
        lambda: nn.Embedding.from_pretrained([[1, 2]]), DTypeError, "floats, not int64"),
    "frequency of maxima": (
        lambda: nn.EmbeddingBag(4, 2, mode="max", scale_grad_by_freq=True)([[0]]),
        ArgumentError, "not 'max'"),
    "limit of a computed table": (
        lambda: F.embedding([0], Tensor([[1.0]], requires_grad=True) * 2, max_norm=1),
        ArgumentError, "must be a parameter"),
    "limit of an array": (
        lambda: F.embedding_bag([[0]], np.ones((2, 2)), max_norm=1),
        ArgumentError, "must be a parameter"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_make_no_sense_are_refused(case):
    action, error, match = BAD_OPTIONS[case]
    with pytest.raises(error, match=match):
        action()


@pytest.mark.parametrize("options", [{}, {"max_norm": 1.0}, {"scale_grad_by_freq": True}])
@pytest.mark.parametrize(
    ("ids", "error", "match"),
    [
        ([[0, 4]], IndexingError, "index 4 does not exist among the 4 rows"),
        ([[-1, 0]], IndexingError, "index -1"),
        ([[0.0, 1.0]], DTypeError, "ints, not float"),
    ],
)
@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_rows_that_do_not_exist_are_told_with_the_place(kind, ids, error, match, options):
    model = nn.ModuleDict({"words": kind(4, 2, **options)})
    model.forward = lambda x: model["words"](x)
    with pytest.raises(error, match=match) as caught:
        model(np.array(ids))
    assert f"in words ({kind.__name__})" in str(caught.value)


def test_only_rows_that_are_used_are_shortened():
    table = nn.Embedding(3, 2, max_norm=1.0)
    table.weight.data = [[3.0, 4.0], [3.0, 4.0], [0.3, 0.4]]
    out = table([0, 2, 0])
    expected = np.float32([[0.6, 0.8], [3, 4], [0.3, 0.4]])
    np.testing.assert_allclose(np.asarray(table.weight), expected, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(out), expected[[0, 2, 0]], rtol=1e-6)
    once = np.array(table.weight)
    table([0, 2])
    assert np.array_equal(np.asarray(table.weight), once)


def test_shortening_reaches_no_graph_that_was_recorded_before():
    table = nn.Embedding(2, 2, max_norm=1.0)
    table.weight.data = [[3.0, 4.0], [3.0, 4.0]]
    before = (table.weight**2).sum()
    table([0])
    before.backward()
    assert table.weight.grad.tolist() == [[6, 8], [6, 8]]


def test_gradients_divided_by_frequency_leave_values_alone():
    table = nn.Embedding(3, 2, scale_grad_by_freq=True)
    ids = np.array([0, 2, 0, 0])
    out = table(ids)
    assert np.array_equal(np.asarray(out), np.asarray(table.weight)[ids])
    out.sum().backward()
    np.testing.assert_allclose(np.asarray(table.weight.grad), [[1, 1], [0, 0], [1, 1]], rtol=1e-6)


@pytest.mark.parametrize("options", [{}, {"max_norm": 1.0}, {"scale_grad_by_freq": True}])
@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_tables_keep_float32_and_learn_by_second_derivatives_too(kind, options):
    table = kind(4, 2, **options)
    (g,) = [(table([[1, 2]]) ** 3).sum().gradient(table.weight, create_graph=True)]
    assert g.dtype == np.float32
    g.sum().backward()
    assert table.weight.grad.dtype == np.float32
    assert (np.asarray(table.weight.grad)[[0, 3]] == 0).all()
    assert (np.asarray(table.weight.grad)[[1, 2]] != 0).all()


def test_a_frozen_table_takes_no_gradient():
    table = nn.Embedding.from_pretrained(np.eye(3))
    assert not table([1, 2]).requires_grad
    assert list(table.state_dict()) == ["weight"]


@pytest.mark.parametrize("padding", [None, 1])
@pytest.mark.parametrize("size", [3, 2000])
def test_lookups_step_by_step_add_up_like_one(size, padding):
    ids = np.random.default_rng(0).integers(0, 5, (4, size))
    once, often = (nn.Embedding(5, 3, padding, rng=1).double() for _ in range(2))
    weight = np.random.default_rng(1).normal(size=(4, size, 3))
    (once(ids) * weight).sum().backward()
    sum((often(row) * w).sum() for row, w in zip(ids, weight, strict=True)).backward()
    np.testing.assert_allclose(np.asarray(often.weight.grad), np.asarray(once.weight.grad))
