"""Compiled kernels touch nothing outside of their arrays.

Each array ends, or begins, at a page that nobody may touch: one element too far kills the process.
Numba's own checks of bounds do not see what register tiles do with pointers.
"""

import os
import subprocess
import sys

import pytest

from autograd.kernels import _host

FENCED = """
import ctypes, mmap, sys
import numpy as np
from autograd import kernels
from autograd.kernels import _host, conv_fast, pool_fast

softmax, stretch = (sys.modules[f"autograd.kernels.{n}"] for n in ("softmax", "stretch"))
PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
AT_END = sys.argv[1] == "end"
held = []

def fenced(shape, dtype=float, *rest, **more):
    '''An array flush with a page that may not be touched.'''
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    pages = max(1, -(-count * dtype.itemsize // PAGE))
    region = mmap.mmap(-1, (pages + 2) * PAGE)
    held.append(region)
    start = ctypes.addressof(ctypes.c_char.from_buffer(region))
    for guard in (start, start + (pages + 1) * PAGE):
        assert libc.mprotect(ctypes.c_void_p(guard), PAGE, 0) == 0
    offset = PAGE + (pages * PAGE - count * dtype.itemsize if AT_END else 0)
    return np.frombuffer(region, dtype, count, offset).reshape(shape)

def put(values):
    out = fenced(values.shape, values.dtype)
    out[...] = values
    return out

def zeros(shape, dtype=float, *rest, **more):
    out = fenced(shape, dtype)
    out[...] = 0
    return out

def alike(a):
    return fenced(a.shape, a.dtype)

class Fenced:
    empty, zeros, empty_like = staticmethod(fenced), staticmethod(zeros), staticmethod(alike)
    def __getattr__(self, name):
        return getattr(np, name)

conv_fast.np = pool_fast.np = Fenced()
_host.LEAST = 0
rng = np.random.default_rng(0)
for trial in range(12):
    dtype = (np.float32, np.float64)[trial % 2]
    axes = int(rng.integers(1, 3))
    groups = int(rng.integers(1, 3))
    c, o = int(rng.choice([1, 2, 8, 17])), int(rng.choice([1, 3, 6, 17, 33]))
    k, s, d = (tuple(map(int, rng.integers(1, n, axes))) for n in (4, 3, 3))
    p = tuple(tuple(map(int, rng.integers(0, 3, 2))) for _ in range(axes))
    image = tuple(int(rng.integers(dd * (kk - 1) + 1, 24)) for kk, dd in zip(k, d))
    options = (s, p, d, groups)
    x = put(rng.normal(size=(2, groups * c, *image)).astype(dtype))
    w = put(rng.normal(size=(groups * o, c, *k)).astype(dtype))
    b = put(rng.normal(size=groups * o).astype(dtype))
    out = kernels.conv(x, w, *options, b)
    kernels.conv_dx(out, w, x.shape, *options)
    kernels.conv_dw(out, x, w.shape, *options)
    window, step = ((2, 2), (3, 2), (3, 1))[trial % 3]
    if min(image) < window:
        continue
    k, s, half = (window,) * axes, (step,) * axes, (window // 2,) * axes
    size = tuple(kernels.output_size(n, window, step, (window // 2,) * 2, 1) for n in image)
    g, ties = kernels.max_pool(x, size, k, s, half, (1,) * axes)
    kernels.max_pool_dx(g, ties, x.shape, s, half, (1,) * axes)
    weight = put(np.ones(size, dtype))
    means = kernels.avg_pool(x, weight, k, s, half)
    kernels.avg_pool_dx(means, weight, x.shape, k, s, half)

softmax.np = stretch.np = Fenced()
for trial in range(12):
    dtype = (np.float32, np.float64)[trial % 2]
    shape = tuple(map(int, rng.integers(1, (4, 80))))
    x, g = (put(rng.normal(size=shape).astype(dtype)) for _ in range(2))
    classes = put(rng.integers(0, shape[1], shape[:1]))
    for log in (False, True):
        kernels.softmax_dx(g, kernels.softmax(x, (1,), log), (1,), log)
    kernels.exp_sums(x, (1,))
    _, _, stats = kernels.cross_entropy(x, classes, 1)
    kernels.cross_entropy_dx(put(g[:, 0]), x, classes, 1, stats)
    kernels.add_stretched(x, put(g[0]))
    kernels.add_stretched(x, put(g[:, :1]))
print("untouched")
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
@pytest.mark.parametrize("side", ["end", "start"])
@pytest.mark.parametrize("name", sorted({"plain", "avx2", _host.simd().name}))
def test_no_kernel_touches_what_is_not_its_own(name, side):
    env = {**os.environ, "AUTOGRAD_SIMD": name}
    command = [sys.executable, "-W", "ignore", "-c", FENCED, side]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "untouched"
