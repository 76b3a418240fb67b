"""As much of torch.nn as `models` needs, in JAX; names of parameters are PyTorch's.

A module holds its arrays, as in PyTorch. `traced` puts the arrays that JAX traces in their places
while a function runs, so that a step is a pure function of them, compiled as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import jax
import jax.numpy as jnp
import jax_functions
from jax import lax


class Parameter:
    """An array that training changes."""

    def __init__(self, *shape: int):
        self.shape, self.data = shape, jnp.zeros(shape, jnp.float32)


class Buffer(Parameter):
    """An array that a forward pass changes: statistics, a random key."""


class Module:
    def __call__(self, *args: Any) -> Any:
        return self.forward(*args)

    def forward(self, *args: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has no forward")

    def named(self, kind: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Parameters or buffers within, by path."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield from value.named(kind, f"{prefix}{name}.")
            elif type(value) is kind:
                yield prefix + name, value

    def named_parameters(self) -> list[tuple[str, Any]]:
        return list(self.named(Parameter))


def arrays(boxes: list[Parameter]) -> list[Any]:
    return [b.data for b in boxes]


def traced(boxes: list[Parameter], values: list[Any], f: Callable[[], Any]) -> Any:
    """f() with these values in the boxes, and what it leaves there; then the old ones again."""
    before = arrays(boxes)
    for box, value in zip(boxes, values):
        box.data = value
    out, after = f(), arrays(boxes)
    for box, value in zip(boxes, before):
        box.data = value
    return out, after


class Sequential(Module):
    def __init__(self, *modules: Module):
        vars(self).update({str(i): m for i, m in enumerate(modules)})

    def forward(self, x: Any) -> Any:
        for module in vars(self).values():
            x = module(x)
        return x


class Linear(Module):
    def __init__(self, i: int, o: int):
        self.weight, self.bias = Parameter(o, i), Parameter(o)

    def forward(self, x: Any) -> Any:
        return jax_functions.linear(x, self.weight.data, self.bias.data)


class Conv2d(Module):
    def __init__(
        self, i: int, o: int, k: int, *, stride: int = 1, padding: int = 0, bias: bool = True
    ):
        self.weight, self.bias = Parameter(o, i, k, k), Parameter(o) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x: Any) -> Any:
        out = jax_functions.conv2d(x, self.weight.data, self.stride, self.padding)
        return out if self.bias is None else out + self.bias.data[:, None, None]


class BatchNorm2d(Module):
    """In training, as all models here are."""

    def __init__(self, width: int):
        self.weight, self.bias = Parameter(width), Parameter(width)
        self.running_mean, self.running_var = Buffer(width), Buffer(width)

    def forward(self, x: Any) -> Any:
        axes = (0, *range(2, x.ndim))
        mean, var, count = x.mean(axes), x.var(axes), x.size // x.shape[1]
        for box, now in ((self.running_mean, mean), (self.running_var, var * count / (count - 1))):
            box.data = 0.9 * box.data + 0.1 * now
        return jax_functions.batch_norm(x, None, None, self.weight.data, self.bias.data, True)


BatchNorm1d = BatchNorm2d


class LayerNorm(Module):
    def __init__(self, width: int):
        self.weight, self.bias = Parameter(width), Parameter(width)

    def forward(self, x: Any) -> Any:
        return jax_functions.layer_norm(x, None, self.weight.data, self.bias.data)


class Dropout(Module):
    def __init__(self, p: float):
        self.p, self.key = p, Buffer()
        self.key.data = jax.random.key(0)

    def forward(self, x: Any) -> Any:
        if self.p == 0:
            return x
        self.key.data, key = jax.random.split(self.key.data)
        return jnp.where(jax.random.bernoulli(key, 1 - self.p, x.shape), x / (1 - self.p), 0)


class Function(Module):
    """A module without arrays."""

    def __init__(self, f: Callable[[Any], Any]):
        self.forward = f  # type: ignore[method-assign]


def ReLU() -> Function:  # noqa: N802 - names of torch.nn
    return Function(jax_functions.relu)


def MaxPool2d(size: int) -> Function:  # noqa: N802
    return Function(lambda x: jax_functions.max_pool2d(x, size))


def AdaptiveAvgPool2d(size: int) -> Function:  # noqa: N802
    return Function(lambda x: jax_functions.adaptive_avg_pool2d(x, size))


def Flatten() -> Function:  # noqa: N802
    return Function(lambda x: x.reshape(len(x), -1))


def Identity() -> Function:  # noqa: N802
    return Function(lambda x: x)


class Embedding(Module):
    def __init__(self, words: int, width: int):
        self.weight = Parameter(words, width)

    def forward(self, words: Any) -> Any:
        return self.weight.data[words]


class Recurrent(Module):
    """One layer, as a scan over time; inputs are multiplied with their weights before it."""

    gates = 1

    def __init__(self, i: int, width: int, batch_first: bool = False):
        self.width, self.batch_first, g = width, batch_first, self.gates
        self.weight_ih_l0, self.weight_hh_l0 = Parameter(g * width, i), Parameter(g * width, width)
        self.bias_ih_l0, self.bias_hh_l0 = Parameter(g * width), Parameter(g * width)

    def forward(self, x: Any) -> Any:
        x = x.swapaxes(0, 1) if self.batch_first else x
        at_once = jax_functions.linear(x, self.weight_ih_l0.data, self.bias_ih_l0.data)
        start = (jnp.zeros((x.shape[1], self.width), x.dtype),) * (2 if self.gates == 4 else 1)
        state, out = lax.scan(self.step, start, at_once)
        return (out.swapaxes(0, 1) if self.batch_first else out), state

    def step(self, state: Any, a: Any) -> Any:
        h = jax_functions.linear(state[0], self.weight_hh_l0.data, self.bias_hh_l0.data)
        new = self.cell(a, h, *state)
        return new, new[0]

    def cell(self, a: Any, h: Any, *state: Any) -> Any:
        return (jnp.tanh(a + h),)


RNN = Recurrent


class LSTM(Recurrent):
    gates = 4

    def cell(self, a: Any, h: Any, *state: Any) -> Any:
        i, f, g, o = jnp.split(a + h, 4, -1)
        c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c


class GRU(Recurrent):
    gates = 3

    def cell(self, a: Any, h: Any, *state: Any) -> Any:
        (ar, az, an), (hr, hz, hn) = jnp.split(a, 3, -1), jnp.split(h, 3, -1)
        z = jax.nn.sigmoid(az + hz)
        n = jnp.tanh(an + jax.nn.sigmoid(ar + hr) * hn)
        return ((1 - z) * n + z * state[0],)


class MultiheadAttention(Module):
    def __init__(self, width: int, heads: int):
        self.in_proj_weight, self.in_proj_bias = Parameter(3 * width, width), Parameter(3 * width)
        self.out_proj, self.heads = Linear(width, width), heads

    def forward(self, x: Any) -> Any:  # (N, T, C)
        N, T, C = x.shape
        qkv = jax_functions.linear(x, self.in_proj_weight.data, self.in_proj_bias.data)
        q, k, v = qkv.reshape(N, T, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2) / (C / self.heads) ** 0.5
        return self.out_proj((jax.nn.softmax(scores) @ v).swapaxes(1, 2).reshape(N, T, C))


class TransformerEncoderLayer(Module):
    def __init__(
        self, width: int, heads: int, wide: int, dropout: float, batch_first: bool = False
    ):
        self.self_attn, self.batch_first = MultiheadAttention(width, heads), batch_first
        self.linear1, self.linear2 = Linear(width, wide), Linear(wide, width)
        self.norm1, self.norm2 = LayerNorm(width), LayerNorm(width)
        if dropout:
            raise jax_functions.MissingFunction("dropout within a transformer")

    def forward(self, x: Any) -> Any:
        x = x if self.batch_first else x.swapaxes(0, 1)
        x = self.norm1(x + self.self_attn(x))
        x = self.norm2(x + self.linear2(jax_functions.relu(self.linear1(x))))
        return x if self.batch_first else x.swapaxes(0, 1)


class TransformerEncoder(Module):
    def __init__(self, layer: Module, count: int):
        self.layers = Sequential(*(deepcopy(layer) for _ in range(count)))

    def forward(self, x: Any) -> Any:
        return self.layers(x)
