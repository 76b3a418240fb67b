"""The benchmarks run, every case once; contenders that disagree are found; tables are right."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
SUITES = (
    "kernels", "layers", "chains", "training", "memory", "dispatch", "sequence", "optim", "loading",
    "startup", "threads",
)  # fmt: skip


@pytest.fixture
def modules(monkeypatch):
    """The modules of benchmarks/ that need no process of their own."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import progress
    import report
    import runner
    import suite

    yield Namespace(progress=progress, report=report, runner=runner, suite=suite)
    for name in ("progress", "report", "runner", "machine", "suite", "contenders"):
        sys.modules.pop(name, None)


def script(*arguments):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_every_case_runs(suite, tmp_path):
    run = script(BENCHMARKS, suite, "--quick", "--contenders", "autograd", "--out", tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / f"{suite}.json").read_text())
    assert results["rows"]
    assert all(row["values"]["autograd"] > 0 for row in results["rows"])
    assert results["machine"]["processor"]
    for row in results["rows"]:
        assert row["case"] in (tmp_path / f"{suite}.md").read_text()


def test_the_overhead_of_ops_is_found():
    run = script(BENCHMARKS / "overhead.py", "--only", "tanh", "--rounds", 1)
    assert run.returncode == 0, run.stderr
    assert "Forward: microseconds beyond NumPy" in run.stdout
    assert " tanh " in run.stdout


def test_no_suite_is_forgotten():
    text = (BENCHMARKS / "__main__.py").read_text(encoding="utf-8")
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    for path in BENCHMARKS.glob("*.py"):
        if "\nCASES = " in path.read_text(encoding="utf-8"):
            assert path.stem in SUITES
            assert f'"{path.stem}"' in text
            assert f"[{path.stem}]({path.name})" in page


def test_a_threaded_run_has_files_of_its_own(tmp_path):
    arguments = ("--quick", "--contenders", "autograd,numpy", "--only", "32 square", "--out")
    run = script(BENCHMARKS / "kernels.py", *arguments, tmp_path, "--threads", 1)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / "kernels.json").read_text())
    assert {"autograd", "numpy"} == set(results["contenders"])
    assert "openblas" in results["contenders"]["numpy"]["blas"] or sys.platform == "darwin"


@pytest.mark.parametrize(
    "arguments",
    [("--threads", "0"), ("--threads", "1000"), ("nothing",), ("--seconds", "long")],
    ids=" ".join,
)
def test_wrong_arguments_are_refused_in_one_line(arguments):
    run = script(BENCHMARKS, *arguments)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


def test_contenders_that_disagree_are_found(modules):
    same, other = [[[0.5, 1.0, 0.1]]], [[[0.5, 1.0, 0.2]]]
    disagreement = modules.runner.disagreement
    assert disagreement({"autograd": same, "torch": same}) is None
    assert "autograd and torch disagree" in disagreement({"autograd": same, "torch": other})
    nothing = [[[float("nan")] * 3]]
    assert disagreement({"autograd": same, "torch": nothing})
    assert disagreement({"autograd": nothing, "torch": nothing})


def test_workers_get_threads_and_lose_what_slows_blas(modules, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "512")
    env = modules.runner.environment(2)
    assert "OPENBLAS_CORETYPE" not in env
    assert "OPENBLAS_L2_SIZE" not in env
    assert env["OPENBLAS_NUM_THREADS"] == env["AUTOGRAD_NUM_THREADS"] == "2"


def test_what_was_measured_before_an_interruption_is_not_measured_again(tmp_path):
    arguments = [BENCHMARKS / "kernels.py", "--contenders", "autograd", "--seconds", 0.01]
    arguments += ["--out", tmp_path]
    run = script(*arguments, "--only", "matmul: 16 ")
    assert run.returncode == 0, run.stdout + run.stderr
    done = json.loads((tmp_path / "kernels.json").read_text())
    done["rows"][0]["values"]["autograd"] = 123.0
    (tmp_path / "kernels.partial").write_text(json.dumps(done))
    run = script(*arguments, "--only", "6 square", "--resume")
    assert run.returncode == 0, run.stdout + run.stderr
    first, second, *_ = json.loads((tmp_path / "kernels.json").read_text())["rows"]
    assert first["values"]["autograd"] == 123.0
    assert second["values"]["autograd"] < 1
    assert not (tmp_path / "kernels.partial").exists()


def test_rows_of_other_machines_or_versions_are_measured_again(modules, tmp_path):
    report = modules.report
    before = results("kernels", [row("case", 1.0, 2.0), row("broken", 1.0, 2.0) | {"error": "x"}])
    assert report.interrupted(before, tmp_path) == {}
    report.keep(before, tmp_path)
    assert list(report.interrupted(before, tmp_path)) == ["A group: case"]
    assert report.interrupted(before, None) == {}
    newer = before | {"contenders": {"autograd": {"version": "1"}}}
    assert report.interrupted(newer, tmp_path) == {}
    elsewhere = before | {"machine": before["machine"] | {"processor": "another"}}
    assert report.interrupted(elsewhere, tmp_path) == {}


