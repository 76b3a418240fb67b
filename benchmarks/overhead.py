"""What every op of the registry costs beyond its NumPy calls, on arrays of a few elements.

    python benchmarks/overhead.py [--only TEXT] [--show N]

**Forward**: a recorded call in which a constant stands for the result of the op's NumPy function.
Where NumPy has a function of the same name that takes the same arguments, what our function costs
beyond it is added: slow Python in there is ours. (Beside einsum stands NumPy's with optimize=True,
because ours always finds the cheapest order, once for each combination of shapes.) Some public
functions record other ops too, as cross_entropy does for the mean of its losses: constants stand
for the results of these as well, and what remains, checks of arguments included, is divided by the
number of ops. The call of a function that does nothing, by the same means, is what the measurement
itself costs, and is subtracted.

**Backward**: the engine's walk over this one node with constants for the results of its gradient
rules, minus a walk that starts at the node's inputs (what a `backward()` costs once, not for each
op). Finding what the rules read and looking for 0 * inf are ours. NumPy's sums over broadcast axes
are its own, as those in a rule are, but finding the axes is ours.

Constants instead of differences of two long times, because the difference of 400 us and 398 us
says little on a machine that does other things too.

**Composites** are made of ops: for these the table says how many nodes a call records and what it
costs, and how that compares with NumPy's function of the same name, if there is one.

The arguments are the op's own test sample that comes closest to 4 elements an array.
"""

from __future__ import annotations

from timing import interleave, pin  # first: sets the number of threads

# isort: split
import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial
from itertools import cycle
from types import FrameType
from typing import Any

import numpy as np

import autograd as ag
from autograd.engine import fetch, pullback
from autograd.graph import Node, ancestors
from autograd.op import REGISTRY, Entry, Op
from autograd.samples import Sample
from autograd.testing.registry import samples_of
from autograd.tree import flatten

ELEMENTS = 4
LIMIT = 2.0  # us that an op may cost beyond its NumPy calls
HOMES = (np, np.linalg, np.fft)


def by_size(entry: Entry) -> list[Sample]:
    """The op's samples, first the one whose arrays come closest to ELEMENTS elements."""

    def distance(sample: Sample) -> int:
        sizes = [np.size(v) for v in flatten(list(sample.args))[0]]
        return max((abs(n - ELEMENTS) for n in sizes), default=0)

    return sorted(samples_of(entry), key=distance)


def is_float(v: Any) -> bool:
    return isinstance(v, (np.ndarray, np.floating)) and v.dtype.kind == "f"


def arguments(sample: Sample) -> tuple[list[Any], list[Any]]:
    """The sample's arguments as plain arrays, and as Tensors, tracked where they are floats."""
    leaves, rebuild = flatten(list(sample.args))
    arrays = [v[()] if isinstance(v, np.ndarray) else v for v in leaves]
    boxed = [
        ag.Tensor(v, requires_grad=is_float(v)) if isinstance(v, (np.ndarray, np.generic)) else v
        for v in leaves
    ]
    return rebuild(arrays), rebuild(boxed)


def reaching(entry: Op, call: Callable[[], Any]) -> Callable[[], Any] | None:
    """The op's plain function, with the arguments it receives in `call()`; None if not called."""
    received: list[dict[str, Any]] = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is entry.forward.__code__:
            received.append(dict(frame.f_locals))

    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(None)
    if not received:
        return None
    arrays = [received[0][name] for name in entry.arrays]
    options = {name: received[0][name] for name in entry.options}
    return partial(entry.forward, *(arrays[0] if entry.variadic else arrays), **options)


def forward_cell(entry: Op) -> Any:
    """Where the caller of an op finds its forward function."""
    names, cells = entry.narrow.__code__.co_freevars, entry.narrow.__closure__
    (cell,) = (c for name, c in zip(names, cells, strict=True) if name == "forward")
    return cell


