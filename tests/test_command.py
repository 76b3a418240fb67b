"""python -m autograd: what it prints, and one clear line with an exit code when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograd import command, demo, generate
from autograd.command import main

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("demo", "check", "ops", "warmup", "info")


def run(capsys, *args):
    """Exit code, what was printed, what was complained."""
    try:
        code = main(list(args))
    except SystemExit as e:  # argparse: wrong flags, --help
        code = e.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(capsys, name):
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert name in out


def test_help_names_every_command(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)


WRONG = [
    ((), "required"),
    (("nonsense",), "nonsense"),
    (("demo", "--epochs", "0"), "at least 1"),
    (("demo", "--epochs", "-3"), "at least 1"),
    (("demo", "--epochs", "two"), "two"),
    (("demo", "--batch-size", "0"), "at least 1"),
    (("demo", "--lr", "0"), "positive"),
    (("demo", "--lr", "nan"), "positive"),
    (("demo", "--lr", "inf"), "positive"),
    (("demo", "--lr", "fast"), "fast"),
    (("demo", "--seed", "x"), "x"),
    (("demo", "--seed", "-1"), "-1"),  # NumPy's generators take none below zero
    (("demo", "--unknown"), "--unknown"),
    (("check", "--order", "4"), "4"),
    (("check",), "--all"),
    (("check", "no_such_op"), "no_such_op"),
]


@pytest.mark.parametrize(
    ("args", "words"), WRONG, ids=lambda v: v if isinstance(v, str) else " ".join(v)
)
def test_a_wrong_call_is_one_clear_line(capsys, args, words):
    code, out, err = run(capsys, *args)
    assert code not in (0, None)
    assert out == ""
    assert words in err.splitlines()[-1]


@pytest.mark.parametrize("kind", ["below a file", "a file"])
def test_a_folder_that_cannot_be_written_stops_the_demo_at_once(capsys, tmp_path, kind):
    file = tmp_path / "file"
    file.write_text("in the way")
    target = file / "out" if kind == "below a file" else file
    code, out, err = run(capsys, "demo", "--out", str(target))
    assert code == 1
    assert "epoch" not in out
    assert len(err.splitlines()) == 1
    assert "file" in err


def test_interruption_is_one_line(capsys, monkeypatch):
    def interrupted(settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    code, _, err = run(capsys, "demo")
    assert code == 130
    assert err == "autograd: interrupted\n"


def test_check_prints_a_table(capsys):
    code, out, err = run(capsys, "check", "exp", "where", "--order", "2")
    assert code == 0
    assert err == ""
    lines = out.splitlines()
    assert "order 2" in lines[0]
    assert "order 3" not in lines[0]
    assert lines[1].startswith("exp")
    assert lines[2].startswith("where")
    assert lines[-1].startswith("2 ops")
    assert "0 failed" in lines[-1]


def test_check_reports_a_broken_op(capsys, monkeypatch):
    def broken(entry):
        raise AssertionError("it is broken")

    monkeypatch.setitem(command.PROPERTIES, "value", broken)
    code, out, err = run(capsys, "check", "exp", "--order", "1")
    assert code == 1
    assert "FAIL" in out
    assert "1 failed" in out
    assert "exp, value: AssertionError: it is broken" in err


def test_ops_lists_every_family(capsys):
    code, out, _ = run(capsys, "ops")
    assert code == 0
    assert "## arithmetic" in out
    assert "`exp(x)`" in out


def test_ops_check_names_what_is_out_of_date(capsys, monkeypatch):
    stale = {ROOT / "autograd" / "tensor.pyi": "something else"}
    monkeypatch.setattr(generate, "outputs", lambda root: stale)
    code, _, err = run(capsys, "ops", "--check")
    assert code == 1
    assert "tensor.pyi" in err
    assert "--write" in err


def test_info_names_versions(capsys):
    code, out, _ = run(capsys, "info")
    assert code == 0
    for word in ("autograd-from-scratch", "Python", "numpy", "cores"):
        assert word in out


def test_a_reader_that_leaves_early_is_no_error():
    call = f"{sys.executable} -m autograd ops | head -n 1"
    done = subprocess.run(call, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_beside_a_foreign_autograd_there_is_a_clear_error(tmp_path):
    foreign = tmp_path / "autograd" / "numpy"
    foreign.mkdir(parents=True)
    (foreign / "numpy_wrapper.py").write_text("")
    code = f"import sys; sys.path.append({str(tmp_path)!r}); import autograd"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    last = done.stderr.partition("ImportError: ")[2]
    assert str(tmp_path) in last
    assert "pip uninstall autograd" in last
