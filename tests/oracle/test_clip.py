"""Clipped gradients against PyTorch."""

import math

import numpy as np
import pytest

import nn
from nn import regularise

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

clip = torch.nn.utils
SHAPES = [(3, 4), (), (5,)]


def both(scale=1.0, dtype=np.float64):
    """Parameters with the same gradients on either side; one without."""
    rng = np.random.default_rng(0)
    values = [scale * rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    ours = [nn.Parameter(v) for v in values]
    theirs = [torch.tensor(v, requires_grad=True) for v in values]
    for p, q, v in zip(ours, theirs, values):
        p.grad, q.grad = v, torch.tensor(v)
    return [*ours, nn.Parameter(1.0)], [*theirs, torch.tensor(1.0, requires_grad=True)]


def assert_same(ours, theirs, **close):
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        np.testing.assert_allclose(np.asarray(p.grad), q.grad.numpy(), **close)
        assert p.grad.dtype == q.grad.numpy().dtype


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", [0.5, 1.0, 2, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 0.1, 3.0, 1e9])
def test_clip_grad_norm(order, max_norm, dtype):
    ours, theirs = both(dtype=dtype)
    close = {"rtol": 1e-12 if dtype == np.float64 else 1e-5}
    norm = nn.clip_grad_norm_(ours, max_norm, order)
    expected = clip.clip_grad_norm_(theirs, max_norm, order)
    np.testing.assert_allclose(norm.numpy(), expected.numpy(), **close)
    assert_same(ours, theirs, **close)


@pytest.mark.parametrize("value", [0.0, 0.3, 5])
def test_clip_grad_value(value):
    ours, theirs = both()
    nn.clip_grad_value_(ours, value)
    clip.clip_grad_value_(theirs, value)
    assert_same(ours, theirs, rtol=0)


def test_the_parts_of_clip_grad_norm():
    ours, theirs = both()
    norm = regularise.get_total_norm([p.grad for p in ours[:-1]], 3)
    expected = clip.get_total_norm([q.grad for q in theirs[:-1]], 3)
    np.testing.assert_allclose(norm.numpy(), expected.numpy(), rtol=1e-12)
    regularise.clip_grads_with_norm_(ours, 0.2, norm)
    clip.clip_grads_with_norm_(theirs, 0.2, expected)
    assert_same(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_gradients_that_are_not_finite(value):
    ours, theirs = both()
    ours[0].grad[1, 2] = value
    theirs[0].grad[1, 2] = value
    norm, expected = nn.clip_grad_norm_(ours, 1.0), clip.clip_grad_norm_(theirs, 1.0)
    np.testing.assert_equal(norm.numpy(), expected.numpy())
    assert_same(ours, theirs)
    for side, params in ((nn, ours), (clip, theirs)):
        with pytest.raises((FloatingPointError, RuntimeError)):
            side.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
