"""Random tensors.

Every function takes `rng`: a NumPy Generator, an int that seeds a fresh one, or nothing for the
package's own generator, which `manual_seed` sets. Random values are constants: no derivative
flows through a draw. Bounds, means and probabilities may be arrays; `size` is the shape of the
result, by default the one that they broadcast to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation import shape_from
from .dtypes import get_default_dtype
from .errors import ArgumentError, DTypeError, ShapeError
from .generators import Rng, generator, get_state, manual_seed, seeded, set_state
from .tensor import Tensor

Shape = int | tuple[int, ...]

__all__ = [
    "bernoulli", "choice", "generator", "get_state", "manual_seed", "multinomial", "normal",
    "permutation", "rand", "randint", "randn", "seeded", "set_state", "truncated_normal", "uniform",
]  # fmt: skip


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
    drawn = _native("rand", dtype)
    values = generator(rng).random(shape_from("rand", shape), dtype=drawn)
    return _tensor(values, dtype, requires_grad)


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
    drawn = _native("randn", dtype)
    values = generator(rng).standard_normal(shape_from("randn", shape), dtype=drawn)
    return _tensor(values, dtype, requires_grad)


def uniform(
    low: Any = 0.0, high: Any = 1.0, size: Shape | None = None, *,
    rng: Rng = None, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform between low and high.

    Examples
    --------
    >>> x = uniform(-1, 1, (2, 3))
    >>> bool((abs(x) <= 1).all())
    True
    >>> uniform(0, [1.0, 10.0, 100.0]).shape
    (3,)
    """
    drawn = _native("uniform", dtype)
    low, high = _numbers("uniform", drawn, low=low, high=high)
    u = generator(rng).random(_size("uniform", size, low, high), dtype=drawn)
    return _tensor(low + (high - low) * u, dtype, requires_grad)


