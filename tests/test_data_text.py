"""What vocabularies, words and windows promise."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.errors import ArgumentError
from nn.data import Vocabulary, tokenize, windows

RHYME = ["the", "cat", "and", "the", "dog", "and", "the", "cow"]


def test_frequent_tokens_come_first_and_equal_ones_by_alphabet():
    words = Vocabulary(RHYME)
    assert words.tokens == ["<unk>", "the", "and", "cat", "cow", "dog"]
    assert words.counts["the"] == 3
    assert [words[t] for t in words.tokens] == list(range(len(words)))
    assert "cow" in words
    assert "bird" not in words
    assert repr(words) == "Vocabulary(6 tokens)"


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({"min_count": 2}, ["<unk>", "the", "and"]),
        ({"max_size": 2}, ["<unk>", "the"]),
        ({"unknown": None, "max_size": 2}, ["the", "and"]),
        ({"specials": ["<pad>", "the"], "min_count": 3}, ["<unk>", "<pad>", "the"]),
        ({"unknown": "cat", "min_count": 2}, ["cat", "the", "and"]),
    ],
)
def test_rare_tokens_can_be_left_out_and_special_ones_put_in(options, tokens):
    assert Vocabulary(RHYME, **options).tokens == tokens


def test_unknown_tokens_are_one_or_refused():
    assert Vocabulary(RHYME).encode(["the", "bird"]).tolist() == [1, 0]
    strict = Vocabulary(RHYME, unknown=None)
    with pytest.raises(ArgumentError, match=r"'bird' is not among its 5 tokens\n.*hint"):
        strict.encode(["bird"])
    for number in (5, -1):
        with pytest.raises(ArgumentError, match=f"{number} is not a number below 5"):
            strict.decode([number])
    with pytest.raises(ArgumentError, match="no room"):
        Vocabulary(RHYME, max_size=1, specials=["<pad>"])


@settings(max_examples=50)
@given(st.text(min_size=1))
def test_characters_survive_there_and_back(text):
    letters = pickle.loads(pickle.dumps(Vocabulary(text, unknown=None)))
    numbers = letters.encode(text)
    assert "".join(letters.decode(numbers)) == text
    assert (numbers.dtype, numbers.max() < len(letters)) == (np.int64, True)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("don't\n\tstop", ["don't", "stop"]),
        ("'quoted'", ["'", "quoted", "'"]),
        ("Größe 10", ["größe", "10"]),
        ("", []),
    ],
)
def test_words(text, tokens):
    assert tokenize(text) == tokens
    assert tokenize("Hello", lower=False) == ["Hello"]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 10))
def test_windows_are_all_pieces_of_their_length(total, n, step):
    row = np.arange(total)
    if n > total:
        with pytest.raises(ArgumentError, match=f"at least n = {n} tokens"):
            windows(row, n, step=step)
        return
    expected = [list(range(i, i + n)) for i in range(0, total - n + 1, step)]
    assert windows(row, n, step=step).tolist() == expected


@pytest.mark.parametrize(("n", "step"), [(0, 1), (1, 0), (1.5, 1), (2, -1)])
def test_senseless_windows_are_refused(n, step):
    with pytest.raises(ArgumentError, match="must be a positive int"):
        windows([1, 2, 3], n, step=step)
    with pytest.raises(ArgumentError, match="a row"):
        windows([[1, 2]], 1)
