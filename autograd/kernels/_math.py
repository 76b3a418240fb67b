"""exp, tanh and the logistic function of whole vectors, written in LLVM IR.

exp(x) = 2**n * exp(r) with n = rint(x / ln 2), so that |r| <= ln(2) / 2, where a few terms of the
series give exp(r) - 1 to the last bit. n * ln 2 is subtracted in two parts, the first of them with
so few bits that its product with n is exact. tanh comes from exp(-2 |x|) - 1, which loses nothing
for small x.

Errors, in units in the last place: exp 1.5, logistic 3, tanh 3, for float32 and float64; subnormal
results are right to a unit of their own. NaN gives NaN, infinities the limits.

Source: Cody & Waite (1980), "Software Manual for the Elementary Functions".
"""

from __future__ import annotations

from decimal import Decimal
from math import factorial, log

from llvmlite import ir
from numba.extending import intrinsic

from ._jit import jit
from ._simd import Writer, pointer, tile

LN2 = Decimal("0.693147180559945309417232121458176568")
# bytes: terms of the series; bits of the first part of ln 2; mantissa bits; exponent bias; the
# largest argument that matters
FORMATS = {4: (7, 15, 23, 127, 160.0), 8: (13, 40, 52, 1023, 1400.0)}


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
    for relation, bound in (("<", low), (">", high)):
        edge = _number(t, bound)
        x = t.builder.select(t.builder.fcmp_ordered(relation, x, edge), edge, x)
    return x


def _reduce(t: Writer, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """n, a whole number as a float, and exp(r) - 1, with x = n * ln 2 + r."""
    terms, split = FORMATS[t.bytes][:2]
    n = t.unary("rint", t.builder.fmul(x, _number(t, 1 / log(2))))
    high = round(LN2 * 2**split) / 2**split
    minus = t.builder.fneg(n)
    r = t.fma(minus, _number(t, high), x)
    r = t.fma(minus, _number(t, float(LN2 - Decimal(high))), r)
    series = _number(t, 1 / factorial(terms))
    for k in range(terms - 1, 1, -1):
        series = t.fma(series, r, _number(t, 1 / factorial(k)))
    return n, t.fma(t.builder.fmul(series, r), r, r)


def _power(t: Writer, n: ir.Value) -> ir.Value:
    """2**n for a whole n of a normal result: n is moved to where floats have their exponent."""
    _, _, mantissa, bias, _ = FORMATS[t.bytes]
    moved = t.builder.fadd(n, _number(t, 1.5 * 2.0**mantissa + bias))
    bits = t.builder.bitcast(moved, _integers(t))
    return t.builder.bitcast(t.builder.shl(bits, _bits(t, mantissa)), t.vector)


def exp(t: Writer, x: ir.Value) -> ir.Value:
    limit = FORMATS[t.bytes][4]
    n, rest = _reduce(t, _clamp(t, x, -limit, limit))
    half = t.unary("rint", t.builder.fmul(n, _number(t, 0.5)))  # 2**n alone could overflow
    first, second = _power(t, half), _power(t, t.builder.fsub(n, half))
    return t.builder.fmul(t.fma(first, rest, first), second)


def exp_below(t: Writer, x: ir.Value) -> ir.Value:
    """exp(x) for x <= 0: 2**n alone cannot overflow, so it is made with room below."""
    room, least = {4: (64, -110.0), 8: (512, -760.0)}[t.bytes]
    edge = _number(t, least)
    n, rest = _reduce(t, t.builder.select(t.builder.fcmp_ordered(">", edge, x), edge, x))
    power = _power(t, t.builder.fadd(n, _number(t, float(room))))
    return t.builder.fmul(t.fma(power, rest, power), _number(t, 2.0**-room))


def logistic(t: Writer, x: ir.Value) -> ir.Value:
    """1 / (1 + exp(-x)), as e / (1 + e) or 1 / (1 + e) with e = exp(-|x|): nothing overflows."""
    b, one = t.builder, _number(t, 1.0)
    e = exp(t, b.fneg(_size(t, x)))
    top = b.select(b.fcmp_ordered("<", x, _number(t, 0.0)), e, one)
    return b.fdiv(top, b.fadd(one, e))


def tanh(t: Writer, x: ir.Value) -> ir.Value:
    """-e / (e + 2) with e = exp(-2 |x|) - 1, and the sign of x."""
    b = t.builder
    n, rest = _reduce(t, _clamp(t, b.fmul(_size(t, x), _number(t, -2.0)), -60.0, 0.0))
    power = _power(t, n)
    e = t.fma(power, rest, b.fsub(power, _number(t, 1.0)))
    out = b.bitcast(_size(t, b.fdiv(e, b.fadd(e, _number(t, 2.0)))), _integers(t))
    sign = b.and_(b.bitcast(x, _integers(t)), _bits(t, 1 << (8 * t.bytes - 1)))
    return b.bitcast(b.or_(out, sign), t.vector)


FUNCTIONS = (exp, tanh, logistic, exp_below)


def _write_each(t: Writer, which: int) -> None:
    x, out, count = t.function.args

    def body(k: ir.Value, acc: list) -> list:
        mask = t.first_bits(t.builder.sub(count, k))
        t.store_some(FUNCTIONS[which](t, t.load_some(t.at(x, k), mask)), t.at(out, k), mask)
        return acc

    t.loop(count, t.lanes, [], body)


@intrinsic
def _each(typingctx, which, lanes, x, out, count):
    return tile("each", (which, lanes), x.dtype, "ppi", _write_each)


@jit
def each(which, lanes, x, out):
    """out[i] = FUNCTIONS[len(which)](x[i]), for flat arrays of the same length."""
    _each(which, lanes, pointer(x, 0), pointer(out, 0), len(x))