def test_time_that_is_left_goes_by_what_was_spent(modules, monkeypatch):
    clock = Namespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(modules.progress, "time", clock)
    case = modules.suite.Timed("A group", "case", lambda name: None)
    progress = modules.progress.Progress([(case, 1.0, 2)] * 4)
    progress.advance()
    clock.monotonic = lambda: 30.0
    assert progress.left() == pytest.approx(90.0)
    assert str(progress) == " 25%  1:30 left"


# Tables


def results(suite, rows, threads=1):
    who = {"autograd": {"version": "0", "numpy": "2", "numba": "1", "simd": "avx2", "blas": "b"}}
    where = dict.fromkeys(("processor", "cores", "system", "python", "date", "load"), "?")
    return {
        "suite": suite, "title": suite, "threads": threads, "machine": where,
        "contenders": who, "rows": rows,
    }  # fmt: skip


def row(case, ours, theirs, unit="s", group="A group"):
    return {
        "group": group, "case": case, "unit": unit, "values": {"autograd": ours, "torch": theirs}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.234e-6, "s", "1.23 us"),
        (0.99996e-3, "s", "1,000 us"),
        (0.0456, "s", "45.6 ms"),
        (4321.0, "s", "4,321 s"),
        (123.4, "MiB", "123 MiB"),
        (0.0, "s", "0.00 us"),
    ],
)
def test_figures_have_three_digits(modules, value, unit, text):
    assert modules.report.figure(value, unit) == text


def test_means_are_geometric_and_the_worst_is_named(modules):
    rows = [row("good", 1.0, 4.0), row("bad", 4.0, 1.0), row("even", 1.0, 1.0)]
    count, mean, worst = modules.report.extremes(rows, "torch")
    assert (count, worst["case"]) == (3, "bad")
    assert mean == pytest.approx(1.0)
    assert modules.report.extremes(rows, "jax") is None
    table = modules.report.markdown(results("kernels", rows))
    assert "| geometric mean |  |  | **1.00** |" in table
    assert "| worst |  |  | **4.00** |" in table


def test_beside_more_threads_stands_how_much_they_help(modules):
    values = {"autograd": 3.0, "autograd-2": 2.0, "torch": 6.0, "torch-2": 3.0}
    rows = [row("slow", 1, 1) | {"values": values}]
    rows += [row("fast", 1, 1) | {"values": values | {"autograd-2": 1.5}}]
    report = modules.report
    assert report.peers(rows) == ["autograd-2", "torch", "torch-2"]
    assert report.ratio(rows[0], "autograd-2") == 1.5
    assert report.ratio(rows[0], "torch-2") == 2.0
    assert report.ratio(rows[0], "torch") == 0.5
    assert report.extremes(rows, "autograd-2")[2]["case"] == "slow"
    text = report.markdown(
        results("threads", rows) | {"contenders": {n: {"version": "1"} for n in values}}
    )
    assert "| case | here | here, 2 threads | ratio | PyTorch | ratio |" in text
    assert "| slow | 3.00 s | 2.00 s | 1.50 | 6.00 s | 0.50 | 3.00 s | 2.00 |" in text


def test_figures_over_those_of_another_case_have_a_column(modules):
    report = modules.report
    rows = [row("batch 1", 3.0, 8.0), row("batch 64", 2.0, 2.0)]
    rows = [r | {"beside": "batch 64"} for r in rows]
    text = report.markdown(results("kernels", rows))
    assert "| case | here | / batch 64 | PyTorch | ratio | / batch 64 |" in text
    assert "| batch 1 | 3.00 s | 1.50 | 8.00 s | 0.38 | 4.00 |" in text
    assert "here / its batch 64" in report.summary(results("kernels", rows))


def test_the_readme_is_written_again_between_its_markers(modules, tmp_path):
    report, page = modules.report, tmp_path / "README.md"
    page.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n")
    report.write(results("kernels", [row("case", 1.0, 2.0)]), tmp_path)
    report.write(results("kernels", [row("case", 9.0, 1.0)], threads=2), tmp_path)
    report.write(results("training", [row("LeNet", 1.0, 4.0)]), tmp_path)
    kept = [row("LeNet", 1.0, 5.0, "MiB", "A training step")]
    report.write(results("memory", kept), tmp_path)
    arguments = ("--readme", "--file", page, "--results", tmp_path)
    for _ in range(2):
        run = script(BENCHMARKS / "report.py", *arguments)
        assert run.returncode == 0, run.stderr
    text = page.read_text()
    assert text.startswith(f"before\n{report.START}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert "| A group | 1 | **0.50** | 0.50 |" in text
    assert "| LeNet | 1.00 s | 4.00 s | **0.25** | 1.00 MiB | 5.00 MiB | **0.20** |" in text


def test_the_readmes_table_is_that_of_the_results(modules):
    """Nobody edits it by hand: `python benchmarks/report.py --readme` writes it."""
    report = modules.report
    text = report.README.read_text(encoding="utf-8")
    block = text.partition(report.START)[2].partition(report.END)[0]
    assert block.strip() == report.readme(report.RESULTS).strip()
