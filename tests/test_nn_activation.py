"""Nonlinearities: settings that make no sense, and the ones that PyTorch does not have."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F  # noqa: N812

BAD_SETTINGS = {
    "elu": (lambda: nn.ELU(-1.0), r"^ELU: alpha must not be negative, got -1\.0$"),
    "celu": (lambda: nn.CELU(0), "^CELU: alpha must not be zero$"),
    "softplus": (lambda: nn.Softplus(0), "^Softplus: beta must not be zero$"),
    "gelu": (lambda: nn.GELU("erf"), "^GELU: approximate must be 'none' or 'tanh', got 'erf'$"),
    "rrelu": (lambda: nn.RReLU(0.5, 0.1), r"^RReLU: lower must not exceed upper, got 0\.5 and"),
    "hardtanh": (lambda: nn.Hardtanh(1, -1), "^Hardtanh: min_val must not exceed max_val, got 1"),
    "softshrink": (lambda: nn.Softshrink(-1), "^Softshrink: lambd must not be negative, got -1$"),
    "prelu": (lambda: nn.PReLU(0), "^PReLU: num_parameters must be at least 1, got 0$"),
    "softmax axis": (lambda: nn.Softmax()(np.ones(3)), "softmax: say along which axis"),
    "softmin axis": (lambda: nn.Softmin()(np.ones(3)), "softmin: say along which axis"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_settings_that_make_no_sense_are_refused(case):
    action, match = BAD_SETTINGS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


MISFITS = {
    "prelu": (nn.PReLU(4), (2, 3), "x has 3 channels but weight has 4 slopes", "0 (PReLU)"),
    "glu": (nn.GLU(), (2, 3), "axis -1 has size 3", "0 (GLU)"),
    "softmax2d": (nn.Softmax2d(), (2, 3), "0 (Softmax2d): x has 2 axes, expected (N, C", "0 (So"),
    "softmax": (nn.Softmax(2), (2, 3), "axis 2", "0 (Softmax)"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(case):
    layer, shape, fact, place = MISFITS[case]
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(layer)(np.ones(shape))
    assert fact in str(caught.value)
    assert place in str(caught.value)


def test_step_fires_from_zero_on_and_has_no_gradient():
    x = Tensor([-2.0, -0.0, 0.0, 1e-30, 3.0], requires_grad=True)
    y = nn.Step()(x)
    assert y.tolist() == [0, 1, 1, 1, 1]
    y.sum().backward()
    assert x.grad.tolist() == [0] * 5
    assert nn.Step(0.5)(x).tolist() == [0, 0.5, 0.5, 1, 1]
    assert repr(nn.Step()) == "Step(at_zero=1.0)"


def test_two_steps_and_a_line_make_xor():
    hidden, out = nn.Linear(2, 2), nn.Linear(2, 1)
    hidden.load_state_dict({"weight": np.ones((2, 2)), "bias": np.array([-0.5, -1.5])})
    out.load_state_dict({"weight": np.array([[1.0, -2.0]]), "bias": np.array([-0.5])})
    model = nn.Sequential(hidden, nn.Step(), out, nn.Step())
    assert model(Tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="f4")).tolist() == [
        [0], [1], [1], [0],
    ]  # fmt: skip


def test_maxout_takes_the_largest_of_neighbours_and_ties_share():
    x = Tensor([[1.0, 5.0, 2.0, 2.0]], requires_grad=True)
    y = F.maxout(x, 2)
    assert y.tolist() == [[5, 2]]
    y.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0.5, 0.5]]


def test_rrelu_is_random_in_training_only_and_takes_a_generator():
    x = Tensor(-np.ones(50), requires_grad=True)
    layer = nn.RReLU(rng=0)
    first, second = layer(x), layer(x)
    assert first.tolist() != second.tolist()
    assert first.tolist() == nn.RReLU(rng=0)(x).tolist()
    assert set(layer.eval()(x).tolist()) == {-(1 / 8 + 1 / 3) / 2}
    first.sum().backward()
    assert np.array_equal(np.asarray(x.grad), -np.asarray(first))
