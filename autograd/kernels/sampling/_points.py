"""Loops over points that read images: one image after the other, its channels side by side.

A table says which pixels each point reads, and with which weights; then each pixel is a few vectors
of channels. What has the weight 0 does not count.
"""

from __future__ import annotations

import numpy as np

from .._channels import channels_first, channels_last
from .._jit import jit
from .._simd import pointer
from ._points_simd import collect, deposit

ZEROS, BORDER, REFLECTION = range(3)
NEAREST, BILINEAR, BICUBIC = range(3)


@jit
def inside(at, slope, n, padding, align):
    """Moves coordinates as the padding does into an image of n pixels; slopes follow."""
    zero, one = n - n, n / n
    half = one / (one + one)
    if padding == REFLECTION and n > one:
        low = zero if align else -half
        span = n - one if align else n
        for p in range(len(at)):
            from_low = at[p] - low
            distance = abs(from_low)
            turns = np.floor(distance / span)
            rest = distance - turns * span
            odd = turns * half != np.floor(turns * half)
            sign = one if from_low > zero else (-one if from_low < zero else zero)
            slope[p] *= -sign if odd else sign
            at[p] = low + (span - rest if odd else rest)
    if padding != ZEROS:
        for p in range(len(at)):
            v = at[p]
            slope[p] = slope[p] if (v >= zero) & (v <= n - one) else zero
            v = zero if v < zero else v
            at[p] = n - one if v > n - one else v


@jit
def along(points, axis, size, options, order, polynomials, place, weight):
    """What points read along one axis of `size` pixels: place and weight, (pixels, points)."""
    mode, padding, align, first = options
    real, count = points.dtype.type, len(points)
    n, zero, one = real(size), real(0), real(1)
    scale, shift = (n if not align else n - one) / real(2), real(0 if align else 0.5)
    at, slope = np.empty(count, points.dtype), np.full(count, scale)
    for p in range(count):
        at[p] = (points[p, axis] + one) * scale - shift
    if mode != BICUBIC:  # there the pixels are moved, not the points
        inside(at, slope, n, padding, align)
    left, none = np.empty(count, points.dtype), np.empty(count, points.dtype)
    if mode == NEAREST:
        for p in range(count):
            left[p] = np.rint(at[p])
    else:
        for p in range(count):
            left[p] = np.floor(at[p])
    for p in range(count):
        at[p] -= left[p] if abs(left[p]) < real(np.inf) else zero
    for k in range(len(polynomials)):
        c0, c1, c2, c3 = polynomials[k]
        to, places, weights = real(first + k), place[k], weight[k]
        for p in range(count):
            t = at[p]
            weights[p] = ((c3 * t + c2) * t + c1) * t + c0
        for _ in range(order):
            for p in range(count):
                weights[p] *= slope[p]
        moved = left
        if mode == BICUBIC:
            moved = left + to
            to = zero
            inside(moved, none, n, padding, align)
        for p in range(count):
            q = moved[p] + to
            weights[p] = zero if (q < zero) | (q >= n) else weights[p]
            q = q if q > zero else zero  # NaN, too
            places[p] = np.uint32(np.int32(q if q < n - one else n - one))


@jit
def shares(points, sizes, options, order, polynomials, orders):
    """What points read along each axis: places (axes, pixels, points) and weights, for so many
    orders (orders, axes, pixels, points)."""
    axes, taps, count = len(sizes), polynomials.shape[2], len(points)
    places = np.empty((axes, taps, count), np.uint32)
    weights = np.empty((orders, axes, taps, count), points.dtype)
    for more in range(orders):
        for a in range(axes):
            along(
                points, axes - 1 - a, sizes[a], options, order[a] + more, polynomials[more, a],
                places[a], weights[more, a],
            )  # fmt: skip
    return places, weights


@jit
def joined(places, sizes, width):
    """Where the pixels of each point are, in an image with channels last: (pixels, points)."""
    axes, taps, count = places.shape
    out = np.empty((taps**axes, count), np.int64)
    for j in range(len(out)):
        row, own, rest, step = out[j], places[axes - 1, j % taps], j // taps, width
        for p in range(count):
            row[p] = np.int64(own[p]) * step
        for a in range(axes - 2, -1, -1):
            own, rest, step = places[a, rest % taps], rest // taps, step * sizes[a + 1]
            for p in range(count):
                row[p] += np.int64(own[p]) * step
    return out


