"""Ways to fill a parameter with its first values, in place.

Each function writes into the Tensor and returns it. `rng` is a Generator, an int seed, or nothing
for the package's generator. Nothing is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import Rng, generator, truncated_normal
from autograd.tensor import Tensor

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "lecun_normal_", "lecun_uniform_", "normal_", "ones_", "orthogonal_", "skip_draws", "sparse_",
    "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip

_skipping: ContextVar[bool] = ContextVar("skipping", default=False)


@contextmanager
def skip_draws() -> Iterator[None]:
    """Inside the block, in this thread, functions that draw random values change nothing.

    For models whose weights are loaded next, or drawn by a rule of their own: until something is
    written into them, weights are zeros that take no memory.

    Examples
    --------
    >>> from nn import Linear, init
    >>> with init.skip_draws():
    ...     layer = Linear(2, 1)
    >>> layer.weight.tolist()
    [[0.0, 0.0]]
    """
    token = _skipping.set(True)
    try:
        yield
    finally:
        _skipping.reset(token)


def _fill(tensor: Tensor, values: Any) -> Tensor:
    tensor.data = np.broadcast_to(values, tensor.shape)
    return tensor


def _draw(tensor: Tensor, values: Callable[[np.random.Generator], Any], rng: Rng) -> Tensor:
    """Fill with values(generator), unless draws are skipped."""
    return tensor if _skipping.get() else _fill(tensor, values(generator(rng)))


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Uniform between a and b.

    Examples
    --------
    >>> from nn import Parameter, init
    >>> w = init.uniform_(Parameter(np.zeros((2, 3))), -1, 1, rng=0)
    >>> bool((abs(w) <= 1).all())
    True
    """
    if not a <= b:
        raise ArgumentError(f"uniform_: a must not exceed b, got a={a}, b={b}")
    return _draw(tensor, lambda draw: draw.uniform(a, b, tensor.shape), rng)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal with the given mean and standard deviation."""
    if not std >= 0:
        raise ArgumentError(f"normal_: std must not be negative, got {std}")
    return _draw(tensor, lambda draw: mean + std * draw.standard_normal(tensor.shape), rng)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *,
    rng: Rng = None,
) -> Tensor:  # fmt: skip
    """Normal, conditioned on lying between a and b (which are values, not multiples of std)."""
    if not a < b:
        raise ArgumentError(f"trunc_normal_: a must be less than b, got a={a}, b={b}")
    if not std > 0:
        raise ArgumentError(f"trunc_normal_: std must be positive, got {std}")

    def values(draw: np.random.Generator) -> Any:
        drawn = truncated_normal(mean, std, a, b, tensor.shape, rng=draw, dtype=np.float64)
        return drawn.numpy()

    return _draw(tensor, values, rng)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return _fill(tensor, 1)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix, cut or filled up with zeros if not square."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: needs a matrix, got shape {tensor.shape}")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Convolution weights (out, in / groups, *kernel) that pass each channel on unchanged.

    In each group, output channel i is input channel i, as long as there is one.

    Examples
    --------
    >>> from nn import Parameter, init
    >>> init.dirac_(Parameter(np.full((2, 2, 3), 9.0))).tolist()
    [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
    """
    if not 3 <= tensor.ndim <= 5:
        raise ShapeError(f"dirac_: needs 3 to 5 axes (out, in, *kernel), got shape {tensor.shape}")
    if groups < 1 or tensor.shape[0] % groups:
        fact = f"groups must divide the {tensor.shape[0]} output channels, got {groups}"
        raise ArgumentError(f"dirac_: {fact}")
    share = tensor.shape[0] // groups
    centre = tuple(n // 2 for n in tensor.shape[2:])
    values = np.zeros(tensor.shape)
    for group in range(groups):
        for i in range(min(share, tensor.shape[1])):
            values[(group * share + i, i, *centre)] = 1
    return _fill(tensor, values)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, *, rng: Rng = None) -> Tensor:
    """Normal, but in every column a share of the entries is 0 (rounded up).

    Parameters
    ----------
    tensor : (rows, columns)
    sparsity : share of zeros, 0 to 1
    std : standard deviation of the others

    Source
    ------
    Martens (2010), "Deep learning via Hessian-free optimization".
    """
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: needs a matrix, got shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparse_: sparsity must lie between 0 and 1, got {sparsity}")
    rows, columns = tensor.shape

    def values(draw: np.random.Generator) -> Any:
        rank = draw.permuted(np.tile(np.arange(rows)[:, None], columns), axis=0)
        normal = std * draw.standard_normal(tensor.shape)
        return np.where(rank < math.ceil(sparsity * rows), 0, normal)

    return _draw(tensor, values, rng)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must grow for signals to keep their size through a nonlinearity.

    Parameters
    ----------
    nonlinearity : "linear", "conv1d" ... "conv3d", "conv_transpose1d" ... "conv_transpose3d",
        "sigmoid", "tanh", "relu", "leaky_relu" or "selu"
    param : negative slope of leaky_relu (0.01)

    Examples
    --------
    >>> from nn.init import calculate_gain
    >>> f"{calculate_gain('relu'):.4f}"
    '1.4142'
    """
    slope = 0.01 if param is None else param
    gains = {
        "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
        "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
        "relu": math.sqrt(2), "selu": 0.75, "leaky_relu": math.sqrt(2 / (1 + slope**2)),
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ArgumentError(f"calculate_gain: no {nonlinearity!r}; there is {', '.join(gains)}")
    return gains[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs one output sees, and how many outputs one input reaches.

    For weights laid out (out, in, *kernel).
    """
    if tensor.ndim < 2:
        raise ShapeError(f"init: fan in and out need at least 2 axes, got shape {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"init: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return max(fans(tensor)[mode == "fan_out"], 1)


def _uniform_std(tensor: Tensor, std: float, rng: Rng) -> Tensor:
    bound = math.sqrt(3) * std  # a uniform distribution on (-b, b) has variance b**2 / 3
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Uniform, variance gain**2 * 2 / (fan_in + fan_out).

    Source
    ------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward networks".
    """
    return _uniform_std(tensor, gain * math.sqrt(2 / max(sum(fans(tensor)), 1)), rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """Normal, variance gain**2 * 2 / (fan_in + fan_out). Source: as `xavier_uniform_`."""
    return normal_(tensor, 0, gain * math.sqrt(2 / max(sum(fans(tensor)), 1)), rng=rng)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *,
    rng: Rng = None,
) -> Tensor:  # fmt: skip
    """Uniform, variance gain**2 / fan.

    Parameters
    ----------
    a : negative slope, if the nonlinearity is leaky_relu
    mode : "fan_in" keeps the size of signals going forward, "fan_out" of gradients going backward

    Source
    ------
    He et al. (2015), "Delving deep into rectifiers".
    """
    gain = calculate_gain(nonlinearity, a)
    return _uniform_std(tensor, gain / math.sqrt(_fan(tensor, mode)), rng)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *,
    rng: Rng = None,
) -> Tensor:  # fmt: skip
    """Normal, variance gain**2 / fan. Parameters and source: as `kaiming_uniform_`."""
    gain = calculate_gain(nonlinearity, a)
    return normal_(tensor, 0, gain / math.sqrt(_fan(tensor, mode)), rng=rng)


def lecun_uniform_(tensor: Tensor, *, rng: Rng = None) -> Tensor:
    """Uniform, variance 1 / fan_in. Source: LeCun et al. (1998), "Efficient BackProp"."""
    return _uniform_std(tensor, 1 / math.sqrt(_fan(tensor, "fan_in")), rng)


def lecun_normal_(tensor: Tensor, *, rng: Rng = None) -> Tensor:
    """Normal, variance 1 / fan_in. Source: as `lecun_uniform_`."""
    return normal_(tensor, 0, 1 / math.sqrt(_fan(tensor, "fan_in")), rng=rng)


def orthogonal_(tensor: Tensor, gain: float = 1.0, *, rng: Rng = None) -> Tensor:
    """A random matrix with orthonormal rows (or columns, whichever are fewer), times gain.

    Axes after the first count as one.

    Source
    ------
    Saxe, McClelland & Ganguli (2014), "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks"; Mezzadri (2007) for making the QR factorisation uniform.

    Examples
    --------
    >>> from nn import Parameter, init
    >>> w = np.asarray(init.orthogonal_(Parameter(np.zeros((2, 3))), rng=0))
    >>> bool(np.allclose(w @ w.T, np.eye(2)))
    True
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: needs at least 2 axes, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])

    def values(draw: np.random.Generator) -> Any:
        q, r = np.linalg.qr(draw.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))  # QR alone prefers some signs
        return gain * (q if rows >= columns else q.T).reshape(tensor.shape)

    return _draw(tensor, values, rng)
