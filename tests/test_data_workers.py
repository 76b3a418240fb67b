"""What worker processes and threads promise: the same batches, no hang, nothing left behind."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from loading import (
    SIZE,
    Deadly,
    Failing,
    Mapped,
    Noted,
    Numbers,
    Processes,
    Slow,
    Stubborn,
    explode,
    introduce,
    plain,
    unreturnable,
    who,
)

import autograd
from autograd import Tensor, get_default_dtype, set_default_dtype
from autograd.errors import ArgumentError, DTypeError
from nn.data import DataLoader, WorkerError
from nn.data.channel import Channel, packed

CREWS = [{"num_workers": 1}, {"num_workers": 2}, {"threads": 1}, {"threads": 2}]


def listed(batch):
    """A batch in plain lists, with the dtype of every entry."""
    return {key: (value.tolist(), str(value.dtype)) for key, value in batch.items()}


def epochs(loader, count=2):
    return [[listed(batch) for batch in loader] for _ in range(count)]


def gone(pid):
    """Whether a process has ended; waits for it a little."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if zombie(pid):
            return True
        time.sleep(0.02)
    return False


def zombie(pid):
    """Whether a process has ended, but nobody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


@pytest.mark.parametrize("crew", CREWS, ids=str)
def test_workers_deliver_the_batches_that_none_does_with_noise_and_all(crew):
    def make(**crew):
        return DataLoader(Numbers(), 5, shuffle=True, rng=3, **crew)

    expected = epochs(make())
    assert epochs(make(**crew, persistent_workers=True)) == expected
    assert expected[0] != expected[1]
    noise = [row for epoch in expected for batch in epoch for row in batch["noise"][0]]
    assert len({tuple(row) for row in noise}) == 2 * SIZE


def test_a_loop_leaves_the_package_generator_where_it_was():
    autograd.random.manual_seed(5)
    expected = autograd.random.rand(3).tolist()
    autograd.random.manual_seed(5)
    first = epochs(DataLoader(Numbers(), 5))
    assert autograd.random.rand(3).tolist() == expected
    autograd.random.manual_seed(5)
    assert epochs(DataLoader(Numbers(), 5)) == first


def test_batches_of_workers_are_writable_and_follow_the_default_dtype():
    before = get_default_dtype()
    set_default_dtype("float64")
    try:
        crew = DataLoader([0.5, 1.5], 2, num_workers=1)
        (batch,) = crew
        assert batch.dtype == np.float64
    finally:
        set_default_dtype(before)
    for array in DataLoader(Numbers(), 5, num_workers=1, collate_fn=keep_noise):
        array += 1
        assert array.flags.owndata or array.base is not None
    assert isinstance(batch, Tensor)


def keep_noise(samples):
    return np.stack([s["noise"] for s in samples])


def test_each_worker_introduces_itself_and_takes_its_turn():
    loader = DataLoader(
        Mapped(who), 2, num_workers=2, worker_init_fn=introduce, collate_fn=plain
    )  # fmt: skip
    assert [b.tolist() for b in loader] == [[0, 0], [1, 1]] * 3


def test_workers_stay_if_asked_and_are_other_processes():
    def pids(loader):
        return {int(b.item()) for b in loader}

    staying = DataLoader(Processes(), num_workers=2, persistent_workers=True)
    batches = iter(staying)
    first = {int(next(batches).item()) for _ in range(2)}
    batches.close()  # a loop that was left early does not send them away
    assert pids(staying) == first
    assert os.getpid() not in first
    assert staying._crew._arrived == {}  # what was made for the loop that was left is not kept
    del batches, staying
    gc.collect()
    assert all(gone(pid) for pid in first)


def test_leaving_the_loop_early_ends_the_workers():
    batches = iter(DataLoader(Processes(), num_workers=2))
    pid = int(next(batches).item())
    del batches  # nobody called close()
    gc.collect()
    assert gone(pid)


# What goes wrong


@pytest.mark.parametrize("shape", ["plain", "cannot travel"])
def test_an_exception_in_a_worker_names_the_worker_the_sample_and_the_line(shape):
    error = ValueError("bad file") if shape == "plain" else None
    dataset = Failing(error) if error else Mapped(raise_stubborn)
    batches = iter(DataLoader(dataset, 4, num_workers=2))
    assert next(batches).tolist() == [0, 1, 2, 3]
    with pytest.raises(WorkerError, match=r"worker 1 \(process \d+\) failed") as info:
        next(batches)
    text = str(info.value)
    assert "while fetching sample 7" in text.splitlines()[0]
    assert "batch 1 of samples [4, 5, 6, 7]" in text.splitlines()[0]
    assert "loading.py" in text or "test_data_workers.py" in text
    if error:
        assert isinstance(info.value.__cause__, ValueError)
        assert "ValueError: bad file" in text
    else:
        assert info.value.__cause__ is None
        assert "Stubborn: this and that" in text


def test_a_failure_behind_the_point_where_a_loop_was_left_is_not_told_in_the_next():
    loader = DataLoader(Failing(ValueError()), 4, num_workers=1, persistent_workers=True)
    for _ in range(2):
        batches = iter(loader)
        assert next(batches).tolist() == [0, 1, 2, 3]
        batches.close()
    with pytest.raises(WorkerError, match="sample 7"):
        list(loader)


def test_two_loops_over_one_loader_do_not_disturb_each_other():
    loader = DataLoader(range(SIZE), 5, num_workers=2, persistent_workers=True)
    pairs = [(a.tolist(), b.tolist()) for a in loader for b in loader]
    whole = [list(range(0, 5)), list(range(5, 10)), [10, 11]]
    assert pairs == [(a, b) for a in whole for b in whole]


def raise_stubborn(index):
    if index == 7:
        raise Stubborn("this", "that")
    return index


@pytest.mark.parametrize("crew", [{}, {"threads": 2}], ids=str)
def test_without_processes_the_exception_itself_arrives_with_the_sample(crew):
    with pytest.raises(KeyError) as info:
        list(DataLoader(Failing(KeyError("gone")), 4, **crew))
    notes = " ".join(info.value.__notes__)
    assert "sample 7 of Failing" in notes
    assert "batch 1 of samples [4, 5, 6, 7]" in notes


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGKILL, "killed by SIGKILL"), (0, "ended with exit code 3")]
)
def test_a_killed_worker_ends_the_loop(number, how):
    start = time.monotonic()
    with pytest.raises(WorkerError, match=rf"worker 1 \(process \d+\) (was )?{how}") as info:
        list(DataLoader(Deadly(number), 4, num_workers=2))
    assert "batch 1 of samples [4, 5, 6, 7]" in str(info.value)
    assert time.monotonic() - start < 60


def test_a_worker_killed_from_outside_ends_the_loop_and_the_next_loop_works():
    loader = DataLoader(Processes(), num_workers=1, persistent_workers=True)
    batches = iter(loader)
    pid = int(next(batches).item())
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="SIGKILL"):
        list(batches)
    again = [int(b.item()) for b in loader]
    assert len(again) == SIZE
    assert pid not in again


def test_a_worker_that_cannot_start_says_why():
    with pytest.raises(WorkerError, match="worker 0 has no file"):
        list(DataLoader(Numbers(), num_workers=1, worker_init_fn=explode))


def test_a_batch_that_cannot_travel_is_told():
    with pytest.raises(WorkerError, match="unreturnable"):
        list(DataLoader(Numbers(), num_workers=1, collate_fn=unreturnable))


def test_a_slow_worker_is_told_after_the_timeout():
    with pytest.raises(WorkerError, match=r"sent nothing for 2 s; batch 0 of samples \[0\]"):
        list(DataLoader(Slow(60), num_workers=1, timeout=2))


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ({"dataset": Mapped(lambda i: i)}, r"dataset\.function = <function <lambda>"),
        ({"collate_fn": lambda s: s}, "collate_fn = <function <lambda>"),
        ({"worker_init_fn": lambda n: n}, "worker_init_fn = <function <lambda>"),
        ({"dataset": Mapped(i for i in range(3))}, r"dataset\.function = <generator"),
    ],
)
def test_what_cannot_travel_to_workers_is_named(options, culprit):
    loader = DataLoader(**{"dataset": Numbers(), "num_workers": 1, **options})
    with pytest.raises(DTypeError, match=rf"(?s){culprit}.*hint: .*threads="):
        next(iter(loader))


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from loading import Slow, Processes
from nn.data import DataLoader
{guard}
    loader = DataLoader(Processes(), num_workers=1)
    for batch in loader:
        print(batch.item(), flush=True)
        {then}
"""


