"""What loss modules promise beside their values: settings, messages, masks, dtypes."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, ShapeError
from nn import init

ROW = np.array([[0.5, -1.0, 2.0]])

# Class, inputs that fit

LOSSES = [
    ("MSELoss", ROW, ROW),
    ("L1Loss", ROW, 2 * ROW),
    ("SmoothL1Loss", ROW, 3 * ROW),
    ("HuberLoss", ROW, 3 * ROW),
    ("LogCoshLoss", ROW, 2 * ROW),
    ("MSLELoss", abs(ROW), abs(ROW)),
    ("RMSELoss", ROW, 2 * ROW),
    ("BCELoss", ROW**2 / 5, ROW**2 / 5),
    ("BCEWithLogitsLoss", ROW, ROW**2 / 5),
    ("KLDivLoss", ROW, ROW**2),
    ("PoissonNLLLoss", ROW, ROW**2),
    ("GaussianNLLLoss", ROW, ROW, ROW**2),
    ("CrossEntropyLoss", ROW, np.array([1])),
    ("NLLLoss", ROW, np.array([1])),
    ("MultiMarginLoss", ROW, np.array([1])),
    ("MultiLabelMarginLoss", ROW, np.array([[1, -1, 0]])),
    ("MultiLabelSoftMarginLoss", ROW, np.array([[1, 0, 1]])),
    ("HingeLoss", ROW, np.sign(ROW)),
    ("ExponentialLoss", ROW, np.sign(ROW)),
    ("SoftMarginLoss", ROW, np.sign(ROW)),
    ("HingeEmbeddingLoss", ROW, np.sign(ROW)),
    ("MarginRankingLoss", ROW, 2 * ROW, np.sign(ROW)),
    ("CosineEmbeddingLoss", ROW, ROW + 1, np.array([1])),
    ("TripletMarginLoss", ROW, ROW + 1, ROW + 2),
    ("TemporalCrossEntropy", ROW[None], np.array([[1]])),
    ("CTCLoss", np.log(ROW**2)[None], np.array([[1]]), np.array([1]), np.array([1])),
]

table = pytest.mark.parametrize("case", LOSSES, ids=lambda c: c[0])


@table
def test_losses_keep_float32_and_arrive_at_their_input(case):
    name, x, *rest = case
    x = Tensor(x, dtype="float32", requires_grad=True)
    rest = [v.astype(np.float32) if v.dtype.kind == "f" else v for v in rest]
    loss = getattr(nn, name)()(x, *rest)
    assert loss.shape == ()
    assert loss.dtype == np.float32
    loss.backward()
    assert x.grad.dtype == np.float32
    assert np.isfinite(np.asarray(x.grad)).all()


@table
def test_a_wrong_reduction_is_refused_when_the_loss_is_made(case):
    name = case[0]
    with pytest.raises(ArgumentError, match=f"{name}: reduction must be one of .* got 'avg'"):
        getattr(nn, name)(reduction="avg")


@table
def test_misfits_name_the_loss_within_the_model(case):
    name, x, target, *rest = case

    class Task(nn.Module):
        def __init__(self):
            super().__init__()
            self.criterion = getattr(nn, name)()

        def forward(self, *inputs):
            return self.criterion(*inputs)

    wrong = np.zeros((7, 2, 5), np.asarray(target).dtype)
    with pytest.raises(ShapeError) as caught:
        Task()(x, wrong, *rest)
    assert f"in criterion ({name})" in str(caught.value)


def test_masked_steps_count_for_nothing():
    scores = np.array([[[5.0, 0.0], [np.nan, np.inf], [0.0, 0.0]]])
    mask = np.array([[False, False, True]])
    x = Tensor(scores, requires_grad=True)
    loss = nn.TemporalCrossEntropy()(x, np.zeros((1, 3), int), mask)
    assert float(loss) == pytest.approx(np.log(2))
    loss.backward()
    assert x.grad.tolist() == [[[0, 0], [0, 0], [-0.5, 0.5]]]


# First values that are not drawn from one distribution, and arguments that make no sense


def weight(*shape):
    return nn.Parameter(np.full(shape, 9.0))


def test_dirac_weights_pass_channels_on():
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 5))
    for groups in (1, 2):
        w = init.dirac_(weight(4, 4 // groups, 3, 3), groups)
        out = nn.functional.conv2d(x, w, padding=1, groups=groups)
        np.testing.assert_array_equal(np.asarray(out), x)


def test_sparse_columns_have_the_promised_zeros_and_spread():
    values = np.asarray(init.sparse_(weight(400, 300), 0.25, std=2.0, rng=0))
    assert ((values == 0).sum(axis=0) == 100).all()
    drawn = values[values != 0]
    n = drawn.size
    assert abs(drawn.mean()) < 5 * 2 / np.sqrt(n)
    assert abs(drawn.var() / 4 - 1) < 5 * np.sqrt(2 / n)


BAD_VALUES = {
    "uniform": (lambda: init.uniform_(weight(2), 1, 0), ArgumentError, "a=1, b=0"),
    "normal": (lambda: init.normal_(weight(2), std=-1), ArgumentError, "negative, got -1"),
    "truncated": (lambda: init.trunc_normal_(weight(2), std=0), ArgumentError, "positive, got 0"),
    "truncated ends": (
        lambda: init.trunc_normal_(weight(2), a=1, b=1), ArgumentError, "a=1, b=1"),
    "eye": (lambda: init.eye_(weight(2)), ShapeError, r"matrix, got shape \(2,\)"),
    "dirac": (lambda: init.dirac_(weight(2, 2)), ShapeError, r"3 to 5 axes.*\(2, 2\)"),
    "dirac groups": (
        lambda: init.dirac_(weight(4, 2, 3), 3), ArgumentError, "divide the 4 .* got 3"),
    "sparse": (lambda: init.sparse_(weight(2, 2), 1.5), ArgumentError, "between 0 and 1, got 1.5"),
    "sparse shape": (lambda: init.sparse_(weight(2), 0.5), ShapeError, "matrix"),
    "xavier": (lambda: init.xavier_normal_(weight(3)), ShapeError, "at least 2 axes"),
    "orthogonal": (lambda: init.orthogonal_(weight(3)), ShapeError, "at least 2 axes"),
    "mode": (lambda: init.kaiming_normal_(weight(3, 2), mode="in"), ArgumentError, "'in'"),
    "gain": (lambda: init.calculate_gain("swish"), ArgumentError, "no 'swish'; there is linear"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_VALUES)
def test_first_values_refuse_what_makes_no_sense(case):
    action, error, match = BAD_VALUES[case]
    with pytest.raises(error, match=match):
        action()
