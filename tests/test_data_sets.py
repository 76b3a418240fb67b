"""Data sets from files: where they are looked for, what their samples are, what is refused."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from test_data_formats import idx, records

from autograd.errors import ArgumentError, IndexingError, ShapeError
from nn.data import DataLoader, FormatError, MissingDataError, data_folder, datasets
from nn.data.datasets import (
    CIFAR10,
    CIFAR100,
    CSV,
    MNIST,
    Characters,
    FashionMNIST,
    ImageFolder,
    Pictures,
    TextFile,
)

REAL = Path(os.environ.get("AUTOGRAD_DATA") or Path(__file__).parents[2] / "shared" / "data")
f32 = np.float32
DIGITS = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8)


@pytest.fixture(autouse=True)
def no_data_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def mnist(folder, part="t10k", images=DIGITS, labels=(5, 0, 9), ending="", sign="-"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in {"images-idx3": images, "labels-idx1": np.array(labels)}.items():
        content = idx(array)
        path = folder / f"{part}-{name.replace('-idx', sign + 'idx')}-ubyte{ending}"
        path.write_bytes(gzip.compress(content) if ending else content)


def real(folder):
    """The folder of real data; the test is skipped without it."""
    if not (REAL / folder).is_dir():
        pytest.skip(f"no {folder} in {REAL}: name the folder in AUTOGRAD_DATA")
    return REAL


# Where


def test_the_folder_is_the_argument_else_the_variable_else_the_users(monkeypatch, tmp_path):
    assert data_folder() == tmp_path / "home" / "autograd"
    monkeypatch.setenv("AUTOGRAD_DATA", "~/elsewhere")
    assert data_folder() == Path.home() / "elsewhere"
    assert data_folder(tmp_path) == tmp_path
    for platform, place in {"darwin": "Application Support", "win32": "Local"}.items():
        monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
        monkeypatch.delenv("LOCALAPPDATA", raising=False)
        monkeypatch.setattr("sys.platform", platform)
        assert place in str(data_folder())


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
@pytest.mark.parametrize(("ending", "sign"), [("", "-"), (".gz", "-"), ("", "."), (".gz", ".")])
def test_mnist_is_found_under_every_usual_name(tmp_path, folder, ending, sign, monkeypatch):
    mnist(tmp_path / folder, ending=ending, sign=sign)
    data = MNIST(tmp_path, train=False)
    assert (data.data.shape, data.targets.tolist()) == ((3, 1, 28, 28), [5, 0, 9])
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path))
    assert len(MNIST(train=False)) == 3


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (MNIST, ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]),
        (FashionMNIST, ["train-images-idx3-ubyte"]),
        (CIFAR10, ["data_batch_1.bin", "data_batch_5.bin"]),
        (CIFAR100, ["train.bin"]),
    ],
)
def test_missing_files_are_named_and_where_to_put_them(make, missing, tmp_path):
    with pytest.raises(FileNotFoundError) as info:
        make(tmp_path)
    text = str(info.value)
    assert isinstance(info.value, MissingDataError)
    assert text.startswith(make.__name__)
    assert all(name in text for name in missing)
    assert f"put the files into {tmp_path / make.__name__.lower()}" in text
    assert "AUTOGRAD_DATA" in text
    assert "download=True" in text


# What


def test_samples_are_pictures_and_classes(tmp_path):
    mnist(tmp_path, labels=[5, 0, 9])
    data = MNIST(tmp_path, train=False)
    picture, label = data[1]
    assert (picture.shape, picture.dtype, label) == ((1, 28, 28), np.float32, 0)
    assert np.array_equal(np.asarray(picture)[0], DIGITS[1] / np.float32(255))
    (batch,) = DataLoader(data, 3)
    assert [np.array_equal(np.asarray(batch[0])[i], np.asarray(data[i][0])) for i in range(3)] == [
        True
    ] * 3
    assert (batch[1].tolist(), batch[1].dtype) == ([5, 0, 9], np.int64)
    assert data.classes == list("0123456789")
    assert repr(data) == "MNIST(3 pictures of 1 x 28 x 28, 10 classes)"
    changed = MNIST(tmp_path, False, lambda x: 1 - x, lambda y: y + 100)
    (other,) = DataLoader(changed, 3)
    assert np.allclose(np.asarray(other[0]), 1 - np.asarray(batch[0]))
    assert other[1].tolist() == [105, 100, 109]
    with pytest.raises(IndexingError, match="sample 3 of a MNIST of 3"):
        data[3]


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    cases = {
        "byte 9: label 10 of picture 1": {"labels": [0, 10, 1]},
        "3 pictures need as many labels of one byte": {"labels": [0, 1]},
        "byte 2: pictures have three axes of bytes, here 2": {"images": DIGITS[0]},
    }
    for message, files in cases.items():
        mnist(tmp_path, **files)
        with pytest.raises(FormatError, match=message):
            MNIST(tmp_path, train=False)


@pytest.mark.parametrize(
    ("make", "folder", "marks", "key"),
    [(CIFAR10, "cifar-10-batches-py", 1, "labels"), (CIFAR100, "cifar100", 2, "fine_labels")],
)
def test_cifar_is_found_in_both_forms(tmp_path, make, folder, marks, key):
    (tmp_path / folder).mkdir()
    images, content = records([3, 8], marks)
    names = [f"data_batch_{i}" for i in range(1, 6)] if marks == 1 else ["train"]
    for name in names[1:]:
        (tmp_path / folder / f"{name}.bin").write_bytes(content)
    flat = images.reshape(2, -1)
    old = pickle.dumps({"data": flat, key: [3, 8]}, protocol=2)
    (tmp_path / folder / names[0]).write_bytes(old)
    data = make(tmp_path)
    assert np.array_equal(data.data[:2], images)
    assert data.targets.tolist() == [3, 8] * len(names)
    assert len(data.classes) == (10 if marks == 1 else 100)


def test_some_of_the_five_files_can_be_asked_for(tmp_path):
    (tmp_path / "cifar10").mkdir()
    for number in (2, 4):
        (tmp_path / f"cifar10/data_batch_{number}.bin").write_bytes(records([number])[1])
    assert CIFAR10(tmp_path, batches=[4, 2]).targets.tolist() == [4, 2]
    for batches in ([], [0], [6]):
        with pytest.raises(ArgumentError, match="batches must be some of"):
            CIFAR10(tmp_path, batches=batches)


@pytest.mark.parametrize(
    ("data", "targets"),
    [(np.ones((2, 1, 2, 2)), [1, 2]), (DIGITS, [1, 2, 3]), (DIGITS[:, None], [1])],
)
def test_pictures_of_a_wrong_shape_are_refused(data, targets):
    with pytest.raises(ShapeError, match="Pictures"):
        Pictures(data, targets, ["a"])


def test_real_mnist():
    data = MNIST(real("mnist"), train=False)
    assert len(data) == 10_000
    assert data.targets[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.data.mean() == pytest.approx(33.79, abs=0.01)


def test_real_cifar():
    data = CIFAR10(real("cifar10"), train=False)
    assert np.bincount(data.targets).tolist() == [200] * 10


def test_real_text():
    text = TextFile(real("text") / "text" / "tinyshakespeare.txt").text
    data = Characters(text, 100)
    assert (len(text), len(data.vocabulary), len(data)) == (1_115_394, 65, 11_153)
    x, y = data.batch([0, 5])
    assert x.shape == (2, 100)
    assert x[:, 1:].tolist() == y[:, :-1].tolist()
    assert "".join(data.vocabulary.decode(x[0])).startswith("First Citizen:\nBefore we proceed")


# Folders of pictures


@pytest.fixture
def folder(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    for name, value in {"cat/2.png": 20, "cat/10.PNG": 10, "ant/deep/1.pgm": 5}.items():
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pillow.fromarray(np.full((2, 3), value, np.uint8)).save(path)
    (tmp_path / "pictures" / "cat" / "notes.txt").write_text("not a picture")
    return tmp_path / "pictures"


def test_folders_are_classes(folder):
    data = ImageFolder(folder)
    assert (data.classes, data.targets.tolist(), len(data)) == (["ant", "cat"], [0, 1, 1], 3)
    assert [path.name for path, _ in data.samples] == ["1.pgm", "10.PNG", "2.png"]
    picture, label = data[2]
    assert (picture.shape, label, picture[0, 0, 0].item()) == ((3, 2, 3), 1, f32(20 / 255))
    (batch,) = DataLoader(data, 3, num_workers=1)
    assert batch[0].shape == (3, 3, 2, 3)
    assert ImageFolder(folder, lambda x: x.mean(), str)[0] == (pytest.approx(5 / 255), "0")
    assert ImageFolder(folder, loader=lambda path: path.stem)[0] == ("1", 0)
    with pytest.raises(IndexingError, match="sample 3 of an ImageFolder of 3"):
        data[3]
    (folder / "cat" / "2.png").write_bytes(b"nonsense")
    with pytest.raises(FormatError, match=r"2\.png: not a picture"):
        data[2]


def test_folders_without_pictures_are_refused(folder):
    for path, message in {
        folder / "nowhere": "is not a folder",
        folder / "cat": "has no folders",
    }.items():
        with pytest.raises(MissingDataError, match=message):
            ImageFolder(path)
    (folder / "dog").mkdir()
    with pytest.raises(MissingDataError, match=r"class 'dog' has no files that end in \.png"):
        ImageFolder(folder)


# Tables


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


def test_columns_become_features_and_a_target(table):
    path = table("size,weight,kind,count\n1.5,2,small,3\n10,20,big,-4\n2,1,small,5\n")
    data = CSV(path, target="kind")
    x, y = data.tensors
    assert (data.names, data.classes) == (["size", "weight", "count"], ["big", "small"])
    assert (x.tolist(), x.dtype) == ([[1.5, 2, 3], [10, 20, -4], [2, 1, 5]], np.float32)
    assert (y.tolist(), y.dtype) == ([1, 0, 1], np.int64)
    assert CSV(path, -1, columns=[0]).tensors[1].tolist() == [3, -4, 5]
    assert CSV(path, 0, columns=["weight"]).tensors[1].dtype == np.float32
    assert len(CSV(path, columns=["size", "count"])[0]) == 1
    headless = CSV(table("1;2\n3;4\n"), target=1, delimiter=";", header=False)
    assert [t.tolist() for t in headless.tensors] == [[[1], [3]], [2, 4]]


def test_missing_numbers_are_refused_or_replaced(table):
    path = table("a,b\n1,2\n,4\nNA,?\n")
    with pytest.raises(FormatError, match=r"line 3, column 'a': nothing there(.*\n)*.*missing=nan"):
        CSV(path)
    assert CSV(path, missing=-1).tensors[0].tolist() == [[1, 2], [-1, 4], [-1, -1]]


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("a,b\n1,x\n", {}, FormatError, r"line 2, column 'b': 'x' is not a number"),
        ("a,b\n1,1_000\n", {}, FormatError, r"line 2, column 'b': '1_000' is not a number"),
        ("a,b\n1,\n", {"target": "b"}, FormatError, r"line 2, target 'b': nothing there"),
        ("a,b\n", {}, FormatError, "no rows of features"),
        ("a\n1\n", {"target": "a"}, FormatError, "no rows of features"),
        ("a\n1\n", {"target": "c"}, ArgumentError, r"no column 'c', only \['a'\]"),
        ("a\n1\n", {"columns": [1]}, ArgumentError, "no column 1"),
    ],
)
def test_wrong_tables_and_columns_are_refused(table, text, options, error, message):
    with pytest.raises(error, match=message):
        CSV(table(text), **options)


# Text


def test_lines_of_a_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\n\nthree")
    lines = TextFile(path, transform=str.upper)
    assert (list(lines), lines.text) == (["ONE", "", "THREE"], "one\n\nthree")
    with pytest.raises(IndexingError, match="line 3 of a TextFile of 3"):
        lines[3]
    path.write_text("")
    assert len(TextFile(path)) == 0


@pytest.mark.parametrize("step", [None, 1, 2, 5])
@pytest.mark.parametrize("length", [1, 3, 9])
def test_pieces_of_a_text_are_followed_by_the_next_character(length, step):
    text = "abcdefghij"
    data = Characters(text, length, step=step)
    starts = range(0, len(text) - length, step or length)
    pieces = [["".join(data.vocabulary.decode(part)) for part in sample] for sample in data]
    assert pieces == [[text[i : i + length], text[i + 1 : i + length + 1]] for i in starts]
    assert len(data) == len(starts)
    whole = data.batch(range(len(data)))
    assert [w.tolist() for w in whole] == [[s[k].tolist() for s in data] for k in (0, 1)]
    with pytest.raises(IndexingError, match="piece"):
        data[len(data)]


def test_a_text_that_is_too_short_or_has_other_characters_is_refused():
    with pytest.raises(ArgumentError, match="at least n = 5"):
        Characters("abcd", 4)
    with pytest.raises(ArgumentError, match="'x' is not among"):
        Characters("abx", 1, vocabulary=Characters("ab", 1).vocabulary)


# Points


MAKERS = [datasets.moons, datasets.spirals, datasets.xor, datasets.blobs, datasets.circles]


@pytest.mark.parametrize("make", [*MAKERS, datasets.curve, datasets.linear])
def test_points_repeat_with_their_seed(make):
    first, again, other = (make(20, rng=seed).tensors for seed in (1, 1, 2))
    assert [t.tolist() for t in first] == [t.tolist() for t in again]
    assert [t.tolist() for t in first] != [t.tolist() for t in other]
    assert first[0].dtype == np.float32
    assert len(first[0]) == len(first[1]) == 20
    for n in (0, -1, 2.5):
        with pytest.raises(ArgumentError, match="n must be a positive int"):
            make(n)
    with pytest.raises(ArgumentError, match="must be 0 or more"):
        make(5, **{"spread" if make is datasets.blobs else "noise": -1})


def test_rings_curves_and_lines_are_what_they_say():
    points, labels = (np.asarray(t) for t in datasets.circles(40, factor=0.3, noise=0).tensors)
    radius = np.hypot(*points.T)
    assert np.allclose(radius, np.where(labels == 0, 1, 0.3), atol=1e-6)
    x, y = (np.asarray(t) for t in datasets.curve(noise=0).tensors)
    assert np.allclose(y, np.sin(x), atol=1e-6)
    assert (x.shape, x[0], x[-1]) == ((100, 1), -np.float32(np.pi), np.float32(np.pi))
    x, y = datasets.linear(1000, weight=[1, -2], bias=5, noise=0.5, rng=0).tensors
    rest = np.asarray(y) - np.asarray(x) @ np.float32([[1], [-2]]) - 5
    assert rest.std() == pytest.approx(0.5, abs=0.05)
    for wrong in (
        lambda: datasets.circles(factor=1),
        lambda: datasets.curve(9, np.sum),
        lambda: datasets.linear(weight=[[1]]),
        lambda: datasets.blobs(classes=0),
    ):
        with pytest.raises((ArgumentError, ShapeError)):
            wrong()
