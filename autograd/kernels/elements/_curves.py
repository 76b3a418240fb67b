"""Functions of one number and their adjoints, applied to whole arrays: the vectors of `_math`.

Each of FUNCTIONS takes x, y and a list of options; an adjoint has the cotangent for its x, and the
argument or the result of the function for its y. They are formulas: `V` gives vectors the operators
of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import pi, sqrt
from typing import Any

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from .. import _math
from .._host import KNOWN
from .._jit import jit
from .._simd import Writer, pointer, tile
from . import _special


class V:
    """A vector in the code that is being written."""

    __slots__ = ("t", "value")

    def __init__(self, t: Writer, value: ir.Value):
        self.t, self.value = t, value

    def lift(self, other: Any) -> ir.Value:
        return other.value if isinstance(other, V) else _math._number(self.t, other)

    def __add__(self, other: Any) -> V:
        return V(self.t, self.t.builder.fadd(self.value, self.lift(other)))

    def __sub__(self, other: Any) -> V:
        return V(self.t, self.t.builder.fsub(self.value, self.lift(other)))

    def __rsub__(self, other: Any) -> V:
        return V(self.t, self.t.builder.fsub(self.lift(other), self.value))

    def __mul__(self, other: Any) -> V:
        return V(self.t, self.t.builder.fmul(self.value, self.lift(other)))

    def __truediv__(self, other: Any) -> V:
        return V(self.t, self.t.builder.fdiv(self.value, self.lift(other)))

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> V:
        return V(self.t, _math._size(self.t, self.value))

    def times_plus(self, factor: Any, summand: Any) -> V:
        """self * factor + summand, rounded once."""
        return V(self.t, self.t.fma(self.value, self.lift(factor), self.lift(summand)))

    def choose(self, relation: str, bound: Any, yes: Any, no: Any) -> V:
        """yes where `self relation bound`, which is false for NaN, else no."""
        b = self.t.builder
        holds = b.fcmp_ordered(relation, self.value, self.lift(bound))
        return V(self.t, b.select(holds, self.lift(yes), self.lift(no)))

    def _through(self, function: Any) -> V:
        return V(self.t, function(self.t, self.value))

    def exp(self) -> V:
        return self._through(_math.exp)

    def exp_below(self) -> V:
        """exp where self <= 0."""
        return self._through(_math.exp_below)

    def tanh(self) -> V:
        return self._through(_math.tanh)

    def expm1(self) -> V:
        return self._through(_special.expm1)

    def logistic(self) -> V:
        return self._through(_math.logistic)

    def log1p(self) -> V:
        return self._through(_special.log1p)

    def log(self) -> V:
        """log where self is 0 or a normal number that is not negative."""
        return self._through(_special.log)

    def erf(self) -> V:
        return self._through(_special.erf)

    def normal(self) -> tuple[V, V]:
        """Distribution and density of a standard normal variable."""
        distribution, density = _special.normal(self.t, self.value)
        return V(self.t, distribution), V(self.t, density)


# Straight lines


def relu(x: V, _: V, options: list[V]) -> V:
    return x.choose("<=", 0.0, 0.0, x)


def relu_dx(g: V, out: V, options: list[V]) -> V:
    return out.choose(">", 0.0, g, 0.0)


def leaky_relu(x: V, _: V, options: list[V]) -> V:
    return x.choose(">", 0.0, x, x * options[0])


def leaky_relu_dx(g: V, x: V, options: list[V]) -> V:
    return x.choose(">", 0.0, g, g * options[0])


# Exponentials


def exp(x: V, _: V, options: list[V]) -> V:
    return x.exp()


def exp_below(x: V, _: V, options: list[V]) -> V:
    return (0.0 - abs(x)).exp_below()


# Sigmoids


def sigmoid(x: V, _: V, options: list[V]) -> V:
    return x.logistic()


def sigmoid_dx(g: V, out: V, options: list[V]) -> V:
    return g * (out * (1.0 - out))


def tanh(x: V, _: V, options: list[V]) -> V:
    return x.tanh()


def tanh_dx(g: V, out: V, options: list[V]) -> V:
    return g * (1.0 - out * out)


def erf(x: V, _: V, options: list[V]) -> V:
    return x.erf()


def ndtr(x: V, _: V, options: list[V]) -> V:
    return x.normal()[0]


# Gates that depend on x


def silu(x: V, _: V, options: list[V]) -> V:
    return x * x.logistic()


def silu_dx(g: V, x: V, options: list[V]) -> V:
    s = x.logistic()
    return g * (s * (1.0 + x * (1.0 - s)))


def gelu(x: V, _: V, options: list[V]) -> V:
    return x * x.normal()[0]


def gelu_dx(g: V, x: V, options: list[V]) -> V:
    cdf, pdf = x.normal()
    return g * x.times_plus(pdf, cdf)


def gelu_tanh(x: V, _: V, options: list[V]) -> V:
    return x * _tanh_share(x)


def gelu_tanh_dx(g: V, x: V, options: list[V]) -> V:
    s = _tanh_share(x)
    slope = (x * x).times_plus(sqrt(8 / pi) * 3 * 0.044715, sqrt(8 / pi))
    return g * (s + x * (s * (1.0 - s) * slope))


def _tanh_share(x: V) -> V:
    """(1 + tanh(z)) / 2 = logistic(2 z)"""
    return (x * (x * x).times_plus(sqrt(8 / pi) * 0.044715, sqrt(8 / pi))).logistic()


# Exponential tails


def softplus(x: V, _: V, options: list[V]) -> V:
    beta, threshold = options
    z = x * beta
    curve = (z.choose("<", 0.0, 0.0, z) + (0.0 - abs(z)).exp_below().log1p()) / beta
    return z.choose(">", threshold, x, curve)


def softplus_dx(g: V, x: V, options: list[V]) -> V:
    beta, threshold = options
    z = x * beta
    return z.choose(">", threshold, g, g * z.logistic())


def elu(x: V, _: V, options: list[V]) -> V:
    return x.choose(">", 0.0, x, x.expm1() * options[0])


def elu_dx(g: V, out: V, options: list[V]) -> V:
    return out.choose(">", 0.0, g, g * (out + options[0]))


FUNCTIONS: tuple[Callable[[V, V, list[V]], V], ...] = (
    relu, relu_dx, leaky_relu, leaky_relu_dx, exp, exp_below, sigmoid, sigmoid_dx, tanh, tanh_dx,
    erf, ndtr, silu, silu_dx, gelu, gelu_dx, gelu_tanh, gelu_tanh_dx, softplus, softplus_dx, elu,
    elu_dx,
)  # fmt: skip
NUMBERS = {f.__name__: k for k, f in enumerate(FUNCTIONS)}
OPTIONS = 2  # that every function may have


@cache
def selectors(name: str, dtype: np.dtype, host: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Tuples whose lengths say which function, and for how many lanes of an instruction set."""
    return (0,) * NUMBERS[name], (0,) * KNOWN[host].lanes(dtype.itemsize)


