"""Compiled kernels touch nothing outside of their arrays.

Numba's own checks of bounds, which test_kernels_every switches on, do not see what register tiles
do with pointers. So each array ends, or begins, at a page that nobody may touch: one element too
far kills the process.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.kernels import _host

PROGRAM = Path(__file__).with_name("kernel_fences.py")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
@pytest.mark.parametrize("side", ["end", "start"])
@pytest.mark.parametrize("name", sorted({"plain", "avx2", _host.simd().name}))
def test_no_kernel_touches_what_is_not_its_own(name, side):
    env = {**os.environ, "AUTOGRAD_SIMD": name}
    command = [sys.executable, "-W", "ignore", str(PROGRAM), side]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "untouched"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
@pytest.mark.parametrize(("side", "step"), [("end", 8), ("start", -1)])
def test_the_fences_hold(side, step):
    code = (
        "import ctypes, kernel_fences\n"
        "a = kernel_fences.fenced((1,))\n"
        f"ctypes.memset(a.ctypes.data + {step}, 0, 1)"
    )
    done = subprocess.run([sys.executable, "-c", code, side], cwd=PROGRAM.parent, timeout=100)
    assert done.returncode == -signal.SIGSEGV
