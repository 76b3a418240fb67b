"""Damaged, hostile and foreign files are refused, and nothing in them runs."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from nn.errors import SavedFileError

FORMATS = pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
SMALL = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(3), "t": (1, "a")}


def right(value):
    """Whether it is SMALL, to the bit."""
    return (
        list(value) == list(SMALL)
        and value["t"] == SMALL["t"]
        and all(value[k].dtype == SMALL[k].dtype for k in "wn")
        and all(value[k].tobytes() == SMALL[k].tobytes() for k in "wn")
    )


def written(tmp_path, suffix):
    path = tmp_path / f"good{suffix}"
    nn.save(SMALL, path)
    return path.read_bytes()


def refused_or_right(path, data):
    path.write_bytes(data)
    try:
        return right(nn.load(path))
    except SavedFileError as e:
        return str(path) in str(e)


@FORMATS
def test_truncated_files_are_refused(tmp_path, suffix):
    data, path = written(tmp_path, suffix), tmp_path / "bad"
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(SavedFileError):
            nn.load(path)


def test_bytes_behind_the_end_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    nn.save(SMALL, path)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(SavedFileError, match="the file has"):
        nn.load(path)


@FORMATS
def test_no_flipped_byte_is_taken_for_the_truth(tmp_path, suffix):
    data, path = written(tmp_path, suffix), tmp_path / "bad"
    for place in range(len(data)):
        for mask in (1 << place % 8, 0xFF):
            bad = bytearray(data)
            bad[place] ^= mask
            assert refused_or_right(path, bytes(bad)), (place, mask)


@FORMATS
@settings(max_examples=60, deadline=None)
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=9)), min_size=1, max_size=3))
def test_overwritten_stretches_are_never_taken_for_the_truth(tmp_path_factory, suffix, edits):
    folder = tmp_path_factory.getbasetemp()
    bad = bytearray(written(folder, suffix))
    for place, new in edits:
        at = int(place * len(bad))
        bad[at : at + len(new)] = new
    assert refused_or_right(folder / "bad", bytes(bad))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_noise_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "noise"
    for start in (b"", b"PK\3\4", len(data).to_bytes(8, "little") + b"{"):
        path.write_bytes(start + data)
        with pytest.raises(SavedFileError):
            nn.load(path)


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def tensors(header, data=bytes(8)):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


TWICE = json.dumps({"a": entry()}).encode()[:-1] + b', "a": ' + json.dumps(entry()).encode() + b"}"
HOSTILE = {
    "huge header": ((2**63).to_bytes(8, "little") + b"{}", "a header of"),
    "huge shape": (tensors({"a": entry(shape=[2**62, 2**62])}), "needs"),
    "huge offsets": (tensors({"a": entry("U8", [2**60], [0, 2**60])}), "the file has"),
    "empty but huge": (tensors({"a": entry(shape=[0, 2**63], offsets=[0, 0])}, b""), "the shape"),
    "many axes": (tensors({"a": entry(shape=[1] * 65, offsets=[0, 4])}, bytes(4)), "the shape"),
    "negative": (tensors({"a": entry(shape=[-2], offsets=[0, 8])}), "the shape"),
    "backwards": (tensors({"a": entry(offsets=[8, 0])}), "has -8"),
    "overlap": (tensors({"a": entry(), "b": entry()}), "begins at byte 0 of the data instead of 8"),
    "gap": (tensors({"a": entry(), "b": entry(offsets=[12, 20])}, bytes(20)), "instead of 8"),
    "left over": (tensors({"a": entry()}, bytes(9)), "the file has"),
    "too short": (tensors({"a": entry()}, bytes(7)), "the file has"),
    "duplicate": (tensors(TWICE), "a name comes twice"),
    "unknown dtype": (tensors({"a": entry("F8_E4M3", [8])}), "known are BOOL"),
    "dtype of another kind": (tensors({"a": entry(["F32"])}), "has the dtype"),
    "bool as size": (tensors({"a": entry(shape=[True, 2])}), "the shape"),
    "float as size": (tensors({"a": entry(shape=[2.0])}), "the shape"),
    "bad boolean": (tensors({"a": entry("BOOL", [1], [0, 1])}, b"\7"), "neither 0 nor 1"),
    "lacking": (tensors({"a": {"dtype": "F32"}}), "is described by"),
    "list": (tensors(b'{"a": []}', b""), "is described by"),
    "deep": (tensors(b'{"a":' * 100_000, b""), "damaged"),
    "not utf-8": (tensors(b'{"\xff": 1}', b""), "damaged"),
    "metadata": (tensors({"__metadata__": {"a": 1}}, b""), "not strings"),
    "newer": (
        tensors({"__metadata__": {"autograd": '{"version": 2, "crc32": 0, "tree": ""}'}}, b""),
        "of version 2; this reads version 1",
    ),
    "pickle": (pickle.dumps({"a": np.ones(2)}), "a pickle, which can run any code"),
    "npy": (b"\x93NUMPY\1\0v\0{'descr'", "numpy.load"),
    "text": (b"hello, world", "neither an .npz nor a .safetensors file"),
    "nothing": (b"", "it is empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_and_foreign_files_are_refused(tmp_path, case):
    data, match = HOSTILE[case]
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(SavedFileError, match=match):
        nn.load(path)


class Bomb:
    def __reduce__(self):
        return open, (self.path, "w")


def npy(array, pickled=False):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=pickled)
    return file.getvalue()


def huge():
    return npy(np.zeros(3)).replace(b"(3,)", b"(9,)")


ARCHIVES = {
    "objects": ({"a.npy": lambda b: npy(np.array([b]), True)}, "which can run any code"),
    "torch": ({"archive/data.pkl": pickle.dumps, "archive/data/0": b"x"}, "torch.save"),
    "text": ({"readme.txt": b"hello"}, "'readme.txt' inside"),
    "size": ({"a.npy": lambda b: huge()}, "needs 72 bytes and has 24"),
    "strings": ({"a.npy": lambda b: npy(np.array(["a"]))}, "not of numbers"),
    "no array": ({"a.npy": b"hello, this is no array"}, "damaged"),
    "structure": ({"autograd.json": b'{"version": 1, "tree": "[{"}'}, "damaged"),
    "newer": ({"autograd.json": b'{"version": 7, "tree": "{}"}'}, "of version 7"),
    "lost": ({"autograd.json": b'{"version": 1, "tree": "{\\"$array\\": \\"b\\"}"}'}, "damaged"),
    "stray": (
        {"autograd.json": b'{"version": 1, "tree": "[]"}', "a.npy": lambda b: npy(np.zeros(2))},
        "does not mention the array 'a'",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_hostile_archives_are_refused_and_nothing_runs(tmp_path, case):
    members, match = ARCHIVES[case]
    bomb = Bomb()
    bomb.path = str(tmp_path / "it ran")
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content if isinstance(content, bytes) else content(bomb))
    with pytest.raises(SavedFileError, match=match):
        nn.load(tmp_path / "x.npz")
    (tmp_path / "pickle").write_bytes(pickle.dumps(bomb))
    with pytest.raises(SavedFileError, match="it was not read"):
        nn.load(tmp_path / "pickle")
    assert sorted(os.listdir(tmp_path)) == ["pickle", "x.npz"]


def test_brain_floats_become_floats(tmp_path):
    path = tmp_path / "x.safetensors"
    bits = np.array([0x3F80, 0xC000, 0x7F80, 0x0001], np.uint16)
    path.write_bytes(tensors({"a": entry("BF16", [2, 2])}, bits.tobytes()))
    loaded = nn.load(path)["a"]
    assert loaded.dtype == np.float32
    assert loaded.tolist() == [[1.0, -2.0], [float("inf"), 2.0**-133]]
