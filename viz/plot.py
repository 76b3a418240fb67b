"""Training curves as SVG: one panel a quantity, one line a series."""

from __future__ import annotations

import csv
import html
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograd.errors import ArgumentError

from . import style
from .output import Output

_WIDTH, _HEIGHT = 420, 270  # of a panel, in points
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 58, 44  # margins inside a panel
_GRID = "#e4e8ec"
_MARKED = 25  # points are marked if a line has at most so many


def curves(
    history: Mapping[str, Iterable[float]], *, title: str | None = None, x: str = "epoch"
) -> Curves:
    """Draw how losses, accuracies and the like developed during training.

    Series whose names end in the same word share a panel: `train_loss` and `test_loss` are two
    lines of the panel "loss", in the colours that `train_accuracy` and `test_accuracy` have in the
    panel "accuracy". NaN and Inf leave a gap.

    Parameters
    ----------
    history : mapping of name to one number for each epoch
    title : str, optional
    x : str
        What one step along the horizontal axis is.

    Returns
    -------
    Curves
        Shows itself in a notebook; `save("curves.svg")` writes it.

    Raises
    ------
    ArgumentError
        If there is no series, or one of them is not a list of numbers.

    Examples
    --------
    >>> import viz
    >>> history = {"train_loss": [2.3, 0.9, 0.4], "test_loss": [2.2, 1.0, 0.6]}
    >>> print(viz.curves(history).text)
    epoch  train_loss  test_loss
        1         2.3        2.2
        2         0.9          1
        3         0.4        0.6
    """
    series = {name: _numbers(name, values) for name, values in history.items()}
    if not series:
        raise ArgumentError("curves: the history is empty")
    return Curves(series, title, x)


def _numbers(name: str, values: Iterable[float]) -> np.ndarray:
    try:
        array = np.asarray([float(v) for v in values])
    except (TypeError, ValueError) as e:
        raise ArgumentError(f"curves: {name!r} must be a list of numbers: {e}") from None
    if not array.size:
        raise ArgumentError(f"curves: {name!r} is empty")
    return array


class Curves(Output):
    """Drawn training curves: what `viz.curves` returns.

    Attributes
    ----------
    source : str
        The SVG text. Same history, same text.
    text : str
        The numbers as a table.
    """

    formats = ("svg", "csv", "txt")

    def __init__(self, series: dict[str, np.ndarray], title: str | None, x: str) -> None:
        self._series = series
        self._title = title
        self._x = x

    @property
    def source(self) -> str:
        found = panels(self._series)
        head = 34 if self._title else 6
        width, height = _WIDTH * len(found), _HEIGHT + head
        body = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{style.FONT}" font-size="11">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
        ]
        if self._title:
            body.append(_text(_LEFT, 24, self._title, size=15, weight="bold"))
        for k, (name, lines) in enumerate(found.items()):
            body.append(f'<g transform="translate({k * _WIDTH} {head})">')
            body += [*_draw(name, lines, self._x), "</g>"]
        return "\n".join([*body, "</svg>", ""])

    @property
    def text(self) -> str:
        rows = self._rows(style.number)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows
        )

    def _rows(self, written: Callable[[float], str]) -> list[list[str]]:
        length = max(map(len, self._series.values()))
        columns = [[self._x, *map(str, range(1, length + 1))]]
        for name, values in self._series.items():
            cells = [written(v) for v in values]
            columns.append([style.printable(name), *cells, *[""] * (length - len(cells))])
        return [list(row) for row in zip(*columns, strict=True)]

    def __repr__(self) -> str:
        return f"<Curves of {', '.join(self._series)}>"

    def encode(self, format: str) -> bytes:
        """The curves as the content of a file."""
        if format == "svg":
            return self.source.encode()
        if format == "csv":
            table = io.StringIO()
            csv.writer(table, lineterminator="\n").writerows(self._rows(lambda v: repr(float(v))))
            return table.getvalue().encode()
        return f"{self.text}\n".encode()


# Panels


@dataclass(frozen=True)
class Line:
    """One series: `train` of the panel `loss`."""

    label: str
    color: str
    values: np.ndarray