@jit
def products(weights, derived):
    """The weights of each pixel, (pixels, points), differentiated along the axis `derived`."""
    _, axes, taps, count = weights.shape
    out = np.empty((taps**axes, count), weights.dtype)
    for j in range(len(out)):
        row, rest = out[j], j // taps
        row[:] = weights[1 if derived == axes - 1 else 0, axes - 1, j % taps]
        for a in range(axes - 2, -1, -1):
            own, rest = weights[1 if derived == a else 0, a, rest % taps], rest // taps
            for p in range(count):
                row[p] *= own[p]
    return out


@jit
def wide(lanes, channels):
    """So many channels in whole vectors."""
    return (channels + len(lanes) - 1) // len(lanes) * len(lanes)


@jit
def room(like, rows, channels, width):
    """For rows of channels; zeros, if not all of a row will be written."""
    out = np.empty(rows * width, like.dtype)
    if width > channels:
        out[:] = 0
    return out


@jit
def sample(lanes, x, grid, images, sizes, options, order, polynomials, out):
    """out[n, c, p] = the sum of weights times pixels, for x (N, C, pixels), grid (N, points, axes).

    order, polynomials : the weights of each axis; (2, axes, pixels, 4), once more differentiated
    """
    C, S, P, L = x.shape[1], x.shape[2], grid.shape[1], len(lanes)
    W = wide(lanes, C)
    pixels, values = room(x, S, C, W), np.empty(P * W, x.dtype)
    for n in range(images[0], images[1]):
        channels_last(lanes, x[n].reshape(-1), C, S, W, pixels)
        places, weights = shares(grid[n], sizes, options, order, polynomials, 1)
        offset, weight = joined(places, sizes, W).reshape(-1), products(weights, -1).reshape(-1)
        for p in range(P):
            for c in range(0, W, L):
                collect(
                    lanes, pointer(pixels, c), pointer(offset, p), pointer(weight, p), P,
                    len(offset) // P, pointer(values, p * W + c),
                )  # fmt: skip
        channels_first(lanes, values, C, P, W, out[n].reshape(-1))


@jit
def sample_dx(lanes, g, grid, images, sizes, options, order, polynomials, dx):
    """dx[n, c, pixel] = the sum of weights times g (N, C, points)."""
    C, P, S, L = g.shape[1], g.shape[2], dx.shape[2], len(lanes)
    W = wide(lanes, C)
    slopes, values = room(g, P, C, W), np.empty(S * W, g.dtype)
    for n in range(images[0], images[1]):
        channels_last(lanes, g[n].reshape(-1), C, P, W, slopes)
        values[:] = 0
        places, weights = shares(grid[n], sizes, options, order, polynomials, 1)
        offset, weight = joined(places, sizes, W).reshape(-1), products(weights, -1).reshape(-1)
        for p in range(P):
            for c in range(0, W, L):
                deposit(
                    lanes, pointer(slopes, p * W + c), pointer(offset, p), pointer(weight, p), P,
                    len(offset) // P, pointer(values, c),
                )  # fmt: skip
        channels_first(lanes, values, C, S, W, dx[n].reshape(-1))


@jit
def sample_dgrid(lanes, g, x, grid, images, sizes, options, order, polynomials, out):
    """out[n, p, axis] = the sum over pixels of the weight, differentiated along the axis, times
    the sum over channels of g * x."""
    C, S, P, axes = x.shape[1], x.shape[2], g.shape[2], len(sizes)
    W = wide(lanes, C)
    slopes, pixels = room(g, P, C, W), room(g, S, C, W)
    for n in range(images[0], images[1]):
        channels_last(lanes, g[n].reshape(-1), C, P, W, slopes)
        channels_last(lanes, x[n].reshape(-1), C, S, W, pixels)
        places, weights = shares(grid[n], sizes, options, order, polynomials, 2)
        met = meet(slopes, pixels, C, W, joined(places, sizes, W))
        for a in range(axes):
            found = weighed(met, products(weights, a))
            for p in range(P):
                out[n, p, axes - 1 - a] = found[p]


@jit
def meet(g, x, channels, width, offset):
    """The sum over channels of g and x, for each pixel of each point."""
    out = np.empty(offset.shape, g.dtype)
    for p in range(offset.shape[1]):
        slope = g[p * width : p * width + channels]
        for k in range(len(offset)):
            row = x[offset[k, p] : offset[k, p] + channels]
            total = g.dtype.type(0)
            for c in range(channels):
                total += slope[c] * row[c]
            out[k, p] = total
    return out


@jit
def weighed(met, weight):
    """The sum over k of weight[k] * met[k]."""
    zero = met.dtype.type(0)
    out = np.zeros(met.shape[1], met.dtype)
    for k in range(len(met)):
        row, own = met[k], weight[k]
        for p in range(len(out)):
            out[p] += own[p] * row[p] if own[p] != zero else zero
    return out
