"""What data sets, samplers, loaders, progress bars and random tensors promise."""

import io
import sys
from collections import namedtuple

import numpy as np
import pytest

from autograd import Tensor
from autograd import random as ar
from autograd.errors import ArgumentError, IndexingError, ShapeError
from nn import progress
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    RandomSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    bootstrap,
    datasets,
    default_collate,
    k_fold,
    random_split,
)

TEN = TensorDataset(np.arange(10.0), np.arange(10))


def order(loader):
    return [label for _, y in loader for label in y.tolist()]


# Data sets


def test_samples_and_batches_are_rows_and_do_not_share_memory():
    x = np.arange(6.0).reshape(3, 2)
    data = TensorDataset(x, Tensor([5, 6, 7]))
    sample, label = data[1]
    assert (sample.tolist(), label.item(), len(data)) == ([2, 3], 6, 3)
    sample.data[:] = 99
    assert x[1].tolist() == [2, 3]
    assert [t.tolist() for t in data.batch([2, 0])] == [[[4, 5], [0, 1]], [7, 5]]
    assert len(list(data)) == 3
    with pytest.raises(IndexingError, match="sample 3"):
        data[3]
    with pytest.raises(ShapeError, match=r"\(3, 2\).*\(2,\)"):
        TensorDataset(x, np.ones(2))


def test_a_subset_of_a_subset():
    part = Subset(Subset(TEN, [8, 6, 4]), [2, 0])
    assert [part[i][1].item() for i in range(2)] == [4, 8]
    assert part.batch([1])[1].tolist() == [8]


def test_data_sets_one_behind_the_other():
    both = TEN + Subset(TEN, [3, 1])
    assert isinstance(both, ConcatDataset)
    assert [both[i][1].item() for i in (9, 10, 11, -1, -12)] == [9, 3, 1, 1, 0]
    assert order(DataLoader(both, 5)) == [*range(10), 3, 1]
    for index in (12, -13):
        with pytest.raises(IndexingError, match=f"sample {index} of a ConcatDataset of 12"):
            both[index]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_folds_share_nothing_and_lose_nothing(k, shuffle):
    folds = list(k_fold(TEN, k, shuffle=shuffle, rng=0))
    held_out = [set(part.indices.tolist()) for _, part in folds]
    assert sorted(i for part in held_out for i in part) == list(range(10))
    assert max(map(len, held_out)) - min(map(len, held_out)) <= 1
    for (train, _), part in zip(folds, held_out):
        assert set(train.indices.tolist()) == set(range(10)) - part


def test_stratified_folds_have_all_classes_alike():
    labels = np.array([0] * 30 + [1] * 12 + [2] * 3)
    folds = list(k_fold(labels, 3, labels=labels, rng=0))
    for _, held_out in folds:
        assert np.bincount(labels[held_out.indices]).tolist() == [10, 4, 1]
    again = list(k_fold(labels, 3, labels=labels, rng=0))
    assert all(np.array_equal(a[1].indices, b[1].indices) for a, b in zip(folds, again))


def test_a_bootstrap_leaves_about_a_third_out():
    drawn, left = bootstrap(range(1000), rng=0)
    assert len(drawn) == 1000
    assert {*drawn.indices} | {*left.indices} == set(range(1000))
    assert {*drawn.indices} & {*left.indices} == set()
    assert len(left) / 1000 == pytest.approx(np.exp(-1), abs=0.03)
    assert len(bootstrap(range(10), 3, rng=0)[0]) == 3


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [([7, 3], [7, 3]), ([0.5, 0.5], [5, 5]), ([0.75, 0.25], [8, 2]), ([1 / 3] * 3, [4, 3, 3])],
)
def test_random_split_shares_nothing_and_loses_nothing(lengths, sizes):
    parts = random_split(TEN, lengths, rng=1)
    assert [len(p) for p in parts] == sizes
    found = [part[i][1].item() for part in parts for i in range(len(part))]
    assert sorted(found) == list(range(10))
    again = random_split(TEN, lengths, rng=1)
    assert all(np.array_equal(p.indices, q.indices) for p, q in zip(parts, again))


@pytest.mark.parametrize("lengths", [[7, 4], [0.5, 0.4], [-1, 11]])
def test_lengths_that_do_not_add_up_are_refused(lengths):
    with pytest.raises(ArgumentError, match="random_split"):
        random_split(TEN, lengths)


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("samples", "batch"),
    [
        ([1, 2], [1, 2]),
        ([1.5, 2.5], [1.5, 2.5]),
        ([np.ones(2), np.zeros(2)], [[1, 1], [0, 0]]),
        ([(1, "a"), (2, "b")], [[1, 2], ["a", "b"]]),
        ([{"k": Tensor(1.0)}, {"k": Tensor(2.0)}], {"k": [1, 2]}),
        ([Point(1, 2), Point(3, 4)], Point([1, 3], [2, 4])),
    ],
)
def test_collation(samples, batch):
    def plain(value):
        if isinstance(value, Tensor):
            return value.tolist()
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, tuple):
            return type(value)(*map(plain, value))
        return [plain(v) for v in value] if isinstance(value, list) else value

    assert plain(default_collate(samples)) == batch


def test_samples_of_different_shapes_are_told():
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\).*do not stack(.*\n)*.*collate_fn"):
        default_collate([np.ones(2), np.ones(3)])
    with pytest.raises(ShapeError, match="different lengths"):
        default_collate([(1, 2), (1,)])


# Loaders


