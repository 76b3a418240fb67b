"""Large products: shared by our threads, while OpenBLAS keeps to one of its own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from test_threads import THREE, forks, interrupted, python

import autograd
from autograd import kernels
from autograd.kernels import _blas, _threads, _workers
from autograd.kernels.products import matmul as products


@pytest.fixture(autouse=True)
def three_threads():
    kernels.set_num_threads(3)
    yield
    kernels.set_num_threads(0)


class Recorder:
    """Stands for OpenBLAS's number of threads, and keeps what it was set to."""

    def __init__(self, count):
        self.now, self.history = count, []

    def put(self, count):
        self.now = count
        self.history.append(count)


REAL = _blas.alone().blas


@pytest.fixture(params=["NumPy's calls", "our calls"])
def openblas(request):
    """One with three threads, whatever BLAS this machine has; each product is worth sharing."""
    recorder = Recorder(3)
    gemm = REAL.gemm if REAL is not None and request.param == "our calls" else {}
    alone = _blas.Alone(_blas.OpenBlas(lambda: recorder.now, recorder.put, gemm))
    with (
        patch.object(_threads, "_cores", lambda: 3),  # so that workers stay awake
        patch.object(_workers, "AWAKE", 0.05),
        patch.object(products, "alone", lambda: alone),
        patch.multiple(products, FEW=0, MATRICES=0, VECTOR=0),
        patch.object(_threads, "LEAST", 1e-9),
    ):
        yield recorder


def normal(*shape, dtype=np.float64):
    return np.random.default_rng(len(shape)).normal(size=shape).astype(dtype)


FACTORS = [
    (normal(7, 5), normal(5, 9)),
    (normal(5, 7).T, normal(9, 5).T),
    (normal(3, 5)[::-1, ::-1], normal(5, 40)),
    (normal(6, 4, 5), normal(6, 5, 3)),
    (normal(6, 4, 5), normal(5, 3)),
    (normal(4, 5), normal(7, 5, 3)),
    (normal(2, 1, 4, 5), normal(1, 8, 5, 3)),
    (normal(2, 5, 4).swapaxes(1, 2), normal(2, 3, 5).swapaxes(1, 2)),
    (normal(1, 1, 20, 20), normal(1, 20, 20)),
    (normal(6, 1, 40), normal(6, 40, 1)),
    (normal(5), normal(5, 9)),
    (normal(7, 5), normal(5)),
    (normal(6), normal(6)),
    (normal(4, 0), normal(0, 5)),
    (normal(0, 4), normal(4, 5)),
    (normal(0, 3, 4), normal(4, 5)),
    (normal(7, 5, dtype=np.float32), normal(5, 9)),
    (normal(7, 5, dtype=np.float32), normal(5, 9, dtype=np.float32)),
    (normal(7, 5).astype(">f4"), normal(5, 9).astype(">f4")),
    (np.arange(12).reshape(3, 4), np.arange(20).reshape(4, 5)),
]


