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


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def cross_entropy(x: Any, classes: Any) -> Any:
    z = x - x.max(1, keepdims=True)
    return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), classes]).mean()


def layer_norm(x: Any, shape: Any, w: Any, b: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * w + b


def batch_norm(x: Any, mean: Any, var: Any, w: Any, b: Any, training: bool) -> Any:
    axes = (0, *range(2, x.ndim))
    w, b = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (w, b))
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5) * w + b


def embedding(words: Any, w: Any) -> Any:
    return w[words]
