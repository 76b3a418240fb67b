"""Logarithm, error function and normal distribution of whole vectors, written in LLVM IR.

Errors, in units in the last place: expm1 and log1p 3, log 2, erf 5, the distribution 8 (down to
where it underflows) and the density 3, for float32 and float64. NaN gives NaN, infinities the
limits.
"""

from __future__ import annotations

from math import inf, pi, sqrt

from llvmlite import ir

from .._math import (
    FORMATS,
    _at_least,
    _bits,
    _integers,
    _number,
    _reduce,
    _size,
    polynomial,
    times_ln2,
)  # fmt: skip
from .._simd import Writer


def expm1(t: Writer, x: ir.Value) -> ir.Value:
    """exp(x) - 1 for x <= 0; accurate near 0."""
    _, power, rest = _reduce(t, _at_least(t, x, -60.0))
    return t.fma(power, rest, t.builder.fsub(power, _number(t, 1.0)))


def log1p(t: Writer, x: ir.Value) -> ir.Value:
    """log(1 + x) for 0 <= x <= 1: the series of 2 * artanh(x / (2 + x))."""
    b = t.builder
    s = b.fdiv(x, b.fadd(x, _number(t, 2.0)))
    z = b.fmul(s, s)
    series = polynomial(t, z, [2 / (2 * k + 1) for k in range(8 if t.bytes == 4 else 17)])
    return b.fmul(s, series)


def log(t: Writer, x: ir.Value) -> ir.Value:
    """For x >= 0 that is not subnormal. x = 2**n * m with m from 3/4 to 3/2, and the series of
    2 * artanh((m - 1) / (m + 1))."""
    b, one, infinite = t.builder, _number(t, 1.0), _number(t, inf)
    mantissa, bias = FORMATS[t.bytes][1:3]
    bits = b.bitcast(x, _integers(t))
    middle = (bias << mantissa) - (1 << mantissa >> 1)  # 3/4, where the mantissas are split
    n = b.ashr(b.sub(bits, _bits(t, middle)), _bits(t, mantissa))
    m = b.bitcast(b.sub(bits, b.shl(n, _bits(t, mantissa))), t.vector)
    s = b.fdiv(b.fsub(m, one), b.fadd(m, one))
    z = b.fmul(s, s)
    series = polynomial(t, z, [2 / (2 * k + 3) for k in range(5 if t.bytes == 4 else 12)])
    rest = t.fma(b.fmul(s, z), series, b.fmul(s, _number(t, 2.0)))
    found = times_ln2(t, b.sitofp(n, t.vector), rest)
    found = b.select(b.fcmp_ordered("==", x, _number(t, 0.0)), b.fneg(infinite), found)
    return b.select(b.fcmp_ordered("<", x, infinite), found, x)


# P(u) / (x + 4) with u = (x - 4) / (x + 4) is Q(x) * exp(x * x / 2), where Q is the probability
# that a standard normal variable exceeds x >= 0. Interpolated at the zeros of Chebyshev's
# polynomials in 40 digits; relative errors 1.4e-8 up to x = 15 and 3.7e-17 up to x = 39.
TAIL = {
    4: (
        0.755285139, -0.607896594, 0.387136683, -0.186523307, 0.0604061855, -0.00752540242,
        -0.00352097282, 0.00156688169, 0.000188996519, -0.000125558386,
    ),
    8: (
        0.75528513041575148, -0.60789664197189176, 0.38713740074221888, -0.18652185795969416,
        0.060396574890699464, -0.007540188965593059, -0.0034796923622425333,
        0.0016308184418903596, 0.00013334425401904912, -0.00023109481831937621,
        -1.9078665316613574e-6, 3.5144181157760973e-5, 7.1500559592160987e-7,
        -5.9188927317632364e-6, -6.2513210404786802e-7, 1.0198048518135173e-6,
        2.6368248576407625e-7, -1.5426320536771074e-7, -7.6380820534904503e-8,
        1.457859334703646e-8, 1.392402399350171e-8, 7.2695454790266895e-11,
        -9.6534254202285047e-10,
    ),
}  # fmt: skip
# erf(x) = x * P(x * x) for x <= 1, made in the same way; relative errors 1.4e-9 and 8.2e-18.
ERF = {
    4: (
        1.1283791658483509, -0.37612626666720331, 0.11283594715160218, -0.026854212010626412,
        0.005189087423433974, -0.00080168642871658695, 7.8758750626854883e-5,
    ),
    8: (
        1.1283791670955126, -0.3761263890318354, 0.11283791670945006, -0.02686617064323777,
        0.0052239776071164227, -0.00085483259753896921, 0.00012055294904839708,
        -1.492473690741966e-5, 1.6447424703317362e-6, -1.6208483801871706e-7,
        1.3720064546777686e-8, -7.7958988270021422e-10,
    ),
}  # fmt: skip
FARTHEST = {4: 15.0, 8: 39.0}  # where the tail has underflowed


def _tail(t: Writer, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Q(x) and exp(-x * x / 2), for x >= 0."""
    b, farthest = t.builder, _number(t, FARTHEST[t.bytes])
    x = b.select(b.fcmp_ordered(">", x, farthest), farthest, x)
    square = b.fmul(x, x)
    lost = t.fma(x, x, b.fneg(square))  # by rounding: the tail would lose as many digits
    room = FORMATS[t.bytes][4]
    _, power, rest = _reduce(t, b.fmul(square, _number(t, -0.5)), room, lost)
    e = t.fma(power, rest, power)  # times 2**room
    inverse = b.fdiv(_number(t, 1.0), b.fadd(x, _number(t, 4.0)))
    u = b.fmul(b.fsub(x, _number(t, 4.0)), inverse)
    beyond = polynomial(t, u, [c * 2.0**-room for c in TAIL[t.bytes]])
    return b.fmul(b.fmul(beyond, inverse), e), b.fmul(e, _number(t, 2.0**-room))


def normal(t: Writer, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The probability that a standard normal variable is at most x, and its density there."""
    b = t.builder
    beyond, e = _tail(t, _size(t, x))
    below = b.fcmp_ordered("<", x, _number(t, 0.0))
    share = b.select(below, beyond, b.fsub(_number(t, 1.0), beyond))
    return share, b.fmul(e, _number(t, 1 / sqrt(2 * pi)))


def erf(t: Writer, x: ir.Value) -> ir.Value:
    b = t.builder
    far = b.fmul(_size(t, x), _number(t, sqrt(2)))
    two = _number(t, 2.0)
    far = _with_sign(t, b.fsub(_number(t, 1.0), b.fmul(_tail(t, far)[0], two)), x)
    near = b.fmul(x, polynomial(t, b.fmul(x, x), ERF[t.bytes]))
    return b.select(b.fcmp_ordered("<", _size(t, x), _number(t, 1.0)), near, far)


def _with_sign(t: Writer, x: ir.Value, source: ir.Value) -> ir.Value:
    """|x| with the sign of source."""
    b = t.builder
    sign = b.and_(b.bitcast(source, _integers(t)), _bits(t, 1 << (8 * t.bytes - 1)))
    return b.bitcast(b.or_(b.bitcast(_size(t, x), _integers(t)), sign), t.vector)
