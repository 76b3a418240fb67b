"""Layers and losses against PyTorch, in float64, with the very same arguments."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

CLOSE = {"rtol": 1e-8, "atol": 1e-8}
RNG = np.random.default_rng(0)


def both(make_ours, make_theirs, *arrays):
    """Outputs and gradients of all inputs and parameters, on either side, for one cotangent."""
    ours, theirs = make_ours, make_theirs
    x = [Tensor(a, requires_grad=True) for a in arrays]
    y = [torch.tensor(a, requires_grad=True) for a in arrays]
    out, expected = ours(*x), theirs(*y)
    assert out.shape == tuple(expected.shape)
    np.testing.assert_allclose(np.asarray(out), expected.detach().numpy(), **CLOSE)
    g = np.random.default_rng(1).normal(size=out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    for a, b in zip(x, y, strict=True):
        np.testing.assert_allclose(np.asarray(a.grad), b.grad.numpy(), **CLOSE)


def uniform(*shape, low=-2.0, high=2.0):
    return RNG.uniform(low, high, shape)


# Layers: name, arguments, input shapes

LAYERS = [
    ("Conv2d", (2, 3, 3), {}, [(2, 2, 7, 6)]),
    ("Conv2d", (2, 4, (3, 2)), {"stride": (2, 1), "padding": (1, 0)}, [(2, 2, 7, 6)]),
    ("Conv2d", (4, 6, 3), {"groups": 2, "dilation": 2, "bias": False}, [(1, 4, 8, 9)]),
    ("Conv2d", (2, 3, (4, 3)), {"padding": "same", "dilation": (1, 2)}, [(1, 2, 7, 6)]),
    ("Conv2d", (2, 3, 1), {"padding": "valid", "stride": 2}, [(1, 2, 7, 6)]),
    ("Conv2d", (2, 3, 3), {"padding": (2, 1), "padding_mode": "reflect"}, [(1, 2, 5, 6)]),
    ("Conv2d", (2, 3, 3), {"padding": 1, "padding_mode": "replicate"}, [(1, 2, 5, 6)]),
    ("Conv2d", (2, 3, (4, 3)), {"padding": "same", "padding_mode": "circular"}, [(1, 2, 5, 6)]),
    ("MaxPool2d", (2,), {}, [(2, 3, 7, 6)]),
    ("MaxPool2d", ((3, 2),), {"stride": 1, "padding": 1, "dilation": 2}, [(2, 3, 7, 6)]),
    ("MaxPool2d", (3, 2), {"ceil_mode": True}, [(1, 2, 8, 8)]),
    ("AvgPool2d", (2,), {}, [(2, 3, 7, 6)]),
    ("AvgPool2d", (3, 2, 1), {"count_include_pad": False}, [(1, 2, 7, 6)]),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True}, [(1, 2, 8, 7)]),
]


def case_id(case):
    name, args, options, shapes = case
    inside = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in options.items())])
    return f"{name}({inside}) {shapes[0]}"


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("case", LAYERS, ids=case_id)
def test_layers(case):
    name, args, options, shapes = case
    ours = getattr(nn, name)(*args, **options).double()
    theirs = getattr(torch.nn, name)(*args, **options).double()
    assert repr(ours) == repr(theirs)
    state = theirs.state_dict()
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: tuple(v.shape) for k, v in state.items()
    }
    ours.load_state_dict(state)
    both(ours, theirs, *[uniform(*s) for s in shapes])
    for (a, p), (b, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert a == b
        np.testing.assert_allclose(np.asarray(p.grad), q.grad.numpy(), **CLOSE)


# Losses: name, options, input shape, how to make the target

CLASSES = np.array([0, 2, -100, 1, 2, 0])
WEIGHT = np.array([0.5, 1.0, 3.0])
PROBABILITIES = np.random.default_rng(2).dirichlet(np.ones(3), 6)
BITS = np.array([[0.0, 1.0, 0.3]] * 6)


def grid():
    return np.random.default_rng(3).integers(0, 3, (2, 4, 5))


LOSSES = [
    ("cross_entropy", {}, (6, 3), CLASSES),
    ("cross_entropy", {"weight": WEIGHT}, (6, 3), CLASSES),
    ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.2}, (6, 3), CLASSES),
    ("cross_entropy", {"label_smoothing": 0.2, "ignore_index": 2}, (6, 3), CLASSES.clip(0)),
    ("cross_entropy", {}, (6, 3), PROBABILITIES),
    ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.3}, (6, 3), PROBABILITIES),
    ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.1}, (2, 3, 4, 5), grid()),
    ("cross_entropy", {}, (3,), np.array(1)),
    ("nll_loss", {}, (6, 3), CLASSES),
    ("nll_loss", {"weight": WEIGHT, "ignore_index": 1}, (6, 3), CLASSES.clip(0)),
    ("nll_loss", {"weight": WEIGHT}, (2, 3, 4, 5), grid()),
    ("mse_loss", {}, (6, 3), BITS),
    ("l1_loss", {}, (6, 3), BITS),
    ("binary_cross_entropy", {}, (6, 3), BITS),
    ("binary_cross_entropy", {"weight": WEIGHT}, (6, 3), BITS),
    ("binary_cross_entropy_with_logits", {}, (6, 3), BITS),
    ("binary_cross_entropy_with_logits", {"pos_weight": WEIGHT}, (6, 3), BITS),
    ("binary_cross_entropy_with_logits", {"weight": WEIGHT, "pos_weight": WEIGHT}, (6, 3), BITS),
]
MODULES = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
}


def as_torch(options):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", LOSSES, ids=lambda c: f"{c[0]} {sorted(c[1])} {c[2]} {c[3].dtype}")
def test_losses(case, reduction):
    name, options, shape, target = case
    low, high = (0.05, 0.95) if name == "binary_cross_entropy" else (-2, 2)
    x = uniform(*shape, low=low, high=high)
    aim = torch.tensor(target)
    both(
        lambda t: getattr(F, name)(t, target, reduction=reduction, **options),
        lambda t: getattr(torch.nn.functional, name)(
            t, aim, reduction=reduction, **as_torch(options)
        ),
        x,
    )
    ours = getattr(nn, MODULES[name])(reduction=reduction, **options)
    theirs = getattr(torch.nn, MODULES[name])(reduction=reduction, **as_torch(options))
    both(lambda t: ours(t, target), lambda t: theirs(t, aim), x)
    assert list(ours.state_dict()) == list(theirs.state_dict())


# First values


@pytest.mark.parametrize("name", ["xavier_uniform_", "kaiming_normal_", "trunc_normal_"])
def test_first_values_have_the_same_spread(name):
    ours = np.asarray(getattr(nn.init, name)(nn.Parameter(np.zeros((300, 50, 2, 2))), rng=0))
    theirs = getattr(torch.nn.init, name)(torch.zeros(300, 50, 2, 2)).numpy()
    assert ours.std() == pytest.approx(theirs.std(), rel=0.02)
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.3)