@pytest.mark.usefixtures("openblas")
@pytest.mark.parametrize("factors", FACTORS, ids=lambda f: f"{f[0].shape} @ {f[1].shape}")
@pytest.mark.parametrize("threads", [2, 3])
def test_a_shared_product_is_that_of_numpy(factors, threads):
    kernels.set_num_threads(threads)
    x, y = factors
    expected = np.matmul(x, y)
    _threads.run(lambda run: None, THREE)  # workers are awake now
    found = kernels.matmul(x, y)
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    tolerance = 1e-5 if expected.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    if expected.ndim:
        out = np.full_like(expected, 7)
        assert kernels.matmul(x, y, out=out) is out
        np.testing.assert_allclose(out, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.usefixtures("openblas")
def test_large_products_are_shared():
    taken = []

    parts = _threads.parts
    with patch.object(_threads, "parts", lambda *given: taken.append(parts(*given)) or taken[-1]):
        kernels.matmul(normal(30, 5), normal(5, 9))
        kernels.matmul(normal(3, 5), normal(5, 90))
        kernels.matmul(normal(60, 3, 5), normal(5, 9))
    assert [runs[-1][1] for runs in taken] == [30, 90, 60]
    assert [len(runs) for runs in taken] == [3, 3, 3]


@pytest.mark.parametrize("openblas", ["our calls"], indirect=True)
@pytest.mark.usefixtures("openblas")
@pytest.mark.skipif(REAL is None or kernels.simd() is None, reason="no OpenBLAS, or no compiler")
def test_workers_that_are_awake_call_openblas_themselves():
    shared = []
    share = _threads.share
    x, y = normal(30, 5), normal(5, 9)
    with patch.object(_threads, "share", lambda jobs: shared.append(share(jobs)) or shared[-1]):
        until = time.monotonic() + 30
        while not (shared and shared[-1]) and time.monotonic() < until:
            np.testing.assert_allclose(kernels.matmul(x, y), x @ y, rtol=1e-12, atol=1e-12)
    assert shared[-1]


@pytest.mark.usefixtures("openblas")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(90, 41), (41, 90), (2, 60, 41), (20, 30, 41)])
def test_a_matrix_times_itself_transposed_is_exactly_symmetric(shape, dtype):
    x = normal(*shape, dtype=dtype)
    turned = x.swapaxes(-1, -2)
    _threads.run(lambda run: None, THREE)  # workers are awake now
    for a, b in ((x, turned), (turned, x)):
        found = kernels.matmul(a, b)
        np.testing.assert_array_equal(found, found.swapaxes(-1, -2))
        tolerance = 1e-4 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(found, np.matmul(a, b), rtol=tolerance, atol=tolerance)


@pytest.mark.usefixtures("openblas")
def test_several_python_threads_multiply_at_once():
    def work(k):
        x, y = FACTORS[k % 9]
        return kernels.matmul(x, y), x @ y

    with ThreadPoolExecutor(5) as pool:
        for found, expected in pool.map(work, range(900)):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "y"), [((3, 4), (5, 6)), ((2, 3, 4), (3, 4, 5)), ((2, 3, 4), (3, 2))]
)
@pytest.mark.usefixtures("openblas")
def test_wrong_shapes_are_complained_of_as_ever(x, y):
    with pytest.raises(ValueError, match=r"mismatch|broadcast"):
        kernels.matmul(normal(*x), normal(*y))
    with pytest.raises(autograd.errors.ShapeError, match=r"columns|broadcast"):
        autograd.matmul(normal(*x), normal(*y))


def test_openblas_has_one_thread_while_ours_share_a_product(openblas):
    kernels.matmul(normal(30, 5), normal(5, 9))
    assert openblas.history == [1, 3]


def test_it_gets_its_threads_back_after_an_exception(openblas):
    with pytest.raises(ValueError, match="mismatch"):
        kernels.matmul(normal(30, 5), normal(5, 9), out=np.empty((2, 2)))
    assert openblas.history == [1, 3]


def test_with_one_thread_of_ours_openblas_is_left_alone(openblas):
    kernels.set_num_threads(1)
    for x, y in FACTORS:
        kernels.matmul(x, y)
    assert openblas.history == []


def test_one_that_the_user_has_held_to_one_thread_is_left_alone(openblas):
    openblas.now = 1  # OPENBLAS_NUM_THREADS=1, or threadpoolctl
    with patch.object(_threads, "run", lambda task, runs: pytest.fail(f"{runs}")):
        kernels.matmul(normal(30, 5), normal(5, 9))
    assert openblas.history == []


def test_another_blas_is_left_alone():
    with (
        patch.object(products, "alone", lambda: _blas.Alone(None)),
        patch.multiple(products, FEW=0, MATRICES=0, VECTOR=0),
        patch.object(_threads, "run", lambda task, runs: pytest.fail(f"{runs}")),
    ):
        x, y = normal(300, 50), normal(50, 90)
        np.testing.assert_array_equal(kernels.matmul(x, y), x @ y)


