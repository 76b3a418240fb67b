"""Readers of files: right ones are read, wrong ones are refused by name and byte."""

import gzip
import io
import os
import pickle
import struct
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd.errors import ArgumentError
from nn.data import FormatError, MissingDataError
from nn.data.formats import image, read_cifar, read_csv, read_idx, read_image, read_text

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
GREY = np.arange(30, dtype=np.uint8).reshape(2, 3, 5)


def idx(array, dtype="u1"):
    head = struct.pack(f">HBB{array.ndim}I", 0, CODES[dtype], array.ndim, *array.shape)
    return head + array.astype(dtype).tobytes()


def records(labels, marks=1):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (len(labels), 3072), np.uint8)
    rows = [bytes([3] * (marks - 1) + [n]) + row.tobytes() for n, row in zip(labels, images)]
    return images.reshape(-1, 3, 32, 32), b"".join(rows)


def old_pickle(images, labels, key=b"labels"):
    """What Python 2 wrote: texts are bytes, and so are the contents of the array."""

    def short(text):
        return b"U" + bytes([len(text)]) + text

    raw = images.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85" + short(b"b") + b"tR("
        b"K\x01J" + struct.pack("<i", len(images)) + b"M\x00\x0c\x86cnumpy\ndtype\n"
        + short(b"u1") + b"K\x00K\x01\x87R(K\x03" + short(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + b"T" + struct.pack("<i", len(raw)) + raw + b"tb"
    )  # fmt: skip
    numbers = b"](" + b"".join(b"K" + bytes([n]) for n in labels) + b"e"
    return b"\x80\x02}(" + short(b"data") + array + short(key) + numbers + b"u."


@pytest.fixture
def put(tmp_path):
    """Write a file; its path."""

    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


# IDX


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(4,), (2, 3, 5), (0, 3), ()])
def test_idx_files_of_every_kind(put, dtype, shape, packed):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    content = idx(array, dtype)
    found = read_idx(put(gzip.compress(content) if packed else content))
    assert np.array_equal(found, array)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert found.flags.writeable


@quick
@given(st.data(), st.booleans())
def test_a_cut_off_idx_file_is_refused_wherever_it_ends(put, data, packed):
    content = gzip.compress(idx(GREY)) if packed else idx(GREY)
    cut = data.draw(st.integers(0, len(content) - 1))
    path = put(content[:cut])
    with pytest.raises(FormatError, match=rf"{path}: byte \d+") as info:
        read_idx(path)
    if not packed:
        assert f"byte {cut}: the file ends" in str(info.value)


@quick
@given(st.binary(max_size=60))
def test_foreign_bytes_are_an_array_or_refused(put, content):
    path = put(content)
    with suppress(FormatError):
        assert read_idx(path).nbytes <= len(content)


