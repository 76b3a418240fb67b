"""Functions of one number, choices, dropout, and steps of optimisers: one formula each."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, erfc, pi, sqrt
from typing import Any

import numpy as np

Function = Callable[..., Any]


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _density(x: Any) -> Any:
    return np.exp(-x * x / 2) / sqrt(2 * pi)


_erf: Function = np.vectorize(erf, otypes=[float])
_ndtr: Function = np.vectorize(lambda x: erfc(-x / sqrt(2)) / 2, otypes=[float])


def _tanh_share(x: Any) -> Any:
    return _logistic(2 * sqrt(2 / pi) * (x + 0.044715 * x**3))


def _gelu_tanh_dx(g: Any, x: Any) -> Any:
    s, inner = _tanh_share(x), 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x)
    return g * (s + x * s * (1 - s) * inner)


def _softplus(x: Any, y: Any, beta: Any, threshold: Any) -> Any:
    return np.where(x * beta > threshold, x, np.logaddexp(0, x * beta) / beta)


def _softplus_dx(g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    return np.where(x * beta > threshold, g, g * _logistic(x * beta))


# name: function of x and y, which is the argument or the result of what an adjoint belongs to
CURVES: dict[str, Function] = {
    "relu": lambda x, y: np.where(x <= 0, 0, x),
    "relu_dx": lambda g, out: np.where(out > 0, g, 0),
    "leaky_relu": lambda x, y, slope: np.where(x > 0, x, x * slope),
    "leaky_relu_dx": lambda g, x, slope: np.where(x > 0, g, g * slope),
    "exp": lambda x, y: np.exp(x),
    "exp_below": lambda x, y: np.exp(-abs(x)),
    "sigmoid": lambda x, y: _logistic(x),
    "sigmoid_dx": lambda g, out: g * (out * (1 - out)),
    "tanh": lambda x, y: np.tanh(x),
    "tanh_dx": lambda g, out: g * (1 - out * out),
    "erf": lambda x, y: _erf(x),
    "ndtr": lambda x, y: _ndtr(x),
    "silu": lambda x, y: x * _logistic(x),
    "silu_dx": lambda g, x: g * _logistic(x) * (1 + x * (1 - _logistic(x))),
    "gelu": lambda x, y: x * _ndtr(x),
    "gelu_dx": lambda g, x: g * (_ndtr(x) + x * _density(x)),
    "gelu_tanh": lambda x, y: x * _tanh_share(x),
    "gelu_tanh_dx": _gelu_tanh_dx,
    "softplus": _softplus,
    "softplus_dx": _softplus_dx,
    "elu": lambda x, y, alpha: np.where(x > 0, x, alpha * np.expm1(x)),
    "elu_dx": lambda g, out, alpha: np.where(out > 0, g, g * (out + alpha)),
}


def curve(name: str, x: np.ndarray, y: np.ndarray | None = None, *options: float) -> np.ndarray:
    """The function with this name, in double precision, rounded once."""
    second = x if y is None else y
    found: np.ndarray = CURVES[name](x.astype(float), second.astype(float), *options)
    return found.astype(x.dtype)


def choose(condition: np.ndarray, x: Any, y: Any) -> np.ndarray:
    """x where the condition holds, else y."""
    out = np.empty(condition.shape, np.result_type(x, y))
    for index in np.ndindex(out.shape):
        chosen = x if condition[index] else y
        out[index] = chosen[index] if np.ndim(chosen) else chosen
    return out


def keep(x: np.ndarray, kept: np.ndarray, scale: float) -> np.ndarray:
    """x * scale, or 0."""
    out = x * x.dtype.type(scale)
    out[~np.broadcast_to(kept, x.shape)] = 0
    return out


# Steps of optimisers, in place. u is the way uphill, r the numbers behind (up, decay, keep)


def _sgd(u: Any, r: Any, p: Any) -> None:
    p += r[0] * u


def _momentum(u: Any, r: Any, p: Any, v: Any) -> None:
    b, c, ahead, rate = r
    v[...] = b * v + c * u
    p += rate * (u + b * v if ahead else v)


def _adam(u: Any, r: Any, p: Any, m: Any, v: Any) -> None:
    b1, c1, b2, c2, root, eps, rate, direct = r
    m[...] = b1 * m + c1 * u
    v[...] = b2 * v + c2 * u * u
    p += (rate * m + (direct * u if direct else 0)) / (root * np.sqrt(v) + eps)


def _adamax(u: Any, r: Any, p: Any, m: Any, v: Any) -> None:
    b1, c1, b2, eps, rate = r
    m[...] = b1 * m + c1 * u
    v[...] = np.maximum(b2 * v, np.abs(u) + eps)
    p += rate * m / v


def _scaled(u: Any, r: Any, p: Any, v: Any) -> None:
    b, c, eps, rate = r
    v[...] = b * v + c * u * u
    p += rate * u / (np.sqrt(v) + eps)


STEPS: dict[str, Function] = {
    "sgd": _sgd, "momentum": _momentum, "adam": _adam, "adamax": _adamax, "scaled": _scaled,
}  # fmt: skip


def step(
    name: str, g: np.ndarray, arrays: tuple[np.ndarray, ...], numbers: tuple[float, ...]
) -> bool:
    """u = up * g + decay * p; p = keep * p; then the formula with this name."""
    up, decay, keep, *rest = numbers
    p, *kept = arrays
    u = up * g + (decay * p if decay else 0)
    p *= keep
    STEPS[name](u, rest, p, *kept)
    return True
