"""Every kernel, on arguments of every kind, against its twin in `reference`: see kernel_table.

With each instruction set and without, in both dtypes, in several threads, after a fork, in a worker
of a data loader, without the JIT, and with Numba's checks of bounds.
"""

import copy
import inspect
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kernel_draw import Draw, chance
from kernel_table import TABLE

import nn
from autograd import REGISTRY, kernels
from autograd.errors import AutogradError
from autograd.kernels import _host, _threads, reference
from autograd.op import Op

HOST = _host.simd()
OTHERS = {"plain", "avx2"} if sys.platform != "darwin" else {"plain"}
SETS = ["off"]
if HOST is not None:
    others = sorted(OTHERS - {HOST.name})
    SETS += [HOST.name, *(pytest.param(name, marks=pytest.mark.slow) for name in others)]
CHECKED = bool(numba.config.BOUNDSCHECK)
# Numba's checks do not see what goes through pointers: test_kernels_bounds has fences for that
NAMES = [name for name, kernel in TABLE.items() if not (CHECKED and kernel.pointers)]
DTYPES = (np.float32, np.float64)
names = pytest.mark.parametrize("name", NAMES)
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
PLAIN = {  # public names in autograd.kernels that are about kernels, not kernels
    "KNOWN", "MODES", "PADDINGS", "Blend", "Reading", "get_num_threads", "output_size",
    "set_num_threads", "set_simd", "simd", "worth_cell", "worth_stepping",
}  # fmt: skip


@pytest.fixture(autouse=True)
def always_compiled():
    with patch.object(_host, "LEAST", 0), np.errstate(all="ignore"):
        yield
    kernels.set_simd(None)
    kernels.set_num_threads(0)


def calls(name, dtype, count=3):
    return [TABLE[name].arguments(Draw(chance(seed), dtype)) for seed in range(count)]


def called(name, arguments, module=kernels):
    """The result, and the arguments as they are afterwards; None if it is left to NumPy."""
    if module is kernels and kernels.simd() is None and not TABLE[name].numpy:
        return None
    arguments = copy.deepcopy(arguments)
    result = getattr(module, name)(*arguments)
    return None if result is None or result is False else [TABLE[name].shown(result), arguments]


def arrays(value):
    """All arrays in nested tuples."""
    if isinstance(value, (tuple, list)):
        return [a for v in value for a in arrays(v)]
    return [value] if isinstance(value, np.ndarray) else []


def same(actual, expected, what):
    for a, b in zip(arrays(actual), arrays(expected), strict=True):
        assert a.dtype == b.dtype, what
        assert a.shape == b.shape, what
        tolerance = 3e-5 if a.dtype == np.float32 else 1e-12
        size = np.abs(b[np.isfinite(b)]).max(initial=1)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * size, err_msg=what)


# The table


def test_every_kernel_is_in_the_table_and_has_a_twin():
    assert sorted(TABLE) == sorted(set(kernels.__all__) - PLAIN)
    assert list(TABLE) == sorted(TABLE)
    for name in TABLE:
        twin = inspect.signature(getattr(reference, name)).parameters
        own = inspect.signature(getattr(kernels, name)).parameters
        assert list(own)[: len(twin)] == list(twin), name


# Values


@pytest.mark.parametrize("simd", SETS)
@names
@few
@given(data=st.data())
def test_kernels_compute_what_their_twins_do(name, simd, data):
    kernels.set_simd(simd)
    pick = lambda options: data.draw(st.sampled_from(options))  # noqa: E731
    regular, special = pick((True, False)), pick((False, True))
    draw = Draw(pick, pick(DTYPES), regular, special)
    arguments = TABLE[name].arguments(draw)
    found = called(name, arguments)
    if found is None:  # NumPy's task; but not always
        assert simd == "off" or not regular or min(map(np.size, arrays(arguments))) == 0
    else:
        same(found, called(name, arguments, reference), name)


# Surroundings


@names
def test_kernels_run_in_several_python_threads_at_once(name):
    kernels.set_num_threads(2)
    for arguments in calls(name, np.float32):
        expected = called(name, arguments)
        with patch.object(_threads, "LEAST", 1), ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: called(name, arguments), range(8)):  # noqa: B023
                same(found, expected, name)


def checksums():
    """A number for each call of each kernel, compiled and in two threads."""
    with patch.multiple(_threads, LEAST=1), patch.object(_host, "LEAST", 0):
        found = [called(name, args) for name in TABLE for args in calls(name, np.float32)]
    return [float(np.abs(a).sum()) for a in arrays(found)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_kernels_run_after_a_fork():
    """In a process of its own, which has no threads that a fork would lose."""
    code = (
        "import os, test_kernels_every as t\n"
        "expected = t.checksums()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if t.checksums() == expected else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    run([sys.executable, "-W", "ignore", "-c", code], AUTOGRAD_NUM_THREADS="2")


class Sums:
    """A data set whose examples come from kernels."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.array(checksums())


def test_kernels_run_in_workers_of_a_data_loader():
    expected = checksums()
    for batch in nn.data.DataLoader(Sums(), batch_size=1, num_workers=2):
        np.testing.assert_allclose(np.asarray(batch)[0], expected, rtol=1e-5)


# Bad calls


@pytest.mark.parametrize("name", [n for n in sorted(REGISTRY) if isinstance(REGISTRY[n], Op)])
def test_bad_calls_never_reach_a_kernel(name):
    """The op raises first, but for kernels that look at their arguments themselves."""
    entry, reached = REGISTRY[name], []

    def kernel(which):
        return lambda *args: reached.append(which)

    with patch.multiple(kernels, **{k: kernel(k) for k in TABLE if not TABLE[k].checks}):
        for call in entry.fails:
            with pytest.raises(AutogradError):
                entry.call(*call.args, **call.attrs)
    assert reached == []


# The same in other surroundings


def run(command, **environment):
    env = {**os.environ, **environment}
    here = Path(__file__).parent
    done = subprocess.run(command, env=env, cwd=here, capture_output=True, text=True, timeout=570)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", __file__, "-k"]


@pytest.mark.slow
def test_without_the_jit():
    run([*PYTEST, "twins"], NUMBA_DISABLE_JIT="1")


@pytest.mark.slow
@pytest.mark.skipif(HOST is None, reason="nothing is compiled")
def test_with_checks_of_bounds(tmp_path):
    """In a cache of its own: code on disk does not say whether it checks."""
    run([*PYTEST, f"twins and {HOST.name}"], NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
