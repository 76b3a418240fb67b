"""`where` of many elements gives what NumPy's does, to the bit and in every layout."""

from unittest.mock import patch

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, kernels
from autograd.kernels import _host, _threads

X = np.random.default_rng(0).normal(size=(30, 40, 12))
X[0, 0, :4] = np.nan, np.inf, -np.inf, -0.0
LAYOUTS = {
    "contiguous": lambda a: a.copy(),
    "turned": lambda a: np.asfortranarray(a),
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "stretched": lambda a: np.broadcast_to(a[:1, :1], a.shape),
    "read only": lambda a: _host.read_only(a.copy()),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("other", [0, 2.5, np.inf, 10**30, "array"])
def test_layouts_and_numbers(dtype, layout, other):
    x = LAYOUTS[layout](X.astype(dtype))
    y = LAYOUTS[layout](X[::-1].astype(dtype)) if other == "array" else other
    condition = LAYOUTS[layout](X > 0)
    for pair in ((x, y), (y, x)):
        expected = np.where(condition, *pair)
        found = kernels.choose(condition, *pair)
        assert found.dtype == expected.dtype == dtype
        assert found.tobytes() == expected.tobytes() == ag.where(condition, *pair).tobytes()


@pytest.mark.parametrize(
    ("condition", "x", "y"),
    [
        (X[0] > 0, X, X), (X > 0, X[0], X), (X > 0, 1.0, 2.0), (X > 0, np.float64(1), X),
        (X > 0, X.astype(np.float32), X), (X > 0, (X > 1).astype(int), 1), (X, X, X),
        (X > 0, X.astype(np.float16), 1.0), (X[:1, :1] > 0, X[:1, :1], 0.0), (np.True_, X, X),
        (X > 0, X.astype(X.dtype.newbyteorder()), 1.0),
    ],
)  # fmt: skip
def test_the_rest_is_left_to_numpy(condition, x, y):
    assert kernels.choose(condition, x, y) is None
    expected, found = np.where(condition, x, y), ag.where(condition, x, y)
    assert np.asarray(found).tobytes() == expected.tobytes()
    assert found.dtype == expected.dtype


def test_threads_change_nothing():
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        assert np.array_equal(kernels.choose(X > 0, X, 0), np.where(X > 0, X, 0), equal_nan=True)
    kernels.set_num_threads(0)


def test_both_branches_get_their_gradients():
    x, y = (Tensor(a, requires_grad=True) for a in (X[1:], X[:-1] + 1))
    for seed in (X[1:] * 2, np.broadcast_to(3.0, X[1:].shape)):
        for t, chosen in ((x, X[1:] > 0), (y, X[1:] <= 0)):
            g = ag.where(X[1:] > 0, x, y).gradient(t, gradient=seed)
            assert np.array_equal(g.numpy(), np.where(chosen, seed, 0))
