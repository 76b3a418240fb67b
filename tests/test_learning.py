"""The benchmarks of learning run: one step of each misses its goal, the smallest reaches it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "benchmarks" / "learning"
REAL = Path(os.environ.get("AUTOGRAD_DATA") or ROOT.parent / "shared" / "data")
NEEDS = {
    "digits_cnn": None,
    "digits_gan": None,
    "mnist_mlp": "mnist",
    "mnist_cnn": "mnist",
    "cifar_cnn": "cifar10",
    "char_lstm": "text",
    "char_transformer": "text",
    "word2vec": "text",
}


def learn(name, out, *options):
    """The result of a script, and its exit status."""
    command = [sys.executable, SCRIPTS / f"{name}.py", "--data", REAL, "--out", out, *options]
    ran = subprocess.run(
        list(map(str, command)), capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert not ran.stderr or "compiling" in ran.stderr, ran.stderr
    written = json.loads((out / f"{name}.json").read_text())
    assert written == json.loads(ran.stdout.splitlines()[-1])
    return written, ran.returncode


def test_every_script_is_known():
    assert {p.stem for p in SCRIPTS.glob("*.py")} == {
        *NEEDS, "runner", "classifying", "characters"
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDS)
def test_one_step_runs_and_misses_the_goal(name, tmp_path):
    folder = NEEDS[name]
    if folder and not (REAL / folder).is_dir():
        pytest.skip(f"no {folder} in {REAL}: name the folder in AUTOGRAD_DATA")
    result, status = learn(name, tmp_path, "--minutes", "0")
    assert result["steps"] == 1
    assert (result["reached"], status) == (False, 1)


@pytest.mark.slow
def test_digits_are_learnt_and_a_seed_gives_the_same_again(tmp_path):
    result, status = learn("digits_cnn", tmp_path)
    assert (result["reached"], status) == (True, 0)
    again, _ = learn("digits_cnn", tmp_path, "--seed", "0")
    assert again["test_accuracy"] == result["test_accuracy"]
