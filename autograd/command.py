"""The command line. A wrong flag, a folder that cannot be written, Ctrl-C: one clear line."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from . import generate
from ._version import __version__
from .errors import AutogradError
from .testing.registry import PROPERTIES, entries


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:  # the reader of our output (head, less) has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (AutogradError, OSError, ImportError) as e:
        return _fail(str(e), 1)


def _fail(message: str, code: int) -> int:
    print(f"autograd: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m autograd", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="train a CNN on handwritten digits, draw and check it")
    demo.add_argument("--epochs", type=_positive, default=12, help="passes over the data (12)")
    demo.add_argument("--batch-size", type=_positive, default=32, help="images a step (32)")
    demo.add_argument(
        "--lr",
        type=_rate,
        default=0.01,
        help="Adam's learning rate at the start; it falls to 0 (0.01)",
    )
    demo.add_argument("--seed", type=int, default=0, help="of weights and order (0)")
    demo.add_argument(
        "--out", type=Path, default=Path("demo"), help="folder for the pictures (demo)"
    )
    demo.set_defaults(run=_demo)

    check = commands.add_parser("check", help="check every property of ops from their samples")
    check.add_argument("op", nargs="*", help="names of ops")
    check.add_argument("--all", action="store_true", help="every registered op")
    check.add_argument("--order", type=int, choices=(1, 2, 3), default=3, help="highest order (3)")
    check.set_defaults(run=_check)

    ops = commands.add_parser("ops", help="list the ops; write or check the files made from them")
    ops.add_argument("--write", action="store_true", help="write tensor.pyi and docs/ops.md")
    ops.add_argument("--check", action="store_true", help="fail if they are out of date")
    ops.set_defaults(run=_ops)

    warmup = commands.add_parser("warmup", help="compile all kernels now, once for this machine")
    warmup.set_defaults(run=_warmup)

    info = commands.add_parser("info", help="versions and engines, for bug reports")
    info.set_defaults(run=_info)
    return parser


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid number: {text!r}") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid number: {text!r}") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text}")
    return value


def _demo(args: argparse.Namespace) -> int:
    from .demo import Settings, run

    return run(Settings(args.epochs, args.batch_size, args.lr, args.seed, args.out))


def _check(args: argparse.Namespace) -> int:
    if not args.op and not args.all:
        raise AutogradError("check: name ops, or pass --all")
    chosen = entries(args.op)
    skip = {f"order {k}" for k in range(args.order + 1, 4)}
    columns = [p for p in PROPERTIES if p not in skip]
    width = max(len(e.name) for e in chosen)
    print(" " * width, *columns, sep="  ")
    start = time.perf_counter()
    count = 0
    failures: list[str] = []
    for entry in chosen:
        cells = []
        for column in columns:
            try:
                n = PROPERTIES[column](entry)
                count += n
                cells.append(str(n) if n else "-")
            except Exception as e:  # a broken op must not hide the others
                failures.append(f"{entry.name}, {column}: {type(e).__name__}: {e}")
                cells.append("FAIL")
        print(entry.name.ljust(width), *(c.rjust(len(p)) for c, p in zip(cells, columns)), sep="  ")
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    seconds = time.perf_counter() - start
    print(f"{len(chosen)} ops, {count} checks, {len(failures)} failed, {seconds:.0f} s")
    return 1 if failures else 0


def _ops(args: argparse.Namespace) -> int:
    root = generate.PACKAGE.parent
    if not args.write and not args.check:
        print(generate.op_table(), end="")
        return 0
    stale = []
    for path, text in generate.outputs(root).items():
        if args.write:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(root))
    if stale:
        names = " and ".join(map(str, stale))
        raise AutogradError(f"{names} out of date: run python -m autograd ops --write")
    return 0


def _warmup(args: argparse.Namespace) -> int:
    import nn

    from .kernels import simd, warmup

    calls = warmup.calls()
    if not calls:
        print("kernels are switched off (AUTOGRAD_SIMD=off or NUMBA_DISABLE_JIT): nothing to do")
        return 0
    from .kernels import _jit

    _jit.waiting.told = True
    host = simd()
    start = time.perf_counter()
    for _, call in nn.progress(calls, description=f"kernels for {host.name if host else ''}"):
        call()
    seconds = time.perf_counter() - start
    print(f"{len(calls)} kernels ready in {seconds:.0f} s, kept in {_jit.folder()}")
    return 0


def _info(args: argparse.Namespace) -> int:
    import viz

    print(f"autograd-from-scratch  {__version__}  ({generate.PACKAGE})")
    print(f"Python                 {platform.python_version()}  ({platform.platform()})")
    for package in ("numpy", "scipy", "numba", "graphviz", "pygraphviz", "scikit-learn", "torch"):
        try:
            print(f"{package:22s} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            print(f"{package:22s} not installed")
    print(f"graph pictures         {', '.join(viz.engines()) or 'no layout engine'}")
    from . import kernels

    host = kernels.simd()
    print(f"cores                  {os.cpu_count()}")
    print(f"threads                {kernels.get_num_threads()} (Python's own, GIL released)")
    print(f"vectors                {'off' if host is None else f'{host.name}, {host.bytes} bytes'}")
    if host is not None:
        from .kernels import _jit  # kernels must exist to have a folder
        from .kernels.convolution import winograd

        way = "on" if winograd.enabled() else "off (AUTOGRAD_WINOGRAD)"
        print(f"Winograd's transforms  {way}")
        print(f"compiled kernels       {_jit.folder() or 'nowhere to keep them'}")
    blas = np.show_config(mode="dicts")
    if isinstance(blas, dict):
        print(f"BLAS                   {blas['Build Dependencies']['blas']['name']}")
    print(f"threads of BLAS        {_threads_of_blas()}")
    return 0


def _threads_of_blas() -> str:
    from .kernels import get_num_threads
    from .kernels._blas import alone

    own = alone()
    if own.blas is None:
        return "left to it: no OpenBLAS with threads of its own"
    held = own.threads() > 1 < get_num_threads()
    return f"{own.threads()}{', held to 1 while those above share a product' if held else ''}"
