"""Runs suites: contenders in processes of their own take turns, and the best round of each counts.

Every process keeps to the same core (`--threads 2`: the same two), with one thread, so a contender
computes alone while the others wait for a command. Two thread pools in one process would spin
against each other, and a library beside another one in the same process shares its allocator.

What is measured is on disk at once: `--resume` goes on after an interruption.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import machine
import report
from contenders import installed
from machine import library_of, threads_of
from progress import Progress
from suite import Case, Measured, Timed, key

HERE = Path(__file__).resolve().parent
ROUND = 0.01  # seconds of one round of one contender, or one call
ROUNDS = (5, 30)  # at least, at most
WARM = 0.06  # seconds until threads that were idle have found a core of their own
REST = 0.03  # seconds until threads that wait for more work have stopped to spin for it
CLOSE = 1e-3  # how far results may be apart, relative to their size: float32, in another order

# They force an old kernel, or a small cache, on NumPy's BLAS.
HINDRANCES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS", "AUTOGRAD_NUM_THREADS",
)  # fmt: skip


class BrokenCaseError(Exception):
    """A contender failed, or two disagree."""


def environment(threads: int) -> dict[str, str]:
    """What every contender's process sees."""
    kept = {k: v for k, v in os.environ.items() if k not in HINDRANCES}
    kept |= dict.fromkeys(THREADS, str(threads))
    kept["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), kept.get("PYTHONPATH", "")])
    kept["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        kept["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return kept


class Worker:
    """A contender's process, seen from here."""

    def __init__(self, suite: str, name: str, options: argparse.Namespace):
        self.name = name
        threads = threads_of(name) or options.threads
        cores = ""
        if getattr(importlib.import_module(suite), "PINNED", True):
            cores = ",".join(map(str, allowed()[-threads:]))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), suite, library_of(name), cores],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment(threads),
        )  # fmt: skip
        self.warm, self.rest = (WARM, REST) if threads > 1 else (0.0, 0.0)

    def ask(self, do: str, **command: Any) -> dict[str, Any]:
        """Have a command done; the others wait."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **command}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BrokenCaseError(f"{self.name} died with status {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BrokenCaseError(f"{self.name}: {answer['error']}")
        time.sleep(self.rest)
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()


def allowed() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return []


def disagreement(results: dict[str, Any]) -> str | None:
    """Which contender's first results differ from the first one's, and how."""
    (first, expected), *others = results.items()
    for name, found in others:
        for mine, other in zip(expected, found, strict=True):
            for a, b in zip(mine, other):
                if not all(abs(p - q) <= CLOSE * max(abs(a[1]), 1e-3) for p, q in zip(a, b)):
                    return f"{first} and {name} disagree: {expected} against {found}"
    return None


def time_case(case: Timed, workers: list[Worker], seconds: float, quick: bool) -> dict[str, float]:
    """Least seconds of each contender that can do the case."""
    answers = {w: w.ask("prepare", case=key(case)) for w in workers}
    able = {w: a["seconds"] for w, a in answers.items() if "missing" not in a}
    problem = disagreement({w.name: answers[w]["results"] for w in able})
    if problem:
        raise BrokenCaseError(problem)
    least, most = (1, 1) if quick else ROUNDS
    cost = sum(max(ROUND, s) for s in able.values())
    best = dict.fromkeys(able, float("inf"))
    for _ in range(max(least, min(most, int(seconds / cost)))):
        for w in able:
            calls = 1 if quick else max(1, int(ROUND / min(best[w], able[w])))
            best[w] = min(best[w], w.ask("round", calls=calls, warm=w.warm)["seconds"])
    for w in workers:
        w.ask("drop")
    return {w.name: t / case.per for w, t in best.items()}


def measure_case(
    case: Measured, suite: str, names: Sequence[str], options: argparse.Namespace
) -> dict[str, float]:
    """The least figure of each contender, each time in a new process, in turn or together."""

    def answer(name: str) -> dict[str, Any]:
        with Worker(suite, name, options) as worker:
            return worker.ask("measure", case=key(case))

    best: dict[str, float] = {}
    with ThreadPoolExecutor(len(names) if case.together else 1) as pool:
        for _ in range(1 if options.quick else case.rounds):
            for name, found in zip(names, pool.map(answer, names)):
                if "missing" not in found:
                    best[name] = min(best.get(name, float("inf")), found["value"])
    return best


def chosen(cases: list[Case], options: argparse.Namespace) -> list[Case]:
    """The cases that `--only` names; of those with new processes `--quick` takes one a group."""
    found = [c for c in cases if options.only.lower() in key(c).lower()]
    if not options.quick:
        return found
    first = {c.group: c for c in reversed(found)}
    return [c for c in found if isinstance(c, Timed) or c is first[c.group]]


def measure(
    case: Case, suite: str, workers: list[Worker], options: argparse.Namespace
) -> dict[str, Any]:
    """A row of the results."""
    row: dict[str, Any] = {"group": case.group, "case": case.name, "unit": case.unit}
    if case.beside:
        row["beside"] = case.beside
    start = time.monotonic()
    try:
        if isinstance(case, Timed):
            values = time_case(case, workers, budget(suite, options), options.quick)
        else:
            values = measure_case(case, suite, [w.name for w in workers], options)
        row["values"] = values
    except BrokenCaseError as e:
        row |= {"values": {}, "error": str(e)}
    return row | {"took": round(time.monotonic() - start, 2)}


def budget(suite: str, options: argparse.Namespace) -> float:
    """Seconds for the rounds of one case, all contenders together."""
    return float(options.seconds * getattr(importlib.import_module(suite), "SECONDS", 1.0))


def run(suite: str, options: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """All cases of a suite; each is printed and kept as soon as it is known."""
    module = importlib.import_module(suite)
    print(f"\n{module.TITLE}", flush=True)
    results: dict[str, Any] = {
        "suite": suite, "title": module.TITLE, "threads": options.threads,
        "machine": machine.describe(),
    }  # fmt: skip
    start = time.monotonic()
    with ExitStack() as stack:
        names = contenders_of(suite, options)
        workers = [stack.enter_context(Worker(suite, name, options)) for name in names]
        results["contenders"] = {w.name: w.ask("about") for w in workers}
        results["rows"] = rows = []
        before = report.interrupted(results, options.out) if options.resume else {}
        for case in chosen(module.CASES, options):
            rows.append(before.get(key(case)) or measure(case, suite, workers, options))
            progress.advance()
            print(report.line(rows[-1], rows[-2] if len(rows) > 1 else None, progress), flush=True)
            results["took"] = round(time.monotonic() - start, 1)
            if options.out is not None:
                report.keep(results, options.out)
    return results


def contenders_of(suite: str, options: argparse.Namespace) -> list[str]:
    """Those that are installed; a word about the others."""
    names = importlib.import_module(suite).CONTENDERS
    if options.contenders:
        names = [n for n in names if library_of(n) in options.contenders.split(",")]
    return [n for n in names if installed(library_of(n))]


def tell_absent(suites: Sequence[str]) -> None:
    """A word about the libraries that could take part and are not installed."""
    wanted = {library_of(n) for s in suites for n in importlib.import_module(s).CONTENDERS}
    for name in machine.LABELS:
        if name in wanted and not installed(name):
            extra = "autograd-from-scratch[bench]"
            print(f'Without {machine.LABELS[name]}; pip install "{extra}" adds it.')


def arguments(argv: Sequence[str] | None, suites: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Measures {', '.join(suites)}.")
    if len(suites) > 1:
        parser.add_argument("suites", nargs="*", metavar="SUITE", help="all of them unless named")
    parser.add_argument("--only", default="", help="cases whose group or name contains this")
    parser.add_argument("--contenders", help="names, with commas: autograd,torch,jax,numpy")
    parser.add_argument("--threads", type=int, default=1, help="threads and cores of each")
    parser.add_argument("--seconds", type=float, default=0.7, help="for a case, all contenders")
    parser.add_argument("--quick", action="store_true", help="each case once: does it still run?")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--out", type=Path, help="folder for results; benchmarks/results if whole")
    options = parser.parse_args(argv)
    options.suites = list(getattr(options, "suites", ())) or list(suites)
    unknown = [s for s in options.suites if s not in suites]
    if unknown:
        parser.error(f"no suite {unknown[0]!r}; there are {', '.join(suites)}")
    if options.threads < 1 or options.threads > (os.cpu_count() or 1):
        parser.error(f"--threads {options.threads}: there are {os.cpu_count()} cores")
    if options.threads > 1 and "threads" in options.suites:  # it says itself how many each has
        options.suites.remove("threads")
    whole = not (options.quick or options.only or options.contenders)
    if options.out is None and whole:
        options.out = report.RESULTS
    return options


def main(suites: Sequence[str], argv: Sequence[str] | None = None) -> None:
    """Run suites as the command line says; exit with 1 if a contender failed or two disagree."""
    options = arguments(argv, suites)
    tell_absent(options.suites)
    progress = Progress(
        [
            (case, budget(suite, options), len(contenders_of(suite, options)))
            for suite in options.suites
            for case in chosen(importlib.import_module(suite).CASES, options)
        ]
    )
    broken = 0
    try:
        for suite in options.suites:
            results = run(suite, options, progress)
            print(report.summary(results))
            print(f"  {results['took']:.0f} seconds", flush=True)
            broken += sum("error" in row for row in results["rows"])
            if options.out is not None:
                report.write(results, options.out)
    except KeyboardInterrupt:
        kept = f"; what was measured is in {options.out}, --resume goes on" if options.out else ""
        sys.exit(f"interrupted{kept}")
    if broken:
        sys.exit(f"{broken} cases broke")