def panels(series: Mapping[str, np.ndarray]) -> dict[str, list[Line]]:
    """Panel name -> its lines: series go together if their names end in the same word.

    Examples
    --------
    >>> from viz.plot import panels
    >>> {k: [line.label for line in v] for k, v in panels({"test_loss": [1], "loss": [2]}).items()}
    {'loss': ['test', 'loss']}
    """
    found: dict[str, list[Line]] = {}
    colors: dict[str, str] = {}
    for name, values in series.items():
        *before, quantity = re.split(r"[_/. ]", style.printable(name).strip("_/. ") or name)
        label = " ".join(before)
        color = colors.setdefault(label, style.SERIES[len(colors) % len(style.SERIES)])
        found.setdefault(quantity, []).append(Line(label or quantity, color, values))
    return found


@dataclass(frozen=True)
class Axis:
    """Where numbers between `low` and `high` lie between two pixels, and which get a tick."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def ticks(self, whole: bool = False) -> list[float]:
        """About five round numbers: multiples of 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
        step = max(step, 1.0) if whole else step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [k * step for k in range(first, last + 1)]


def _span(lines: Sequence[Line]) -> tuple[float, float]:
    """The lowest and highest finite value, with some air around them."""
    values = np.concatenate([line.values for line in lines])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    air = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return (max(low - air, 0.0) if low >= 0 < high else low - air), high + air


def _draw(name: str, lines: Sequence[Line], x: str) -> Iterator[str]:
    left, right = _LEFT, _WIDTH - _RIGHT
    top, bottom = _TOP, _HEIGHT - _BOTTOM
    length = max(len(line.values) for line in lines)
    across = Axis(1.0, float(max(length, 2)), left + 8, right - 8)
    up = Axis(*_span(lines), bottom, top)
    for tick in up.ticks():
        y = up.at(tick)
        yield _rule(left, y, right, y, _GRID)
        yield _text(left - 8, y + 4, style.number(tick, 6), style.MUTED, anchor="end")
    yield _rule(left, bottom, right, bottom, style.LINE)
    for tick in across.ticks(whole=True):
        px = across.at(tick)
        if tick <= length:
            yield _rule(px, bottom, px, bottom + 4, style.LINE)
            yield _text(px, bottom + 17, style.number(tick, 7), style.MUTED, anchor="middle")
    yield _text((left + right) / 2, bottom + 35, x, style.MUTED, anchor="middle")
    yield _text(left, 20, name, size=13, weight="bold")
    yield from _legend(lines, left)
    for line in lines:
        yield from _curve(line, across, up)


def _legend(lines: Sequence[Line], x: float) -> Iterator[str]:
    for line in lines:
        last = style.number(line.values[-1])
        color = style.INK if math.isfinite(line.values[-1]) else style.ALARM
        label = style.shorten(line.label, 20)
        yield f'<rect x="{x:.1f}" y="33" width="14" height="3" rx="1.5" fill="{line.color}"/>'
        yield _text(x + 20, 39, f"{label}  {last}", color)
        x += 20 + 6.5 * len(f"{label}  {last}") + 14


def _curve(line: Line, across: Axis, up: Axis) -> Iterator[str]:
    runs: list[list[tuple[float, float]]] = [[]]
    for i, value in enumerate(line.values, start=1):
        if math.isfinite(value):
            runs[-1].append((across.at(i), up.at(value)))
        elif runs[-1]:
            runs.append([])
    count = len(line.values)
    look = f'fill="none" stroke="{line.color}" stroke-width="{2 if count <= 200 else 1}"'
    for run in runs:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        if len(run) > 1:
            yield f'<polyline points="{path}" {look} stroke-linejoin="round"/>'
        if len(run) == 1 or count <= _MARKED:
            for x, y in run:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{line.color}"/>'


def _rule(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _text(
    x: float, y: float, text: str, color: str = style.INK,
    size: int = 11, anchor: str = "start", weight: str = "normal",
) -> str:  # fmt: skip
    attributes = f'font-size="{size}" fill="{color}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{html.escape(style.printable(text))}</text>'
