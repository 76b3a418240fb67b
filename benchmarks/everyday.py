"""The ops that programs use most, on arrays of 4 and 64 elements: cases of `dispatch`.

Each function is written once: m is `ag` or `torch`, F its functions for networks.
"""

from __future__ import annotations

from collections.abc import Iterator

from contenders import Between, Function, Integers, both, forward
from suite import Case, Timed

OPS: dict[str, Function] = {
    "x + y": lambda m, F, x, y: x + y,
    "x * y": lambda m, F, x, y: x * y,
    "x - 1": lambda m, F, x, y: x - 1.0,
    "x / y": lambda m, F, x, y: x / y,
    "x ** 2": lambda m, F, x, y: x**2,
    "x @ y": lambda m, F, x, y: x @ y,
    "x + row": lambda m, F, x, y: x + y[0],
    "-x": lambda m, F, x, y: -x,
    "exp": lambda m, F, x, y: m.exp(x),
    "log": lambda m, F, x, y: m.log(x),
    "sqrt": lambda m, F, x, y: m.sqrt(x),
    "tanh": lambda m, F, x, y: m.tanh(x),
    "sigmoid": lambda m, F, x, y: F.sigmoid(x),
    "relu": lambda m, F, x, y: F.relu(x),
    "maximum": lambda m, F, x, y: m.maximum(x, y),
    "where": lambda m, F, x, y: m.where(x > y, x, y),
    "sum": lambda m, F, x, y: x.sum(),
    "sum of rows": lambda m, F, x, y: x.sum(-1),
    "mean": lambda m, F, x, y: x.mean(),
    "max": lambda m, F, x, y: x.max(),
    "reshape": lambda m, F, x, y: x.reshape(-1),
    "transpose": lambda m, F, x, y: x.T,
    "x[0]": lambda m, F, x, y: x[0],
    "x[:, 1:]": lambda m, F, x, y: x[:, 1:],
    "broadcast_to": lambda m, F, x, y: m.broadcast_to(x, (2, *x.shape)),
    "stack": lambda m, F, x, y: m.stack([x, y]),
    "concat": lambda m, F, x, y: m.concat([x, y]),
    "softmax": lambda m, F, x, y: F.softmax(x, -1),
    "log_softmax": lambda m, F, x, y: F.log_softmax(x, -1),
    "linear": lambda m, F, x, y: F.linear(x, y, y[0]),
    "mse_loss": lambda m, F, x, y: F.mse_loss(x, y),
    "cross_entropy": lambda m, F, x, y: F.cross_entropy(x, y),
}


def cases() -> Iterator[Case]:
    """Forward alone, and forward with backward from a cotangent at hand."""
    for group, build in (("Everyday ops", forward), ("Everyday ops with backward", both)):
        for size in (2, 8):
            x = y = Between(0.5, 2.0, (size, size))
            classes = Integers(size, (size,))
            for name, f in OPS.items():
                arrays = (x, classes) if name == "cross_entropy" else (x, y)
                yield Timed(group, f"{name}, {size}x{size}", build(f, *arrays))
