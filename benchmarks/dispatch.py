"""What one recorded op costs: beside PyTorch on small arrays, beside micrograd on scalars.

python benchmarks/dispatch.py [--only TEXT] [--quick]    # needs the `bench` extra
python benchmarks/dispatch.py --all                     # every op beside its NumPy calls: overhead
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import everyday
import numpy as np
from contenders import load
from suite import Case, Step, Timed

TITLE = "Small arrays and scalars"
CONTENDERS = ("autograd", "torch", "jax", "numpy", "micrograd")
SECONDS = 0.3

TAPES = ("autograd", "torch")  # they record each op of each call; JAX compiles a function once
LENGTH = 40  # ops in a chain: multiply, add, multiply, add, ...
LONG, LEVELS = 100_000, 30


def chain(x: Any, w: Any, b: Any, length: int = LENGTH) -> Any:
    for _ in range(length // 2):
        x = x * w + b
    return x


def array_chain(shape: tuple[int, ...], tracked: bool, name: str) -> Step | None:
    """The chain, built and differentiated; w and b are tracked or constants."""
    if name not in TAPES:
        return None
    tensor = load(name).tensor
    values = [np.full(shape, v, np.float32) for v in (0.5, 0.9, 0.1)]
    tensors = [tensor(v, requires_grad=tracked or i == 0) for i, v in enumerate(values)]
    seed = tensor(np.ones(shape, np.float32))

    def step() -> Any:
        chain(*tensors).backward(seed)
        gradient = tensors[0].grad
        for t in tensors:
            t.grad = None
        return gradient

    return step


def expression(a: Any, b: Any) -> Any:
    """The expression of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
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


def leaf(name: str) -> Callable[[float], Any]:
    """Makes a tracked scalar."""
    library = load(name)
    if name == "micrograd":
        return library.value  # type: ignore[no-any-return]
    return lambda v: library.tensor(v, requires_grad=True)


SCALARS: dict[str, Callable[[Callable[[float], Any]], Callable[[], Any]]] = {
    "expression of micrograd's README": lambda make: partial(expression, make(-4.0), make(2.0)),
    "3-4-4-1 network and its loss": lambda make: Network(make).loss,
    f"chain of {LENGTH} ops": lambda make: partial(chain, make(0.5), make(0.9), make(0.1)),
}


def scalars(case: str, name: str) -> Step | None:
    """A graph of scalars, built and differentiated."""
    if name not in (*TAPES, "micrograd"):
        return None
    compute = SCALARS[case](leaf(name))

    def step() -> Any:
        out = compute()
        out.backward()
        return out

    return step


def long_graph(grow: Callable[[Any], Any], name: str) -> Step | None:
    """Built from one scalar, differentiated and freed; micrograd's recursion ends too early."""
    if name not in TAPES:
        return None
    x = leaf(name)(0.5)

    def step() -> Any:
        grow(x).backward()
        gradient, x.grad = x.grad, None
        return gradient

    return step


def diamond(x: Any) -> Any:
    for _ in range(LEVELS):
        x = x + x
    return x * 2.0**-LEVELS


def long_chain(x: Any) -> Any:
    return chain(x, 0.99999, 0.00001, LONG)


def cases() -> Iterator[Case]:
    group = f"Chain of {LENGTH} multiplies and adds"
    for shape in ((4,), (8, 8)):
        for kind, tracked in (("all tracked", True), ("w and b constant", False)):
            name = f"arrays of {'x'.join(map(str, shape))}, {kind}"
            yield Timed(group, name, partial(array_chain, shape, tracked))
    for name in SCALARS:
        yield Timed("Scalars", name, partial(scalars, name))
    yield Timed("Long graphs", f"chain of {LONG:,} ops", partial(long_graph, long_chain))
    yield Timed("Long graphs", f"diamond of {LEVELS} levels", partial(long_graph, diamond))
    yield from everyday.cases()


CASES = [*cases()]

if __name__ == "__main__":
    if "--all" in sys.argv:  # every op of the registry beside its own NumPy calls
        sys.argv.remove("--all")
        import overhead

        overhead.main()
    else:
        import runner

        runner.main(["dispatch"])
