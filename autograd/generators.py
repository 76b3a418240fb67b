"""Which generator random numbers come from, and how it is seeded.

Everything random takes `rng`: a NumPy Generator, an int that seeds a fresh one, or nothing for the
package's own generator, which `manual_seed` sets. `autograd.random` has these names too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .errors import ArgumentError, DTypeError
from .modes import state

Rng = np.random.Generator | int | None

__all__ = ["Rng", "generator", "get_state", "manual_seed", "seeded", "set_state"]

_generator = np.random.default_rng()


class _Thread(threading.local):
    rng: np.random.Generator | None = None  # what `seeded` put in the place of _generator


_thread = _Thread()


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the package's generator from `seed`, so that a run can be repeated exactly.

    Examples
    --------
    >>> x = manual_seed(0).random()
    >>> x == manual_seed(0).random()
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise DTypeError(f"manual_seed: the seed must be an int, got {seed!r}")
    _generator.bit_generator.state = generator(seed).bit_generator.state
    return _generator


def generator(rng: Rng = None) -> np.random.Generator:
    """The Generator to draw from: `rng` itself, a fresh one for an int, the package's for None.

    Examples
    --------
    >>> bool(generator(7).integers(10) == generator(7).integers(10))
    True
    >>> generator() is generator(None)
    True
    """
    if rng is None:
        return _thread.rng or _generator
    if isinstance(rng, np.random.Generator):
        if state.drawn is not None and rng not in state.drawn:
            state.drawn[rng] = rng.bit_generator.state
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        if rng < 0:
            raise ArgumentError(f"a seed must not be negative, got {rng}")
        return np.random.default_rng(rng)
    raise DTypeError(f"rng must be a numpy.random.Generator, an int seed or None, got {rng!r}")


@contextmanager
def seeded(seed: int | Sequence[int]) -> Iterator[np.random.Generator]:
    """Inside the block, draws without `rng` come from a generator of their own, in this thread.

    The package's generator stays where it is. Data loaders use this, so that a batch is the same
    whoever prepares it, and when.

    Parameters
    ----------
    seed : int, or a sequence of ints that are one seed together

    Examples
    --------
    >>> with seeded((7, 1)) as draw:
    ...     x = draw.random()
    >>> with seeded((7, 1)) as draw:
    ...     x == draw.random()
    True
    """
    before = _thread.rng
    try:
        _thread.rng = np.random.default_rng(seed)
    except (TypeError, ValueError) as e:
        raise ArgumentError(f"seeded: {e}, got {seed!r}") from None
    try:
        yield _thread.rng
    finally:
        _thread.rng = before


def get_state() -> dict[str, Any]:
    """The state of the package's generator, for `set_state`. A plain dict of numbers.

    Examples
    --------
    >>> state = get_state(); x = generator().random()
    >>> set_state(state); x == generator().random()
    True
    """
    return dict(_generator.bit_generator.state)


def set_state(state: dict[str, Any]) -> None:
    """Continue the package's generator from a state that `get_state` returned."""
    try:
        _generator.bit_generator.state = state
    except (ValueError, TypeError, KeyError) as e:
        raise ArgumentError(f"set_state: not a state of this generator ({e})") from None
