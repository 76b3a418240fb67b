"""Winograd's fast correlation with six points: its matrices, and the tiles that apply them.

m results of a filter of r taps, m + r = 7, need six products instead of m * r:

    y = A ((G w) * (B x))        of six pixels x, r taps w; over two axes, 36 instead of (m r)^2

The matrices follow from interpolation at points p: G evaluates the polynomial of the taps, A is the
transpose of such an evaluation, and B of what interpolates. B is the same for each m and r. The
points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: with them rounding errors are twice those of the
plain sum, a third of what the customary 0, 1, -1, 2, -2 give.

Sources: Winograd (1980), "Arithmetic complexity of computations"; Lavin and Gray (2016), "Fast
algorithms for convolutional neural networks"; Barabasz et al. (2020), "Error analysis and improving
the accuracy of Winograd convolution for deep neural networks", on the choice of points.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from llvmlite import ir
from numba.extending import intrinsic

from .._simd import Writer, tile

Matrix = list[list[Fraction]]
POINTS = [Fraction(p, 4) for p in (0, 3, -3, 6, -6)]
SIZE = len(POINTS) + 1
ONE: Matrix = [[Fraction(1)]]


def pixels_matrix() -> Matrix:
    """B: the coefficients of the product of x - q over the other points, and over all of them."""
    rows = [_product([q for q in POINTS if q != p]) for p in POINTS]
    return [[*row, Fraction(0)] for row in rows] + [_product(POINTS)]


def taps_matrix(taps: int) -> Matrix:
    """G: the polynomial of the taps at each point p, over the product of p - q."""
    weights = [prod(p - q for q in POINTS if q != p) for p in POINTS]
    last = [Fraction(j == taps - 1) for j in range(taps)]
    return [[p**j / n for j in range(taps)] for p, n in zip(POINTS, weights)] + [last]


def results_matrix(results: int) -> Matrix:
    """A: powers of the points; infinity has the highest alone."""
    return [[*(p**i for p in POINTS), Fraction(i == results - 1)] for i in range(results)]


def _product(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of the polynomial with these roots, from the lowest."""
    out = [Fraction(1)]
    for root in roots:
        out = [a - root * b for a, b in zip([Fraction(0), *out], [*out, Fraction(0)])]
    return out


def _apply(t: Writer, matrix: Matrix, inputs: Sequence[ir.Value]) -> list[ir.Value]:
    """matrix @ inputs. Pairs that differ in signs only, as those of p and -p do, share work."""
    b = t.builder
    columns: list[tuple[list[Fraction], ir.Value]] = []
    left = list(zip(map(list, zip(*matrix)), inputs))
    while left:
        column, value = left.pop(0)
        halves = _halves(column, left[0][0]) if left else None
        if halves is None:
            columns.append((column, value))
        else:
            partner = left.pop(0)[1]
            columns += zip(halves, (b.fadd(value, partner), b.fsub(value, partner)))
    rows = list(map(list, zip(*(column for column, _ in columns))))
    values, out = [value for _, value in columns], []
    while rows:
        row = rows.pop(0)
        halves = _halves(row, rows[0]) if rows else None
        if halves is None:
            out.append(_sum(t, row, values))
        else:
            del rows[0]
            even, odd = (_sum(t, half, values) for half in halves)
            out += [b.fadd(even, odd), b.fsub(even, odd)]
    return out


def _halves(a: list[Fraction], b: list[Fraction]) -> tuple[list[Fraction], list[Fraction]] | None:
    """Where two rows are the same, and where opposite; None if they differ in more than signs."""
    if a == b or any(abs(x) != abs(y) for x, y in zip(a, b)):
        return None
    zero = Fraction(0)
    same = [x if x == y else zero for x, y in zip(a, b)]
    return same, [x if x != y else zero for x, y in zip(a, b)]


def _sum(t: Writer, weights: Sequence[Fraction], values: Sequence[ir.Value]) -> ir.Value:
    """The weighted sum, those of weight 1 first."""
    terms = sorted((w != 1, i) for i, w in enumerate(weights) if w)
    total = None
    for weighted, i in terms:
        factor = ir.Constant(t.vector, [float(weights[i])] * t.lanes)
        if weighted:
            total = (
                t.builder.fmul(values[i], factor)
                if total is None
                else t.fma(values[i], factor, total)
            )
        else:
            total = values[i] if total is None else t.builder.fadd(total, values[i])
    return t.zero if total is None else total


def _both_axes(
    t: Writer, high: Matrix, wide: Matrix, a: ir.Value, row: ir.Value, column: ir.Value
) -> list[list[ir.Value]]:
    """high @ a @ wide.T of vectors in memory, `row` and `column` apart."""
    b = t.builder
    columns = []
    for j in range(len(wide[0])):
        top = t.at(a, b.mul(column, t.index(j)))
        inputs = [t.load(t.at(top, b.mul(row, t.index(i)))) for i in range(len(high[0]))]
        columns.append(_apply(t, high, inputs))
    return [_apply(t, wide, line) for line in zip(*columns)]


def _write_enter(t: Writer, kind: int, high: int, wide: int) -> None:
    a, row, column, out, out_row, out_column = t.function.args
    first, second = (
        ONE if n == 1 else taps_matrix(n) if kind else pixels_matrix() for n in (high, wide)
    )
    for i, line in enumerate(_both_axes(t, first, second, a, row, column)):
        for j, value in enumerate(line):
            to = t.builder.add(
                t.builder.mul(out_row, t.index(i)), t.builder.mul(out_column, t.index(j))
            )
            t.store(value, t.at(out, to))
    t.straight()


@intrinsic
def enter(typingctx, kind, high, wide, lanes, a, row, column, out, out_row, out_column):
    """B a B.T of 6 x 6 pixels if `kind` is empty, else G a G.T of high x wide taps.

    Vectors, from a[row * i + column * j] to out[out_row * i + out_column * j]. An axis of size 1 is
    left as it is.
    """
    return tile("enter", (kind, high, wide, lanes), a.dtype, "piipii", _write_enter)


def _write_leave(t: Writer, high: int, wide: int) -> None:
    a, row, column, out, out_row, out_column, first, seen = t.function.args
    start, trace = t.load(first), t.load(seen)
    left, right = (ONE if n == 1 else results_matrix(n) for n in (high, wide))
    for i, line in enumerate(_both_axes(t, left, right, a, row, column)):
        for j, value in enumerate(line):
            to = t.builder.add(
                t.builder.mul(out_row, t.index(i)), t.builder.mul(out_column, t.index(j))
            )
            t.store(t.builder.fadd(value, start), t.at(out, to))
            trace = t.fma(value, t.zero, trace)
    t.store(trace, seen)
    t.straight()


@intrinsic
def leave(typingctx, high, wide, lanes, a, row, column, out, out_row, out_column, first, seen):
    """first + A a A.T, high x wide results of 6 x 6 products, as `enter` reads and writes them.

    `seen` turns to NaN where a result is not finite.
    """
    return tile("leave", (high, wide, lanes), a.dtype, "piipiipp", _write_leave)
