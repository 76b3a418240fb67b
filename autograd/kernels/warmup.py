"""One call for every way that a compiled kernel is called: afterwards all of them are on disk.

Each module of compiled kernels has an entry in `EXAMPLES`: a function that yields calls, for one
dtype and the tiles of one instruction set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

import numpy as np

from ._host import Simd, simd

Call = tuple[str, Callable[[], object]]


def _convolutions(dtype: Any, host: Simd) -> Iterator[Call]:
    lanes = host.lanes(np.dtype(dtype).itemsize)
    channels = max(8, lanes)
    widths = [(1, 1, lanes), *((1, rows, lanes) for rows, _ in host.spread[1:])]
    widths += [(channels, filters, rows) for filters in (lanes, 2 * lanes) for rows in host.gather]
    for c, filters, width in widths:
        x, w = np.ones((1, c, 4, width), dtype), np.ones((filters, c, 3, 3), dtype)
        yield f"convolution {c} -> {filters}, {width} wide", partial(_convolve, x, w, 1)
    for size, taps in ((7, 3), (14, 3), (14, 5)):
        for filters in (lanes, 2 * lanes):
            name = f"convolution of {taps} x {taps} by Winograd, {filters} filters, {size} wide"
            x = np.ones((8, 4 * lanes, size, size), dtype)
            yield name, partial(_convolve, x, np.ones((filters, 4 * lanes, taps, taps), dtype), 1)
    for filters in (lanes, 2 * lanes):
        name = f"convolution of 3 by Winograd, {filters} filters"
        x, w = np.ones((8, 4 * lanes, 64), dtype), np.ones((filters, 4 * lanes, 3), dtype)
        yield name, partial(_convolve, x, w, 1)
    for taps in (3, 5):
        for width in (lanes, 2 * lanes, 4 * lanes):
            name = f"convolution of {taps} x {taps} by channel, {width} wide"
            x, w = np.ones((1, 2, width, width), dtype), np.ones((2, 1, taps, taps), dtype)
            yield name, partial(_convolve, x, w, 2)
            yield f"{name}, step 2", partial(_convolve, x, w, 2, 2)


def _convolve(x: np.ndarray, w: np.ndarray, groups: int, stride: int = 1) -> None:
    from .convolution import fast

    axes = x.ndim - 2
    options = (stride,) * axes, ((w.shape[2] // 2,) * 2,) * axes, (1,) * axes, groups
    shape = (len(x), len(w), *(-(-n // stride) for n in x.shape[2:]))
    out = fast.conv(x.shape, w.shape, shape, options, x.dtype)(x, w, None)
    fast.conv_dx(shape, w.shape, x.shape, options, x.dtype)(out, w, None)
    fast.conv_dw(shape, x.shape, w.shape, options, x.dtype)(x, out)


def _poolings(dtype: Any, host: Simd) -> Iterator[Call]:
    x = np.ones((1, 8, 8), dtype)
    for k, s, p in ((2, 2, 0), (3, 2, 1), (3, 1, 1)):
        out = ((8 + 2 * p - k) // s + 1,) * 2
        yield f"pooling {k} x {k}, step {s}", partial(_pool, x, out, (k, k), (s, s), (p, p))


def _pool(x: np.ndarray, out: Any, kernel: Any, stride: Any, padding: Any) -> None:
    from .windows import pool_fast

    g, ties = pool_fast.max_pool(x, out, kernel, stride, padding, (1, 1))
    pool_fast.max_pool_dx(g, ties, x.shape, stride, padding, (1, 1))
    weight = np.ones(out, x.dtype)
    pool_fast.avg_pool_dx(
        pool_fast.avg_pool(x, weight, kernel, stride, padding),
        weight, x.shape, kernel, stride, padding,
    )  # fmt: skip


def _curves(dtype: Any, host: Simd) -> Iterator[Call]:
    from .elements import _curves

    x, options = np.ones(2, dtype), np.ones(_curves.OPTIONS, dtype)
    for name in _curves.NUMBERS:
        which, lanes = _curves.selectors(name, x.dtype, host.name)
        yield name, partial(_curves.each, which, lanes, x, x, options, np.empty_like(x))


def _normalisations(dtype: Any, host: Simd) -> Iterator[Call]:
    from .rows import _norm as loops

    rows, row, each = np.ones((2, 8), dtype), np.ones(8, dtype), np.ones(2, dtype)
    yield "rows", partial(loops.standardize_rows, rows, row, row, 1e-5, True, rows, each, each)
    rows_back = row, each, each, True, rows, row, row
    yield "rows, back", partial(loops.standardize_rows_back, rows, rows, *rows_back)
    blocks, w = rows.reshape(1, 16), each.reshape(1, 2)
    more = 1e-5, True, blocks, each, each
    yield "blocks", partial(loops.standardize_blocks, 0, 1, blocks, w, w, *more)
    more_back = blocks, blocks, w, each, each, True, blocks, w, w
    yield "blocks, back", partial(loops.standardize_blocks_back, 0, 1, *more_back)
    yield "moments of columns", partial(loops.column_moments, 0, 8, rows, True, row, row)
    columns = 1e-5, True, False, rows, row, row
    yield "columns", partial(loops.standardize_columns, 0, 8, rows, row, row, *columns)
    columns_back = row, row, row, True, rows, row, row
    yield "columns, back", partial(loops.standardize_columns_back, 0, 8, rows, rows, *columns_back)
    yield "lines", partial(loops.row_lines, rows, each, each, each, rows)
    images = rows.reshape(1, 2, 8)
    yield "moments of channels", partial(loops.channel_moments, 0, 2, images, True, each, each)
    channels = each, each, 1e-5, True, False, images, each, each
    yield "channels", partial(loops.standardize_channels, 0, 2, images, *channels)
    back = each, each, each, True, images, each, each
    yield "channels, back", partial(loops.standardize_channels_back, 0, 2, images, images, *back)


def _stretching(dtype: Any, host: Simd) -> Iterator[Call]:
    from .rows import _stretch as loops

    rows, row, each = np.ones((2, 8), dtype), np.ones(8, dtype), np.ones(2, dtype)
    lanes = (0,) * host.lanes(np.dtype(dtype).itemsize)
    for name in loops.OPERATORS:
        which = loops.selector(name)
        yield f"{name} a row", partial(loops.combine_row, which, lanes, 0, 2, rows, row, rows)
        yield f"{name} each", partial(loops.combine_each, which, lanes, 0, 2, rows, each, rows)
    yield "sum of rows", partial(loops.sum_rows, 0, 2, rows, each)


def _reductions(dtype: Any, host: Simd) -> Iterator[Call]:
    from .rows import _columns as loops
    from .rows import columns

    lanes = (0,) * host.lanes(np.dtype(dtype).itemsize)
    for count in (*columns.WIDE, 1):
        x = np.ones(count * len(lanes), dtype)
        first = (0,) * count, lanes, 0, 1, (1, 0, 1, x.size)
        for name in ("ADDED", "GREATEST", "LEAST"):
            what = getattr(loops, name)
            yield f"columns {name}, {count}", partial(loops.reduce, what, *first, x, x.copy())


def _softmaxes(dtype: Any, host: Simd) -> Iterator[Call]:
    from .rows import _softmax as rows
    from .rows import _softmax_columns as columns
    from .rows import softmax

    lanes = (0,) * host.lanes(np.dtype(dtype).itemsize)
    wide, narrow = ((0,) * count for count in (*softmax.WIDE, 1))
    count = len(wide) * len(lanes)
    each, x, classes = np.ones(count, dtype), np.ones(2 * count, dtype), np.zeros(count, np.int64)
    blocks = 0, 1, (1, 0, 2, count)
    for what, loops, first, given in (
        ("rows", rows, (lanes,), x.reshape(count, 2)),
        ("wide columns", columns, (wide, lanes, *blocks), x),
        ("columns", columns, (narrow, lanes, *blocks), x),
    ):
        for name, arrays in (
            ("softmax", (given, given)), ("softmax_dx", (given, given, given)),
            ("log_softmax", (given, given)), ("log_softmax_dx", (given, given, given)),
            ("exp_sums", (given, each, each)),
            ("cross_entropies", (given, classes, each, each, each)),
            ("cross_entropies_dx", (given, given, each, classes, each, each)),
        ):  # fmt: skip
            yield f"{name}, {what}", partial(getattr(loops, name), *first, *arrays)


def _recurrent(dtype: Any, host: Simd) -> Iterator[Call]:
    from .recurrence import fast

    lanes = host.lanes(np.dtype(dtype).itemsize)
    for kind, (_, columns, biases) in fast.KINDS.items():
        for samples, units in ((1, 1), (1, 4 * lanes), (2, 1)):
            state = np.ones((2 if kind == "lstm" else 1, samples, units), dtype)
            weights = np.ones((columns * units, units), dtype), np.ones(biases * units, dtype)
            args = np.ones((2, samples, columns * units), dtype), state, *weights
            name = f"recurrent {kind}, {samples} x {units}"
            yield name, partial(_recurrent_call, kind, *args)


def _cells(dtype: Any, host: Simd) -> Iterator[Call]:
    from .recurrence import _units as units

    lanes = (0,) * host.lanes(np.dtype(dtype).itemsize)
    given, out = np.ones(4, dtype), [np.ones(4, dtype) for _ in range(3)]
    given.flags.writeable = False
    for loop, inputs, outputs in (
        (units.gru, 3, 2), (units.gru_cell_back, 4, 3), (units.lstm, 3, 3),
        (units.lstm_cell_back, 5, 2),
    ):  # fmt: skip
        name = f"cell {loop.__name__}"
        yield name, partial(loop, lanes, *(given,) * inputs, *out[:outputs], 1, (0, 1))


def _recurrent_call(
    kind: str, gates: np.ndarray, state: np.ndarray, w_hh: np.ndarray, b: np.ndarray
) -> None:
    from .recurrence import fast

    lengths = np.full(gates.shape[1], 2)
    out, saved = fast.sequence(kind, gates, state, w_hh, b, lengths, False)
    gates = gates if kind in ("gru", "lstm") else out
    fast.sequence_back(kind, out, out, gates, saved, state, w_hh, lengths, False)


def _steps(dtype: Any, host: Simd) -> Iterator[Call]:
    from .elements import _steps as loops

    for loop, arrays, numbers in (
        (loops.sgd, 1, 4), (loops.momentum, 2, 7), (loops.adam, 3, 11), (loops.adamax, 3, 8),
        (loops.scaled, 2, 7),
    ):  # fmt: skip
        g, given = np.ones(2, dtype), [np.ones(2, dtype) for _ in range(arrays)]
        g.flags.writeable = False
        yield f"step {loop.__name__}", partial(loop, g, *given, np.ones(numbers, dtype))


def _choices(dtype: Any, host: Simd) -> Iterator[Call]:
    from .elements import _choose as loops

    x, there, number = np.ones(2, dtype), np.ones(2, bool), np.dtype(dtype).type(2)
    yield "choose", partial(loops.choose, 0, 2, there, x, x, np.empty_like(x))
    one = partial(loops.choose_or, 0, 2, there, x, number, True, np.empty_like(x))
    yield "choose or a number", one


def _dropout(dtype: Any, host: Simd) -> Iterator[Call]:
    from .elements import _dropout as loops

    x, kept, scale = np.ones(2, dtype), np.ones(2, bool), np.dtype(dtype).type(2)
    yield "keep each", partial(loops.keep_each, 0, 2, x, kept, scale, np.empty_like(x))
    rows = np.ones((2, 2), dtype)
    yield "keep rows", partial(loops.keep_rows, 0, 2, rows, kept, scale, np.empty_like(rows))


def _products(dtype: Any, host: Simd) -> Iterator[Call]:
    from .products import _matmul

    x, square = np.ones(2, dtype), np.zeros((2, 2), dtype)
    x.flags.writeable = False
    yield "outer product", partial(_matmul.outer, x, x, square)


def _embedding(dtype: Any, host: Simd) -> Iterator[Call]:
    from .products import _embedding

    rows, numbers = np.ones((2, 2), dtype), np.zeros(2, np.intp)
    rows.flags.writeable = numbers.flags.writeable = False
    total = np.zeros((2, 2), dtype)
    yield "embedding", partial(_embedding.add_rows, total, rows, numbers, -1, 0, 2)


def _points(dtype: Any, host: Simd) -> Iterator[Call]:
    from .sampling import points_fast
    from .sampling.reading import Reading

    x, grid = np.ones((1, 2, 2, 2), dtype), np.ones((1, 2, 2, 2), dtype)
    how = Reading("bilinear", "zeros", False, (0, 0))
    yield "points", partial(points_fast.sample, x, grid, how)
    yield "points, dx", partial(points_fast.sample_dx, x, grid, x.shape, how)
    yield "points, dgrid", partial(points_fast.sample_dgrid, x, x, grid, how)


def _blends(dtype: Any, host: Simd) -> Iterator[Call]:
    from .sampling import _blend as loops

    lanes = (0,) * host.lanes(np.dtype(dtype).itemsize)
    flat, place = np.ones(4, dtype), np.zeros((2, 2), np.uint32)
    rows, weights = np.ones((2, 2), dtype), np.ones((2, 2), dtype)
    yield "blend", partial(loops.along_rows, rows, place, weights, rows)
    entries = np.arange(3), np.zeros(2, np.int64), flat[:2]
    yield (
        "blend of rows",
        partial(loops.across_rows, lanes, flat, *entries, (0, 1), (2, 2, 2), flat.copy()),
    )


def _groups(dtype: Any, host: Simd) -> Iterator[Call]:
    from .windows import _groups as loops
    from .windows import _windows

    x, ties = np.ones((1, 2), dtype), np.ones((2, 1), bool)
    groups = np.zeros(2, np.uint32), np.array([0, 2])
    lanes, one = (0,) * host.lanes(x.itemsize), x[:, :1].copy()
    yield "groups", partial(loops.group_max, lanes, x, *groups, (0, 1), one, ties)
    four, sizes = np.ones(4, dtype), (1, 1, 2, 2, 2, 2)
    fold = partial(_windows.fold, lanes, four, four.copy(), (0, 1), sizes)
    yield "fold", partial(fold, 1, (0, 0), (1, 1))
    yield "groups, dx", partial(loops.group_max_dx, lanes, one, ties, *groups, (0, 1), x)


def _handing_over(dtype: Any, host: Simd) -> Iterator[Call]:
    from .products import matmul

    yield "handing over", _hand_over
    x = np.ones((2, 2), dtype)
    jobs = matmul.jobs_of(x, x, x.copy(), -2, [(0, 2)])
    if jobs is not None:
        yield "shared products", partial(_share, jobs)


def _hand_over() -> None:
    from . import _workers

    worker, answers = _workers.Worker(_workers.pace()), SimpleQueue[_workers.Answer]()
    worker.tasks.put(worker.task(lambda run: None, (0, 1), 0, answers))
    worker.given()
    answers.get()
    worker.stop()
    worker.thread.join()


def _share(jobs: np.ndarray) -> None:
    from . import _pause

    _pause.share(_pause.kind(), np.zeros(0, np.int64), jobs, 1)


EXAMPLES = (
    _convolutions, _poolings, _curves, _normalisations, _stretching, _reductions, _softmaxes,
    _recurrent, _cells, _steps, _choices, _dropout, _products, _embedding, _points, _blends,
    _groups, _handing_over,
)  # fmt: skip


def calls() -> list[Call]:
    """What to call, with a name for each; nothing if kernels are switched off."""
    host = simd()
    if host is None:
        return []
    return [
        (f"{name}, {np.dtype(dtype)}", call)
        for dtype in (np.float32, np.float64)
        for examples in EXAMPLES
        for name, call in examples(dtype, host)
    ]
