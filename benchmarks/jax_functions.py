"""Functions of torch.nn.functional that JAX does not name, in JAX: for the benchmarks."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from contenders import MissingFunction
from jax import lax

NAMES = {1: ("NCH", "OIH", "NCH"), 2: ("NCHW", "OIHW", "NCHW"), 3: ("NCDHW", "OIDHW", "NCDHW")}


def __getattr__(name: str) -> Any:
    raise MissingFunction(name)


def _each(axes: int, value: Any) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _conv(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    axes = x.ndim - 2
    return lax.conv_general_dilated(
        x, w, _each(axes, stride), [(p, p) for p in _each(axes, padding)],
        rhs_dilation=_each(axes, dilation), feature_group_count=groups,
        dimension_numbers=NAMES[axes],
    )  # fmt: skip


def conv2d(
    x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    return _conv(x, w, stride, padding, dilation, groups)


conv1d = conv3d = conv2d


def conv_transpose2d(x: Any, w: Any, stride: int = 1, padding: int = 0) -> Any:
    flipped = jnp.flip(w, (2, 3)).swapaxes(0, 1)
    edges = [(k - 1 - padding, k - 1 - padding) for k in w.shape[2:]]
    return lax.conv_general_dilated(
        x, flipped, (1, 1), edges, lhs_dilation=(stride, stride), dimension_numbers=NAMES[2]
    )


def _windows(x: Any, start: Any, combine: Any, kernel: int, stride: int, padding: int) -> Any:
    axes = x.ndim - 2
    edges = [(0, 0), (0, 0), *((padding, padding),) * axes]
    sizes, steps = ((1, 1, *(n,) * axes) for n in (kernel, stride))
    return lax.reduce_window(x, start, combine, sizes, steps, edges)


def max_pool2d(x: Any, kernel_size: int, stride: int | None = None, padding: int = 0) -> Any:
    return _windows(x, -jnp.inf, lax.max, kernel_size, stride or kernel_size, padding)


max_pool3d = max_pool2d


def avg_pool2d(x: Any, kernel_size: int) -> Any:
    return _windows(x, 0.0, lax.add, kernel_size, kernel_size, 0) / kernel_size**2


def lp_pool2d(x: Any, norm_type: float, kernel_size: int) -> Any:
    powers = _windows(jnp.abs(x) ** norm_type, 0.0, lax.add, kernel_size, kernel_size, 0)
    return powers ** (1 / norm_type)


def adaptive_avg_pool2d(x: Any, output_size: int) -> Any:
    if output_size != 1:
        raise MissingFunction("windows of different sizes")
    return x.mean((2, 3), keepdims=True)


def interpolate(x: Any, scale_factor: float, mode: str = "nearest") -> Any:
    if mode == "bicubic":
        raise MissingFunction("bicubic with PyTorch's a = -0.75: JAX has -0.5")
    shape = (*x.shape[:2], *(int(n * scale_factor) for n in x.shape[2:]))
    return jax.image.resize(x, shape, mode, antialias=False)


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


relu, silu, elu, leaky_relu = jax.nn.relu, jax.nn.silu, jax.nn.elu, jax.nn.leaky_relu
sigmoid, softplus, tanh = jax.nn.sigmoid, jax.nn.softplus, jnp.tanh
softmax, log_softmax = jax.nn.softmax, jax.nn.log_softmax


def gelu(x: Any, approximate: str = "none") -> Any:
    return jax.nn.gelu(x, approximate=approximate == "tanh")


def cross_entropy(x: Any, classes: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(x, 1), classes[:, None], 1).mean()


def mse_loss(x: Any, y: Any) -> Any:
    return ((x - y) ** 2).mean()


def layer_norm(x: Any, shape: Any, w: Any, b: Any) -> Any:
    return _standard(x, (-1,)) * w + b


def rms_norm(x: Any, shape: Any, w: Any) -> Any:
    return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + jnp.finfo(x.dtype).eps) * w


def group_norm(x: Any, groups: int, weight: Any, bias: Any) -> Any:
    w, b = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (weight, bias))
    return _standard(x.reshape(len(x), groups, -1), (-1,)).reshape(x.shape) * w + b


def instance_norm(x: Any, weight: Any, bias: Any) -> Any:
    return group_norm(x, x.shape[1], weight, bias)


def _standard(x: Any, axes: tuple[int, ...]) -> Any:
    """Mean 0 and variance 1 along the axes."""
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) * lax.rsqrt(var + 1e-5)


def batch_norm(x: Any, mean: Any, var: Any, w: Any, b: Any, training: bool) -> Any:
    w, b = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (w, b))
    return _standard(x, (0, *range(2, x.ndim))) * w + b


def embedding(words: Any, w: Any) -> Any:
    return w[words]
