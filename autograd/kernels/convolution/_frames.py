"""Frames: images laid out so that every tap of a filter meets consecutive pixels.

An image is copied into its frame: padded, and for strides above 1 split into phases (rows 0, s,
2s, ... then rows 1, s + 1, ...; columns likewise). A tap that meets pixel p of the frame with one
output meets pixel p + 1 with the next. All sizes have three axes; those that an image lacks are 1.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from .._jit import jit
from .._simd import get, pointer, put
from .._simd_moves import alternate, clear, move, turn

Triple = tuple[int, int, int]


class Axis(NamedTuple):
    """How outputs along one axis meet the pixels of a source, by the taps of a filter.

    Pixel f of phase p of the frame is pixel step * f + starts[p] of the source, or zero outside.
    Output i meets, with its k-th tap, pixel i + shifts[k] of phase phases[k].

    length   pixels of one phase
    first    the pixel of the result that output 0 is; the next are a stride of the adjoint apart
    """

    step: int
    starts: tuple[int, ...]
    taps: tuple[int, ...]
    phases: tuple[int, ...]
    shifts: tuple[int, ...]
    out: int
    length: int
    first: int = 0


def forward_axis(kernel: int, out: int, stride: int, before: int, dilation: int) -> Axis:
    """The axis of a convolution: its phases are those of the padded image."""
    steps = [k * dilation for k in range(kernel)]
    used = sorted({step % stride for step in steps})
    return Axis(
        step=stride,
        starts=tuple(p - before for p in used),
        taps=tuple(range(kernel)),
        phases=tuple(used.index(step % stride) for step in steps),
        shifts=tuple(step // stride for step in steps),
        out=out,
        length=out + steps[-1] // stride,
    )


def backward_axes(
    size: int, kernel: int, stride: int, before: int, dilation: int
) -> tuple[Axis, ...]:
    """The axes of the adjoint: for each phase of the image, how its pixels meet g.

    Pixel first + stride * i meets, with tap k, element i + (first + before - k * dilation) / stride
    of g. Phases that meet no tap are left out. The others have one frame in common.
    """
    found = []
    for first in range(min(stride, size)):
        taps = [k for k in range(kernel) if (first + before - k * dilation) % stride == 0]
        if taps:
            meets = [(first + before - k * dilation) // stride for k in taps]
            found.append((first, taps, meets, len(range(first, size, stride))))
    begin = min((min(meets) for _, _, meets, _ in found), default=0)
    end = max((max(meets) + out for _, _, meets, out in found), default=0)
    return tuple(
        Axis(
            step=1,
            starts=(begin,),
            taps=tuple(taps),
            phases=(0,) * len(taps),
            shifts=tuple(m - begin for m in meets),
            out=out,
            length=end - begin,
            first=first,
        )
        for first, taps, meets, out in found
    )


class Plan(NamedTuple):
    """What a correlation needs to know about shapes.

    frame     pixels of one phase
    starts    (phases, 3): the source pixel where each phase begins; step: from pixel to pixel
    taps      that take part, by number
    offsets   of the pixel that output 0 meets, for each tap of each channel
    whole     whether the source is its own frame
    """

    source: Triple
    frame: Triple
    starts: np.ndarray
    step: Triple
    taps: np.ndarray
    offsets: np.ndarray
    out: Triple
    whole: bool

    @property
    def pixels(self) -> int:
        """Pixels of a channel's frame."""
        return len(self.starts) * self.frame[0] * self.frame[1] * self.frame[2]


@lru_cache(maxsize=256)
def plan(
    axes: tuple[Axis, Axis, Axis], kernel: Triple, source: Triple, channels: int, bundle: int = 1
) -> Plan:
    """The plan for filters of `channels` x `kernel`, over frames of `bundle` channels."""
    frame = (axes[0].length, axes[1].length, axes[2].length)
    starts = np.array(list(product(*(a.starts for a in axes))), np.int64)
    counts = [len(a.starts) for a in axes]
    area = frame[0] * frame[1] * frame[2]
    d, h, w = np.meshgrid(*(np.array(a.shifts) for a in axes), indexing="ij")
    phases = np.ravel_multi_index(
        np.meshgrid(*(np.array(a.phases) for a in axes), indexing="ij"), counts
    )
    pixel = (phases * area + (d * frame[1] + h) * frame[2] + w).ravel()
    taps = np.ravel_multi_index(
        np.meshgrid(*(np.array(a.taps) for a in axes), indexing="ij"), kernel
    ).ravel()
    channel = np.arange(channels)
    base = channel // bundle * (len(starts) * area * bundle) + channel % bundle
    unit = all(a.step == 1 for a in axes)
    return Plan(
        source=source,
        frame=frame,
        starts=starts,
        step=(axes[0].step, axes[1].step, axes[2].step),
        taps=taps,
        offsets=(base[:, None] + pixel * bundle).ravel(),
        out=(axes[0].out, axes[1].out, axes[2].out),
        whole=unit and len(starts) == 1 and not starts.any() and frame == source,
    )


def places(
    phases: tuple[Triple, ...], frame: Triple, lanes: int, multiple: int, once: bool
) -> np.ndarray:
    """(source, target, mask) of each vector of outputs: frame pixel, output, lanes that count.

    For outputs of these sizes, phase after phase.

    A row that is no multiple of the lanes ends with a vector that overlaps the one before (lanes
    that come twice are masked if `once`); a row shorter than a vector is masked. Places of no lanes
    are added up to a multiple.
    """
    found = [_places(out, frame, lanes, multiple, once) for out in phases]
    return found[0] if len(found) == 1 else np.concatenate(found)


