"""Loss functions of `nn.functional`, and their modules, against PyTorch with the same arguments."""

import numpy as np
import pytest

import nn
from nn import functional as F  # noqa: N812

from .modules import both, torch

pytestmark = pytest.mark.oracle

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
    x = np.random.default_rng(0).uniform(low, high, shape)
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