def test_the_last_to_leave_gives_the_threads_back():
    recorder = Recorder(4)
    alone = _blas.Alone(_blas.OpenBlas(lambda: recorder.now, recorder.put, {}))
    inside, finish = threading.Event(), threading.Event()

    def other():
        with alone:
            inside.set()
            finish.wait(10)

    thread = threading.Thread(target=other)
    with alone:
        thread.start()
        inside.wait(10)
        assert alone.threads() == 4
    assert recorder.now == 1
    finish.set()
    thread.join()
    assert recorder.history == [1, 4]


@pytest.mark.parametrize("same", [True, False])
def test_one_who_could_not_leave_hinders_nobody(same):
    recorder = Recorder(4)
    alone = _blas.Alone(_blas.OpenBlas(lambda: recorder.now, recorder.put, {}))
    if same:
        alone.__enter__()
    else:
        thread = threading.Thread(target=alone.__enter__)  # and is gone
        thread.start()
        thread.join()
    assert (recorder.now, alone.threads()) == (1, 4)
    with alone:
        assert (recorder.now, alone.threads()) == (1, 4)
    assert (recorder.now, alone.threads()) == (4, 4)


def test_an_interrupt_at_any_moment_leaves_nobody_within(openblas):
    x, y = normal(30, 5), normal(5, 9)
    for _ in interrupted(lambda: kernels.matmul(x, y)):
        assert (openblas.now, products.alone().threads()) == (3, 3)
        assert not any(worker.free.locked() for worker in _threads._workers or [])
        np.testing.assert_allclose(kernels.matmul(x, y), x @ y, rtol=1e-12, atol=1e-12)
        assert openblas.now == 3


def test_a_child_forked_within_gets_them_back():
    recorder = Recorder(4)
    alone = _blas.Alone(_blas.OpenBlas(lambda: recorder.now, recorder.put, {}))
    alone.__enter__()
    alone.forget()  # what a fork calls in the child
    assert recorder.history == [1, 4]
    with alone:
        assert recorder.now == 1
    assert recorder.now == 4


needs_openblas = pytest.mark.skipif(
    REAL is None, reason="NumPy's BLAS has no threads that can be held"
)

LARGE = """
import numpy as np, autograd
from autograd.kernels._blas import alone
x = np.ones((600, 600), np.float32)
before = alone().threads()
assert (autograd.matmul(x, x) == 600).all()
assert alone().blas.get() == before
print(before)
"""


@needs_openblas
@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_real_one_keeps_the_number_that_the_user_gave(threads):
    assert python(LARGE, OPENBLAS_NUM_THREADS="1", AUTOGRAD_NUM_THREADS=threads) == "1"


@needs_openblas
def test_the_real_one_is_what_threadpoolctl_sees():
    controller = pytest.importorskip("threadpoolctl").ThreadpoolController()
    seen = [c.num_threads for c in controller.lib_controllers if c.internal_api == "openblas"]
    assert _blas.alone().threads() in seen


@needs_openblas
@forks
def test_products_after_a_fork():
    code = (
        LARGE
        + """
import os
child = os.fork()
if child == 0:
    os._exit(0 if (autograd.matmul(x, x) == 600).all() and alone().blas.get() == before else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    )
    python(code, AUTOGRAD_NUM_THREADS="2")


def test_a_model_has_the_same_gradients_with_one_thread_and_with_three():
    def gradients(threads):
        kernels.set_num_threads(threads)
        rng = np.random.default_rng(0)
        x, w = (autograd.Tensor(rng.normal(size=(300, 300)), requires_grad=True) for _ in "xw")
        out = autograd.relu(x @ w.T) @ w
        return out.sum().gradient(x, w)

    for one, three in zip(gradients(1), gradients(3)):
        np.testing.assert_allclose(one, three, rtol=1e-12, atol=1e-9)
