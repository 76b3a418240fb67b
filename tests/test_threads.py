"""Threads: how work is handed over, and who is in OpenBLAS at the same time."""

import itertools
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
import pytest

from autograd import kernels
from autograd.kernels import _threads, _workers

THREE = [(0, 1), (1, 2), (2, 3)]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture(autouse=True)
def three_threads():
    kernels.set_num_threads(3)
    yield
    kernels.set_num_threads(0)


@pytest.fixture(params=["awake", "asleep"])
def manner(request, monkeypatch):
    """Workers that wait for a moment, as where there are cores enough, and those that do not."""
    if request.param == "asleep":
        monkeypatch.setattr(_threads, "_cores", lambda: 2)
    else:
        monkeypatch.setattr(_threads, "_cores", lambda: 3)


def python(code, **environment):
    env = os.environ | environment
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Interrupt(BaseException):
    """What a signal's handler raises."""


def interrupted(call):
    """Call it again and again, each time with an interrupt a step later, until none is left.

    Python looks for signals where a function of its own begins and where one of C has returned.
    """
    for wanted in itertools.count():
        left = wanted

        def step(frame, event, argument):
            nonlocal left
            if event in ("call", "c_return") and "kernels" in frame.f_code.co_filename:
                left -= 1
                if left < 0:
                    raise Interrupt

        sys.setprofile(step)
        try:
            call()
        except Interrupt:
            yield wanted
        else:
            assert wanted > 10
            return
        finally:
            sys.setprofile(None)


# How many there are


@pytest.mark.parametrize("count", [-1, 2.0, "2", None, True])
def test_a_number_of_threads_is_a_whole_number(count):
    with pytest.raises(ValueError, match=r"set_num_threads: count is .*whole number of threads"):
        kernels.set_num_threads(count)
    assert kernels.get_num_threads() == 3


def test_it_may_be_one_of_numpy():
    kernels.set_num_threads(np.int64(2))
    assert type(kernels.get_num_threads()) is int


