"""Compiled steps of optimisers against NumPy's, over several steps."""

from unittest.mock import patch

import numpy as np
import pytest

import nn
from autograd import kernels
from autograd.kernels import _host


def trained(optimizer, dtype, **options):
    rng = np.random.default_rng(0)
    ps = [nn.Parameter(rng.normal(size=s).astype(dtype)) for s in ((3, 5), (7,), ())]
    optimizer = optimizer(ps, lr=0.1, **options)
    for _ in range(5):
        for p in ps:
            p.grad = rng.normal(size=p.shape).astype(dtype)
        optimizer.step()
    return [p.numpy() for p in ps], optimizer.state_dict()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"maximize": True}])
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_adam_is_the_same_but_for_the_last_digits(name, options, dtype):
    optimizer = getattr(nn.optim, name)
    with patch.object(_host, "LEAST", 0):
        fast, state = trained(optimizer, dtype, **options)
    slow, other = trained(optimizer, dtype, **options)
    tolerance = 1e-5 if dtype is np.float32 else 1e-13
    for a, b in zip(fast, slow):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    for k, kept in state["state"].items():
        for what, value in kept.items():
            np.testing.assert_allclose(value, other["state"][k][what], rtol=tolerance, atol=1e-7)


def test_small_parameters_and_other_layouts_are_left_to_numpy():
    small, turned = np.ones(9), np.ones((300, 400)).T
    for p in (small, turned):
        arrays = [p.copy(order="K") for _ in range(4)]
        assert not kernels.adam_step(*arrays, (0.0,) * 7)
        assert (arrays[0] == 1).all()
