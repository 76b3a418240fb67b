"""From samples to a mini-batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.messages import complain
from autograd.tensor import Tensor


def samples(dataset: Any, indices: Any) -> list[Any]:
    """The samples at `indices`. An exception tells which one it met."""
    out = []
    for index in indices:
        key = int(index) if isinstance(index, np.integer) else index
        try:
            out.append(dataset[key])
        except Exception as e:
            e.add_note(f"while fetching sample {key!r} of {type(dataset).__name__}")
            raise
    return out


def default_collate(samples: Sequence[Any]) -> Any:
    """Samples as one batch: arrays and numbers stacked, tuples and dicts entry by entry.

    Strings and everything else stay in a list.

    Raises
    ------
    ShapeError
        If arrays differ in shape: pad them, or give the loader a `collate_fn`.

    Examples
    --------
    >>> from nn.data import default_collate
    >>> default_collate([{"x": 1.0, "word": "a"}, {"x": 2.0, "word": "b"}])
    {'x': Tensor([1., 2.]), 'word': ['a', 'b']}
    """
    first = samples[0]
    if isinstance(first, Mapping):
        return {key: default_collate([s[key] for s in samples]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(entry) for entry in zip(*samples, strict=True)))
    if isinstance(first, (tuple, list)):
        if any(len(s) != len(first) for s in samples):
            raise ShapeError("default_collate: the samples of a batch have different lengths")
        return [default_collate(entry) for entry in zip(*samples, strict=True)]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        shapes = {np.shape(s) for s in samples}
        if len(shapes) > 1:
            raise complain(
                ShapeError, "default_collate", f"samples of shapes {sorted(shapes)} do not stack",
                hint="pad them to one shape, or give the DataLoader a collate_fn",
            )  # fmt: skip
        return Tensor(np.stack([np.asarray(s) for s in samples]))
    if isinstance(first, (int, float, complex)):
        return Tensor(list(samples))
    return list(samples)
