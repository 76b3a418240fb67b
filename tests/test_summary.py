"""nn.summary: counts agree with hand counts, and nothing happens to the model."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor


def conv(i, o, k, **options):
    return nn.Conv2d(i, o, k, **options)


# The networks of textbooks: parameters, and multiply-adds for one image, counted by hand.
# Convolution: outputs x filter; linear: in x out.
MODELS = {
    "softmax regression 784-10": (lambda: nn.Linear(784, 10), (1, 784), 7850, 784 * 10),
    "two layers 784-50-10": (
        lambda: nn.Sequential(nn.Linear(784, 50), nn.Sigmoid(), nn.Linear(50, 10)),
        (1, 784), 39_760, 784 * 50 + 50 * 10,
    ),
    "784-256-10": (
        lambda: nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
        (1, 784), 203_530, 784 * 256 + 256 * 10,
    ),
    "512-512 with dropout": (
        lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 10),
        ),
        (1, 28, 28), 669_706, 784 * 512 + 512 * 512 + 512 * 10,
    ),
    "one convolution": (
        lambda: conv(1, 16, 2, stride=2), (1, 1, 200, 200), 80, 16 * 100 * 100 * 4
    ),
    "three convolutions and 500": (
        lambda: nn.Sequential(
            conv(3, 16, 2, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
            conv(16, 32, 2, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
            conv(32, 64, 2, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1024, 500), nn.ReLU(), nn.Linear(500, 10),
        ),
        (1, 3, 32, 32), 528_054,
        16 * 32**2 * 12 + 32 * 16**2 * 64 + 64 * 8**2 * 128 + 1024 * 500 + 500 * 10,
    ),
    "simple convolutional": (
        lambda: nn.Sequential(
            conv(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(4320, 100), nn.ReLU(), nn.Linear(100, 10),
        ),
        (1, 1, 28, 28), 433_890, 30 * 24**2 * 25 + 4320 * 100 + 100 * 10,
    ),
    "two convolutions of 5 x 5": (
        lambda: nn.Sequential(
            conv(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            conv(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1568, 10),
        ),
        (1, 1, 28, 28), 28_938, 16 * 28**2 * 25 + 32 * 14**2 * 400 + 1568 * 10,
    ),
    "MNIST by convolution": (
        lambda: nn.Sequential(
            conv(1, 32, 5, padding="same"), nn.MaxPool2d(2),
            conv(32, 64, 5, padding="same"), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(3136, 1024), nn.ReLU(), nn.Dropout(), nn.Linear(1024, 10),
        ),
        (1, 1, 28, 28), 3_274_634,
        32 * 28**2 * 25 + 64 * 14**2 * 800 + 3136 * 1024 + 1024 * 10,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_totals_equal_hand_counts(name):
    make, shape, parameters, multiply_adds = MODELS[name]
    found = nn.summary(make(), shape)
    assert (found.parameters, found.frozen) == (parameters, 0)
    assert found.multiply_adds == multiply_adds
    assert f"{parameters:,} parameters" in str(found)


LAYERS = {
    "grouped": (lambda: conv(4, 6, 3, groups=2), [(2, 4, 5, 5)], 2 * 6 * 9 * 2 * 9),
    "one axis": (lambda: nn.Conv1d(2, 3, 3, dilation=2), [(1, 2, 9)], 3 * 5 * 2 * 3),
    "transposed": (lambda: nn.ConvTranspose2d(2, 3, 3), [(1, 2, 4, 4)], 2 * 16 * 3 * 9),
    "unshared": (lambda: nn.LocallyConnected2d(1, 2, 5, 3), [(1, 1, 5, 5)], 2 * 9 * 9),
    "bilinear": (lambda: nn.Bilinear(2, 3, 4), [(5, 2), (5, 3)], 5 * (2 * 3 * 4 + 3 * 4)),
    "recurrent": (lambda: nn.LSTM(3, 4), [(5, 2, 3)], 5 * 2 * (3 * 16 + 4 * 16)),
    "attention": (  # four projections, scores, and their use
        lambda: nn.MultiheadAttention(4, 2), [(5, 2, 4)] * 3, 4 * 10 * 16 + 2 * 2 * 2 * 25 * 2
    ),
    "einsum": (
        lambda: nn.Lambda(lambda x, y: ag.einsum("bik,bkj->bij", x, y)),
        [(2, 3, 4), (2, 4, 5)], 2 * 3 * 4 * 5,
    ),
    "constant": (lambda: nn.Lambda(lambda x: x @ np.ones((3, 4), np.float32)), [(2, 3)], 24),
    "constant first": (lambda: nn.Lambda(lambda x: ag.matmul(np.ones((5, 2)), x)), [(2, 3)], 30),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_multiply_adds_of_layers(name):
    make, shapes, expected = LAYERS[name]
    assert nn.summary(make(), *shapes).multiply_adds == expected


class Nested(nn.Module):
    """Modules and parameters in lists, dicts and tuples, one of them shared, some frozen."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.blocks = [{"a": nn.Linear(4, 4)}, (nn.BatchNorm1d(4), nn.Dropout(0.5))]
        self.again = self.first
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.first.weight
        self.scales = [nn.Parameter(np.ones(4)), nn.Parameter(1.0, requires_grad=False)]
        self.unused = nn.Linear(4, 2)
        self.blocks[0]["a"].requires_grad_(False)

    def forward(self, x):
        x = self.again(self.first(x)) * self.scales[0] * self.scales[1]
        norm, drop = self.blocks[1]
        return {"out": self.tied(drop(norm(self.blocks[0]["a"](x)))), "x": (x, None)}


