"""What one recorded op costs, forward and backward: beside PyTorch on arrays, micrograd on scalars.

python benchmarks/dispatch.py            # needs the `bench` extra
python benchmarks/dispatch.py --everyday # common ops at small sizes, beside PyTorch's
python benchmarks/dispatch.py --all      # every op of the registry, beside its NumPy calls
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import interleave, pin  # first: sets the number of threads

# isort: split
import everyday
import numpy as np
import overhead

import autograd as ag

LENGTH = 40  # ops in the chain: multiply, add, multiply, add, ...


def chain(x: Any, w: Any, b: Any) -> Any:
    for _ in range(LENGTH // 2):
        x = x * w + b
    return x


def array_cases() -> dict[str, dict[str, Callable[[], object]]]:
    """name -> contender -> a function that builds the chain and differentiates it."""
    import torch

    torch.set_num_threads(1)

    def case(shape: tuple[int, ...], tracked: bool) -> dict[str, Callable[[], object]]:
        values = [np.full(shape, v, np.float32) for v in (0.5, 0.9, 0.1)]
        ours = [ag.Tensor(v, requires_grad=tracked or k == 0) for k, v in enumerate(values)]
        theirs = [torch.tensor(v, requires_grad=tracked or k == 0) for k, v in enumerate(values)]
        seed = np.ones(shape, np.float32)
        torch_seed = torch.tensor(seed)

        def run_ours() -> None:
            chain(*ours).backward(seed)
            for t in ours:
                t.grad = None

        def run_theirs() -> None:
            chain(*theirs).backward(torch_seed)
            for t in theirs:
                t.grad = None

        return {"autograd": run_ours, "torch": run_theirs}

    return {
        f"{'x'.join(map(str, shape))}, {kind}": case(shape, tracked)
        for shape in ((4,), (8, 8))
        for kind, tracked in (("all three tracked", True), ("constants w and b", False))
    }


def expression(a: Any, b: Any) -> Any:
    """The expression of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def neuron(xs: list[Any], ws: list[Any], b: Any) -> Any:
    total = b
    for x, w in zip(xs, ws):
        total = total + x * w
    return total.relu()


class Network:
    """A 3-4-4-1 perceptron of scalars; `loss()` is its squared error on one example."""

    def __init__(self, make: Callable[[float], Any]):
        values = iter(np.sin(np.arange(200)).tolist())
        self.x = [make(next(values)) for _ in range(3)]
        self.layers = []
        width = 3
        for out in (4, 4, 1):
            self.layers.append(
                [
                    ([make(next(values)) for _ in range(width)], make(next(values)))
                    for _ in range(out)
                ]
            )
            width = out

    def loss(self) -> Any:
        h = self.x
        for layer in self.layers:
            h = [neuron(h, ws, b) for ws, b in layer]
        return (h[0] - 1.0) ** 2


def scalar_cases() -> dict[str, dict[str, Callable[[], object]]]:
    from micrograd.engine import Value

    def leaf(v: float) -> ag.Tensor:
        return ag.Tensor(v, requires_grad=True)

    def runs(make_loss: Callable[[Callable[[float], Any]], Callable[[], Any]]) -> dict[str, Any]:
        ours, theirs = make_loss(leaf), make_loss(Value)
        return {"autograd": lambda: ours().backward(), "micrograd": lambda: theirs().backward()}

    return {
        "README expression": runs(lambda make: lambda: expression(make(-4.0), make(2.0))),
        "3-4-4-1 network": runs(lambda make: Network(make).loss),
        "x * w + b, 40 ops": runs(lambda make: lambda: chain(make(0.5), make(0.9), make(0.1))),
    }


def report(
    title: str, cases: dict[str, dict[str, Callable[[], object]]], rounds: int
) -> list[dict]:
    rows = []
    print(f"\n{title}")
    for name, contenders in cases.items():
        best = interleave(contenders, rounds=rounds)
        (ours, mine), (peer, other) = best.items()
        ratio = mine / other
        rows.append(
            {"case": name, "us": mine * 1e6, "peer": peer, "peer_us": other * 1e6, "ratio": ratio}
        )
        print(
            f"  {name:28s} {ours} {mine * 1e6:8.1f} us   {peer} {other * 1e6:8.1f} us   "
            f"ratio {ratio:.2f}"
        )
    mean = float(np.exp(np.mean([np.log(r["ratio"]) for r in rows])))
    print(f"  {'geometric mean':28s} ratio {mean:.2f}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--all", action="store_true", help="what each op costs beyond NumPy")
    parser.add_argument("--everyday", action="store_true", help="common ops beside PyTorch's")
    parser.add_argument("--only", help="with --all: the ops whose name contains this")
    parser.add_argument("--show", type=int, default=25, help="with --all: how many of the worst")
    args = parser.parse_args()
    pin()
    results: dict[str, Any] = {"machine": platform.processor() or platform.machine()}
    if args.everyday:
        results |= everyday.report(max(4, args.rounds // 5))
    elif args.all:
        results |= overhead.report(max(4, args.rounds // 5), args.only, args.show)
    else:
        results |= {
            "arrays": report(
                f"Chain of {LENGTH} ops, forward and backward", array_cases(), args.rounds
            ),
            "scalars": report(
                "Scalar graphs, built and differentiated", scalar_cases(), args.rounds
            ),
        }
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
