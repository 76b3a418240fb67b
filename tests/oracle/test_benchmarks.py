"""The benchmarks time equal work: losses of three training steps, and every kernel's results."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

pytestmark = [pytest.mark.oracle, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    "suite", ["kernels", "layers", "training", "sequence", "optim", "dispatch"]
)
def test_contenders_agree_before_they_are_timed(suite):
    command = [sys.executable, ROOT / "benchmarks", suite, "--quick"]
    run = subprocess.run(
        [*map(str, command), "--contenders", "autograd,torch"],
        capture_output=True, text=True, cwd=ROOT, timeout=900,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "PyTorch" in run.stdout