@pytest.mark.parametrize("text", ["abc", "-2", "0", "1.5", "²"])
def test_the_environment_gives_a_positive_number(text, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_NUM_THREADS", text)
    kernels.set_num_threads(0)
    with pytest.raises(ValueError, match=f"AUTOGRAD_NUM_THREADS is {text!r}; it must be a pos"):
        kernels.get_num_threads()


@pytest.mark.parametrize(("text", "count"), [("", None), (" ", None), ("5", 5), (" 5 ", 5)])
def test_an_empty_environment_gives_the_cores(text, count, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_NUM_THREADS", text)
    kernels.set_num_threads(0)
    assert kernels.get_num_threads() == (count or _threads._cores())


# Handing work over


@pytest.mark.usefixtures("manner")
def test_results_come_in_the_order_of_the_runs():
    for _ in range(200):
        assert _threads.run(lambda run: run[0] * 10, THREE) == [0, 10, 20]


@pytest.mark.usefixtures("manner")
def test_threads_work_side_by_side():
    barrier = threading.Barrier(3, timeout=30)  # opens when all three have come
    assert sorted(_threads.run(lambda run: barrier.wait(), THREE)) == [0, 1, 2]


@pytest.mark.usefixtures("manner")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_exception_of_any_thread_arrives_once_all_have_finished(place):
    finished = []

    def task(run):
        if run[0] == place:
            raise KeyError(place)
        finished.append(run[0])

    for _ in range(3):  # and the thread that raised goes on
        with pytest.raises(KeyError, match=str(place)):
            _threads.run(task, THREE)
    assert sorted(finished) == sorted([k for k in range(3) if k != place] * 3)


@pytest.mark.usefixtures("manner")
def test_an_interrupt_at_any_moment_leaves_no_worker_taken():
    for _ in interrupted(lambda: _threads.run(lambda run: run[0], THREE)):
        assert not any(worker.free.locked() for worker in _threads._workers or [])
        assert _threads.run(lambda run: run[0], THREE) == [0, 1, 2]


def test_a_worker_that_is_never_released_hinders_neither_a_change_nor_the_end():
    code = """
from autograd import kernels
from autograd.kernels import _threads, _workers
_workers.PATIENCE = _threads.PATIENCE = 0.05
THREE = [(0, 1), (1, 2), (2, 3)]
kernels.set_num_threads(3)
for _ in range(2):
    _threads.run(lambda run: None, THREE)
    _threads._workers[0].free.acquire()
    print(_threads.run(lambda run: run[0], THREE))
    kernels.set_num_threads(3)
_threads.run(lambda run: None, THREE)
_threads._workers[1].free.acquire()
"""
    assert python(code) == "[0, 1, 2]\n[0, 1, 2]"


def test_a_finished_task_is_not_kept_alive():
    import weakref

    class Thing:
        pass

    thing = Thing()
    _threads.run(lambda run, thing=thing: None, THREE)
    gone = threading.Event()
    weakref.finalize(thing, gone.set)
    del thing
    assert gone.wait(10)


def test_a_thread_whose_workers_are_busy_does_the_work_itself():
    def task(run):
        return _threads.run(lambda inner: (run[0], inner[0]), THREE)

    expected = [[(k, j) for j in range(3)] for k in range(3)]
    assert _threads.run(task, THREE) == expected


def test_several_python_threads_at_once():
    def work(k):
        return _threads.run(lambda run: (k, run[0]), THREE)

    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(work, range(600)):
            assert [r for _, r in found] == [0, 1, 2]
            assert len({k for k, _ in found}) == 1


def test_the_number_of_threads_may_change_while_they_work():
    stop = threading.Event()

    def change():
        while not stop.is_set():
            for count in (1, 2, 3):
                kernels.set_num_threads(count)

    other = threading.Thread(target=change)
    other.start()
    try:
        for _ in range(300):
            assert _threads.run(lambda run: run[0], THREE) == [0, 1, 2]
    finally:
        stop.set()
        other.join()


def test_so_many_threads_are_alive():
    def workers():
        return sum(t.name == "autograd" for t in threading.enumerate())

    for count in (3, 2):
        kernels.set_num_threads(count)
        before = workers()
        _threads.run(lambda run: None, THREE)
        assert workers() <= before + count - 1
        assert len(_threads._workers) == count - 1


def test_sizes_alone_decide_about_parts_so_results_are_the_same_each_time():
    kernels.set_num_threads(3)
    assert _threads.parts(30, 1.9 * _threads.LEAST) == [(0, 30)]
    assert _threads.parts(30, 3 * _threads.LEAST) == [(0, 10), (10, 20), (20, 30)]
    assert len(_threads.parts(30, 30 * _threads.LEAST, 2)) == 2
    kernels.set_num_threads(2)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(96, 300)), rng.normal(size=(300, 200))
    g = rng.normal(size=(64, 30, 40))
    found = set()
    for k in range(40):
        time.sleep(0.002 * (k % 3))  # workers are awake, or fall asleep
        found.add(kernels.matmul(x, y).tobytes() + kernels.sum_to(g, (30, 1)).tobytes())
    assert len(found) == 1


@forks
def test_a_fork_in_the_middle_of_a_task_leaves_a_child_that_works():
    code = """
import os
from autograd import kernels
from autograd.kernels import _threads
kernels.set_num_threads(3)
THREE = [(0, 1), (1, 2), (2, 3)]
def task(run):
    if run[0]:
        return None
    child = os.fork()
    if child == 0:
        os._exit(0 if _threads.run(lambda r: r[0], THREE) == [0, 1, 2] else 1)
    return os.waitpid(child, 0)[1]
assert _threads.run(task, THREE)[0] == 0
"""
    python(code)


@pytest.mark.skipif(kernels.simd() is None, reason="nothing is compiled")
def test_all_that_threads_wait_with_is_compiled_before_there_are_any():
    code = """
from autograd import kernels
from autograd.kernels import _threads, _workers
pace = _workers.pace()
from autograd.kernels import _pause
import numpy as np
ready = {f: list(f.overloads) for f in (_pause.wait, _pause.serve, _pause.share)}
assert all(len(signatures) == 1 for signatures in ready.values()), ready
_threads._cores = lambda: 3
kernels.set_num_threads(3)
x = np.ones((600, 600))
for _ in range(50):
    kernels.matmul(x, x)
    _threads.run(lambda run: None, [(0, 1), (1, 2), (2, 3)])
assert ready == {f: list(f.overloads) for f in ready}
"""
    python(code)


@forks
@pytest.mark.skipif(kernels.simd() is None, reason="nothing is compiled")
def test_a_fork_waits_for_a_thread_that_compiles():
    code = """
import os, threading, time
from autograd import kernels
from numba.core.compiler_lock import global_compiler_lock as lock
held, ended = threading.Event(), []
def compile():
    with lock:
        held.set()
        time.sleep(0.2)
        ended.append(True)
threading.Thread(target=compile).start()
held.wait()
child = os.fork()
free = lock._lock.acquire(timeout=5)
if child == 0:
    os._exit(0 if free and ended else 1)
assert free and ended
assert os.waitpid(child, 0)[1] == 0
other = threading.Thread(target=lambda: print(lock._lock.acquire(timeout=0.1)))
lock._lock.release()
other.start()
other.join()
"""
    assert python(code) == "True"


@forks
def test_a_fork_loads_no_compiler():
    code = """
import os, sys, autograd
child = os.fork()
if child == 0:
    os._exit(1 if "numba" in sys.modules else 0)
assert os.waitpid(child, 0)[1] == 0
assert "numba" not in sys.modules
"""
    python(code)


def test_a_worker_that_cannot_stay_awake_goes_on_asleep():
    class Broken:
        WORDS, GIVEN, DONE, STATE, AWAKE = 768, 128, 256, 384, 1

        def serve(self, *given):
            raise RuntimeError

        def wait(self, *given):
            pass

    worker = _workers.Worker(_workers.Pace(Broken(), (), 1, 1))
    answers = SimpleQueue()
    for k in range(3):
        worker.tasks.put(worker.task(lambda run: run[0], (k, k + 1), 0, answers))
        worker.given()
        assert answers.get(timeout=10).result == k
    worker.stop()
    worker.thread.join(10)
    assert not worker.thread.is_alive()
    assert worker.pace is None


@pytest.mark.parametrize("awake", [0.0, 0.5])
def test_a_program_ends_at_once_and_quietly(awake):
    code = f"""
import atexit
atexit.register(lambda: print(_threads.run(lambda r: r[0], TWO)))  # after autograd's own
from autograd import kernels
from autograd.kernels import _threads, _workers
_workers.AWAKE = {awake}
kernels.set_num_threads(2)
TWO = [(0, 1), (1, 2)]
print(_threads.run(lambda r: r[0], TWO))
"""
    assert python(code) == "[0, 1]\n[0, 1]"


def test_waiting_is_measured_in_seconds():
    pace = _workers.pace()
    if kernels.simd() is None:
        assert pace is None
    else:
        assert pace.rounds > pace.grace > 0
