"""First values of whole models: one rule for the convolutions, one for the linear layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .. import init
from ..conv import Convolution
from ..linear import Dense
from ..module import Module

Rule = str | float  # a name of RULES, "default" for the layer's own, or a standard deviation

RULES: dict[str, Callable[..., Any]] = {
    "he": partial(init.kaiming_normal_, nonlinearity="relu"),
    "he_out": partial(init.kaiming_normal_, mode="fan_out", nonlinearity="relu"),
    "he_uniform": partial(init.kaiming_uniform_, nonlinearity="relu"),
    "xavier": init.xavier_normal_,
    "xavier_uniform": init.xavier_uniform_,
    "lecun": init.lecun_normal_,
}


def draw_weights(
    model: Module, convolutions: Rule, linears: Rule | None = None, rng: Rng = None
) -> None:
    """Draw the weights of all convolutions and linear layers of a model; their biases become 0.

    Parameters
    ----------
    model : Module, made under `init.skip_draws()`
    convolutions : name of a rule, or the standard deviation of a normal distribution
        "he", "he_out" (gradients keep their size), "he_uniform", "xavier", "xavier_uniform",
        "lecun"; "default" is the layer's own, for biases too.
    linears : the same for linear layers; as `convolutions` unless given
    rng : Generator or int, optional

    Raises
    ------
    ArgumentError
        If there is no such rule.
    """
    draw = generator(rng)
    for module in model.modules():
        if isinstance(module, Convolution | Dense):
            is_linear = isinstance(module, Dense) and linears is not None
            _draw(module, linears if is_linear else convolutions, draw, type(model).__name__)


def _draw(layer: Any, rule: Rule | None, draw: Any, owner: str) -> None:
    if rule == "default":
        layer.reset_parameters(draw)
        return
    if isinstance(rule, Real) and not isinstance(rule, bool):
        fill: Callable[..., Any] = partial(init.normal_, std=float(rule))
    elif isinstance(rule, str) and rule in RULES:
        fill = RULES[rule]
    else:
        names = ", ".join(["default", *RULES])
        raise ArgumentError(f"{owner}: no init {rule!r}; there is {names}, and any number (std)")
    fill(layer.weight, rng=draw)
    if layer.bias is not None:
        init.zeros_(layer.bias)