def test_rows_of_nested_modules():
    found = nn.summary(Nested(), (3, 4))
    rows = {row.path: row for row in found.rows}
    assert list(rows) == ["", "first", "blocks.0.a", "blocks.1.0", "blocks.1.1", "tied", "unused"]
    assert rows[""].shapes == ((3, 4), (3, 4))
    assert (rows[""].parameters, rows[""].frozen) == (5, 1)
    assert (rows["first"].calls, rows["first"].multiply_adds) == (2, 2 * 3 * 16)
    assert (rows["tied"].parameters, rows["tied"].shared) == (0, True)
    assert (rows["blocks.0.a"].parameters, rows["blocks.0.a"].frozen) == (20, 20)
    assert rows["unused"].calls == 0
    assert found.parameters == 5 + 20 + 20 + 8 + 10
    assert found.frozen == 21
    assert found.parameters == sum(p.size for p in Nested().parameters())


def test_the_table():
    assert (
        str(nn.summary(Nested(), (3, 4)))
        == """\
Layer                       Output shape     Parameters   Multiply-adds
-----------------------------------------------------------------------
Nested                      (3, 4), (3, 4)            5
  first: Linear x 2         (3, 4)                   20              96
  blocks.0.a: Linear        (3, 4)                   20              48
  blocks.1.0: BatchNorm1d   (3, 4)                    8
  blocks.1.1: Dropout       (3, 4)
  tied: Linear              (3, 4)               shared              48
  unused: Linear                                     10
-----------------------------------------------------------------------
63 parameters, 21 of them frozen
192 multiply-adds"""
    )


def test_deeper_levels_are_added_up():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 3))), nn.ReLU())
    whole = nn.summary(model, (1, 2))
    for depth, paths in {0: [""], 1: ["", "0", "1"], 2: ["", "0", "0.0", "0.1", "1"]}.items():
        found = nn.summary(model, (1, 2), depth=depth)
        assert [row.path for row in found.rows] == paths
        assert (found.parameters, found.multiply_adds) == (whole.parameters, whole.multiply_adds)
    assert [row.depth for row in whole.rows] == [0, 1, 2, 2, 3, 1]


def test_a_model_is_left_as_it_was():
    model = nn.Sequential(
        nn.Embedding(5, 4, max_norm=0.1), nn.BatchNorm1d(3), nn.Dropout(rng=3), nn.Flatten(),
        nn.LazyLinear(2),
    )  # fmt: skip
    model[0].weight.requires_grad_(False)
    before = {k: v.numpy().copy() for k, v in [*model.named_parameters(), *model.named_buffers()]}
    package, own = ag.random.get_state(), model[2].rng.bit_generator.state
    found = nn.summary(model, np.array([[0, 1, 2], [3, 4, 0]]))
    assert found.parameters == 20 + 6 + 26
    assert found.frozen == 20
    after = {k: v.numpy() for k, v in [*model.named_parameters(), *model.named_buffers()]}
    assert list(after) == list(before)
    assert all(np.array_equal(after[k], v) for k, v in before.items())
    assert ag.random.get_state() == package
    assert model[2].rng.bit_generator.state == own
    assert type(model[4]) is nn.LazyLinear
    assert all(module.training for module in model.modules())
    assert not model[0].weight.requires_grad
    assert not any(module._record.after for module in model.modules())
    with ag.no_grad():
        assert nn.summary(model, np.array([[0, 1, 2]])).multiply_adds == 24


def test_other_inputs():
    model = nn.Lambda(lambda x, scale: x * scale)
    assert nn.summary(model, Tensor(np.ones((2, 3))), 2.0).rows[0].shapes == ((2, 3),)
    assert nn.summary(nn.Lambda(lambda x: 5), (2, 3)).rows[0].shapes == ()


def test_misuse_is_told():
    with pytest.raises(TypeError, match="summary: needs a Module, got function"):
        nn.summary(lambda x: x, (1, 2))
    with pytest.raises(ValueError, match="depth must be 0 or more"):
        nn.summary(nn.ReLU(), (1, 2), depth=-1)
    with pytest.raises(ag.ShapeError, match="x has 5 features, expected 2"):
        nn.summary(nn.Linear(2, 3), (1, 5))
