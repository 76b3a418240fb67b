"""Captions of images: the course's numbers, learning, and writing."""

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, ShapeError
from nn import models

WORDS = {w: i for i, w in enumerate(["<NULL>", "<START>", "<END>", "a", "cat", "dog", "sits"])}


def steps(low, high, *shape):
    return np.linspace(low, high, int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize(
    ("cell", "low", "high", "expected"),
    [("rnn", -1.5, 0.3, 9.83235591003), ("lstm", -0.5, 1.7, 9.82445935443)],
)
def test_the_loss_is_the_courses(cell, low, high, expected):
    """CS231n, third assignment: every parameter runs from -1.4 to 1.3 in equal steps."""
    n, d, w, h, v = 10, 20, 30, 40, 3
    words = {"<NULL>": 0, "cat": 2, "dog": 3}
    model = models.CaptioningRNN(words, d, w, h, cell, dtype="f8")
    gates = 4 if cell == "lstm" else 1

    def ours(x):
        """The course's columns are the input, forget, output gate, candidate; ours are i f c o."""
        i, f, o, c = np.split(x, 4, axis=-1) if gates == 4 else (x, x, x, x)
        return np.concatenate([i, f, c, o], axis=-1).T if gates == 4 else x.T

    model.load_state_dict(
        {
            "proj.weight": steps(-1.4, 1.3, d, h).T,
            "proj.bias": steps(-1.4, 1.3, h),
            "embed.weight": steps(-1.4, 1.3, v, w),
            "rnn.weight_ih_l0": ours(steps(-1.4, 1.3, w, gates * h)),
            "rnn.weight_hh_l0": ours(steps(-1.4, 1.3, h, gates * h)),
            "rnn.bias_ih_l0": ours(steps(-1.4, 1.3, gates * h)),
            "rnn.bias_hh_l0": np.zeros(gates * h),
            "vocab.weight": steps(-1.4, 1.3, h, v).T,
            "vocab.bias": steps(-1.4, 1.3, v),
        }
    )
    captions = (np.arange(n * 13) % v).reshape(n, 13)
    loss = model.loss(steps(low, high, n, d), captions)
    assert loss.item() == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_captions_learnt_by_heart_are_said_again(cell):
    features = np.eye(3, 6, dtype=np.float32)
    captions = np.array([[1, 3, 4, 2, 0], [1, 3, 5, 2, 0], [1, 3, 4, 6, 2]])
    model = models.CaptioningRNN(WORDS, 6, 8, 24, cell, rng=0)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        loss = model.loss(features, captions)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
    said = model.sample(features, max_length=6)
    assert said.tolist() == [[3, 4, 2, 0, 0, 0], [3, 5, 2, 0, 0, 0], [3, 4, 6, 2, 0, 0]]
    assert model.decode(said) == ["a cat", "a dog", "a cat sits"]
    assert model.decode(captions) == ["a cat", "a dog", "a cat sits"]
    drawn = model.sample(features, 6, temperature=20, rng=0)
    assert np.array_equal(drawn, model.sample(features, 6, temperature=20, rng=0))
    assert not np.array_equal(drawn, said)


def test_padding_has_no_part_in_the_loss():
    model = models.CaptioningRNN(WORDS, 6, 8, 10, dtype="f8", rng=0)
    features = np.random.default_rng(0).normal(size=(2, 6))
    short, padded = [[1, 3, 2], [1, 4, 2]], [[1, 3, 2, 0, 0], [1, 4, 2, 0, 0]]
    assert model.loss(features, short).item() == pytest.approx(model.loss(features, padded).item())


def test_first_values_are_the_courses():
    model = models.CaptioningRNN(WORDS, 400, 300, 200, "lstm", rng=0)
    spreads = {"proj.weight": 400**-0.5, "rnn.weight_ih_l0": 300**-0.5, "embed.weight": 0.01,
               "rnn.weight_hh_l0": 200**-0.5, "vocab.weight": 200**-0.5}  # fmt: skip
    for path, values in model.state_dict().items():
        assert values.std() == pytest.approx(spreads.get(path, 0), rel=0.05), path
    again = models.CaptioningRNN(WORDS, 400, 300, 200, "lstm", rng=0).state_dict()
    assert all(np.array_equal(again[path], v) for path, v in model.state_dict().items())


@pytest.mark.parametrize(
    ("action", "error", "match"),
    [
        (lambda m, x: models.CaptioningRNN(WORDS, cell_type="x"), ArgumentError, "no cell 'x'; "),
        (lambda m, x: models.CaptioningRNN({"a": 0}), ArgumentError, "has no '<NULL>'"),
        (
            lambda m, x: models.CaptioningRNN({"<NULL>": 0}, 6).sample(x), ArgumentError,
            "CaptioningRNN.sample: word_to_idx has no '<START>'",
        ),
        (lambda m, x: m.sample(x, 0), ArgumentError, "max_length must be at least 1, got 0"),
        (lambda m, x: m.sample(x, 3, -1), ArgumentError, "sample: temperature must not be negat"),
        (lambda m, x: m.sample(x[:, 1:]), ShapeError, r"features have shape \(2, 5\), expected \("),
        (lambda m, x: m(x, [[1], [2], [3]]), ShapeError, r"words have shape \(3, 1\), expected \("),
        (lambda m, x: m.loss(x, [[1], [1]]), ShapeError, r"captions have shape \(2, 1\), expected"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(action, error, match):
    with pytest.raises(error, match=match):
        action(models.CaptioningRNN(WORDS, 6, 8, 10), np.ones((2, 6), np.float32))
