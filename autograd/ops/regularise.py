"""Noise while training: dropout in its forms, and additive noise. None of it when evaluating.

Every function takes `rng`: a Generator, an int seed, or None for the package's own generator. The
draw is a constant of the recorded op: derivatives of every order see one and the same function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, uniform
from .activation import SELU_ALPHA, SELU_SCALE
from .linear import linear
from .products import front

_FEW = 4096  # elements below which a whole number for each is drawn sooner than a byte
_ALL = 2**64 - 1  # the largest word


def _kept(rng: Any, shape: tuple[int, ...], p: float) -> np.ndarray:
    """Which elements are kept: each with probability 1 - p, to within 2**-41.

    A uniform number is compared with p by its first byte. One in 256 is undecided then, and gets 32
    more bits, unless p has none of them. NumPy's generator gives both: whoever computes, and in
    however many threads, a seed means one mask.

    Source
    ------
    Devroye (1986), "Non-Uniform Random Variate Generation", chapter XV: lazy comparison.
    """
    from ..random import generator

    draw, count = generator(rng), math.prod(shape)
    if count < _FEW:
        return draw.random(shape) >= p
    first, rest = divmod(round(p * 2**40), 2**32)
    words = draw.integers(0, _ALL, -(-count // 8), dtype=np.uint64, endpoint=True)
    digits = words.astype("<u8", copy=False).view(np.uint8)[:count]
    kept = digits >= first
    if rest:
        ties = np.flatnonzero(digits == first)
        kept[ties] = draw.integers(0, 2**32, ties.size, dtype=np.uint32) >= rest
    return kept.reshape(shape)


def _floats(x: Any) -> Any:
    """x, or integers as floats."""
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x.dtype, np.float16))


def _chance(name: str, p: Any) -> float:
    """p as a Python float, which leaves the dtype of what it meets alone; it must be a chance."""
    if not 0 <= p <= 1:
        raise complain(ArgumentError, name, f"p must lie between 0 and 1, got {p}")
    return float(p)


def _dropout_samples(*shapes: tuple[int, ...]) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        for seed, shape in enumerate(shapes):
            yield Sample(uniform(rng, shape), p=0.4, training=True, rng=seed)
        yield Sample(uniform(rng, shapes[0]), training=False)

    return samples


def dropped_reference(lead: int | None = None) -> Callable[..., np.ndarray]:
    """One draw for each element, or for each place along the `lead` axes in front."""

    def reference(x: np.ndarray, p: float = 0.5, training: bool = True, rng: Any = None) -> Any:
        if not training:
            return x
        shape = np.shape(x) if lead is None else x.shape[:lead] + (1,) * (x.ndim - lead)
        return np.where(np.random.default_rng(rng).random(shape) < p, 0, x / (1 - p))

    return reference


def _keep_samples(rng: Rng) -> Iterable[Sample]:
    for shape, blocks in (((), ()), ((3,), (3,)), ((2, 3), (2, 1))):
        yield Sample(uniform(rng, shape), rng.random(blocks) < 0.5, scale=2.0)


_BAD_CHANCE = Fails(np.ones((2, 3, 4)), p=1.5, match="p must lie.*1.5", error=ArgumentError)


@op(
    samples=_keep_samples,
    reference=lambda x, kept, scale: np.where(kept, x * scale, 0),
    elementwise=True,
    masks=True,
    public=False,
)
def keep(x, kept, /, *, scale):
    """x * scale where kept, else 0, whatever x is there."""
    fast = kernels.keep(x, kept, scale)
    return np.where(kept, x * scale, 0)[()] if fast is None else fast


@keep.grad("x")
def _(g, kept, scale):
    return keep(g, kept, scale=scale)


def _scale(p: float) -> float:
    return 1 / (1 - p) if p < 1 else 0.0


@op(
    name="dropout",
    samples=_dropout_samples((), (3,), (2, 3)),
    reference=dropped_reference(),
    fails=[_BAD_CHANCE],
    residuals=("kept",),
    elementwise=True,
    masks=True,
)
def _dropout(x, /, *, p, rng, shape=None):
    kept = _kept(rng, np.shape(x) if shape is None else shape, p)
    return keep.op.forward(_floats(x), kept, scale=_scale(p)), kept


@_dropout.grad("x")
def _(g, kept, p):
    return keep(g, kept, scale=_scale(p))


def _dropped(name: str, x: Any, shape: tuple[int, ...], p: float, training: bool, rng: Any) -> Any:
    """x with blocks of elements dropped: one draw for each element of `shape`."""
    p = _chance(name, p)
    return _dropout(x, p=p, shape=shape, rng=rng) if training and p else x


@front(_dropout)
def dropout(x, p=0.5, training=True, rng=None):
    """Each element becomes 0 with probability p, and otherwise x / (1 - p).

    Parameters
    ----------
    training : bool
        False: x as it is.
    rng : numpy Generator, seed, or None for the package's generator
        A seed means one mask, on every machine and whatever the layout and dtype of x.

    Gradient
    --------
    0 where x was dropped, also if x or the cotangent is infinite or NaN there. Keeps a byte for
    each element.

    Source
    ------
    Srivastava et al. (2014), "Dropout"; "inverted", so that evaluation needs no scaling.

    Examples
    --------
    >>> sorted(set(dropout(np.ones(100), rng=0).tolist()))
    [0.0, 2.0]
    """
    p = _chance("dropout", p)
    return _dropout(x, p=p, rng=rng, shape=None) if training and p else operand(x)


def _channel_dropout(
    name: str, x: Any, lead: dict[int, int], p: float, training: bool, rng: Any
) -> Any:
    """Dropout of whole channels. `lead`: number of axes of x -> how many of them name a channel."""
    x = operand(x)
    if x.ndim not in lead:
        expected = " or ".join(map(str, lead))
        fact = f"x must have {expected} axes, got {x.ndim}"
        raise complain(ShapeError, name, fact, {"x": x})
    count = lead[x.ndim]
    shape = x.shape[:count] + (1,) * (x.ndim - count)
    return _dropped(name, x, shape, p, training, rng)


_FEW_AXES = Fails(np.ones(3), match="got 1")


@composite(
    samples=_dropout_samples((2, 3, 2)),
    reference=dropped_reference(2),
    fails=[_BAD_CHANCE, _FEW_AXES],
)
def dropout1d(x, p=0.5, training=True, rng=None):
    """`dropout` of whole channels of sequences: zero with probability p, else divided by 1 - p.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    p : float between 0 and 1
    training : bool
        Without it x is returned as it is.
    rng : Generator, optional
        The package's own one unless given.

    Examples
    --------
    >>> x = np.ones((4, 3))
    >>> dropout1d(x, p=0.5, rng=np.random.default_rng(0))
    array([[2., 2., 2.],
           [0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """
    return _channel_dropout("dropout1d", x, {2: 1, 3: 2}, p, training, rng)


@composite(
    samples=_dropout_samples((2, 3, 1, 2)),
    reference=dropped_reference(2),
    fails=[_BAD_CHANCE, _FEW_AXES],
)
def dropout2d(x, p=0.5, training=True, rng=None):
    """`dropout` of whole channels of images: x is (N, C, H, W), or sequences (N, C, L).

    Source
    ------
    Tompson et al. (2015), "Efficient Object Localization Using Convolutional Networks".
    """
    return _channel_dropout("dropout2d", x, {3: 2, 4: 2}, p, training, rng)


@composite(
    samples=_dropout_samples((1, 3, 1, 2, 1)),
    reference=dropped_reference(2),
    fails=[
        Fails(np.ones((2, 3, 4, 5)), p=-0.5, match="p must lie.*-0.5", error=ArgumentError),
        _FEW_AXES,
    ],
)
def dropout3d(x, p=0.5, training=True, rng=None):
    """`dropout` of whole channels of volumes: zero with probability p, else divided by 1 - p.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    p : float between 0 and 1
    training : bool
        Without it x is returned as it is.
    rng : Generator, optional
        The package's own one unless given.

    Examples
    --------
    >>> x = np.ones((4, 1, 1, 3))
    >>> dropout3d(x, p=0.5, rng=np.random.default_rng(0))[:, 0, 0]
    array([[2., 2., 2.],
           [0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """
    return _channel_dropout("dropout3d", x, {4: 1, 5: 2}, p, training, rng)


def _alpha_reference(
    x: np.ndarray, p: float = 0.5, training: bool = False, rng: Any = None
) -> np.ndarray:
    if not training:
        return x
    low = -SELU_SCALE * SELU_ALPHA
    dropped = np.where(np.random.default_rng(rng).random(np.shape(x)) < p, low, x)
    mean, variance = p * low, (1 - p) + p * (1 - p) * low**2  # for x of mean 0 and variance 1
    return (dropped - mean) / np.sqrt(variance)


def _spread(p: float) -> float:
    low = -SELU_SCALE * SELU_ALPHA  # what selu gives for very negative numbers
    return ((1 - p) * (1 + p * low * low)) ** -0.5 if p < 1 else 0.0


@op(
    name="alpha_dropout",
    samples=_dropout_samples((), (3,), (2, 3)),
    reference=_alpha_reference,
    fails=[_BAD_CHANCE],
    residuals=("kept",),
    elementwise=True,
    masks=True,
)
def _alpha_dropout(x, /, *, p, rng):
    kept, spread = _kept(rng, np.shape(x), p), _spread(p)
    low = -SELU_SCALE * SELU_ALPHA * spread
    out = keep.op.forward(_floats(x), kept, scale=spread)
    return out + np.where(kept, -low * p, low * (1 - p)).astype(out.dtype), kept


@_alpha_dropout.grad("x")
def _(g, kept, p):
    return keep(g, kept, scale=_spread(p))


@front(_alpha_dropout)
def alpha_dropout(x, p=0.5, training=False, rng=None):
    """Dropout for `selu`: dropped elements take its lowest value, and mean 0, variance 1 stay.

    Parameters
    ----------
    training : bool
        False: x as it is.
    rng : numpy Generator, seed, or None for the package's generator

    Source
    ------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), "Self-Normalizing Neural Networks".
    """
    p = _chance("alpha_dropout", p)
    return _alpha_dropout(x, p=p, rng=rng) if training and p else operand(x)


def _drop_connect_samples(rng: Rng) -> Iterable[Sample]:
    x, w, b = uniform(rng, (2, 3)), uniform(rng, (2, 3)), uniform(rng, (2,))
    yield Sample(x, w, b, p=0.4, rng=1)
    yield Sample(x[0], w, training=False)


def _drop_connect_reference(
    x: np.ndarray, w: np.ndarray, b: Any = 0, p: float = 0.5, training: bool = True, rng: Any = None
) -> np.ndarray:
    return (x[..., None, :] * dropped_reference()(w, p, training, rng)).sum(-1) + b


@composite(
    samples=_drop_connect_samples,
    reference=_drop_connect_reference,
    fails=[
        Fails(np.ones(3), np.ones((2, 3)), p=2, match="p must lie.*2", error=ArgumentError),
        Fails(np.ones(4), np.ones((2, 3)), match="x has 4 features but w expects 3"),
    ],
)
def drop_connect(x, w, b=None, /, *, p=0.5, training=True, rng=None):
    """`linear` with `dropout` of its weights: connections are dropped, rather than elements.

    Parameters
    ----------
    x, w, b : as for `linear`
    p : float
        Probability of each weight to be dropped; the others are divided by 1 - p.
    training : bool
        False: all weights as they are.
    rng : numpy Generator, seed, or None for the package's generator

    Source
    ------
    Wan, Zeiler, Zhang, LeCun & Fergus (2013), "Regularization of Neural Networks using
    DropConnect", with the mean weights for evaluation.
    """
    w = operand(w)
    return linear(operand(x), _dropped("drop_connect", w, w.shape, p, training, rng), b)


@composite(
    samples=lambda rng: [
        Sample(uniform(rng, (2, 3)), std=0.5, rng=3),
        Sample(uniform(rng, (2,)), training=False),
    ],
    reference=lambda x, std=1.0, training=True, rng=None: (
        x + std * np.random.default_rng(rng).standard_normal(np.shape(x)) * training
    ),
    fails=[Fails(np.ones(2), std=-1, match="std must not be negative", error=ArgumentError)],
)
def gaussian_noise(x, std=1.0, training=True, rng=None):
    """x plus normal noise of mean 0 and this standard deviation.

    Parameters
    ----------
    training : bool
        False: x as it is.
    rng : numpy Generator, seed, or None for the package's generator

    Source
    ------
    Bishop (1995), "Training with Noise is Equivalent to Tikhonov Regularization".
    """
    from ..random import generator

    if std < 0:
        raise complain(ArgumentError, "gaussian_noise", f"std must not be negative, got {std}")
    x = operand(x)
    if not training:
        return x
    return x + (std * generator(rng).standard_normal(x.shape)).astype(_floats(x).dtype)
