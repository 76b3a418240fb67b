"""How things look: colours, symbols, and values as short text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

FONT = "Helvetica,Arial,sans-serif"

INK = "#1f2933"  # forward values, names
DERIVATIVE = "#1864d6"
ALARM = "#d3202a"  # NaN and Inf
MUTED = "#7b8794"
LINE = "#52606d"

OPERATION = ("#fff3d1", "#c08a1e")  # fill, outline
LEAF = ("#e2f3e6", "#4a9460")
CONSTANT = ("#eef1f4", "#cbd2d9")
MODULE = ("#e4edfb", "#5b83c4")
FRAMES = ("#f6f9fd", "#eaf1fb")  # of modules; nested ones take turns
FRAME_LINE = "#b3c5e2"

SERIES = ("#1864d6", "#d9730d", "#2b8a57", "#8a4fbf", "#c2255c", "#52606d")  # curves

SYMBOLS = {
    "add": "+",
    "subtract": "\N{MINUS SIGN}",
    "negative": "\N{MINUS SIGN}",
    "multiply": "\N{MULTIPLICATION SIGN}",
    "divide": "\N{DIVISION SIGN}",
    "power": "^",
    "matmul": "@",
}

DASH = "\N{EM DASH}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
SHOWN = 4  # arrays are written out if no axis is longer

_DTYPES = {"float": "f", "int": "i", "uint": "u", "complex": "c"}


def short_dtype(dtype: str) -> str:
    """`f32` for float32, `i64` for int64; others (bool) as they are."""
    letters = dtype.rstrip("0123456789")
    return _DTYPES.get(letters, letters) + dtype[len(letters) :]


def short_type(dtype: str, shape: tuple[int, ...]) -> str:
    """Dtype and shape in one word.

    Examples
    --------
    >>> from viz.style import short_type
    >>> short_type("float32", (32, 64))
    'f32[32, 64]'
    """
    return f"{short_dtype(dtype)}[{', '.join(map(str, shape))}]"


def number(x: Any, digits: int = 4) -> str:
    """A number in `digits` significant digits.

    Examples
    --------
    >>> from viz.style import number
    >>> number(3.3000002), number(650.0), number(1.5e-7), number(float("nan"))
    ('3.3', '650', '1.5e-7', 'nan')
    """
    if not isinstance(x, (float, np.floating)):
        return str(x)
    mantissa, e, exponent = f"{x:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def is_shown(value: Any) -> bool:
    """Whether `value` is known and small enough to write out."""
    return value is not None and value.ndim <= 2 and all(n <= SHOWN for n in value.shape)


def rows(value: np.ndarray) -> list[tuple[str, bool]]:
    """A number, vector or small matrix as lines of text, each with whether it is finite.

    A column is written as a transposed row.

    Examples
    --------
    >>> import numpy as np
    >>> from viz.style import rows
    >>> rows(np.array([[1.0, 2.0], [np.nan, 0.5]]))
    [('[1, 2]', True), ('[nan, 0.5]', False)]
    >>> rows(np.array([[1.0], [2.0]]))
    [('[1, 2]ᵀ', True)]
    """
    if value.ndim == 0:
        return [(number(value[()]), is_finite(value))]
    is_column = value.ndim == 2 and value.shape[1] == 1 < value.shape[0]
    lines = value if value.ndim == 2 and value.size and not is_column else [value.ravel()]
    end = "]\N{MODIFIER LETTER CAPITAL T}" if is_column else "]"
    return [("[" + ", ".join(number(x, 3) for x in line) + end, is_finite(line)) for line in lines]


def is_finite(value: Any) -> bool:
    """Whether nothing in `value` is NaN or infinite. True if it is not known."""
    return value is None or bool(np.isfinite(value).all())


def option(value: Any) -> str:
    """An option of an op (an axis, a shape, an index, ...) as the user would write it.

    Examples
    --------
    >>> from viz.style import option
    >>> option((slice(1, None), Ellipsis, 0)), option("mean")
    ('(1:, ..., 0)', "'mean'")
    """
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim:
        return short_type(str(value.dtype), value.shape)
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(option, value)) + ("," if len(value) == 1 else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside.rstrip(',')}]"
    if isinstance(value, slice):
        ends = ("" if end is None else str(end) for end in (value.start, value.stop))
        return ":".join(ends) + ("" if value.step is None else f":{value.step}")
    if value is Ellipsis:
        return "..."
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, type) or callable(value):
        return str(getattr(value, "__name__", value))
    return str(value) if isinstance(value, np.generic) else repr(value)


def printable(text: str) -> str:
    """`text` on one line, with a blank for every character that cannot be printed."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def shorten(text: str, limit: int = 48) -> str:
    """One printable line of at most `limit` characters."""
    text = printable(text)
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def markup(
    text: str,
    color: str = INK,
    size: float | None = None,
    *,
    bold: bool = False,
    italic: bool = False,
    limit: int = 48,
) -> str:
    """`text` for a Graphviz HTML-like label, every character of it literal."""
    inner = html.escape(shorten(text, limit) or " ").replace("\\", "\\\\")
    if bold:
        inner = f"<B>{inner}</B>"
    if italic:
        inner = f"<I>{inner}</I>"
    points = "" if size is None else f' POINT-SIZE="{size:g}"'
    return f'<FONT COLOR="{color}"{points}>{inner}</FONT>'


def stack(
    rows: Sequence[str],
    *,
    line_after: int | None = None,
    width: int = 0,
    height: int = 0,
    indent: int = 0,
) -> str:
    """Pieces of markup below each other, with a horizontal line after the first `line_after`."""
    size = f' WIDTH="{width}" HEIGHT="{height}"' if width else ""
    blank = f'<TD WIDTH="{indent}"></TD>' if indent else ""
    cells = [f"<TR>{blank}<TD{size}>{row}</TD></TR>" for row in rows]
    if line_after is not None:
        cells.insert(line_after, "<HR/>")
    table = f'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{LINE}"'
    return f"<TABLE {table}>{''.join(cells)}</TABLE>"