def _places(out: Triple, frame: Triple, lanes: int, multiple: int, once: bool) -> np.ndarray:
    D, H, W = out
    columns = np.arange(0, W, lanes)
    masks = np.full(len(columns), (1 << min(lanes, W)) - 1)
    if lanes < W:
        columns = np.minimum(columns, W - lanes)
        if once and W % lanes:
            masks[-1] -= (1 << (lanes - W % lanes)) - 1
    d, h, w = (a.ravel() for a in np.meshgrid(np.arange(D), np.arange(H), columns, indexing="ij"))
    source, target = (d * frame[1] + h) * frame[2] + w, (d * H + h) * W + w
    table = np.zeros((len(source) + -len(source) % multiple, 3), np.int64)
    table[: len(source)] = np.stack([source, target, np.tile(masks, D * H)], axis=1)
    return table.ravel()


def positions(out: Triple, frame: Triple, bundle: int) -> np.ndarray:
    """The pixel of the frame that the first tap meets, for each output."""
    d, h, w = np.meshgrid(*map(np.arange, out), indexing="ij")
    return (((d * frame[1] + h) * frame[2] + w) * bundle).astype(np.int64).ravel()


@jit
def meeting(first, step, size, length):
    """The run of 0 <= f < length for which 0 <= step * f + first < size."""
    left = 0 if first >= 0 else (-first + step - 1) // step
    right = (size - first + step - 1) // step
    left = min(left, length)
    return left, max(left, min(right, length))


@jit
def fill(lanes, x, at, source, frames, frame, starts, step, channels):
    """Copy `channels` images, the first of which begins at x[at], into their frames."""
    D, H, W = source
    to = 0
    for c in range(channels):
        image = at + c * D * H * W
        for p in range(len(starts)):
            first = starts[p, 2]
            left, right = meeting(first, step[2], W, frame[2])
            for d in range(frame[0]):
                z = step[0] * d + starts[p, 0]
                for h in range(frame[1]):
                    y = step[1] * h + starts[p, 1]
                    if left < right and 0 <= z < D and 0 <= y < H:
                        row = image + (z * H + y) * W + first
                        clear(lanes, pointer(frames, to), left)
                        there = pointer(frames, to + left)
                        if step[2] == 1:
                            move((0,), lanes, pointer(x, row + left), there, right - left)
                        elif step[2] == 2:
                            move((0, 0), lanes, pointer(x, row + 2 * left), there, right - left)
                        else:
                            for f in range(left, right):
                                put(frames, to + f, get(x, row + step[2] * f))
                        clear(lanes, pointer(frames, to + right), frame[2] - right)
                    else:
                        clear(lanes, pointer(frames, to), frame[2])
                    to += frame[2]


@jit
def weave(lanes, parts, total, out, to, planes, phases, size, step):
    """out[to + plane, first + step * i] = part[plane, i] along three axes, for a run of planes.

    The parts, one for each row (D, H, W, z, y, x) of phases, where (z, y, x) comes first, have
    `total` planes each; all arrays are flat. Two parts that alternate along rows go together.
    """
    for plane in range(planes[0], planes[1]):
        begin, together = 0, False
        for p in range(len(phases)):
            D, H, W, z, y, x = phases[p]
            part = begin + plane * D * H * W
            begin += total * D * H * W
            if together:  # this one was woven with the one before
                together = False
                continue
            if step[2] == 2 and x == 0 and p + 1 < len(phases):
                together = phases[p + 1, 5] == 1
            for i in range(D * H):
                row = z + step[0] * (i // H), y + step[1] * (i % H)
                there = (((to + plane) * size[0] + row[0]) * size[1] + row[1]) * size[2] + x
                if together:
                    other = phases[p + 1, 2]
                    here = pointer(parts, part + i * W)
                    beside = pointer(parts, begin + (plane * D * H + i) * other)
                    alternate(lanes, here, beside, W + other, pointer(out, there))
                else:
                    for j in range(W):
                        put(out, there + step[2] * j, get(parts, part + i * W + j))


@jit
def fill_bundles(lanes, x, first, source, frames, frame, starts, step, channels):
    """As `fill`, with `lanes` channels side by side: a pixel of a frame is a vector."""
    D, H, W = source
    L = len(lanes)
    size, to = D * H * W, 0
    for c in range(0, channels, L):
        image, bundle = first + c * size, min(L, channels - c)
        for p in range(len(starts)):
            left, right = meeting(starts[p, 2], step[2], W, frame[2])
            for d in range(frame[0]):
                z = step[0] * d + starts[p, 0]
                for h in range(frame[1]):
                    y = step[1] * h + starts[p, 1]
                    if left < right and 0 <= z < D and 0 <= y < H:
                        row = image + (z * H + y) * W + starts[p, 2]
                        clear(lanes, pointer(frames, to), left * L)
                        for f in range(left, right, L):
                            count = min(L, right - f)
                            at = row + f * step[2]
                            here, there = pointer(x, at), pointer(frames, to + f * L)
                            if step[2] == 1:
                                turn((0,), lanes, here, size, bundle, there, L, count)
                            elif step[2] == 2:
                                turn((0, 0), lanes, here, size, bundle, there, L, count)
                            else:
                                for i in range(count * bundle):
                                    pixel, k = i // bundle, i % bundle
                                    value = get(x, at + k * size + pixel * step[2])
                                    put(frames, to + (f + pixel) * L + k, value)
                        clear(lanes, pointer(frames, to + right * L), (frame[2] - right) * L)
                    else:
                        clear(lanes, pointer(frames, to), frame[2] * L)
                    to += frame[2] * L
