"""Compiled convolution against its twins, with every instruction set that this machine can run."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import kernels
from autograd.kernels import _host, _jit, _threads, reference, warmup
from autograd.kernels._code_files import CodeFiles

SETS = sorted({"plain", "avx2", _host.simd().name} if sys.platform != "darwin" else {"plain"})
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
OPTIONS = (1, 1), ((1, 1), (1, 1)), (1, 1), 1  # stride, padding, dilation, groups


@pytest.fixture(params=SETS, autouse=True)
def instructions(request):
    kernels.set_simd(request.param)
    with patch.object(_host, "LEAST", 0):
        yield request.param
    kernels.set_simd(None)


@st.composite
def axes(draw, most_pixels, most_elements=5):
    """One axis: size, kernel, stride, padding, dilation; at least one window fits."""
    kernel = draw(st.integers(1, most_elements))
    stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    span = dilation * (kernel - 1) + 1
    padding = tuple(draw(st.integers(0, 6)) for _ in range(2))
    size = draw(st.integers(max(1, span - sum(padding)), max(most_pixels, span)))
    return size, kernel, stride, padding, dilation


@st.composite
def convolutions(draw):
    """(shape of x, shape of w, stride, padding, dilation, groups): few filters or many"""
    ndim = draw(st.integers(1, 3))
    axis = axes(40) if ndim == 1 else axes(18) if ndim == 2 else axes(5, 3)
    groups = draw(st.integers(1, 3))
    c = draw(st.sampled_from([1, 2, 3, 8, 17]))
    o = draw(st.sampled_from([1, 2, 3, 5, 6, 16, 17, 33]))
    image, kernel, *options = zip(*(draw(axis) for _ in range(ndim)))
    return (2, groups * c, *image), (groups * o, c, *kernel), *options, groups


def same(actual, expected):
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert actual.flags.c_contiguous
    tolerance = 1e-5 if actual.dtype == np.float32 else 1e-13
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale * 10)


def numpy_only(name, *args):
    with patch.object(_host, "_forced", "off"):
        return getattr(kernels, name)(*args)


@few
@given(convolutions(), dtypes, seeds)
@pytest.mark.slow
def test_compiled_convolutions_agree_with_numpy(case, dtype, seed):
    x_shape, w_shape, *options = case
    rng = np.random.default_rng(seed)
    x, w = (rng.normal(size=s).astype(dtype) for s in (x_shape, w_shape))
    out = numpy_only("conv", x, w, *options)
    g = rng.normal(size=out.shape).astype(dtype)
    same(kernels.conv(x, w, *options), out)
    b = rng.normal(size=len(w)).astype(dtype)
    same(kernels.conv(x, w, *options, b), numpy_only("conv", x, w, *options, b))
    for args in (("conv_dx", g, w, x_shape), ("conv_dw", g, x, w_shape)):
        same(getattr(kernels, args[0])(*args[1:], *options), numpy_only(*args, *options))


@pytest.mark.parametrize("filters", [3, 40])
def test_compiled_convolutions_agree_with_plain_loops(filters):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 9, 6, 17)), rng.normal(size=(filters, 9, 3, 3))
    same(kernels.conv(x, w, *OPTIONS), reference.conv(x, w, *OPTIONS))


@pytest.mark.parametrize("special", [np.nan, np.inf])
@pytest.mark.parametrize("filters", [3, 40])
def test_special_values_reach_what_they_touch_and_nothing_else(special, filters):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 9, 6, 17)), rng.normal(size=(filters, 9, 3, 3))
    x[1, 4, 2, 16] = special
    with np.errstate(invalid="ignore"):
        out = kernels.conv(x, w, *OPTIONS)
    touched = np.zeros(out.shape, bool)
    touched[1, :, 1:4, 15:17] = True
    np.testing.assert_array_equal(np.isfinite(out), ~touched)
    g = np.ones(out.shape)
    g[0, 0, 0, 0] = special
    with np.errstate(invalid="ignore"):
        dx = kernels.conv_dx(g, w, x.shape, *OPTIONS)
        dw = kernels.conv_dw(g, np.where(np.isfinite(x), x, 0), w.shape, *OPTIONS)
    touched = np.zeros(dx.shape, bool)
    touched[0, :, :2, :2] = True
    np.testing.assert_array_equal(np.isfinite(dx), ~touched)
    assert np.isfinite(dw[1:]).all()
    assert not np.isfinite(dw[0, :, 1:, 1:]).any()


WINDOWS = (  # kernel, stride, dilation along each axis: each is compiled by itself
    [(2, 2, 1)], [(3, 1, 2)],
    [(2, 2, 1), (2, 2, 1)], [(2, 3, 2), (2, 2, 1)], [(3, 2, 1), (3, 2, 1)],
    [(3, 1, 2), (2, 1, 1)], [(1, 2, 1), (2, 3, 1)], [(3, 3, 1), (1, 1, 1)],
)  # fmt: skip


@st.composite
def pools(draw):
    """(shape of x, out, kernel, stride, padding, dilation) over one or two axes"""
    axes = draw(st.sampled_from(WINDOWS))
    kernel, stride, dilation = zip(*axes)
    padding = tuple(draw(st.integers(0, (d * (k - 1) + 1) // 2)) for k, _, d in axes)
    spans = [max(1, d * (k - 1) + 1 - 2 * p) for (k, _, d), p in zip(axes, padding)]
    image = tuple(draw(st.integers(n, 40)) for n in spans)
    out = tuple(
        kernels.output_size(n, k, s, (p, p), d) + draw(st.integers(0, 1))
        for n, (k, s, d), p in zip(image, axes, padding)
    )
    return (2, 3, *image), out, kernel, stride, padding, dilation


@few
@given(pools(), dtypes, st.booleans(), seeds)
@pytest.mark.slow
def test_compiled_pooling_agrees_with_numpy(case, dtype, special, seed):
    """With many ties; sometimes with NaN and infinities."""
    shape, out, kernel, stride, padding, dilation = case
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, shape).astype(dtype)
    if special:
        x = np.where(rng.random(shape) < 0.4, dtype(-np.inf), x)
        x = np.where(rng.random(shape) < 0.1, dtype(np.nan), x)
    largest, ties = kernels.max_pool(x, out, *case[2:])
    expected, tied = numpy_only("max_pool", x, out, *case[2:])
    np.testing.assert_array_equal(largest, expected)
    np.testing.assert_array_equal(ties, tied)
    g, weight = rng.normal(size=largest.shape).astype(dtype), rng.random(out).astype(dtype)
    y = rng.normal(size=shape).astype(dtype)
    for call in (
        ("max_pool_dx", g, ties, shape, stride, padding, dilation),
        ("avg_pool", y, weight, kernel, stride, padding),
        ("avg_pool_dx", g, weight, shape, kernel, stride, padding),
    ):
        same(getattr(kernels, call[0])(*call[1:]), numpy_only(*call))


def test_threads_do_not_change_the_result():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 16, 12, 12)), rng.normal(size=(32, 16, 3, 3))
    g = rng.normal(size=(5, 32, 12, 12))
    calls = (("conv", x, w), ("conv_dx", g, w, x.shape), ("conv_dw", g, x, w.shape))
    alone = [getattr(kernels, name)(*args, *OPTIONS) for name, *args in calls]
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        for (name, *args), expected in zip(calls, alone):
            np.testing.assert_allclose(
                getattr(kernels, name)(*args, *OPTIONS), expected, rtol=1e-12, atol=1e-12
            )
    kernels.set_num_threads(0)


def test_kernels_run_in_several_python_threads_at_once():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(4, 8, 12, 12)), rng.normal(size=(8, 8, 3, 3))
    expected = kernels.conv(x, w, *OPTIONS)
    with patch.object(_threads, "LEAST", 1), ThreadPoolExecutor(4) as pool:
        for out in pool.map(lambda _: kernels.conv(x, w, *OPTIONS), range(40)):
            np.testing.assert_array_equal(out, expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_kernels_run_after_a_fork():
    code = """
