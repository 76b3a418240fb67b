"""Where we differ from PyTorch on purpose: both sides' values, so that neither changes unseen.

Each is explained in docs/numerics.md. A row is: the op, both functions, the point, the order of the
derivative (0 for the value), what ours is, what theirs is.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, linalg

from .comparing import torch
from .inputs import INF, NAN

pytestmark = pytest.mark.oracle

F = torch.nn.functional
PAGE = Path(__file__).parents[2] / "docs" / "numerics.md"


def number(x):
    return torch.tensor(x, dtype=torch.float64)


def image(x):
    return x.reshape(1, 1, 1, 3)


TIES = [
    ("max", lambda x: ag.max(x, axis=0),
     lambda x: x.max(0)[0], [3, 3, 1], [1 / 2, 1 / 2, 0], [1, 0, 0]),
    ("fmax", lambda x: ag.fmax(x, 2.0), lambda x: torch.fmax(x, number(2)), [2], [1 / 2], [1]),
    ("fmin", lambda x: ag.fmin(x, 2.0), lambda x: torch.fmin(x, number(2)), [2], [1 / 2], [1]),
    ("sort", lambda x: ag.sort(x)[-1],
     lambda x: x.sort()[0][-1], [1, 2, 2], [0, 1 / 2, 1 / 2], [0, 0, 1]),
    ("topk", lambda x: ag.topk(x, 1)[0],
     lambda x: x.topk(1)[0], [3, 3, 1], [1 / 2, 1 / 2, 0], [1, 0, 0]),
    ("kthvalue", lambda x: ag.kthvalue(x, 1)[0],
     lambda x: x.kthvalue(1)[0], [1, 1, 3], [1 / 2, 1 / 2, 0], [0, 1, 0]),
    ("quantile", lambda x: ag.quantile(x, 0.5),
     lambda x: x.quantile(0.5), [1, 2, 2], [0, 1 / 2, 1 / 2], [0, 1, 0]),
    ("cummax", lambda x: ag.cummax(x)[-1],
     lambda x: x.cummax(0)[0][-1], [3, 3, 1], [1 / 2, 1 / 2, 0], [0, 1, 0]),
    ("max_pool2d", lambda x: ag.max_pool2d(image(x), (1, 3)),
     lambda x: F.max_pool2d(image(x), (1, 3)), [3, 3, 1], [1 / 2, 1 / 2, 0], [1, 0, 0]),
    ("adaptive_max_pool2d", lambda x: ag.adaptive_max_pool2d(image(x), (1, 2)),
     lambda x: F.adaptive_max_pool2d(image(x), (1, 2)),
     [3, 3, 1], [1 / 2, 3 / 2, 0], [1, 1, 0]),
    ("max_unpool1d", lambda x: ag.max_unpool1d(x[None], np.array([[1, 1]]), 2, 1),
     lambda x: F.max_unpool1d(x[None], torch.tensor([[1, 1]]), 2, 1), [1, 2], [0, 1], [1, 1]),
]  # fmt: skip

MASKED = [
    ("where", lambda x: ag.where(x > 0, ag.sqrt(x), 3 * x),
     lambda x: torch.where(x > 0, x.sqrt(), 3 * x),
     [4, -1, 0], [1 / 4, 3, 3], [1 / 4, NAN, NAN]),
    ("hypot", lambda x: ag.hypot(x, 0.0), lambda x: torch.hypot(x, number(0)), [0], [0], [NAN]),
    ("xlogy", lambda x: ag.xlogy(0.0, x), lambda x: torch.xlogy(0.0, x), [0], [0], [NAN]),
    ("logaddexp", lambda x: ag.logaddexp(x, -INF),
     lambda x: torch.logaddexp(x, number(-INF)), [-INF], [1 / 2], [NAN]),
    ("logsumexp", ag.logsumexp, lambda x: x.logsumexp(0), [-INF, -INF], [0, 0], [NAN, NAN]),
    ("logcumsumexp", ag.logcumsumexp, lambda x: x.logcumsumexp(0), [-INF, 0], [0, 1], [NAN, 1]),
    ("nanmean", ag.nanmean, lambda x: x.nanmean(), [NAN, NAN], [0, 0], [NAN, NAN]),
    ("copysign", lambda x: ag.copysign(x, -1.0),
     lambda x: torch.copysign(x, number(-1)), [INF], [-1], [NAN]),
]  # fmt: skip

FAR = [
    ("asinh", ag.asinh, torch.asinh, [1e200], [1e-200], [0]),
    ("atan2", lambda x: ag.atan2(x, 1e200), lambda x: torch.atan2(x, number(1e200)),
     [1], [1e-200], [0]),
]  # fmt: skip

SECOND = [
    ("sinc", ag.sinc, torch.sinc, [0], [-(np.pi**2) / 3], [NAN]),
    ("mish", ag.mish, F.mish, [1000], [0], [NAN]),
    ("elu", ag.elu, F.elu, [0], [1], [0]),
    ("vector_norm", linalg.vector_norm, torch.linalg.vector_norm, [0, 0], [0, 0], [NAN, NAN]),
    ("eigvalsh", lambda x: linalg.eigvalsh(x.reshape((2, 2))).sum(),
     lambda x: torch.linalg.eigvalsh(x.reshape(2, 2)).sum(),
     [1, 0, 0, 1], [0] * 4, [NAN] * 4),
]  # fmt: skip

VALUES = [
    ("median", ag.median, lambda x: x.median(), [1, 2, 3, 4], 2.5, 2),
    ("var", ag.var, lambda x: x.var(), [1, 2], 1 / 4, 1 / 2),
    ("sum", lambda x: ag.sum(x, axis=()), lambda x: x.sum(()), [1, 2], [1, 2], 3),
    ("sign", ag.sign, torch.sign, [NAN], [NAN], [0]),
    ("heaviside", lambda x: ag.heaviside(x, 0.5),
     lambda x: torch.heaviside(x, number([0.5])), [NAN], [NAN], [0]),
    ("softmax", ag.softmax, lambda x: x.softmax(-1), [INF, 1], [NAN, 0], [NAN, NAN]),
    ("max_pool1d", lambda x: ag.max_pool1d(x[None], 3, return_indices=True)[1],
     lambda x: F.max_pool1d(x[None], 3, return_indices=True)[1], [NAN, 1, NAN], [[0]], [[2]]),
    ("lp_pool1d", lambda x: ag.lp_pool1d(x[None], 3, 2),
     lambda x: F.lp_pool1d(x[None], 3, 2), [-3, 4], [[91 ** (1 / 3)]], [[37 ** (1 / 3)]]),
    ("lp_pool1d", lambda x: ag.lp_pool1d(x[None], 2, 2, ceil_mode=True),
     lambda x: F.lp_pool1d(x[None], 2, 2, ceil_mode=True),
     [1, 1, 1], [[2**0.5, 1]], [[2**0.5, 2**0.5]]),
    ("interpolate", lambda x: ag.interpolate(x[None, None], 5, mode="linear", align_corners=True),
     lambda x: F.interpolate(x[None, None], 5, mode="linear", align_corners=True),
     [0, INF, 0], [[[0, INF, INF, INF, 0]]], [[[NAN, INF, INF, INF, 0]]]),
    ("dropout", lambda x: ag.dropout(x, 1.0), lambda x: F.dropout(x, 1.0), [INF], [0], [NAN]),
    ("relu", lambda x: ag.relu(x).gradient(x, gradient=[1.0]),
     lambda x: torch.autograd.grad(x.relu(), x, torch.ones_like(x))[0], [NAN], [0], [1]),
]  # fmt: skip

ROWS = [
    *((name, f, g, at, 1, *both) for name, f, g, at, *both in [*TIES, *MASKED, *FAR]),
    *((name, f, g, at, 2, *both) for name, f, g, at, *both in SECOND),
    *((name, f, g, at, 0, *both) for name, f, g, at, *both in VALUES),
]


def derivative(f, x, order):
    """Of the sum of the results; the results themselves for order 0."""
    y = f(x)
    for _ in range(order):
        if isinstance(x, Tensor):
            y = y.gradient(x, gradient=np.ones(y.shape), create_graph=True)
        else:
            (y,) = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)
    return y.numpy() if isinstance(y, Tensor) else y.numpy(force=True)


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "at", "order", "mine", "other"), ROWS, ids=[r[0] for r in ROWS]
)
@np.errstate(all="ignore")
def test_both_are_what_the_page_says(name, ours, theirs, at, order, mine, other):
    at = np.array(at, float)
    x, y = Tensor(at, requires_grad=True), torch.tensor(at, requires_grad=True)
    np.testing.assert_allclose(derivative(ours, x, order), mine, rtol=1e-12)
    np.testing.assert_allclose(derivative(theirs, y, order), other, rtol=1e-12)


@pytest.mark.parametrize("name", sorted({r[0] for r in ROWS}))
def test_the_page_explains_it(name):
    assert re.search(rf"`{name}\b", PAGE.read_text(encoding="utf-8"))


def test_the_mixed_derivative_of_a_power_at_exponent_zero():
    """d/dx d/dy x**y = x**(y-1) * (1 + y log x): 1/x at y = 0, where PyTorch has 0."""
    x, y = Tensor(2.0, requires_grad=True), Tensor(0.0, requires_grad=True)
    assert (x**y).gradient(x, create_graph=True).gradient(y) == 0.5
    x, y = (torch.tensor(v, requires_grad=True) for v in (2.0, 0.0))
    (slope,) = torch.autograd.grad(x**y, x, create_graph=True)
    assert torch.autograd.grad(slope, y)[0] == 0


def test_dtypes_follow_numpy():
    for lhs, rhs, ours, theirs in [
        ("int64", "float32", "float64", "float32"),
        ("uint8", "int8", "int16", "int16"),
        ("float16", "float32", "float32", "float32"),
        ("int32", "float16", "float64", "float16"),
    ]:
        x, y = np.ones(1, lhs), np.ones(1, rhs)
        assert ag.add(x, y).dtype == ours
        assert torch.add(torch.tensor(x), torch.tensor(y)).dtype == getattr(torch, theirs)
    assert ag.exp(np.array([1])).dtype == np.float64
    assert torch.exp(torch.tensor([1])).dtype == torch.float32
    assert ag.sum(np.uint8([1])).dtype == np.uint64
    assert torch.sum(torch.tensor([1], dtype=torch.uint8)).dtype == torch.int64


def test_axes_of_a_number_and_negative_indices():
    with pytest.raises(ag.AxisError):
        ag.sum(np.float64(1.0), axis=0)
    assert torch.sum(number(1), 0) == 1
    assert ag.gather(np.array([1.0, 2.0]), np.array([-1]), 0) == 2
    with pytest.raises(RuntimeError):
        torch.gather(number([1.0, 2.0]), 0, torch.tensor([-1]))


def test_of_two_writes_to_one_place_the_last_has_the_gradient():
    v = Tensor([1.0, 2.0], requires_grad=True)
    y = Tensor(np.zeros(1, np.float32))
    y[[0, 0]] = v
    assert y.sum().gradient(v).tolist() == [0, 1]
    v = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.zeros(1)
    y[[0, 0]] = v
    assert torch.autograd.grad(y.sum(), v)[0].tolist() == [1, 1]
