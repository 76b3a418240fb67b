"""Loops over rows that normalisation consists of.

Arrays are (rows, size) and contiguous, but for parameters: one number for each row, or a whole row
of weights. Sums are made in the dtype of x; reordered, so that they are vectors of partial sums.
"""

from __future__ import annotations

import numpy as np

from ._jit import jit

# Rows with a weight for each element: standardized one after the other, while they are in cache


@jit
def standardize_rows(x, w, b, eps, center, out, mean, scale):
    """out = (x - mean) * scale * w + b, with mean and scale = 1 / sqrt(mean square + eps)."""
    size = x.shape[1]
    for r in range(len(x)):
        row, target = x[r], out[r]
        m = x.dtype.type(0)
        if center:
            for i in range(size):
                m += row[i]
            m /= x.dtype.type(size)
        total = x.dtype.type(0)
        for i in range(size):
            d = row[i] - m
            total += d * d
        k = x.dtype.type(1 / np.sqrt(total / x.dtype.type(size) + eps))
        for i in range(size):
            target[i] = (row[i] - m) * k * w[i] + b[i]
        mean[r] = m
        scale[r] = k


@jit
def standardize_rows_dx(g, x, w, mean, scale, center, out):
    """out = scale * (g * w - mean(g * w) - y * mean(g * w * y)), with y the standardized x."""
    size = x.shape[1]
    for r in range(len(x)):
        slope, row, target, m, k = g[r], x[r], out[r], mean[r], scale[r]
        plain, product = x.dtype.type(0), x.dtype.type(0)
        for i in range(size):
            u = slope[i] * w[i]
            plain += u
            product += u * (row[i] - m)
        plain /= x.dtype.type(size)
        product *= k * k / x.dtype.type(size)
        if not center:
            plain = x.dtype.type(0)
        for i in range(size):
            target[i] = k * (slope[i] * w[i] - plain - (row[i] - m) * product)


@jit
def standardize_rows_dw(g, x, mean, scale, out):
    """out += the sum over rows of g times the standardized x."""
    for r in range(len(x)):
        slope, row, m, k = g[r], x[r], mean[r], scale[r]
        for i in range(x.shape[1]):
            out[i] += slope[i] * ((row[i] - m) * k)


# Rows with one weight each, several of them standardized together


@jit
def row_moments(x, center, mean, square):
    """The mean of each row, and its mean square distance from that; or, not centred, from 0."""
    size = x.dtype.type(x.shape[1])
    for r in range(len(x)):
        row = x[r]
        m = x.dtype.type(0)
        if center:
            for i in range(len(row)):
                m += row[i]
            m /= size
        total = x.dtype.type(0)
        for i in range(len(row)):
            d = row[i] - m
            total += d * d
        mean[r] = m
        square[r] = total / size


@jit
def row_lines(x, m, a, b, out):
    """out = (x - m) * a + b"""
    for r in range(len(x)):
        row, target, middle, slope, start = x[r], out[r], m[r], a[r], b[r]
        for i in range(len(row)):
            target[i] = (row[i] - middle) * slope + start


@jit
def row_products(g, x, m, plain, product):
    """The sums of g and of g * (x - m) over each row."""
    for r in range(len(x)):
        slope, row, middle = g[r], x[r], m[r]
        one, two = x.dtype.type(0), x.dtype.type(0)
        for i in range(len(row)):
            one += slope[i]
            two += slope[i] * (row[i] - middle)
        plain[r] = one
        product[r] = two


@jit
def row_planes(g, x, m, a, b, c, out):
    """out = g * a - (x - m) * b - c"""
    for r in range(len(x)):
        slope, row, target = g[r], x[r], out[r]
        middle, of_g, of_x, start = m[r], a[r], b[r], c[r]
        for i in range(len(row)):
            target[i] = slope[i] * of_g - (row[i] - middle) * of_x - start


@jit
def row_sums(g, out):
    for r in range(len(g)):
        row = g[r]
        total = g.dtype.type(0)
        for i in range(len(row)):
            total += row[i]
        out[r] = total