@quick
@given(st.data())
def test_a_damaged_gzip_file_is_refused_or_harmless(put, data):
    content = bytearray(gzip.compress(idx(GREY)))
    content[data.draw(st.integers(2, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(FormatError):
        assert np.array_equal(read_idx(put(bytes(content))), GREY)


def test_what_is_wrong_with_an_idx_file_is_said(put):
    cases = {
        idx(GREY) + b"\0": "byte 46: the file should end here",
        b"\x01" + idx(GREY)[1:]: "byte 0: not an IDX file.*0100 08",
        b"\0\0\x07\x01": "byte 0: not an IDX file.*0000 07",
        struct.pack(">HBB3I", 0, 14, 3, *[2**32 - 1] * 3): "byte 16: the file ends, but the body",
        idx(GREY)[:20]: r"byte 20: .* 2 x 3 x 5 of uint8, takes bytes 16 to 46",
        gzip.compress(idx(GREY)[:20]): r"byte 20 \(of the decompressed contents\)",
    }
    for content, message in cases.items():
        with pytest.raises(FormatError, match=message):
            read_idx(put(content))
    with pytest.raises(MissingDataError, match=r"nowhere: there is no such file"):
        read_idx("nowhere")


# CIFAR


@pytest.mark.parametrize(("classes", "marks"), [(10, 1), (100, 2)])
def test_cifar_files_in_all_three_forms(put, classes, marks):
    labels = [7, 0, 9]
    images, content = records(labels, marks)
    flat, key = images.reshape(3, -1), "labels" if classes == 10 else "fine_labels"
    forms = [
        content,
        old_pickle(flat, labels, key.encode()),
        pickle.dumps({"data": flat, key: labels}, protocol=2),
        pickle.dumps({"data": np.asfortranarray(flat), key: labels}, protocol=4),
    ]
    for form in forms:
        found, marked = read_cifar(put(form), classes=classes)
        assert np.array_equal(found, images)
        assert (marked.tolist(), marked.dtype, found.flags.writeable) == (labels, np.int64, True)


@quick
@given(st.data(), st.sampled_from(["binary", "pickle"]))
def test_a_cut_off_cifar_file_is_refused_wherever_it_ends(put, data, form):
    images, content = records([1])
    if form == "pickle":
        content = old_pickle(images.reshape(1, -1), [1])
    cut = data.draw(st.integers(0, len(content) - 1))
    path = put(content[:cut])
    with pytest.raises(FormatError, match=rf"{path}: byte \d+"):
        read_cifar(path)


@quick
@given(st.data())
def test_a_damaged_pickle_is_refused_or_harmless(put, data):
    images, _ = records([1])
    content = bytearray(old_pickle(images.reshape(1, -1), [1]))
    edges = st.integers(1, 200) | st.integers(len(content) - 30, len(content) - 1)
    content[data.draw(edges)] ^= data.draw(st.integers(1, 255))
    with suppress(FormatError):
        found, labels = read_cifar(put(bytes(content)))
        assert (found.shape[1:], len(labels)) == ((3, 32, 32), len(found))


class Evil:
    """Pickles as a call of any function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def evil_pickles(marker):
    yield "posix.system", pickle.dumps({"data": Evil(os.system, f"touch {marker}")}, protocol=2)
    yield "builtins.eval|__builtin__.eval", pickle.dumps(Evil(eval, "1"), protocol=2)
    yield "builtins.exec|__builtin__.exec", pickle.dumps(Evil(exec, "1"), protocol=4)
    yield "numpy.*load", pickle.dumps(Evil(np.load, str(marker)), protocol=4)
    yield "pathlib", pickle.dumps({"labels": Evil(Path.touch, Path(marker))}, protocol=5)
    yield "builtins.getattr", b"\x80\x02cbuiltins\ngetattr\n."
    yield "unknown coding", b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x03\0\0\0zip\x86R."
    # BUILD may change what is on the stack: here a function of the reader
    yield "has no state", b"\x80\x02c_codecs\nencode\n}X\x01\0\0\0aK\x01sb."
    yield (
        "not of bytes",
        (b"\x80\x02cnumpy\nndarray\n)R(K\x01K\x01\x85cnumpy\ndtype\nX\x01\0\0\0O\x85R\x89]tb."),
    )
    yield "persistent", b"\x80\x02Pname\n."
    yield "extension", b"\x80\x02\x82\x05."


def test_nothing_in_a_pickle_is_executed(put, tmp_path):
    marker = tmp_path / "executed"
    for message, content in evil_pickles(marker):
        path = put(content)
        with pytest.raises(FormatError, match=rf"(?s){path}: byte \d+.*({message})"):
            read_cifar(path)
    assert not marker.exists()
    images, labels = read_cifar(put(old_pickle(records([4])[0].reshape(1, -1), [4])))
    assert (images.shape, labels.tolist()) == ((1, 3, 32, 32), [4])  # the reader is as it was


def test_what_is_wrong_with_a_cifar_file_is_said(put):
    images, content = records([1, 2])
    flat = images.reshape(2, -1)
    cases = [
        (content[:-1], 10, "byte 6145: the file ends 3072 bytes into record 1"),
        (b"", 10, "byte 0"),
        (content, 100, "records of CIFAR-100 have 3074 bytes"),
        (records([1, 11])[1], 10, "byte 3073: label 11 of record 1 is not below 10"),
        (records([1, 100], 2)[1], 100, "byte 3075: label 100 of record 1"),
        (pickle.dumps({"data": flat}, 2), 10, "no entry 'labels'"),
        (pickle.dumps({"data": flat, "labels": [1]}, 2), 10, "another shape"),
        (pickle.dumps({"data": flat, "labels": [1, 10]}, 2), 10, "label that is not below 10"),
        (pickle.dumps({"data": flat[:, 1:], "labels": [1, 1]}, 2), 10, "another shape"),
        (pickle.dumps([1], 2), 10, "not a pickle of CIFAR-10"),
    ]
    for broken, classes, message in cases:
        with pytest.raises(FormatError, match=message):
            read_cifar(put(broken), classes=classes)


# Text and tables


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_text_in_any_coding_and_with_any_line_ends(put, packed):
    content = "\ufeffgrün\r\nzwei\rdrei\n".encode()
    path = put(gzip.compress(content) if packed else content)
    assert read_text(path) == "grün\nzwei\ndrei\n"
    assert read_text(put("grün".encode("latin-1")), "latin-1") == "grün"
    with pytest.raises(FormatError, match="byte 2: fc is not utf-8"):
        read_text(put("grün".encode("latin-1")))
    with pytest.raises(ArgumentError, match="unknown encoding 'klingon'"):
        read_text(path, "klingon")


def test_tables(put):
    names, rows, lines = read_csv(put(b'a, b\n1,"x, y"\n\n"two\nlines",4\n'))
    assert (names, rows, lines) == (["a", "b"], [["1", "x, y"], ["two\nlines", "4"]], [2, 5])
    names, rows, _ = read_csv(put(b"1;2\n3;4"), delimiter=";", header=False)
    assert (names, rows) == (["0", "1"], [["1", "2"], ["3", "4"]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file has no rows"),
        (b"a,b\n1,2\n3\n", "line 3: 1 cells, but the first row has 2"),
        (b"a,a\n1,2\n", "line 1: two columns have the same name"),
        (b'a,b\n1,"2\n', "line 2: unexpected end of data"),
        (b"a,b\n1,\xff\n", "byte 6: ff is not utf-8"),
    ],
)
def test_wrong_tables_are_refused(put, content, message):
    path = put(content)
    with pytest.raises(FormatError, match=f"{path}: {message}"):
        read_csv(path)


# Pictures


@pytest.fixture(scope="module")
def pillow():
    return pytest.importorskip("PIL.Image")


def encoded(pillow, array, kind="PNG", **options):
    stream = io.BytesIO()
    pillow.fromarray(array).save(stream, kind, **options)
    return stream.getvalue()


def test_pictures_are_numbers_between_0_and_1(put, pillow):
    colour = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 15
    for kind in ("PNG", "PPM", "BMP"):
        found = read_image(put(encoded(pillow, colour, kind)))
        assert (found.dtype, found.flags.c_contiguous) == (np.float32, True)
        assert np.array_equal(found, colour.transpose(2, 0, 1) / np.float32(255))
    assert read_image(put(encoded(pillow, colour)), "L").shape == (1, 2, 3)
    assert (read_image(put(encoded(pillow, colour)), "RGBA")[3] == 1).all()


def test_sixteen_bits_are_kept(put, pillow):
    deep = np.array([[0, 300, 65535]], np.uint16)
    path = put(encoded(pillow, deep))
    expected = deep / np.float32(65535)
    assert np.array_equal(read_image(path, "L")[0], expected)
    assert np.array_equal(read_image(path, "RGBA"), np.stack([expected] * 3 + [expected * 0 + 1]))


def test_pictures_are_turned_upright(put, pillow):
    photo = pillow.fromarray(np.array([[0, 255]], np.uint8))
    exif = photo.getexif()
    exif[0x0112] = 6  # held on its side
    stream = io.BytesIO()
    photo.save(stream, "PNG", exif=exif)
    assert read_image(put(stream.getvalue()), "L").tolist() == [[[0], [1]]]


def test_wrong_pictures_are_refused_by_name(put, pillow):
    rng = np.random.default_rng(0)
    content = encoded(pillow, rng.integers(0, 256, (20, 20, 3), np.uint8))
    for cut in (0, 1, 20, 100, len(content) // 2):
        path = put(content[:cut])
        with pytest.raises(FormatError, match=f"(?s){path}: not a picture.* byte {cut} "):
            read_image(path)
    bomb = b"P5 60000 60000 255 "
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own, which alone would not stop anybody
        with pytest.raises(FormatError, match=r"bomb of 3600000000 pixels|exceeds"):
            read_image(put(bomb))
        with pytest.raises(FormatError, match="decompression bomb of 100000000 pixels"):
            read_image(put(b"P5 10000 10000 255 "))
    with pytest.raises(MissingDataError, match="no such file"):
        read_image("nowhere.png")
    with pytest.raises(ArgumentError, match="mode"):
        read_image(put(content), "CMYK")


def test_without_pillow_pictures_say_what_to_install(put, monkeypatch):
    monkeypatch.setattr(image, "find_spec", lambda name: None)
    with pytest.raises(MissingDataError, match=r"pip install .*\[images\]"):
        read_image(put(b""))
