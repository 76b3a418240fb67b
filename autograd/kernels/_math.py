"""exp, tanh and the logistic function of whole vectors, written in LLVM IR.

exp(x) = 2**n * exp(r) with n = rint(x / ln 2), so that |r| <= ln(2) / 2, where a short polynomial
gives exp(r) - 1 to the last bit. n * ln 2 is subtracted in two parts, the first of them with so few
bits that its product with n is exact. tanh comes from exp(-2 |x|) - 1, which loses nothing for
small x.

Errors, in units in the last place: exp 1.5, logistic 3, tanh 3, for float32 and float64; subnormal
results are right to a unit of their own. NaN gives NaN, infinities the limits.

Source: Cody & Waite (1980), "Software Manual for the Elementary Functions".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import log
from typing import Any

from llvmlite import ir

from ._simd import Writer

LN2 = Decimal("0.693147180559945309417232121458176568")
# bytes: bits of the first part of ln 2; mantissa bits; exponent bias; the largest argument that
# matters; room below 1 for results of `exp_below`, and the least argument that matters there
FORMATS = {4: (15, 23, 127, 160.0, 64, -110.0), 8: (40, 52, 1023, 1400.0, 512, -760.0)}
# (exp(r) - 1 - r) / r**2 for |r| <= ln(2) / 2, interpolated at the zeros of Chebyshev's polynomials
# in 50 digits; errors of exp(r) 1.0e-8 and 4.1e-17
SERIES = {
    4: (0.5, 0.16666577, 0.0416665546, 0.00836317905, 0.00139261836),
    8: (
        0.5000000000000001, 0.16666666666666667, 0.041666666666624128, 0.0083333333333300618,
        0.0013888888917213717, 0.00019841269863053617, 2.4801521295954375e-5,
        2.7557268459997065e-6, 2.7620088445409748e-7, 2.5100385495510319e-8,
    ),
}  # fmt: skip


def _number(t: Writer, value: float) -> ir.Constant:
    return ir.Constant(t.vector, [value] * t.lanes)


def _bits(t: Writer, value: int) -> ir.Constant:
    return ir.Constant(_integers(t), [value] * t.lanes)


def _integers(t: Writer) -> ir.Type:
    return ir.VectorType(ir.IntType(8 * t.bytes), t.lanes)


def _size(t: Writer, x: ir.Value) -> ir.Value:
    """|x|"""
    bits = t.builder.bitcast(x, _integers(t))
    bits = t.builder.and_(bits, _bits(t, (1 << (8 * t.bytes - 1)) - 1))
    return t.builder.bitcast(bits, t.vector)


def _clamp(t: Writer, x: ir.Value, low: float, high: float) -> ir.Value:
    """x between low and high; NaN stays."""
    x, edge = _at_least(t, x, low), _number(t, high)
    return t.builder.select(t.builder.fcmp_ordered(">", x, edge), edge, x)


def _at_least(t: Writer, x: ir.Value, low: float) -> ir.Value:
    edge = _number(t, low)
    return t.builder.select(t.builder.fcmp_ordered("<", x, edge), edge, x)


def polynomial(t: Writer, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
    """The sum of coefficients[k] * x**k (Horner)."""
    *others, total = (_number(t, c) for c in coefficients)
    for c in reversed(others):
        total = t.fma(total, x, c)
    return total


def _reduce(t: Writer, x: ir.Value, room: int = 0, lost: Any = None) -> tuple[ir.Value, ...]:
    """n, a whole number as a float, 2**(n + room), and exp(r) - 1, with x = n * ln 2 + r.

    The power is that of a normal number only. x can come with what rounding has `lost`, twice over:
    then it is x - lost / 2 that is meant.
    """
    mantissa, bias = FORMATS[t.bytes][1:3]
    b, places = t.builder, _number(t, 1.5 * 2.0**mantissa + bias + room)
    moved = t.fma(x, _number(t, 1 / log(2)), places)  # rounded to whole numbers
    n = b.fsub(moved, places)
    r = times_ln2(t, b.fneg(n), x)
    r = r if lost is None else t.fma(lost, _number(t, -0.5), r)
    rest = t.fma(b.fmul(polynomial(t, r, SERIES[t.bytes]), r), r, r)
    return n, _exponent(t, moved), rest


def times_ln2(t: Writer, n: ir.Value, summand: ir.Value) -> ir.Value:
    """n * ln(2) + summand, with ln(2) to more digits than a number has."""
    split = FORMATS[t.bytes][0]
    high = round(LN2 * 2**split) / 2**split
    first = t.fma(n, _number(t, high), summand)
    return t.fma(n, _number(t, float(LN2 - Decimal(high))), first)


def _exponent(t: Writer, moved: ir.Value) -> ir.Value:
    """The last bits of floats, moved to where floats have their exponents."""
    bits = t.builder.bitcast(moved, _integers(t))
    return t.builder.bitcast(t.builder.shl(bits, _bits(t, FORMATS[t.bytes][1])), t.vector)


def _power(t: Writer, n: ir.Value) -> ir.Value:
    """2**n for a whole n of a normal result."""
    _, mantissa, bias, *_ = FORMATS[t.bytes]
    return _exponent(t, t.builder.fadd(n, _number(t, 1.5 * 2.0**mantissa + bias)))


def exp(t: Writer, x: ir.Value) -> ir.Value:
    limit = FORMATS[t.bytes][3]
    n, _, rest = _reduce(t, _clamp(t, x, -limit, limit))
    half = t.unary("rint", t.builder.fmul(n, _number(t, 0.5)))  # 2**n alone could overflow
    first, second = _power(t, half), _power(t, t.builder.fsub(n, half))
    return t.builder.fmul(t.fma(first, rest, first), second)


def exp_below(t: Writer, x: ir.Value) -> ir.Value:
    """exp(x) for x <= 0: 2**n alone cannot overflow, so it is made with room below."""
    room, least = FORMATS[t.bytes][4:]
    _, power, rest = _reduce(t, _at_least(t, x, least), room)
    return t.builder.fmul(t.fma(power, rest, power), _number(t, 2.0**-room))


def logistic(t: Writer, x: ir.Value) -> ir.Value:
    """1 / (1 + exp(-x)), as e / (1 + e) or 1 / (1 + e) with e = exp(-|x|): nothing overflows."""
    b, one = t.builder, _number(t, 1.0)
    e = exp_below(t, b.fneg(_size(t, x)))
    top = b.select(b.fcmp_ordered("<", x, _number(t, 0.0)), e, one)
    return b.fdiv(top, b.fadd(one, e))


def tanh(t: Writer, x: ir.Value) -> ir.Value:
    """-e / (e + 2) with e = exp(-2 |x|) - 1, and the sign of x."""
    b = t.builder
    _, power, rest = _reduce(t, _at_least(t, b.fmul(_size(t, x), _number(t, -2.0)), -60.0))
    e = t.fma(power, rest, b.fsub(power, _number(t, 1.0)))
    out = b.bitcast(_size(t, b.fdiv(e, b.fadd(e, _number(t, 2.0)))), _integers(t))
    sign = b.and_(b.bitcast(x, _integers(t)), _bits(t, 1 << (8 * t.bytes - 1)))
    return b.bitcast(b.or_(out, sign), t.vector)
