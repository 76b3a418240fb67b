"""Every loss module against PyTorch's: values, gradients of all inputs, state dicts, settings."""

import numpy as np
import pytest

import nn

from .comparing import compare, torch
from .inputs import RNG, between, normal

pytestmark = pytest.mark.oracle

SIGNS = np.where(RNG.random((6, 3)) > 0.5, 1.0, -1.0)
ONES = np.where(RNG.random(6) > 0.5, 1.0, -1.0)
BITS = (SIGNS > 0).astype(float)
CLASSES = np.array([0, 2, -100, 1, 2, 0])
GRID = RNG.integers(0, 3, (2, 4, 5))
LABELS = np.array([[3, 0, -1, 1, 2], [1, -1, 0, 0, 0], [-1, 2, 2, 2, 2]])
WEIGHT = np.array([0.5, 1.0, 3.0])
SOFT = RNG.dirichlet(np.ones(3), 6)
PAIR = [normal(6, 3), normal(6, 3)]
CHANCES = [between(0.05, 0.95, 6, 3), between(0, 1, 6, 3)]
LOGS = np.log(RNG.dirichlet(np.ones(3), 6))

# Class, arguments, arrays to differentiate, other inputs

LOSSES = [
    ("MSELoss", {}, PAIR),
    ("L1Loss", {}, PAIR),
    ("SmoothL1Loss", {}, PAIR),
    ("SmoothL1Loss", {"beta": 0.3}, PAIR),
    ("SmoothL1Loss", {"beta": 0.0}, PAIR),
    ("HuberLoss", {}, PAIR),
    ("HuberLoss", {"delta": 0.4}, PAIR),
    ("CrossEntropyLoss", {}, [normal(6, 3)], CLASSES),
    ("CrossEntropyLoss", {"weight": WEIGHT, "ignore_index": 1}, [normal(2, 3, 4, 5)], GRID),
    ("CrossEntropyLoss", {"label_smoothing": 0.2, "weight": WEIGHT}, [normal(6, 3)], CLASSES),
    ("CrossEntropyLoss", {"label_smoothing": 0.1}, [normal(6, 3), SOFT]),
    ("NLLLoss", {}, [LOGS], CLASSES),
    ("NLLLoss", {"weight": WEIGHT, "ignore_index": 2}, [normal(2, 3, 4, 5)], GRID),
    ("BCELoss", {}, CHANCES),
    ("BCELoss", {"weight": WEIGHT}, CHANCES),
    ("BCEWithLogitsLoss", {}, PAIR),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": 2 * WEIGHT}, [normal(6, 3)], BITS),
    ("KLDivLoss", {}, [LOGS, SOFT]),
    ("KLDivLoss", {"log_target": True}, [LOGS, np.log(SOFT)]),
    ("PoissonNLLLoss", {}, [normal(6, 3)], between(0, 4, 6, 3)),
    ("PoissonNLLLoss", {"full": True}, [normal(6, 3)], between(0, 4, 6, 3)),
    ("PoissonNLLLoss", {"log_input": False, "eps": 1e-3}, [CHANCES[0]], between(0, 4, 6, 3)),
    ("GaussianNLLLoss", {}, [*PAIR, between(0.5, 2, 6, 3)]),
    ("GaussianNLLLoss", {"full": True, "eps": 1.0}, [*PAIR, between(0.5, 2, 6, 1)]),
    ("HingeEmbeddingLoss", {}, [normal(6, 3)], SIGNS),
    ("HingeEmbeddingLoss", {"margin": 0.3}, [normal(6, 3)], SIGNS),
    ("MarginRankingLoss", {}, PAIR, SIGNS),
    ("MarginRankingLoss", {"margin": 0.4}, PAIR, SIGNS),
    ("MultiMarginLoss", {}, [normal(6, 3)], CLASSES.clip(0)),
    ("MultiMarginLoss", {"p": 2, "margin": 0.5, "weight": WEIGHT}, [normal(6, 3)], CLASSES.clip(0)),
    ("MultiLabelMarginLoss", {}, [normal(3, 5)], LABELS),
    ("SoftMarginLoss", {}, [normal(6, 3)], SIGNS),
    ("MultiLabelSoftMarginLoss", {}, [normal(6, 3)], BITS),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHT}, [normal(6, 3)], CHANCES[1]),
    ("CosineEmbeddingLoss", {}, PAIR, ONES),
    ("CosineEmbeddingLoss", {"margin": 0.2}, PAIR, ONES),
    ("TripletMarginLoss", {}, [*PAIR, normal(6, 3)]),
    ("TripletMarginLoss", {"margin": 0.5, "p": 3.0, "eps": 0.1, "swap": True},
     [*PAIR, normal(6, 3)]),
]  # fmt: skip

