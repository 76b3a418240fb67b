"""Models of text: writing characters, and vectors of words."""

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from nn import functional as F  # noqa: N812
from nn import models

TEXT = "the quick brown fox jumps over the lazy dog. "


def trained(cell):
    """A model that knows one sentence by heart."""
    model = models.CharRNN(TEXT, hidden=32, cell=cell, embedding=16, rng=0)
    tokens = model.vocabulary.encode(TEXT)[None]
    optimizer = nn.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(60):
        scores, _ = model(tokens[:, :-1])
        loss = F.cross_entropy(scores.reshape(-1, len(model.vocabulary)), tokens[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_sentence_learnt_by_heart_is_written_out(cell):
    model = trained(cell)
    assert model.generate("the quick ", 35, temperature=0) == TEXT[10:]
    assert model.generate("the quick ", 35, temperature=0.05, rng=0) == TEXT[10:]
    wild = model.generate("the quick ", 200, temperature=50, rng=0)
    assert wild == model.generate("the quick ", 200, temperature=50, rng=0)
    assert wild != model.generate("the quick ", 200, temperature=50, rng=1)
    assert set(wild) == set(TEXT)  # all about equally likely


def test_a_text_in_two_pieces_is_one_text():
    model = models.CharRNN("abc", hidden=6, layers=2, dtype="f8", rng=0)
    tokens = np.array([[0, 1, 2, 0, 1]])
    whole, _ = model(tokens)
    first, state = model(tokens[:, :3])
    second, _ = model(tokens[:, 3:], state)
    assert np.allclose(whole, np.concatenate([first, second], 1))


def test_it_takes_a_vocabulary_and_has_as_many_parameters_as_it_should():
    words = nn.data.Vocabulary(["a", "rose", "is", "a", "rose"])
    model = models.CharRNN(words, hidden=7, layers=2, cell="gru", embedding=5, dropout=0.5, rng=0)
    gru = 3 * 7 * (5 + 7 + 2) + 3 * 7 * (7 + 7 + 2)
    assert sum(p.size for p in model.parameters()) == 4 * 5 + gru + 7 * 4 + 4
    assert models.CharRNN("ab").generate("a", 0) == ""


@pytest.mark.parametrize(
    ("action", "error", "match"),
    [
        (lambda m: models.CharRNN("ab", cell="elman"), ArgumentError, "no cell 'elman'; there is"),
        (lambda m: models.CharRNN(""), ArgumentError, "CharRNN: vocabulary must be at least 1"),
        (lambda m: models.CharRNN("ab", hidden="9"), DTypeError, "hidden must be an int, got '9'"),
        (lambda m: m.generate("", 3), ArgumentError, "the prompt must not be empty"),
        (lambda m: m.generate("z", 3), ArgumentError, "'z' is not among its 2 tokens"),
        (lambda m: m.generate("a", 3, -1), ArgumentError, "generate: temperature must not be neg"),
        (lambda m: m.generate("a", -1), ArgumentError, "length must be at least 0, got -1"),
        (lambda m: m([0, 1]), ShapeError, r"CharRNN: tokens have shape \(2,\), expected \(N, T\)"),
        (lambda m: m([[0, 2]]), IndexingError, "embedding: "),
    ],
)
def test_what_makes_no_sense_to_a_writer_is_refused(action, error, match):
    with pytest.raises(error, match=match):
        action(models.CharRNN("ab", hidden=4))


# Vectors of words


def test_random_words_are_drawn_by_their_counts_to_the_power():
    words = nn.data.Vocabulary({"a": 1000, "b": 100, "c": 10}, unknown=None)
    model = models.Word2Vec(words, dim=4)
    expected = np.array([1000, 100, 10]) ** 0.75
    assert np.allclose(model.chances, expected / expected.sum())
    drawn = model.draw_negatives(200, 500, rng=0)
    assert drawn.shape == (200, 500)
    share = np.bincount(drawn.ravel(), minlength=3) / drawn.size
    assert np.allclose(share, model.chances, atol=3e-3)


def test_the_unknown_word_has_the_count_of_all_it_stands_for():
    words = nn.data.Vocabulary("aaaabbcd", min_count=2, specials=["<pad>"])
    chances = models.negative_sampling_table(words, power=1)
    assert dict(zip(words.tokens, chances, strict=True)) == {
        "<unk>": 2 / 8, "<pad>": 0, "a": 4 / 8, "b": 2 / 8,
    }  # fmt: skip


def test_the_loss_of_pairs_is_the_papers():
    rng = np.random.default_rng(0)
    model = models.Word2Vec(dict.fromkeys("abcdef", 1), dim=3, dtype="f8", rng=0)
    for table in (model.input, model.output):
        table.weight.data = rng.normal(size=(6, 3))
    center, context, random = [0, 3], [1, 4], [[2, 5, 2], [0, 1, 5]]

    def log_sigmoid(x):
        return -np.log1p(np.exp(-x))

    v, u = (np.asarray(t.weight) for t in (model.input, model.output))
    losses = [
        -log_sigmoid(v[c] @ u[o]) - sum(log_sigmoid(-v[c] @ u[k]) for k in ks)
        for c, o, ks in zip(center, context, random, strict=True)
    ]
    assert model(center, context, random).item() == pytest.approx(np.mean(losses))


def test_neighbours_pair_up_within_their_window():
    centers, contexts = models.skip_gram_pairs([1, 2, 3, 4], window=2)
    assert list(zip(centers.tolist(), contexts.tolist(), strict=True)) == [
        (1, 2), (1, 3), (2, 1), (2, 3), (2, 4), (3, 1), (3, 2), (3, 4), (4, 2), (4, 3),
    ]  # fmt: skip
    some = models.skip_gram_pairs(np.arange(1000), window=5, rng=0)
    distance = abs(some[0] - some[1])
    near = [(distance == d).sum() for d in (1, 3, 5)]
    assert near[0] == 1998  # always
    assert near[1] == pytest.approx(1998 * 3 / 5, rel=0.1)
    assert near[2] == pytest.approx(1998 / 5, rel=0.15)
    assert [len(row) for row in models.skip_gram_pairs([7])] == [0, 0]


def test_frequent_words_are_thinned_out_and_rare_ones_stay():
    text = np.r_[np.zeros(9900, int), np.full(100, 1)]
    kept = models.subsample(text, 0.01, rng=0)
    assert (kept == 1).sum() == 100
    assert (kept == 0).sum() == pytest.approx(9900 * (0.01 / 0.99) ** 0.5, rel=0.1)


def test_words_in_the_same_places_become_similar():
    rng = np.random.default_rng(0)
    animals, fruits = ["cat", "dog", "cow"], ["fig", "plum", "pear"]
    text = [
        w for _ in range(300) for w in (
            ["the", rng.choice(animals), "runs"] if rng.random() < 0.5
            else ["a", rng.choice(fruits), "ripens"]
        )
    ]  # fmt: skip
    words = nn.data.Vocabulary(text, unknown=None)
    model = models.Word2Vec(words, dim=10, rng=0)
    centers, contexts = models.skip_gram_pairs(words.encode(text), window=1)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        loss = model(centers, contexts, rng=rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for group in (animals, fruits):
        near = model.most_similar(group[0], 2)
        assert {word for word, _ in near} == set(group[1:])
        assert all(0.5 < cosine <= 1 for _, cosine in near)
    assert model.most_similar(model.vector("cat"), 1)[0][0] == "cat"


@pytest.mark.parametrize(
    ("action", "error", "match"),
    [
        (lambda m: m([[1]], [1]), ShapeError, r"center has shape \(1, 1\) and context \(1,\), ex"),
        (lambda m: m([1, 0], [1]), ShapeError, r"expected \(N,\) for both"),
        (lambda m: m([1], [1], [2]), ShapeError, r"negatives have shape \(1,\), expected \(1, any"),
        (lambda m: m.most_similar("zebra"), ArgumentError, "'zebra' is not among its 3 tokens"),
        (lambda m: m.most_similar(np.ones(2)), ShapeError, r"has shape \(2,\), expected \(4,\)"),
        (lambda m: m.most_similar("a", 0), ArgumentError, "n must be at least 1, got 0"),
        (lambda m: models.Word2Vec({}), ArgumentError, "vocabulary must be at least 1, got 0"),
        (lambda m: models.Word2Vec({"a": 1}, negatives=0), ArgumentError, "negatives must be at"),
        (lambda m: models.skip_gram_pairs([[1]]), ShapeError, "tokens must have one axis"),
        (lambda m: models.skip_gram_pairs([1], 0), ArgumentError, "window must be at least 1"),
        (lambda m: models.subsample([[1]]), ShapeError, "subsample: tokens must have one axis"),
        (lambda m: models.subsample([1], 0), ArgumentError, "threshold must be positive, got 0"),
        (
            lambda m: models.negative_sampling_table(nn.data.Vocabulary("")), ArgumentError,
            "the vocabulary has counted nothing",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_to_vectors_of_words_is_refused(action, error, match):
    with pytest.raises(error, match=match):
        action(models.Word2Vec({"a": 3, "b": 2, "c": 1}, dim=4))
