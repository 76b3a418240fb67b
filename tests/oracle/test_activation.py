"""Nonlinearities against PyTorch's."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812

from .modules import check, table, torch

pytestmark = pytest.mark.oracle

GRID = [(4, 5)]

ACTIVATIONS = [
    ("ReLU", (), {}, GRID),
    ("ReLU", (True,), {}, GRID),
    ("ReLU6", (), {}, GRID),
    ("LeakyReLU", (), {}, GRID),
    ("LeakyReLU", (0.3, True), {}, GRID),
    ("PReLU", (), {}, GRID),
    ("PReLU", (3, 0.5), {}, [(2, 3, 4)]),
    ("PReLU", (), {"init": 0.1}, [()]),
    ("RReLU", (0.2, 0.2), {}, GRID),
    ("ELU", (), {}, GRID),
    ("ELU", (0.5, True), {}, GRID),
    ("SELU", (), {}, GRID),
    ("CELU", (), {}, GRID),
    ("CELU", (0.5,), {}, GRID),
    ("GELU", (), {}, GRID),
    ("GELU", ("tanh",), {}, GRID),
    ("SiLU", (), {}, GRID),
    ("Mish", (), {}, GRID),
    ("Softplus", (), {}, GRID),
    ("Softplus", (2.0,), {"threshold": 1.0}, GRID),
    ("Sigmoid", (), {}, GRID),
    ("LogSigmoid", (), {}, GRID),
    ("Tanh", (), {}, GRID),
    ("Tanhshrink", (), {}, GRID),
    ("Softsign", (), {}, GRID),
    ("Hardtanh", (), {}, GRID),
    ("Hardtanh", (-0.5, 1.5, True), {}, GRID),
    ("Hardsigmoid", (), {}, GRID),
    ("Hardswish", (), {}, GRID),
    ("Hardshrink", (), {}, GRID),
    ("Hardshrink", (1.0,), {}, GRID),
    ("Softshrink", (), {}, GRID),
    ("Softshrink", (1.0,), {}, GRID),
    ("Threshold", (0.5, -3.0), {}, GRID),
    ("Threshold", (0.5, -3.0, True), {}, GRID),
    ("Softmax", (), {"dim": 0}, GRID),
    ("Softmax", (-1,), {}, [(2, 4, 5)]),
    ("LogSoftmax", (), {"dim": 1}, GRID),
    ("Softmin", (0,), {}, GRID),
    ("Softmax2d", (), {}, [(2, 3, 2, 4)]),
    ("Softmax2d", (), {}, [(3, 2, 4)]),
    ("GLU", (), {}, [(3, 4)]),
    ("GLU", (0,), {}, [(4, 3)]),
]  # fmt: skip


@table([case for case in ACTIVATIONS if True not in case[1]])
def test_activations(case):
    check(case)


@table([case for case in ACTIVATIONS if True in case[1]])
def test_in_place_ones_show_it_and_give_the_same_values(case):
    name, args, _, shapes = case
    ours, theirs = getattr(nn, name)(*args), getattr(torch.nn, name)(*args)
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).uniform(-2, 2, shapes[0])
    np.testing.assert_allclose(ours(x), theirs(torch.tensor(x)), rtol=1e-12)


def test_rrelu_draws_slopes_between_the_same_bounds():
    x = -np.ones(5000)
    for layer, values in ((nn.RReLU(rng=0), x), (torch.nn.RReLU(), torch.tensor(x))):
        slopes = -np.asarray(layer(values))
        assert slopes.min() == pytest.approx(1 / 8, abs=1e-3)
        assert slopes.max() == pytest.approx(1 / 3, abs=1e-3)
    evaluated = [m.eval()(v) for m, v in ((nn.RReLU(), x), (torch.nn.RReLU(), torch.tensor(x)))]
    np.testing.assert_allclose(*map(np.asarray, evaluated))


FUNCTIONS = [
    ("relu", (True,)), ("relu6", (True,)), ("leaky_relu", (0.2, True)), ("elu", (0.5, True)),
    ("selu", (True,)), ("celu", (0.5, True)), ("gelu", ()), ("silu", (True,)), ("mish", (True,)),
    ("softplus", (2.0, 1.0)), ("sigmoid", ()), ("logsigmoid", ()), ("tanh", ()),
    ("tanhshrink", ()), ("softsign", ()), ("hardtanh", (-0.5, 1.5, True)),
    ("hardsigmoid", (True,)), ("hardswish", (True,)), ("hardshrink", (1.0,)),
    ("softshrink", (1.0,)), ("threshold", (0.5, -3.0, True)), ("softmax", (0,)),
    ("log_softmax", (1,)), ("softmin", (0,)), ("glu", (0,)), ("rrelu", (0.1, 0.3, False, True)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), FUNCTIONS)
def test_functions_take_the_same_positional_arguments(name, args):
    x = np.random.default_rng(0).uniform(-2, 2, (4, 6))
    ours = getattr(F, name)(Tensor(x), *args)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(x), *args)
    np.testing.assert_allclose(np.asarray(ours), theirs.numpy(), rtol=1e-10)