@contextmanager
def constants_for(ops: set[Op], call: Callable[[], Any]) -> Iterator[None]:
    """Inside, these ops do not compute: their forward functions give what they gave in `call()`."""
    results: dict[Op, list[Any]] = {op: [] for op in ops}

    def note(op: Op, *arrays: Any, **options: Any) -> Any:
        results[op].append(op.forward(*arrays, **options))
        return results[op][-1]

    def again(found: list[Any]) -> Callable[..., Any]:
        if len(found) == 1:
            return lambda *_, **__: found[0]
        following = cycle(found).__next__
        return lambda *_, **__: following()

    try:
        for op in ops:
            forward_cell(op).cell_contents = partial(note, op)
        call()
        for op in ops:
            forward_cell(op).cell_contents = again(results[op])
        yield
    finally:
        for op in ops:
            forward_cell(op).cell_contents = op.forward


def same(a: Any, b: Any) -> bool:
    """Whether two functions' results agree in structure and values."""
    left, right = flatten(a)[0], flatten(b)[0]
    return len(left) == len(right) and all(
        np.shape(x) == np.shape(y) and np.allclose(x, y, equal_nan=True)
        for x, y in zip(left, right)
    )


def numpy_call(entry: Entry, plain: list[Any], attrs: dict[str, Any]) -> Callable[[], Any] | None:
    """A call of NumPy's function of this name, if there is one that gives the same result."""
    expected = entry.call(*plain, **attrs)
    if entry.name == "einsum":
        attrs = {"optimize": True}  # as ours always does
    for home in HOMES:
        f = getattr(home, entry.name, None)
        if f is None:
            continue
        try:
            if same(f(*plain, **attrs), expected):
                return partial(f, *plain, **attrs)
        except (TypeError, ValueError):
            continue  # other parameters than ours
    return None


def walks(node: Node) -> dict[str, Callable[[], Any]]:
    """The engine's walk over this node alone, without its rules; and from its parents only."""
    op: Any = copy(node.op)
    g = np.ones(node.shape, node.dtype)[()]
    leaves = [
        None if p is None else ag.Tensor(np.zeros(p.shape, p.dtype), requires_grad=True)
        for p in node.parents
    ]
    node.parents = tuple([None if t is None else t.node for t in leaves])
    plan = []
    sums: list[Callable[[], Any]] = []
    for i, rule, *rest in op.plan or op.plan_for(len(leaves)):
        if leaves[i] is not None and rule is not None:
            result = rule(g, *fetch(node, i, False))
            plan.append((i, lambda *_, result=result: result, *rest))
            sums += numpy_sums(result, leaves[i].shape)
    op.plan = tuple(plan)
    node.op = op
    ends = tuple([(t.node, np.zeros(t.shape, t.dtype)[()]) for t in leaves if t is not None])
    runs: dict[str, Callable[[], Any]] = {
        "walk": partial(pullback, ((node, g),), retain_graph=True),
        "ends": partial(pullback, ends, retain_graph=True),
    }
    if sums:
        runs["sums"] = lambda: [f() for f in sums]
    return runs


def numpy_sums(result: Any, shape: tuple[int, ...]) -> list[Callable[[], Any]]:
    """The NumPy calls that bring what a rule gave to the shape of its input."""
    lead = result.ndim - len(shape)
    same = result.shape == shape
    if lead < 0 or (not same and result.size < np.prod(shape)):
        return [lambda: result + np.zeros(shape, result.dtype)]
    axes = [k for k, n in enumerate(result.shape) if k < lead or n != shape[k - lead]]
    return [] if same else [partial(np.add.reduce, result, axis=tuple(axes))]


def time_op(entry: Op, rounds: int, seconds: float) -> dict[str, float]:
    """Seconds of everything that has to be timed for one op."""
    for sample in by_size(entry):
        plain, boxed = arguments(sample)
        call = partial(entry.call, *boxed, **sample.attrs)
        forward = reaching(entry, call)
        if forward is not None:  # some fronts do without the op for some arguments
            break
    runs = {"call": call, "forward": forward}
    theirs = numpy_call(entry, plain, sample.attrs)
    if theirs is not None:
        runs["numpy"] = theirs
    recorded = [t.node for t in flatten(call())[0] if type(t) is ag.Tensor and t.node is not None]
    found = [n for n in ancestors(*recorded) if n.op is not None]
    nodes = [n for n in found if n.op is entry]
    if nodes:
        runs |= walks(nodes[0])
    times = interleave(runs, rounds=rounds, seconds=seconds)
    with constants_for({entry, *(n.op for n in found)}, call):
        nothing = partial(lambda *_, **__: None, *boxed, **sample.attrs)
        best = interleave({"ours": call, "itself": nothing}, rounds=rounds, seconds=seconds)
    return times | {"dispatch": (best["ours"] - best["itself"]) / max(1, len(found))}


