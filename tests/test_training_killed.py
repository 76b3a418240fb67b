"""A training that was killed, again and again, ends where an undisturbed one does, to the bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nn

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tests" / "training_run.py"


def run(folder, *how):
    """Train in a process of its own; the exit code, and what it said."""
    command = [sys.executable, SCRIPT, folder / "checkpoint.npz", folder / "final.npz", *how]
    paths = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=paths)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    code, said = run(folder)
    assert code == 0, said
    return (folder / "final.npz").read_bytes()


def steps(folder):
    position = nn.load(folder / "checkpoint.npz")["position"]
    return position["epoch"], position["step"], position["batches"]


def test_killed_in_the_middle_of_epochs_and_of_saving(tmp_path, undisturbed):
    # 8 steps of 2 batches (the last of 1) an epoch; saved every 3 steps, and after each epoch
    ends = [
        (("kill", "2"), None),  # before anything was saved
        (("kill", "5"), (0, 3, 6)),
        (("kill", "10"), (1, 9, 2)),
        (("save", "2"), (1, 12, 8)),
        (("kill", "24"), (2, 21, 10)),
    ]
    for how, place in ends:
        code, said = run(tmp_path, *how)
        assert code == -signal.SIGKILL, said
        if place is None:
            assert os.listdir(tmp_path) == []
        else:
            assert steps(tmp_path) == place
    code, said = run(tmp_path)
    assert code == 0, said
    assert (tmp_path / "final.npz").read_bytes() == undisturbed


def test_ctrl_c_finishes_the_step_saves_and_stops(tmp_path, undisturbed):
    ends = [(("ctrl-c", "4"), (0, 4, 8)), (("ctrl-c", "16"), (1, 16, 15)),
            (("validation", "8"), (2, 24, 15))]  # fmt: skip
    for how, place in ends:
        code, said = run(tmp_path, *how)
        assert code == -signal.SIGINT, said  # as any program that Ctrl-C ends
        assert "stopping after this step" in said
        assert f"training stopped after {place[1]} steps; saved in {tmp_path}" in said
        assert steps(tmp_path) == place
    code, said = run(tmp_path)
    assert code == 0, said
    assert (tmp_path / "final.npz").read_bytes() == undisturbed