DISTANCES = [
    ("CosineSimilarity", {}, PAIR),
    ("CosineSimilarity", {"dim": -1, "eps": 1e-3}, [normal(4, 3, 2), normal(4, 3, 2)]),
    ("PairwiseDistance", {}, PAIR),
    ("PairwiseDistance", {"p": 1.0, "eps": 0.1, "keepdim": True}, PAIR),
]

# Ours alone, written with PyTorch's functions: class, theirs, arrays to differentiate, other inputs

F = torch.nn.functional
MASK = np.array([[True, True, False, True], [True, False, False, False]])
STEPS = RNG.integers(0, 3, (2, 4))
COUNTS = [between(0, 4, 6, 3), between(0, 4, 6, 3)]


def masked_sequence(x, target, mask):
    losses = F.cross_entropy(x.swapaxes(1, 2), target, reduction="none")
    return (losses * mask).sum() / len(x)


OURS = [
    ("LogCoshLoss", lambda x, y: (x - y).cosh().log().mean(), PAIR),
    ("MSLELoss", lambda x, y: (x.log1p() - y.log1p()).square().mean(), COUNTS),
    ("RMSELoss", lambda x, y: F.mse_loss(x, y).sqrt(), PAIR),
    ("HingeLoss", lambda x, y: (1 - x * y).clamp(min=0).mean(), [normal(6, 3)], SIGNS),
    ("ExponentialLoss", lambda x, y: (-x * y).exp().mean(), [normal(6, 3)], SIGNS),
    ("TemporalCrossEntropy", masked_sequence, [normal(2, 4, 3)], STEPS, MASK),
]


def case_id(case):
    name, options, arrays = case[:3]
    return f"{name} {'' if callable(options) else sorted(options)} {arrays[0].shape}"


def torched(value):
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def compare_losses(ours, theirs, arrays, rest):
    """Values, and gradients of all arrays but the rest."""
    compare(lambda *x: ours(*x, *rest), lambda *y: theirs(*y, *map(torched, rest)), *arrays)


def check(case, **more):
    name, options, arrays, *rest = case
    options = {**options, **more}
    ours = getattr(nn, name)(**options)
    theirs = getattr(torch.nn, name)(**{k: torched(v) for k, v in options.items()})
    compare_losses(ours, theirs, arrays, rest)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    settings = {k: v for k, v in vars(theirs).items() if not k.startswith("_")}
    assert {k: getattr(ours, k) for k in settings} == settings


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", LOSSES, ids=case_id)
def test_losses(case, reduction):
    check(case, reduction=reduction)


@pytest.mark.parametrize("case", DISTANCES, ids=case_id)
def test_distances(case):
    check(case)


def test_the_mean_of_a_batch():
    check(("KLDivLoss", {}, [LOGS, SOFT]), reduction="batchmean")


@pytest.mark.parametrize("case", OURS, ids=case_id)
def test_losses_of_our_own(case):
    name, theirs, arrays, *rest = case
    compare_losses(getattr(nn, name)(), theirs, arrays, rest)


# PyTorch returns the gradient of CTC as if the scores were normalised again behind log_probs, so
# the comparison goes through log_softmax.

CTC = [
    ("CTCLoss", {}, [5, 3], [2, 1]),
    ("CTCLoss", {"blank": 2}, [5, 4], [2, 2]),
    ("CTCLoss", {"zero_infinity": True}, [5, 1], [2, 2]),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", CTC, ids=lambda c: f"{c[0]} {c[1]}")
def test_labels_without_a_timing(case, reduction):
    name, options, times, sizes = case
    targets = np.array([[1, 3], [3, 1]])
    ours = getattr(nn, name)(reduction=reduction, **options)
    theirs = getattr(torch.nn, name)(reduction=reduction, **options)
    compare_losses(
        lambda x: ours(nn.functional.log_softmax(x, -1), targets, times, sizes),
        lambda y: theirs(y.log_softmax(-1), *map(torch.tensor, (targets, times, sizes))),
        [normal(5, 2, 4)], [],
    )  # fmt: skip
    for setting in ("blank", "zero_infinity", "reduction"):
        assert getattr(ours, setting) == getattr(theirs, setting)