def measure_op(entry: Op, rounds: int) -> dict[str, Any]:
    """Microseconds of one op, forward and backward, and what of them is ours.

    What looks too costly is measured again for longer: a busy machine disturbs a few rounds easily.
    """
    best = time_op(entry, rounds, 0.001)
    row = what_is_ours(entry.name, best)
    if max(row["forward"], row.get("backward", 0)) > LIMIT:
        again = time_op(entry, 3 * rounds, 0.002)
        row = what_is_ours(entry.name, {k: min(t, again[k]) for k, t in best.items()})
    return row


def what_is_ours(name: str, seconds: dict[str, float]) -> dict[str, Any]:
    us = {k: t * 1e6 for k, t in seconds.items()}
    slow = max(0.0, us["forward"] - us["numpy"]) if "numpy" in us else 0.0
    row = {"op": name, "call_us": us["call"], "forward": us["dispatch"] + slow}
    if "walk" in us:
        row["backward"] = us["walk"] - us["ends"] - us.get("sums", 0.0)
    return row


def measure_composite(entry: Entry, rounds: int) -> dict[str, Any]:
    """Microseconds of a function made of ops, its nodes, and NumPy's time where NumPy has it."""
    sample = by_size(entry)[0]
    plain, boxed = arguments(sample)
    attrs = sample.attrs
    runs: dict[str, Callable[[], Any]] = {"call": partial(entry.call, *boxed, **attrs)}
    theirs = numpy_call(entry, plain, attrs)
    if theirs is not None:
        runs["numpy"] = theirs
    results = [t for t in flatten(entry.call(*boxed, **attrs))[0] if type(t) is ag.Tensor]
    nodes = ancestors(*[t.node for t in results if t.node is not None])
    best = interleave(runs, rounds=rounds, seconds=0.001)
    row: dict[str, Any] = {"function": entry.name, "call_us": best["call"] * 1e6}
    row["ops"] = sum(n.op is not None for n in nodes)
    if "numpy" in best:
        row["numpy_us"] = best["numpy"] * 1e6
    return row


def print_direction(rows: list[dict[str, Any]], key: str, show: int) -> None:
    """The worst rows of one direction, and a line that sums all of them up."""
    rows = sorted((r for r in rows if key in r), key=lambda r: -r[key])
    if not rows:
        return
    costs = np.array([r[key] for r in rows])
    print(f"\n{key.capitalize()}: microseconds beyond NumPy, worst first")
    for r in rows[:show]:
        print(f"  {r['op']:28s} {r[key]:6.2f}")
    above = int((costs > LIMIT).sum())
    print(
        f"  {len(rows)} ops: median {np.median(costs):.2f}, worst {costs.max():.2f}, "
        f"{above} above {LIMIT} us"
    )


def report(rounds: int, only: str, show: int) -> None:
    """Measure the registry and print it; `only` takes the names that contain it."""
    gc.collect()
    gc.freeze()  # the library itself need not be looked through between rounds
    entries = [e for e in REGISTRY.values() if e.samples and only in e.name]
    with np.errstate(all="ignore"):
        ops = [measure_op(e, rounds) for e in entries if isinstance(e, Op)]
        composites = [measure_composite(e, rounds) for e in entries if not isinstance(e, Op)]
    for direction in ("forward", "backward"):
        print_direction(ops, direction, show)
    composites.sort(key=lambda r: -r["call_us"] / r.get("numpy_us", float("inf")))
    print("\nComposites: microseconds a call, nodes it records, NumPy's function of the same name")
    for r in composites:
        beside = f"   numpy {r['numpy_us']:8.1f}" if "numpy_us" in r else ""
        print(f"  {r['function']:28s} {r['call_us']:8.1f} us {r['ops']:4d} ops{beside}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What every op costs beyond its NumPy calls.")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--only", default="", help="the ops whose name contains this")
    parser.add_argument("--show", type=int, default=25, help="how many of the worst")
    options = parser.parse_args()
    pin()
    report(options.rounds, options.only, options.show)


if __name__ == "__main__":
    main()