import os, numpy as np
from autograd import kernels
from autograd.kernels import _threads
_threads.LEAST = 1
kernels.set_num_threads(2)
x, w = np.ones((4, 8, 12, 12)), np.ones((8, 8, 3, 3))
run = lambda: kernels.conv(x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), 1).sum()
expected = run()
child = os.fork()
if child == 0:
    os._exit(0 if run() == expected else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=120)
    assert done.returncode == 0


def test_a_forced_instruction_set_must_exist():
    with pytest.raises(ValueError, match="no instruction set 'mmx'; there are avx512"):
        kernels.set_simd("mmx")


@pytest.mark.parametrize(
    ("machine", "features", "name"),
    [
        ("aarch64", {}, "neon"),  # LLVM does not know the features of every ARM machine
        ("arm64", {"neon": True}, "neon"),
        ("riscv64", {}, "plain"),
        ("x86_64", {"avx2": True, "fma": True}, "avx2"),
        ("x86_64", {"avx2": True, "fma": True, "avx512f": True}, "avx2"),
    ],
)
def test_the_instruction_set_is_found(monkeypatch, machine, features, name):
    monkeypatch.delenv("AUTOGRAD_SIMD", raising=False)
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: features)
    assert _host._detected.__wrapped__() == name


def test_an_edit_in_any_kernel_file_outdates_the_code_on_disk():
    for dispatcher in _jit.compiled.values():
        assert dispatcher._cache._cache_file._source_stamp == _jit.SOURCES


def test_processes_that_compile_at_the_same_time_keep_their_code_apart(tmp_path):
    first, second = (CodeFiles(tmp_path, "twice", "stamp") for _ in range(2))
    for key in ("int64", "float64"):
        for files in (first, second):
            assert files.load(key) is None
    first.save("int64", [1])
    second.save("float64", [2.0])
    for files in (first, second):
        assert files.load("int64") == [1]
        assert files.load("float64") == [2.0]


def test_code_of_another_source_or_a_damaged_file_is_compiled_again(tmp_path):
    files = CodeFiles(tmp_path, "name", "stamp")
    files.save("key", "code")
    assert CodeFiles(tmp_path, "name", "later").load("key") is None
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    turned = bytearray(whole)
    turned[-9] ^= 1
    for damaged in (b"", whole[: len(whole) // 2], turned, whole + b"0"):
        file.write_bytes(damaged)
        assert files.load("key") is None
    files.save("key", "code")
    assert files.load("key") == "code"


def test_without_the_jit_everything_is_numpy():
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    code = """
import numpy as np
from autograd import kernels
assert kernels.simd() is None
x, w = np.ones((4, 8, 40, 40)), np.ones((8, 8, 3, 3))
assert kernels.conv(x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)[0, 0, 1, 1] == 72
"""
    done = subprocess.run([sys.executable, "-c", code], env=env, timeout=120)
    assert done.returncode == 0


def test_a_long_compilation_is_explained_in_one_line(capsys):
    waiting = _jit._Waiting()
    with patch.object(waiting, "told", False):
        waiting.tell()
        waiting.tell()
    assert capsys.readouterr().err == _jit.NOTICE + "\n"


def test_warmup_calls_every_tile():
    host = _host.simd()
    names = " ".join(name for name, _ in warmup.calls())
    for rows, _ in host.spread:
        assert f"-> {rows}," in names
    for rows in host.gather:
        assert f", {rows} wide" in names
