"""Formulas as textbooks write them: chains of elementwise ops and means, float32.

python benchmarks/chains.py [--only TEXT] [--quick] [--threads 2]       # needs the `bench` extra

None of them calls the function that says the same in one op: what is measured is what the single
ops cost, beside PyTorch's, and beside one compiled loop for the whole chain (JAX).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from contenders import Argument, Between, Function, both, forward
from suite import Case, Timed

TITLE = "Formulas by hand"
CONTENDERS = ("autograd", "torch", "jax")
SECONDS = 0.4


def sigmoid(m: Any, F: Any, x: Any) -> Any:
    return 1 / (1 + m.exp(-x))


def gelu(m: Any, F: Any, x: Any) -> Any:
    return 0.5 * x * (1 + m.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def swish(m: Any, F: Any, x: Any) -> Any:
    return x * sigmoid(m, F, x)


def softmax(m: Any, F: Any, x: Any) -> Any:
    e = m.exp(x - m.amax(x, -1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def squared_error(m: Any, F: Any, y: Any, t: Any) -> Any:
    return ((y - t) ** 2).mean()


def layer_norm(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return centred / m.sqrt(variance + 1e-5) * w + b


def logistic_loss(m: Any, F: Any, z: Any, y: Any) -> Any:
    return m.log(1 + m.exp(-y * z)).mean()


def huber(m: Any, F: Any, y: Any, t: Any) -> Any:
    r = abs(y - t)
    return m.where(r < 1, 0.5 * r**2, r - 0.5).mean()


def residual(m: Any, F: Any, x: Any, y: Any, a: Any) -> Any:
    return x + a * y


def leaky_relu(m: Any, F: Any, x: Any) -> Any:
    return m.where(x > 0, x, 0.01 * x)


def polynomial(m: Any, F: Any, x: Any, a: Any, b: Any, c: Any) -> Any:
    return a * x**3 + b * x**2 + c


def log_likelihood(m: Any, F: Any, x: Any, mean: Any, deviation: Any) -> Any:
    z = (x - mean) / deviation
    return (-0.5 * z**2 - m.log(deviation) - 0.5 * math.log(2 * math.pi)).sum()


def formulas(rows: int, columns: int) -> Iterator[tuple[str, Function, tuple[Argument, ...]]]:
    """Name, function, arrays; all of these are differentiated by."""
    x, row, one = (rows, columns), (columns,), ()
    yield "sigmoid", sigmoid, (x,)
    yield "gelu", gelu, (x,)
    yield "swish", swish, (x,)
    yield "softmax", softmax, (x,)
    yield "squared error", squared_error, (x, x)
    yield "layer norm", layer_norm, (x, row, row)
    yield "logistic loss", logistic_loss, (x, x)
    yield "huber", huber, (x, x)
    yield "x + a * y", residual, (x, x, one)
    yield "leaky relu", leaky_relu, (x,)
    yield "polynomial", polynomial, (x, one, one, one)
    yield "log-likelihood", log_likelihood, (x, row, Between(0.5, 2.0, row))


def cases() -> Iterator[Case]:
    for group, build in (("Formulas", forward), ("Formulas with backward", both)):
        for rows, columns in ((64, 100), (256, 1024)):
            for name, f, arrays in formulas(rows, columns):
                yield Timed(group, f"{name}, {rows}x{columns}", build(f, *arrays))


CASES = [*cases()]

if __name__ == "__main__":
    from runner import main

    main(["chains"])