def _write_each(t: Writer, which: int) -> None:
    x, y, options, out, count = t.function.args
    b = t.builder
    given = [V(t, t.broadcast(t.at(options, k))) for k in range(OPTIONS)]

    def full(k: ir.Value, acc: list) -> list:
        first, second = (V(t, t.load(t.at(array, k))) for array in (x, y))
        t.store(FUNCTIONS[which](first, second, given).value, t.at(out, k))
        return acc

    rest = b.and_(count, t.index(t.lanes - 1))
    whole = b.sub(count, rest)
    t.loop(whole, t.lanes, [], full)
    mask = b.sub(b.shl(t.index(1), rest), t.index(1))
    first, second = (V(t, t.load_some(t.at(array, whole), mask)) for array in (x, y))
    t.store_some(FUNCTIONS[which](first, second, given).value, t.at(out, whole), mask)


@intrinsic
def _each(typingctx, which, lanes, x, y, options, out, count):
    return tile("curve", (which, lanes), x.dtype, "ppppi", _write_each)


@jit
def each(which, lanes, x, y, options, out):
    """out[i] = FUNCTIONS[len(which)](x[i], y[i], options), for flat arrays of the same length."""
    places = pointer(x, 0), pointer(y, 0), pointer(options, 0), pointer(out, 0)
    _each(which, lanes, places[0], places[1], places[2], places[3], len(x))
