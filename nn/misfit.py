"""Complaints of layers about their inputs: under the path by which the model knows the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import modes
from autograd.errors import AutogradError, ShapeError
from autograd.messages import complain

if TYPE_CHECKING:
    from .module import Module


def misfit(
    module: Module, sizes: str, fact: str, arrays: dict[str, Any], hint: str | None = None
) -> AutogradError:
    """An exception to raise from `forward`: `encoder.layers.3.linear1 (Linear 128 -> 256): ...`.

    Parameters
    ----------
    module : the layer that runs
    sizes : what it was made for, as in "128 -> 256"
    fact : what is wrong, with the numbers
    arrays : argument name -> value; parameters too, if they say something
    """
    title = " ".join(filter(None, (type(module).__name__, sizes)))
    scope = modes.state.scope
    path = scope.path if scope is not None else ""
    return complain(ShapeError, f"{path} ({title})" if path else title, fact, arrays, hint=hint)
