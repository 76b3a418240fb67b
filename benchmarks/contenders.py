"""The libraries that take part, behind one face: a function of arrays becomes a step to time.

A function is written once, f(m, F, *arrays): m has the names of the array API (`ag`, `torch`,
`jnp`, `np`), F those of torch.nn.functional. F of JAX and NumPy lacks many: then no step is built.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from suite import Build, Step

Function = Callable[..., Any]


class MissingFunction(AttributeError):
    """The contender has no such function."""


class Integers(NamedTuple):
    """An argument: random numbers below `high`, which nobody differentiates."""

    high: int
    shape: tuple[int, ...]


class Between(NamedTuple):
    """An argument: uniform random numbers, float32."""

    low: float
    high: float
    shape: tuple[int, ...]


Argument = tuple[int, ...] | Integers | Between  # a shape: normal random numbers, float32


def draw(arguments: tuple[Argument, ...]) -> list[np.ndarray]:
    """The same numbers in every process."""
    rng = np.random.default_rng(0)

    def one(a: Argument) -> np.ndarray:
        if isinstance(a, Integers):
            return rng.integers(0, a.high, a.shape)
        values = rng.uniform(*a) if isinstance(a, Between) else rng.normal(size=a)
        return np.asarray(values, np.float32)

    return [one(a) for a in arguments]


def cotangent(out: Any) -> np.ndarray:
    """Numbers of the result's shape to start the way back from."""
    return np.random.default_rng(1).normal(size=tuple(out.shape)).astype(np.float32)


class Library(Protocol):
    """A contender."""

    def forward(self, f: Function, values: list[np.ndarray]) -> Step:
        """Computes f."""

    def both(self, f: Function, values: list[np.ndarray]) -> Step | None:
        """Computes f, and its derivatives by all arrays of floats from a cotangent at hand."""

    def numpy(self, value: Any) -> np.ndarray:
        """A result's numbers."""


class Eager:
    """autograd and PyTorch, which look alike."""

    def __init__(self, m: Any, functional: Any, layers: Any, optimisers: Any, tensor: Any):
        self.m, self.F, self.nn, self.optim = m, functional, layers, optimisers
        self.tensor = tensor  # (ndarray, requires_grad=...) -> tensor

    def forward(self, f: Function, values: list[np.ndarray]) -> Step:
        m, F = self.m, self.F
        arrays = [self.tensor(v) for v in values]
        return lambda: f(m, F, *arrays)

    def both(self, f: Function, values: list[np.ndarray]) -> Step:
        m, F = self.m, self.F
        arrays = [self.tensor(v, requires_grad=v.dtype.kind == "f") for v in values]
        tracked = [a for a in arrays if a.requires_grad]
        seed = self.tensor(cotangent(f(m, F, *arrays)))

        def step() -> tuple[Any, ...]:
            out = f(m, F, *arrays)
            out.backward(seed)
            grads = [a.grad for a in tracked]
            for a in tracked:
                a.grad = None
            return (out, *[g for g in grads if g is not None])

        return step

    def numpy(self, value: Any) -> np.ndarray:
        return np.asarray(value.detach().numpy())

    def put(self, parameter: Any, value: np.ndarray) -> None:
        """Give a parameter a value."""
        parameter.data = self.tensor(value).data


class Jax:
    """JAX, each function compiled as a whole."""

    def __init__(self) -> None:
        import jax
        import jax.numpy
        import jax_functions

        self.jax, self.F = jax, jax_functions

    def forward(self, f: Function, values: list[np.ndarray]) -> Step:
        jax, F = self.jax, self.F
        arrays = [jax.numpy.asarray(v) for v in values]
        compiled = jax.jit(lambda *xs: f(jax.numpy, F, *xs))
        return lambda: jax.block_until_ready(compiled(*arrays))

    def both(self, f: Function, values: list[np.ndarray]) -> Step:
        jax, F = self.jax, self.F
        arrays = [jax.numpy.asarray(v) for v in values]
        places = [i for i, v in enumerate(values) if v.dtype.kind == "f"]

        def through(*xs: Any) -> Any:
            given = list(arrays)
            for i, x in zip(places, xs):
                given[i] = x
            return f(jax.numpy, F, *given)

        def run(seed: Any, *xs: Any) -> tuple[Any, ...]:
            out, pull = jax.vjp(through, *xs)
            return (out, *pull(seed))

        tracked = [arrays[i] for i in places]
        seed = jax.numpy.asarray(cotangent(jax.eval_shape(through, *tracked)))
        compiled = jax.jit(run)
        return lambda: jax.block_until_ready(compiled(seed, *tracked))

    def numpy(self, value: Any) -> np.ndarray:
        return np.asarray(value)

    def put(self, parameter: Any, value: np.ndarray) -> None:
        """Give a parameter of `jax_layers` a value."""
        parameter.data = self.jax.numpy.asarray(value)


class Numpy:
    """Plain NumPy, by hand: it has no derivatives."""

    def __init__(self) -> None:
        import numpy_functions

        self.F = numpy_functions

    def forward(self, f: Function, values: list[np.ndarray]) -> Step:
        return lambda: f(np, self.F, *values)

    def both(self, f: Function, values: list[np.ndarray]) -> None:
        return None

    def numpy(self, value: Any) -> np.ndarray:
        return np.asarray(value)


class Micrograd:
    """Scalars only."""

    def __init__(self) -> None:
        from micrograd.engine import Value

        self.value = Value

    def forward(self, f: Function, values: list[np.ndarray]) -> Step:
        raise MissingFunction("micrograd has no arrays")

    both = forward

    def numpy(self, value: Any) -> np.ndarray:
        return np.asarray(value.data)


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


@cache
def load(name: str) -> Any:
    """The contender of this name, imported now."""
    if name == "autograd":
        import autograd as ag
        import nn

        return Eager(ag, nn.functional, nn, nn.optim, ag.Tensor)
    if name == "torch":
        import torch

        return Eager(torch, torch.nn.functional, torch.nn, torch.optim, torch.tensor)
    return {"jax": Jax, "numpy": Numpy, "micrograd": Micrograd}[name]()


def call(name: str, *before: Any, **options: Any) -> Function:
    """The function of this name, with options: F.name(*arrays, *before, **options)."""
    return lambda m, F, *arrays: getattr(F, name)(*arrays, *before, **options)


def forward(f: Function, *arguments: Argument) -> Build:
    """f alone, of random arrays, with nothing recorded."""
    return _building("forward", f, arguments)


def both(f: Function, *arguments: Argument) -> Build:
    """f and all its derivatives."""
    return _building("both", f, arguments)


def _building(way: str, f: Function, arguments: tuple[Argument, ...]) -> Build:
    def build(name: str) -> Step | None:
        try:
            step: Step | None = getattr(load(name), way)(f, draw(arguments))
            if step is not None:
                step()
        except MissingFunction:
            return None
        return step

    return build
