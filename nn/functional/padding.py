"""Margins around the last axes, with PyTorch's argument names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.messages import complain

from .shapes import shape_of

# what PyTorch calls the content of a margin -> what NumPy calls it
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """input with a margin around its last axes.

    Parameters
    ----------
    pad : widths before and after: (left, right), (left, right, top, bottom), ...
        Pairs from the last axis backwards. A negative width cuts elements off, with "constant".
    mode : what the margin holds
        "constant": `value`. "reflect": input mirrored at its outermost elements. "replicate": the
        outermost elements. "circular": input over again.
    value : 0 unless given

    Examples
    --------
    >>> from nn import functional as F
    >>> F.pad(np.array([[1, 2, 3]]), (1, 2), "reflect")
    array([[2, 1, 2, 3, 2, 1]])
    """
    if mode not in MODES:
        raise complain(ArgumentError, "pad", f"no mode {mode!r}; there is {', '.join(MODES)}")
    axes = len(shape_of(input))
    if len(pad) % 2 or len(pad) > 2 * axes:
        fact = f"pad must hold at most {axes} pairs of widths, got {tuple(pad)}"
        raise complain(ShapeError, "pad", fact, {"x": input})
    width = margins(axes, pad)
    if mode == "constant":
        return ag.pad(input, width, constant_values=0 if value is None else value)
    return ag.pad(input, width, mode=MODES[mode])


def margins(axes: int, pad: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(before, after) for every axis of an array of `axes` axes."""
    pairs = tuple(zip(pad[0::2], pad[1::2], strict=True))
    return ((0, 0),) * (axes - len(pairs)) + pairs[::-1]
