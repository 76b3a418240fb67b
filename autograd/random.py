"""Random tensors, and the one generator behind everything random in the package.

Every function takes `rng`: a NumPy Generator, an int that seeds a fresh one, or nothing for the
package's own generator, which `manual_seed` sets. Random values are constants: no derivative
flows through a draw.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .dtypes import get_default_dtype
from .errors import ArgumentError, DTypeError
from .modes import state
from .tensor import Tensor

Rng = np.random.Generator | int | None
Shape = int | tuple[int, ...]

__all__ = [
    "bernoulli", "choice", "generator", "get_state", "manual_seed", "normal", "permutation", "rand",
    "randint", "randn", "seeded", "set_state", "uniform",
]  # fmt: skip

_generator = np.random.default_rng()


class _Thread(threading.local):
    rng: np.random.Generator | None = None  # what `seeded` put in the place of _generator


_thread = _Thread()


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the package's generator from `seed`, so that a run can be repeated exactly.

    Examples
    --------
    >>> _ = manual_seed(0); x = rand(3)
    >>> _ = manual_seed(0); bool((x == rand(3)).all())
    True
    """
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
    >>> with seeded((7, 1)):
    ...     x = rand(3)
    >>> with seeded((7, 1)):
    ...     bool((x == rand(3)).all())
    True
    """
    before = _thread.rng
    _thread.rng = np.random.default_rng(seed)
    try:
        yield _thread.rng
    finally:
        _thread.rng = before


def get_state() -> dict[str, Any]:
    """The state of the package's generator, for `set_state`. A plain dict of numbers.

    Examples
    --------
    >>> state = get_state(); x = rand(3)
    >>> set_state(state); bool((x == rand(3)).all())
    True
    """
    return dict(_generator.bit_generator.state)


def set_state(state: dict[str, Any]) -> None:
    """Continue the package's generator from a state that `get_state` returned."""
    try:
        _generator.bit_generator.state = state
    except (ValueError, TypeError, KeyError) as e:
        raise ArgumentError(f"set_state: not a state of this generator ({e})") from None


def rand(*shape: Any, rng: Rng = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform on [0, 1).

    Parameters
    ----------
    shape : ints, or one tuple of ints

    Examples
    --------
    >>> rand(2, 3).shape, rand((2, 3)).shape, rand().shape
    ((2, 3), (2, 3), ())
    """
    return _tensor(_random(rng, _shape(shape), dtype), dtype, requires_grad)


def randn(*shape: Any, rng: Rng = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Normal with mean 0 and variance 1.

    Parameters
    ----------
    shape : ints, or one tuple of ints

    Examples
    --------
    >>> randn(1000, rng=0).shape
    (1000,)
    """
    return _tensor(_standard_normal(rng, _shape(shape), dtype), dtype, requires_grad)


def uniform(
    low: float = 0.0, high: float = 1.0, size: Shape = (), *,
    rng: Rng = None, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform between low and high.

    Examples
    --------
    >>> x = uniform(-1, 1, (2, 3))
    >>> bool((abs(x) <= 1).all())
    True
    """
    return _tensor(low + (high - low) * _random(rng, size, dtype), dtype, requires_grad)


def normal(
    loc: float = 0.0, scale: float = 1.0, size: Shape = (), *,
    rng: Rng = None, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal with mean `loc` and standard deviation `scale`.

    Examples
    --------
    >>> normal(10, 0.1, (2, 3)).shape
    (2, 3)
    """
    if scale < 0:
        raise ArgumentError(f"normal: scale must not be negative, got {scale}")
    return _tensor(loc + scale * _standard_normal(rng, size, dtype), dtype, requires_grad)


def randint(
    low: int, high: int | None = None, size: Shape = (), *, rng: Rng = None, dtype: Any = np.int64
) -> Tensor:
    """Integers from low (inclusive) to high (exclusive); from 0 to low if there is no high.

    Examples
    --------
    >>> x = randint(10, size=(2, 3)); x.shape, x.dtype
    ((2, 3), dtype('int64'))
    """
    try:
        return Tensor(generator(rng).integers(low, high, size, dtype=dtype))
    except ValueError as e:
        raise ArgumentError(f"randint: {e} (low={low}, high={high})") from None


def permutation(x: Any, *, rng: Rng = None) -> Tensor:
    """The numbers 0 ... x-1 in random order, or the array x shuffled along its first axis.

    Examples
    --------
    >>> sorted(permutation(4).tolist())
    [0, 1, 2, 3]
    """
    return Tensor(generator(rng).permutation(_pool(x)))


def bernoulli(p: Any, size: Shape | None = None, *, rng: Rng = None, dtype: Any = None) -> Tensor:
    """1 with probability p, else 0.

    Parameters
    ----------
    p : number or array of probabilities
    size : shape of the result; that of p unless given

    Examples
    --------
    >>> bernoulli([0.0, 1.0])
    Tensor([0., 1.])
    """
    chance = np.asarray(p)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ArgumentError(f"bernoulli: p must lie between 0 and 1, got {p!r}")
    draw = generator(rng).random(chance.shape if size is None else size)
    return _tensor(draw < chance, dtype, False)


def choice(
    x: Any, size: Shape = (), replace: bool = True, p: Any = None, *, rng: Rng = None
) -> Tensor:
    """Random elements of x along its first axis, or of 0 ... x-1 if x is an int.

    Parameters
    ----------
    size : shape of the draw
    replace : whether an element may be drawn twice
    p : probability of each element; equal unless given

    Examples
    --------
    >>> choice([3, 5, 7], 2).shape
    (2,)
    """
    p = None if p is None else np.asarray(p)
    try:
        return Tensor(generator(rng).choice(_pool(x), size, replace=replace, p=p))
    except ValueError as e:
        raise ArgumentError(f"choice: {e}") from None


def _pool(x: Any) -> Any:
    return int(x) if isinstance(x, (int, np.integer)) else np.asarray(x)


def _shape(given: tuple[Any, ...]) -> tuple[int, ...]:
    """`rand(2, 3)` and `rand((2, 3))` say the same."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in given):
        raise ArgumentError(f"a shape is made of ints that are not negative, got {given}")
    return tuple(int(n) for n in given)


def _native(dtype: Any) -> Any:
    """The dtype NumPy can draw in: float32 or float64."""
    return np.float64 if np.dtype(dtype or get_default_dtype()) == np.float64 else np.float32


def _random(rng: Rng, size: Shape, dtype: Any) -> Any:
    return generator(rng).random(size, dtype=_native(dtype))


def _standard_normal(rng: Rng, size: Shape, dtype: Any) -> Any:
    return generator(rng).standard_normal(size, dtype=_native(dtype))


def _tensor(values: Any, dtype: Any, requires_grad: bool) -> Tensor:
    return Tensor(np.asarray(values), requires_grad, dtype=dtype or get_default_dtype())
