"""Loops over rows for an array that broadcasting stretches, and for the sums that undo it.

Arrays are contiguous. `first` and `last` bound the rows or columns, so that threads can share.
"""

from __future__ import annotations

from ._jit import jit

BLOCK = 1024  # elements that are summed in x's dtype; sums of blocks are added in double precision


@jit
def add_row(first, last, x, y, out):
    """out[r] = x[r] + y"""
    for r in range(first, last):
        row, target = x[r], out[r]
        for i in range(len(y)):
            target[i] = row[i] + y[i]


@jit
def add_each(first, last, x, y, out):
    """out[r] = x[r] + one number of y, which are taken in turn"""
    for r in range(first, last):
        row, target, number = x[r], out[r], y[r % len(y)]
        for i in range(len(row)):
            target[i] = row[i] + number


@jit
def sum_columns(first, last, x, out):
    """out += the sum of all rows"""
    target = out[first:last]
    for r in range(len(x)):
        row = x[r, first:last]
        for i in range(len(target)):
            target[i] += row[i]


@jit
def sum_rows(first, last, x, out):
    """out[r] = the sum of row r"""
    for r in range(first, last):
        row, total = x[r], 0.0
        for start in range(0, len(row), BLOCK):
            block = row[start : start + BLOCK]
            part = x.dtype.type(0)
            for i in range(len(block)):
                part += block[i]
            total += part
        out[r] = total
