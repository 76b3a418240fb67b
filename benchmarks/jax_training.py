"""Training steps and gradients of the modules of `jax_layers`, each compiled as a whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax_functions
from jax_layers import Buffer, Module, Parameter, arrays, traced

Arrays = list[Any]


class Optimiser(NamedTuple):
    """start: weights -> state; update: weights, gradients, state -> weights, state."""

    start: Callable[[Arrays], Any]
    update: Callable[[Arrays, Arrays, Any], tuple[Arrays, Any]]


def SGD(lr: float, momentum: float = 0.0) -> Optimiser:  # noqa: N802 - names of torch.optim
    def start(weights: Arrays) -> Any:
        return [jnp.zeros_like(w) for w in weights] if momentum else ()

    def update(weights: Arrays, gradients: Arrays, state: Any) -> tuple[Arrays, Any]:
        if momentum:
            gradients = state = [momentum * s + g for s, g in zip(state, gradients)]
        return [w - lr * g for w, g in zip(weights, gradients)], state

    return Optimiser(start, update)


def Adam(lr: float = 1e-3, decay: float = 0.0) -> Optimiser:  # noqa: N802
    """Kingma & Ba (2015), algorithm 1."""

    def start(weights: Arrays) -> Any:
        zeros = [jnp.zeros_like(w) for w in weights]
        return jnp.float32(0), zeros, [jnp.zeros_like(w) for w in weights]

    def update(weights: Arrays, gradients: Arrays, state: Any) -> tuple[Arrays, Any]:
        t, first, second = state
        t = t + 1
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
        rate, root = lr / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        moved = [
            w * (1 - lr * decay) - rate * m / (jnp.sqrt(v) / root + 1e-8)
            for w, m, v in zip(weights, first, second)
        ]
        return moved, (t, first, second)

    return Optimiser(start, update)


def AdamW(lr: float = 1e-3) -> Optimiser:  # noqa: N802
    """Loshchilov & Hutter (2019), algorithm 2."""
    return Adam(lr, 0.01)


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {"SGD": SGD, "Adam": Adam, "AdamW": AdamW}


def boxes(model: Module, kind: type) -> list[Parameter]:
    return [box for _, box in model.named(kind)]


def training_step(model: Module, optimiser: Optimiser, x: Any, y: Any) -> Callable[[], Any]:
    """A step of training on this batch, whose result is the loss."""
    weights, buffers = boxes(model, Parameter), boxes(model, Buffer)

    def loss(values: Arrays, kept: Arrays) -> Any:
        out, after = traced(
            weights + buffers,
            values + kept,
            lambda: jax_functions.cross_entropy(model(jnp.asarray(x)), y),
        )
        return out, after[len(values) :]

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(values: Arrays, kept: Arrays, state: Any) -> tuple[Any, ...]:
        (value, kept), gradients = jax.value_and_grad(loss, has_aux=True)(values, kept)
        return (value, kept, *optimiser.update(values, gradients, state))

    values, kept = arrays(weights), arrays(buffers)
    state = optimiser.start(values)

    def run() -> Any:
        nonlocal values, kept, state
        value, kept, values, state = jax.block_until_ready(step(values, kept, state))
        return value

    return run


def gradients(model: Module, x: Any) -> Callable[[], Any]:
    """Gradients of the sum of squares of model(x) by x and all parameters; the result is x's."""
    weights = boxes(model, Parameter)

    def loss(x: Any, values: Arrays) -> Any:
        def run() -> Any:
            out = model(x)
            return jnp.square(out[0] if isinstance(out, tuple) else out).sum()

        return traced(weights, values, run)[0]

    compiled = jax.jit(jax.grad(loss, (0, 1)))
    return lambda: jax.block_until_ready(compiled(x, arrays(weights)))[0]


def optimiser_step(optimiser: Optimiser, weights: Arrays, slopes: Arrays) -> Callable[[], Any]:
    """A step of the optimiser alone, whose result is the first weight."""
    step = jax.jit(optimiser.update, donate_argnums=(0, 2))
    state = optimiser.start(weights)

    def run() -> Any:
        nonlocal weights, state
        weights, state = jax.block_until_ready(step(weights, slopes, state))
        return weights[0]

    return run
