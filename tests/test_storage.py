"""Saved files: what comes back, what is refused, and what a killed program leaves."""

import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from nn.errors import SavedFileError

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = pytest.mark.parametrize("suffix", [".npz", ".safetensors", ""])
FORMATS = pytest.mark.parametrize("suffix", [".npz", ".safetensors"])


def same(a, b):
    """Equal in values, types, dtypes and order, and in their bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a == b or (a != a and b != b)


DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8"]
STATE = {
    "arrays": {code: np.arange(3).astype(code) for code in DTYPES},
    "empty": np.zeros((0, 3)),
    "0-d": np.array(2.5),
    "scalar": np.float32(0.1),
    "numbers": [1, -2.5, True, None, float("inf"), float("nan"), 2**127, "text"],
    "tuple": (0.9, (0.999, [])),
    "state": {0: {"exp_avg": np.ones(2)}, 1: {}},
    "keys": {None: 1, (2, "a"): 3, np.int64(4): 5, "$array": "dollar", 1.5: 6},
}
ODD = ["", "file", "a/b", "../../etc/x", "a\0b", "naïve 重み 😀", "\ud800", "a\\b", "x" * 70_000,
       "__metadata__", "autograd.json", "a.npy", "array 0", "$x", " ", "\n", "arr_0"]  # fmt: skip


@SUFFIXES
def test_everything_comes_back_as_it_was(tmp_path, suffix):
    path = tmp_path / f"state{suffix}"
    nn.save(STATE, path)
    assert same(nn.load(path), STATE)
    first = path.read_bytes()
    nn.save(STATE, str(path))
    assert path.read_bytes() == first
    assert os.listdir(tmp_path) == [path.name]


@FORMATS
def test_names_may_be_anything(tmp_path, suffix):
    state = {name: np.full(2, i) for i, name in enumerate(ODD)}
    nn.save(state, tmp_path / f"x{suffix}")
    assert same(nn.load(tmp_path / f"x{suffix}"), state)
    assert os.listdir(tmp_path) == [f"x{suffix}"]


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.builds(np.zeros, st.tuples(st.integers(0, 3), st.integers(0, 3))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)
    | st.tuples(inner, inner),
    max_leaves=10,
)  # fmt: skip


@FORMATS
@settings(max_examples=60, deadline=None)
@given(value=nested)
def test_any_nesting_comes_back(tmp_path_factory, suffix, value):
    path = tmp_path_factory.getbasetemp() / f"nested{suffix}"
    nn.save(value, path)
    assert same(nn.load(path), value)


@FORMATS
def test_layouts_that_are_not_contiguous(tmp_path, suffix):
    base = np.arange(24.0).reshape(4, 6)
    state = {
        "transposed": base.T, "strided": base[::2, ::3], "backwards": base[::-1],
        "fortran": np.asfortranarray(base), "broadcast": np.broadcast_to(base[0], (3, 6)),
        "big": base.astype(">f8"), "tensor": Tensor(base).T,
    }  # fmt: skip
    nn.save(state, tmp_path / f"x{suffix}")
    loaded = nn.load(tmp_path / f"x{suffix}")
    for name, value in state.items():
        np.testing.assert_array_equal(loaded[name], np.asarray(value))
        assert loaded[name].dtype == np.float64
        assert loaded[name].flags.writeable


def test_a_model_and_all_that_trains_it_go_into_one_file(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    scheduler = nn.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=9)
    model(np.ones((4, 3))).sum().backward()
    optimizer.step()
    scheduler.step()
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    state = {name: part.state_dict() for name, part in parts.items()}
    state["rng"] = np.random.default_rng(3).bit_generator.state
    nn.save(state, tmp_path / "run.npz")
    loaded = nn.load(tmp_path / "run.npz")
    assert same(loaded, state)
    for name, part in parts.items():
        part.load_state_dict(loaded[name])
        assert same(part.state_dict(), state[name])


# What cannot be saved


class Mine:
    pass


CIRCLE: list = []
CIRCLE.append(CIRCLE)
UNSAVABLE = {
    "object": ({"a": [Mine()]}, r"the value\['a'\]\[0\] is a Mine"),
    "objects": (np.array([None]), "array of object"),
    "text": (np.array(["a"]), "array of <U1"),
    "time": (np.array(["2020"], "M8[Y]"), "not of numbers"),
    "long": (np.zeros(2, np.longdouble), "not of numbers"),
    "set": ({1, 2}, "is a set"),
    "circle": (CIRCLE, "contains itself"),
    "module": (nn.Linear(1, 1), "hint: save its state_dict"),
}


@pytest.mark.parametrize("case", UNSAVABLE)
def test_what_cannot_be_saved_is_named_and_touches_nothing(tmp_path, case):
    value, match = UNSAVABLE[case]
    path = tmp_path / "x.npz"
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match=match):
        nn.save(value, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.npz"]


def test_safetensors_have_no_complex_doubles(tmp_path):
    nn.save({"z": np.ones(2) * 1j}, tmp_path / "x.npz")
    assert nn.load(tmp_path / "x.npz")["z"].dtype == complex
    with pytest.raises(TypeError, match="z is complex128"):
        nn.save({"z": np.ones(2) * 1j}, tmp_path / "x.safetensors")
    assert os.listdir(tmp_path) == ["x.npz"]


# Damaged files


SMALL = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(3), "t": (1, "a")}


def written(tmp_path, suffix):
    path = tmp_path / f"good{suffix}"
    nn.save(SMALL, path)
    return path.read_bytes()


def refused_or_right(path, data):
    path.write_bytes(data)
    try:
        return same(nn.load(path), SMALL)
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
    "pickle": (pickle.dumps(STATE), "a pickle, which can run any code"),
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
    import io

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


# Other programs


def test_numpy_reads_ours_and_we_read_numpys(tmp_path):
    path = tmp_path / "x.npz"
    model = nn.Linear(3, 2)
    nn.save(model.state_dict(), path)
    with np.load(path) as theirs:
        np.testing.assert_array_equal(theirs["weight"], model.weight.numpy())
    for write in (np.savez, np.savez_compressed):
        write(path, **{"a/b": np.arange(6).reshape(2, 3).T, "c": np.float32(2), "d": [True]})
        loaded = nn.load(path)
        assert list(loaded) == ["a/b", "c", "d"]
        assert same(loaded["a/b"], np.arange(6).reshape(2, 3).T)
        assert same(loaded["c"], np.array(2, np.float32))


def test_safetensors_go_both_ways(tmp_path):
    theirs = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "x.safetensors"
    state = {name: np.arange(6).reshape(2, 3).astype(name) for name in DTYPES if name != "c8"}
    state |= {"empty": np.zeros((0, 2)), "0-d": np.array(1.5), "naïve": np.ones(1)}
    nn.save(state, path)
    loaded = theirs.load_file(path)
    assert {k: v.tolist() for k, v in loaded.items()} == {k: v.tolist() for k, v in state.items()}
    assert all(loaded[k].dtype == v.dtype for k, v in state.items())
    theirs.save_file(state, path, metadata={"author": "somebody"})
    assert {k: (v.dtype, v.tolist()) for k, v in nn.load(path).items()} == {
        k: (v.dtype, v.tolist()) for k, v in state.items()
    }


def test_brain_floats_become_floats(tmp_path):
    path = tmp_path / "x.safetensors"
    bits = np.array([0x3F80, 0xC000, 0x7F80, 0x0001], np.uint16)
    path.write_bytes(tensors({"a": entry("BF16", [2, 2])}, bits.tobytes()))
    loaded = nn.load(path)["a"]
    assert loaded.dtype == np.float32
    assert loaded.tolist() == [[1.0, -2.0], [float("inf"), 2.0**-133]]


# Killed and interrupted


def run(code, *args):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], cwd=ROOT, capture_output=True, timeout=60
    )


KILLED = """
import os, signal, sys
import numpy as np
import nn
from nn.storage import {form}
write = {form}.write
def interrupted(file, tree, arrays):
    write(file, tree, arrays)
    file.truncate({size})
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
{form}.write = interrupted
nn.save({{"new": np.ones(1000)}}, sys.argv[1])
"""


@FORMATS
@pytest.mark.parametrize("size", [0, 500, 9000])
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path, suffix, size):
    path = tmp_path / f"x{suffix}"
    nn.save(SMALL, path)
    done = run(KILLED.format(form=suffix[1:], size=size), path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert same(nn.load(path), SMALL)
    assert len(os.listdir(tmp_path)) == 2  # the part that was being written lies beside it
    nn.save({"new": 1}, path)
    assert nn.load(path) == {"new": 1}


def test_an_exception_in_the_middle_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    nn.save(SMALL, path)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        nn.save({"new": 1}, path)
    assert same(nn.load(path), SMALL)
    assert os.listdir(tmp_path) == ["x.npz"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "runs").mkdir()
    link = tmp_path / "latest.npz"
    link.symlink_to(tmp_path / "runs" / "7.npz")
    nn.save({"a": 1}, link)
    assert link.is_symlink()
    assert nn.load(tmp_path / "runs" / "7.npz") == {"a": 1}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "x.npz")
    with pytest.raises(FileNotFoundError):
        nn.save({}, tmp_path / "nowhere" / "x.npz")
