"""Saved files: what comes back, what is refused, and what a killed program leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor

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
SMALL = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(3), "t": (1, "a")}
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