def normal(
    loc: Any = 0.0, scale: Any = 1.0, size: Shape | None = None, *,
    rng: Rng = None, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal with mean `loc` and standard deviation `scale`.

    Examples
    --------
    >>> normal(10, 0.1, (2, 3)).shape, normal(0, [1.0, 2.0]).shape
    ((2, 3), (2,))
    """
    drawn = _native("normal", dtype)
    loc, scale = _numbers("normal", drawn, loc=loc, scale=scale)
    if not (scale >= 0).all():
        raise ArgumentError(f"normal: scale must not be negative, got {scale}")
    z = generator(rng).standard_normal(_size("normal", size, loc, scale), dtype=drawn)
    return _tensor(loc + scale * z, dtype, requires_grad)


def truncated_normal(
    loc: Any = 0.0, scale: Any = 1.0, low: Any = -2.0, high: Any = 2.0,
    size: Shape | None = None, *, rng: Rng = None, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal with mean `loc` and standard deviation `scale`, given that it is in [low, high].

    The bounds are values, not multiples of `scale`. They may lie far out in a tail, and may be
    infinite.

    Raises
    ------
    ArgumentError
        If a scale is not positive, or a low bound is not less than its high one.

    Source
    ------
    Inversion, with logarithms of probabilities: exp(y) is uniform between ndtr(low) and ndtr(high),
    and log_ndtr(x) = y. Where the interval lies above the mean its mirror image is drawn from,
    because ndtr is accurate in the lower tail. Devroye (1986), "Non-Uniform Random Variate
    Generation", section II.2.

    Examples
    --------
    >>> x = truncated_normal(0, 1, 9, 10, size=1000, rng=0)
    >>> bool(((x >= 9) & (x <= 10)).all())
    True
    """
    from scipy.special import log_ndtr, ndtri_exp

    name = "truncated_normal"
    _native(name, dtype)
    loc, scale, low, high = _numbers(name, np.float64, loc=loc, scale=scale, low=low, high=high)
    if not (scale > 0).all():
        raise ArgumentError(f"{name}: scale must be positive, got {scale}")
    if not (low < high).all():
        raise ArgumentError(f"{name}: low must be less than high, got low={low}, high={high}")
    u = generator(rng).random(_size(name, size, loc, scale, low, high))
    a, b = (low - loc) / scale, (high - loc) / scale
    above = a + b > 0
    a, b = np.where(above, -b, a), np.where(above, -a, b)
    with np.errstate(divide="ignore"):  # log(0) at the very bound
        y = np.logaddexp(np.log1p(-u) + log_ndtr(a), np.log(u) + log_ndtr(b))
    z = ndtri_exp(y)
    values = np.clip(loc + scale * np.where(above, -z, z), low, high)
    return _tensor(values, dtype, requires_grad)


def randint(
    low: Any, high: Any = None, size: Shape | None = None, *, rng: Rng = None, dtype: Any = np.int64
) -> Tensor:
    """Integers from low (inclusive) to high (exclusive); from 0 to low if there is no high.

    Examples
    --------
    >>> x = randint(10, size=(2, 3)); x.shape, x.dtype
    ((2, 3), dtype('int64'))
    """
    first, end = (0, low) if high is None else (low, high)
    first, end = _integers("randint", low=first), _integers("randint", high=end)
    shape = _size("randint", size, first, end)
    try:
        return Tensor(generator(rng).integers(first, end, shape, dtype=dtype))
    except ValueError as e:
        raise ArgumentError(f"randint: {e} (low={low}, high={high})") from None
    except TypeError as e:
        raise DTypeError(f"randint: {e}") from None


def permutation(x: Any, *, rng: Rng = None) -> Tensor:
    """The numbers 0 ... x-1 in random order, or the array x shuffled along its first axis.

    Examples
    --------
    >>> sorted(permutation(4).tolist())
    [0, 1, 2, 3]
    """
    return Tensor(generator(rng).permutation(_pool("permutation", x)))


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
    (p,) = _numbers("bernoulli", np.float64, p=p)
    if not ((p >= 0) & (p <= 1)).all():
        raise ArgumentError(f"bernoulli: p must lie between 0 and 1, got {p}")
    return _tensor(generator(rng).random(_size("bernoulli", size, p)) < p, dtype, False)


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
    shape = shape_from("choice", (size,))
    if p is not None:
        (p,) = _numbers("choice", np.float64, p=p)
    try:
        return Tensor(generator(rng).choice(_pool("choice", x), shape, replace=replace, p=p))
    except ValueError as e:
        raise ArgumentError(f"choice: {e}") from None


def multinomial(n: Any, pvals: Any, size: Shape | None = None, *, rng: Rng = None) -> Tensor:
    """How often each of k outcomes comes up in n trials, as `numpy.random.Generator.multinomial`.

    For the outcomes themselves, one by one: `choice(k, n, p=pvals)`.

    Parameters
    ----------
    n : int or array of ints
        Numbers of trials.
    pvals : sequence or array, shape (..., k)
        Probabilities; those along the last axis add up to 1.
    size : shape of the draw; what n and pvals without its last axis broadcast to, unless given

    Returns
    -------
    Tensor, shape (*size, k), int64

    Raises
    ------
    ArgumentError
        If probabilities are negative or do not add up to 1, or n is negative.

    Examples
    --------
    >>> multinomial(20, [0.2, 0.3, 0.5], size=4).sum(axis=-1)
    Tensor([20, 20, 20, 20])
    """
    n, (p,) = _integers("multinomial", n=n), _numbers("multinomial", np.float64, pvals=pvals)
    if p.ndim == 0:
        raise ShapeError("multinomial: pvals needs an axis of outcomes, got a number")
    total = p.sum(axis=-1, keepdims=True)
    if not (p >= 0).all() or not np.allclose(total, 1, rtol=0, atol=1e-6):
        raise ArgumentError(f"multinomial: pvals must be >= 0 and add up to 1, got {pvals}")
    if not (n >= 0).all():
        raise ArgumentError(f"multinomial: n must not be negative, got {n}")
    shape = _size("multinomial", size, n, p[..., 0] if p.size else total[..., 0])
    return Tensor(generator(rng).multinomial(n, p / total, shape))


def _pool(name: str, x: Any) -> Any:
    """What to draw from: a number of things, or an array of them."""
    if isinstance(x, (int, np.integer)):
        if x < 0:
            raise ArgumentError(f"{name}: a number of things must not be negative, got {x}")
        return int(x)
    array = np.asarray(x)
    if array.ndim == 0:
        raise DTypeError(f"{name}: needs an int or an array with an axis, got {x!r}")
    return array


def _numbers(name: str, dtype: Any, **given: Any) -> list[np.ndarray]:
    """The arguments as arrays of a float dtype."""
    arrays = []
    for argument, value in given.items():
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise DTypeError(f"{name}: {argument} must be a real number or an array, got {value!r}")
        arrays.append(array.astype(dtype))
    return arrays


def _integers(name: str, **given: Any) -> Any:
    """The argument as an array of integers."""
    ((argument, value),) = given.items()
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}: {argument} must be an int or an array of ints, got {value!r}")
    return array


def _size(name: str, size: Any, *arrays: np.ndarray) -> tuple[int, ...]:
    """`size`, into which the arrays must broadcast; without it, the shape they broadcast to."""
    shapes = [a.shape for a in arrays]
    listed = ", ".join(map(str, shapes))
    try:
        common = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"{name}: shapes {listed} do not broadcast") from None
    if size is None:
        return common
    wanted = shape_from(name, (size,))
    try:
        fits = np.broadcast_shapes(wanted, common) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{name}: shapes {listed} do not broadcast to size {wanted}")
    return wanted


def _native(name: str, dtype: Any) -> Any:
    """The dtype NumPy can draw in, float32 or float64, for a result of `dtype`."""
    try:
        wanted = np.dtype(dtype or get_default_dtype())
    except TypeError:
        raise DTypeError(f"{name}: unknown dtype {dtype!r}") from None
    if wanted.kind != "f":
        raise DTypeError(f"{name}: draws floats, got dtype {wanted}")
    return np.float64 if wanted.itemsize >= 8 else np.float32


def _tensor(values: Any, dtype: Any, requires_grad: bool) -> Tensor:
    return Tensor(np.asarray(values), requires_grad, dtype=dtype or get_default_dtype())