def script(tmp_path, guard="if __name__ == '__main__':", then="pass"):
    path = tmp_path / "script.py"
    tests = str(Path(__file__).parent)
    path.write_text(SCRIPT.format(tests=tests, guard=guard, then=then))
    return [sys.executable, str(path)]


def test_a_script_without_a_guard_is_told_what_it_needs(tmp_path):
    result = subprocess.run(
        script(tmp_path, guard="if True:"), capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert "WorkerError" in result.stderr
    assert "if __name__ == '__main__':" in result.stderr


def test_classes_of_a_session_are_told_to_be_unknown_to_workers():
    code = (
        "from nn.data import DataLoader, Dataset\n"
        "class Own(list): pass\n"
        "list(DataLoader(Own([1, 2]), num_workers=1))"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "WorkerError: DataLoader: worker 0" in result.stderr
    assert "classes and functions of an interactive" in result.stderr


@pytest.mark.parametrize("kept", ["False", "True"])
def test_a_program_that_ends_in_the_middle_of_a_loop_ends(tmp_path, kept):
    path = tmp_path / "script.py"
    path.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from loading import Processes\nfrom nn.data import DataLoader\n"
        "if __name__ == '__main__':\n"
        f"    batches = iter(DataLoader(Processes(), num_workers=2, persistent_workers={kept}))\n"
        "    print(next(batches).item())\n"
    )
    command = [sys.executable, "-W", "error", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert gone(int(result.stdout))


def test_ctrl_c_ends_everything_quietly(tmp_path):
    command = script(tmp_path, then="import time; time.sleep(30)")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        worker = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everyone gets it
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1  # the parent's own
    assert gone(worker)


def test_a_killed_parent_leaves_no_workers(tmp_path):
    command = script(tmp_path, then="import os; os.kill(os.getpid(), 9)")
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == -signal.SIGKILL
    assert gone(int(result.stdout))


# Memory


@pytest.mark.parametrize("crew", [{"num_workers": 2}, {"threads": 2}], ids=str)
def test_prefetching_is_bounded(crew, tmp_path):
    batches = iter(DataLoader(Noted(tmp_path), 1, **crew, prefetch_factor=2))
    for handed_out in (1, 2, 3):
        next(batches)
        bound = handed_out + 2 * 2
        for _ in range(500):  # until the workers have done all that they may
            if len(list(tmp_path.iterdir())) >= bound:
                break
            time.sleep(0.02)
        time.sleep(0.1)  # and would do more
        assert len(list(tmp_path.iterdir())) == bound
    batches.close()


def test_large_batches_and_long_lists_of_samples_pass_through_the_narrow_channel():
    images = np.arange(2 * 3_000_000, dtype=np.float32).reshape(2, -1)
    for i, batch in enumerate(DataLoader(images, num_workers=1)):
        assert np.array_equal(np.asarray(batch)[0], images[i])
    long = DataLoader(range(600_000), 200_000, num_workers=1, prefetch_factor=3, timeout=60)
    assert [b[0].item() for b in long] == [0, 200_000, 400_000]


VALUES = [
    Tensor(np.arange(6.0).reshape(2, 3)), Tensor(2.5), Tensor(np.ones((3, 0))),
    Tensor([1.0], requires_grad=True, name="w"), np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
    np.array([True, False]), np.array("word"), {"a": (1, "b", None, [2.5])}, b"bytes", 1j,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_a_channel_carries_everything(value):
    ours, theirs = (Channel(end) for end in socket.socketpair())
    ours.send(packed([value, value]))
    first, second = theirs.receive(timeout=5)
    assert type(first) is type(value)
    assert repr(first) == repr(value)
    assert first is second
    if isinstance(value, (Tensor, np.ndarray)) and value.ndim:
        assert np.asarray(first).dtype == np.asarray(value).dtype
        array = first.data if isinstance(first, Tensor) else first
        assert array.flags.writeable
    with pytest.raises(TimeoutError):
        theirs.receive(timeout=0.01)
    ours.end.sendall(b"part")
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()
    theirs.close()


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": -1},
        {"num_workers": 1.5},
        {"threads": -1},
        {"num_workers": 1, "threads": 1},
        {"prefetch_factor": 2},
        {"num_workers": 1, "prefetch_factor": 0},
        {"persistent_workers": True},
        {"timeout": 1},
        {"num_workers": 1, "timeout": -1},
    ],
    ids=str,
)
def test_contradictory_options_are_refused(options):
    with pytest.raises(ArgumentError, match="DataLoader"):
        DataLoader(Numbers(), **options)
