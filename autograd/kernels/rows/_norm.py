"""Loops that normalisation consists of.

Arrays are contiguous; (rows, size) unless a loop says something else. Sums are made in the dtype of
x; reordered, so that they are vectors of partial sums.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit

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
def standardize_rows_back(g, x, w, mean, scale, center, out, dw, db):
    """out = scale * (g * w - mean(g * w) - y * mean(g * w * y)), with y the standardized x.

    dw += the sum over rows of g * y; db += that of g.
    """
    size = x.shape[1]
    for r in range(len(x)):
        slope, row, target, m, k = g[r], x[r], out[r], mean[r], scale[r]
        plain, product = x.dtype.type(0), x.dtype.type(0)
        for i in range(size):
            one, y = slope[i], (row[i] - m) * k
            u = one * w[i]
            plain += u
            product += u * y
            dw[i] += one * y
            db[i] += one
        plain *= k / x.dtype.type(size)
        product *= k * k / x.dtype.type(size)
        if not center:
            plain = x.dtype.type(0)
        for i in range(size):
            target[i] = slope[i] * w[i] * k - plain - (row[i] - m) * product


# Blocks of rows with one weight each, a block standardized together: x is (blocks, rows * size), w
# has rows of weights that blocks take in turn. From block `first` to `last`


@jit
def standardize_blocks(first, last, x, w, b, eps, center, out, mean, scale):
    """out = (x - mean) * scale * w + b, with the mean and scale of each block."""
    count, rows = x.dtype.type(x.shape[1]), w.shape[1]
    size = x.shape[1] // rows
    for k in range(first, last):
        block, result, weights, starts = x[k], out[k], w[k % len(w)], b[k % len(w)]
        m, total = x.dtype.type(0), x.dtype.type(0)
        if center:
            for i in range(len(block)):
                m += block[i]
            m /= count
        for i in range(len(block)):
            d = block[i] - m
            total += d * d
        factor = x.dtype.type(1 / np.sqrt(total / count + eps))
        for r in range(rows):
            row, target = block[r * size : (r + 1) * size], result[r * size : (r + 1) * size]
            slope, start = factor * weights[r], starts[r]
            for i in range(len(row)):
                target[i] = (row[i] - m) * slope + start
        mean[k], scale[k] = m, factor


@jit
def standardize_blocks_back(first, last, g, x, w, mean, scale, center, out, dw, db):
    """The same as `standardize_rows_back`; dw and db are of each row of each block."""
    count, rows = x.dtype.type(x.shape[1]), w.shape[1]
    size = x.shape[1] // rows
    for k in range(first, last):
        m, factor, weights = mean[k], scale[k], w[k % len(w)]
        slopes, block, result = g[k], x[k], out[k]
        plain, product = x.dtype.type(0), x.dtype.type(0)
        for r in range(rows):
            slope, row = slopes[r * size : (r + 1) * size], block[r * size : (r + 1) * size]
            one, two = x.dtype.type(0), x.dtype.type(0)
            for i in range(len(row)):
                one += slope[i]
                two += slope[i] * (row[i] - m)
            db[k, r], dw[k, r] = one, two * factor
            plain += weights[r] * one
            product += weights[r] * two
        plain *= factor / count
        product *= factor * factor * factor / count
        if not center:
            plain = x.dtype.type(0)
        for r in range(rows):
            slope, row = slopes[r * size : (r + 1) * size], block[r * size : (r + 1) * size]
            target, of_g = result[r * size : (r + 1) * size], factor * weights[r]
            for i in range(len(row)):
                target[i] = slope[i] * of_g - (row[i] - m) * product - plain


@jit
def row_lines(x, m, a, b, out):
    """out = (x - m) * a + b"""
    for r in range(len(x)):
        row, target, middle, slope, start = x[r], out[r], m[r], a[r], b[r]
        for i in range(len(row)):
            target[i] = (row[i] - middle) * slope + start


# Channels: x is (n, channels, size), and the n rows of a channel are standardized together, while
# they are in cache. From channel `first` to `last`. Sums of rows are added up in float64


@jit
def channel_moments(first, last, x, center, mean, square):
    """The mean of each channel, and its mean square distance from that; not centred, from 0."""
    zero, count = x.dtype.type(0), len(x) * x.shape[2]
    for c in range(first, last):
        total = 0.0
        if center:
            for r in range(len(x)):
                row, part = x[r, c], zero
                for i in range(len(row)):
                    part += row[i]
                total += part
        m = x.dtype.type(total / count)
        total = 0.0
        for r in range(len(x)):
            row, part = x[r, c], zero
            for i in range(len(row)):
                d = row[i] - m
                part += d * d
            total += part
        mean[c], square[c] = m, total / count


@jit
def standardize_channels(first, last, x, w, b, eps, center, known, out, mean, scale):
    """out = (x - mean) * scale * w + b, with the mean and scale of each channel, or known ones."""
    for c in range(first, last):
        if not known:
            channel_moments(c, c + 1, x, center, mean, scale)
            scale[c] = 1 / np.sqrt(scale[c] + eps)
        m, slope, start = mean[c], scale[c] * w[c], b[c]
        for r in range(len(x)):
            row, target = x[r, c], out[r, c]
            for i in range(len(row)):
                target[i] = (row[i] - m) * slope + start


@jit
def standardize_channels_back(first, last, g, x, w, mean, scale, center, out, dw, db):
    """The same as `standardize_rows_back` for channels."""
    zero, count = x.dtype.type(0), len(x) * x.shape[2]
    for c in range(first, last):
        m, k = mean[c], scale[c]
        plain, product = 0.0, 0.0
        for r in range(len(x)):
            slope, row = g[r, c], x[r, c]
            one, two = zero, zero
            for i in range(len(row)):
                one += slope[i]
                two += slope[i] * (row[i] - m)
            plain += one
            product += two
        db[c], dw[c] = plain, product * k
        of_g = k * w[c]
        of_x = x.dtype.type(of_g * k * k * product / count)
        start = x.dtype.type(of_g * plain / count) if center else zero
        for r in range(len(x)):
            slope, row, target = g[r, c], x[r, c], out[r, c]
            for i in range(len(row)):
                target[i] = slope[i] * of_g - (row[i] - m) * of_x - start


# Columns: each standardized by itself. From column `first` to `last`, so that threads can share:
# unsigned places in a row spare the compiler the thought of negative ones


@jit
def column_moments(first, last, x, center, mean, square):
    """The mean of each column, and its mean square distance from that; or, not centred, from 0."""
    count = x.dtype.type(len(x))
    m, k = mean[first:last], square[first:last]
    m[:] = 0
    k[:] = 0
    if center:
        base = np.zeros_like(m)  # a value of each column: sums of what differs from it stay small
        for i in range(len(m)):
            value = x[0, np.uintp(first + i)]
            base[i] = value if np.isfinite(value) else 0
        for r in range(len(x)):
            row = x[r]
            for i in range(len(m)):
                m[i] += row[np.uintp(first + i)] - base[i]
        for i in range(len(m)):
            m[i] = base[i] + m[i] / count
    for r in range(len(x)):
        row = x[r]
        for i in range(len(m)):
            d = row[np.uintp(first + i)] - m[i]
            k[i] += d * d
    for i in range(len(m)):
        k[i] /= count


@jit
def standardize_columns(first, last, x, w, b, eps, center, known, out, mean, scale):
    """out = (x - mean) * scale * w + b, with the mean and scale of each column, or known ones."""
    m, k, start, slope = mean[first:last], scale[first:last], b[first:last], w[first:last].copy()
    if not known:
        column_moments(first, last, x, center, mean, scale)
        for i in range(len(m)):
            k[i] = 1 / np.sqrt(k[i] + eps)
    for i in range(len(m)):
        slope[i] *= k[i]
    for r in range(len(x)):
        row, target = x[r], out[r]
        for i in range(len(m)):
            j = np.uintp(first + i)
            target[j] = (row[j] - m[i]) * slope[i] + start[i]


@jit
def standardize_columns_back(first, last, g, x, w, mean, scale, center, out, dw, db):
    """The same as `standardize_rows_back` for columns; dw and db are zeros at first."""
    count = x.dtype.type(len(x))
    m, k, weight = mean[first:last], scale[first:last], w[first:last]
    product, plain = dw[first:last], db[first:last]
    for r in range(len(x)):
        slope, row = g[r], x[r]
        for i in range(len(m)):
            j = np.uintp(first + i)
            plain[i] += slope[j]
            product[i] += slope[j] * (row[j] - m[i])
    of_g, of_x, start = np.empty_like(k), np.empty_like(k), np.zeros_like(k)
    for i in range(len(m)):
        product[i] *= k[i]
        of_g[i] = k[i] * weight[i]
        of_x[i] = of_g[i] * k[i] * product[i] / count
        if center:
            start[i] = of_g[i] * plain[i] / count
    for r in range(len(x)):
        slope, row, target = g[r], x[r], out[r]
        for i in range(len(m)):
            j = np.uintp(first + i)
            target[j] = slope[j] * of_g[i] - (row[j] - m[i]) * of_x[i] - start[i]
