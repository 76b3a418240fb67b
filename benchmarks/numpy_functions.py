"""Functions of torch.nn.functional in plain NumPy, as textbooks write them: for the benchmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from contenders import MissingFunction
from numpy.lib.stride_tricks import sliding_window_view


def __getattr__(name: str) -> Any:
    raise MissingFunction(name)


def conv2d(
    x: Any, w: Any, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1
) -> Any:
    """Windows laid out as rows of a matrix (im2col), times the filters."""
    if groups != 1:
        raise MissingFunction("conv2d with groups")
    O, C, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    reach = ((KH - 1) * dilation + 1, (KW - 1) * dilation + 1)
    windows = sliding_window_view(x, reach, (2, 3))[
        :, :, ::stride, ::stride, ::dilation, ::dilation
    ]
    N, _, OH, OW = windows.shape[:4]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * OH * OW, C * KH * KW)
    out = rows @ w.reshape(O, -1).T
    return out.reshape(N, OH, OW, O).transpose(0, 3, 1, 2)


def max_pool2d(x: Any, kernel_size: int, stride: int | None = None, padding: int = 0) -> Any:
    if stride is not None or padding:
        raise MissingFunction("max_pool2d of windows that overlap")
    N, C, H, W = x.shape
    k = kernel_size
    return x[:, :, : H // k * k, : W // k * k].reshape(N, C, H // k, k, W // k, k).max((3, 5))


def avg_pool2d(x: Any, kernel_size: int) -> Any:
    N, C, H, W = x.shape
    k = kernel_size
    return x[:, :, : H // k * k, : W // k * k].reshape(N, C, H // k, k, W // k, k).mean((3, 5))


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def leaky_relu(x: Any) -> Any:
    return np.where(x > 0, x, np.float32(0.01) * x)


def elu(x: Any) -> Any:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def silu(x: Any) -> Any:
    return x / (1 + np.exp(-x))


def softplus(x: Any) -> Any:
    return np.logaddexp(x, np.float32(0))


tanh = np.tanh


def gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "none":
        raise MissingFunction("erf")
    return 0.5 * x * (1 + np.tanh(np.float32((2 / np.pi) ** 0.5) * (x + 0.044715 * x * x * x)))


def softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x: Any, axis: int) -> Any:
    z = x - x.max(axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


def cross_entropy(x: Any, classes: Any) -> Any:
    return -np.take_along_axis(log_softmax(x, 1), classes[:, None], 1).mean()


def mse_loss(x: Any, y: Any) -> Any:
    return ((x - y) ** 2).mean()


def layer_norm(x: Any, shape: Any, w: Any, b: Any) -> Any:
    return _standard(x, (-1,)) * w + b


def rms_norm(x: Any, shape: Any, w: Any) -> Any:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + np.finfo(x.dtype).eps) * w


def group_norm(x: Any, groups: int, weight: Any, bias: Any) -> Any:
    w, b = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (weight, bias))
    return _standard(x.reshape(len(x), groups, -1), (-1,)).reshape(x.shape) * w + b


def instance_norm(x: Any, weight: Any, bias: Any) -> Any:
    return group_norm(x, x.shape[1], weight, bias)


def batch_norm(x: Any, mean: Any, var: Any, w: Any, b: Any, training: bool) -> Any:
    w, b = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (w, b))
    return _standard(x, (0, *range(2, x.ndim))) * w + b


def _standard(x: Any, axes: tuple[int, ...]) -> Any:
    """Mean 0 and variance 1 along the axes."""
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


def embedding(words: Any, w: Any) -> Any:
    return w[words]