@pytest.mark.parametrize(
    ("size", "drop_last", "sizes"),
    [(1, False, [1] * 10), (4, False, [4, 4, 2]), (4, True, [4, 4]), (20, False, [10])],
)
def test_batches_and_length(size, drop_last, sizes):
    loader = DataLoader(TEN, size, drop_last=drop_last)
    assert [len(y) for _, y in loader] == sizes
    assert len(loader) == len(sizes)
    assert order(loader) == list(range(sum(sizes)))


def test_a_seed_repeats_the_whole_sequence_of_epochs():
    first, second = (DataLoader(TEN, 3, shuffle=True, rng=7) for _ in range(2))
    epochs = [order(first) for _ in range(3)]
    assert epochs == [order(second) for _ in range(3)]
    assert epochs[0] != epochs[1]
    assert all(sorted(e) == list(range(10)) for e in epochs)
    assert order(DataLoader(TEN, 3, shuffle=True, rng=8)) != epochs[0]
    ar.manual_seed(3)
    one = order(DataLoader(TEN, 3, shuffle=True))
    ar.manual_seed(3)
    assert order(DataLoader(TEN, 3, shuffle=True)) == one


def test_any_collection_can_be_loaded_and_collated_otherwise():
    assert [b.tolist() for b in DataLoader([3, 1, 2], 2)] == [[3, 1], [2]]
    assert list(DataLoader("abc", 2, collate_fn="".join)) == ["ab", "c"]
    assert order(DataLoader(TEN, 2, sampler=[5, 1, 1])) == [5, 1, 1]
    batches = [[0, 9], [4]]
    loader = DataLoader(TEN, batch_sampler=batches)
    assert ([y.tolist() for _, y in loader], len(loader)) == (batches, 2)


def test_samplers_draw_what_they_promise():
    draws = list(RandomSampler(TEN, replacement=True, num_samples=1000, rng=0))
    assert set(draws) == set(range(10))
    assert len(set(RandomSampler(TEN, num_samples=4, rng=0))) == 4
    weighted = list(WeightedRandomSampler([1, 3], 4000, rng=0))
    assert sum(weighted) == pytest.approx(3000, abs=150)
    assert sorted(WeightedRandomSampler([1, 3], 2, replacement=False, rng=0)) == [0, 1]
    assert len(BatchSampler(range(7), 3, drop_last=True)) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: DataLoader(TEN, 0),
        lambda: DataLoader(TEN, 2.5),
        lambda: DataLoader(TEN, shuffle=True, sampler=[1]),
        lambda: DataLoader(TEN, batch_size=2, batch_sampler=[[1]]),
        lambda: RandomSampler(TEN, num_samples=11),
        lambda: RandomSampler(TEN, num_samples=2.5),
        lambda: WeightedRandomSampler([1, 1], 1.5),
        lambda: WeightedRandomSampler([0, 0], 1),
        lambda: WeightedRandomSampler([0, 1], 2, replacement=False),
        lambda: SubsetRandomSampler([[1]]),
        lambda: ConcatDataset([]),
        lambda: k_fold(TEN, 1),
        lambda: k_fold(TEN, 11),
        lambda: k_fold(TEN, 2, labels=[1, 2]),
        lambda: bootstrap(TEN, 0),
        lambda: bootstrap([]),
        lambda: datasets.digits("validation"),
    ],
)
def test_contradictions_are_refused(make):
    with pytest.raises(ArgumentError):
        make()


# Data sets that come along


def test_digits():
    pytest.importorskip("sklearn")
    train, test = datasets.digits("train"), datasets.digits("test")
    images, labels = train.tensors
    assert (images.shape, images.dtype) == ((1442, 1, 8, 8), np.float32)
    assert (labels.dtype, len(test), len(datasets.digits())) == (np.int64, 355, 1797)
    assert (np.asarray(images).min(), np.asarray(images).max()) == (0, 1)
    shares = np.bincount(np.asarray(test.tensors[1])) / np.bincount(
        np.asarray(datasets.digits().tensors[1])
    )
    assert np.allclose(shares, 0.2, atol=0.005)
    assert np.array_equal(np.asarray(datasets.digits("train").tensors[1]), np.asarray(labels))
    assert datasets.digits(flat=True)[0][0].shape == (64,)


def test_without_scikit_learn_digits_say_what_to_install(monkeypatch):
    monkeypatch.setattr(datasets.handwriting, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install scikit-learn"):
        datasets.digits()


@pytest.mark.parametrize("make", [datasets.moons, datasets.spirals, datasets.xor, datasets.blobs])
def test_points_in_the_plane(make):
    points, labels = make(30, rng=0).tensors
    assert (points.shape, points.dtype, labels.dtype) == ((30, 2), np.float32, np.int64)
    assert len(np.unique(np.asarray(labels))) >= 2
    assert make(30, rng=0).tensors[0].tolist() == points.tolist()


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_silent_in_files_and_talks_to_terminals(monkeypatch):
    module = sys.modules["nn.progress"]
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert list(progress(range(3), description="fit")) == [0, 1, 2]
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    bar = progress(iter(range(3)), total=3, description="fit")
    for _ in bar:
        bar.set_postfix(loss=0.25)
    assert len(bar) == 3
    assert "fit: 3/3" in sys.stderr.getvalue()
    assert "loss=0.25" in sys.stderr.getvalue()


def test_progress_knows_the_length_of_a_loader():
    assert len(progress(DataLoader(TEN, 3))) == 4
    assert len(progress(DataLoader(TEN, 3, drop_last=True, threads=1))) == 3
    endless = progress(DataLoader(TEN, 3, sampler=(i % 10 for i in range(6))))
    assert len(list(endless)) == 2
    with pytest.raises(TypeError, match="not known"):
        len(endless)
