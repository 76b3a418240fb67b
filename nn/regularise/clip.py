"""Gradients that are kept from growing too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, NonFiniteError
from autograd.tensor import Tensor

Tensors = Tensor | Iterable[Tensor]


def listed(name: str, tensors: Tensors) -> list[Tensor]:
    """One Tensor, or any collection of them, as a list."""
    out = [tensors] if type(tensors) is Tensor else list(tensors)
    for i, t in enumerate(out):
        if type(t) is not Tensor:
            raise DTypeError(f"{name}: item {i} is a {type(t).__name__}, not a Tensor")
    return out


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of all tensors as one vector.

    Parameters
    ----------
    tensors : a Tensor, or several
    norm_type : above 0; `inf` for the largest element
    error_if_nonfinite : whether to complain about Inf and NaN

    Returns
    -------
    Tensor, 0-d

    Raises
    ------
    NonFiniteError
        If the norm is not finite, and that was asked for.

    Examples
    --------
    >>> from nn import regularise
    >>> regularise.get_total_norm([Tensor([3.0, 0.0]), Tensor(4.0)])
    Tensor(5.)
    """
    arrays = [t.numpy() for t in listed("get_total_norm", tensors)]
    return Tensor(_total("get_total_norm", arrays, norm_type, error_if_nonfinite))


def clip_grad_norm_(
    parameters: Tensors, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients, in place, so that their norm as one vector is at most `max_norm`.

        g = g * min(1, max_norm / (norm + 1e-6))

    Parameters
    ----------
    parameters : a Tensor, or several; those without gradient are left out
    max_norm : the largest norm
    norm_type : above 0; `inf` for the largest element
    error_if_nonfinite : whether to complain about Inf and NaN, before anything is changed

    Returns
    -------
    Tensor, 0-d
        The norm before.

    Raises
    ------
    NonFiniteError
        If the norm is not finite, and that was asked for.

    Source
    ------
    Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural networks".

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([3.0, 4.0])
    >>> (w * w).sum().backward()
    >>> nn.clip_grad_norm_([w], max_norm=5.0)
    Tensor(10.)
    >>> w.grad.numpy().round(3).tolist()
    [3.0, 4.0]
    """
    name = "clip_grad_norm_"
    given = listed(name, parameters)
    arrays = [p.grad.numpy() for p in given if p.grad is not None]
    norm = _total(name, arrays, norm_type, error_if_nonfinite)
    del arrays  # or they would be copied when they change
    clip_grads_with_norm_(given, max_norm, norm)
    return Tensor(norm)


def clip_grads_with_norm_(parameters: Tensors, max_norm: float, total_norm: Any) -> None:
    """Scale all gradients, in place, by min(1, max_norm / (total_norm + 1e-6)).

    Parameters
    ----------
    parameters : a Tensor, or several; those without gradient are left out
    max_norm : the largest norm
    total_norm : the norm, from `get_total_norm`

    Examples
    --------
    >>> from nn import regularise
    >>> w = Tensor([3.0, 4.0], requires_grad=True)
    >>> w.sum().backward()
    >>> regularise.clip_grads_with_norm_(w, 1.0, 2.0)
    >>> w.grad.numpy().round(3).tolist()
    [0.5, 0.5]
    """
    name = "clip_grads_with_norm_"
    if not max_norm >= 0:
        raise ArgumentError(f"{name}: max_norm must be 0 or more, got {max_norm}")
    share = max_norm / (float(total_norm) + 1e-6)
    for p in listed(name, parameters):
        if p.grad is not None and not share >= 1:  # a norm of NaN makes all of them NaN
            with np.errstate(invalid="ignore"):  # Inf * 0, where the norm is Inf
                p.grad.data *= p.dtype.type(share)


def clip_grad_value_(parameters: Tensors, clip_value: float) -> None:
    """Clip every element of all gradients, in place, to [-clip_value, clip_value].

    Parameters
    ----------
    parameters : a Tensor, or several; those without gradient are left out
    clip_value : the largest element, 0 or more

    Examples
    --------
    >>> import nn
    >>> w = nn.Parameter([3.0, 0.1])
    >>> (w * w).sum().backward()
    >>> nn.clip_grad_value_([w], 0.5); w.grad
    Tensor([0.5, 0.2])
    """
    if not clip_value >= 0:
        raise ArgumentError(f"clip_grad_value_: clip_value must be 0 or more, got {clip_value}")
    for p in listed("clip_grad_value_", parameters):
        if p.grad is not None:
            p.grad.data = np.clip(p.grad.numpy(), -clip_value, clip_value)


def _total(name: str, arrays: list[np.ndarray], order: float, strict: bool) -> np.floating[Any]:
    order = float(order)
    if not order > 0:
        raise ArgumentError(f"{name}: norm_type must be above 0, got {order}")
    dtype = np.result_type(np.float32, *arrays)
    norms = np.array([_norm(a.ravel(), order) for a in arrays], dtype)
    total = dtype.type(_norm(norms, order))
    if strict and not np.isfinite(total):
        wrong = [i for i, a in enumerate(arrays) if not np.isfinite(a).all()]
        where = f"gradients {wrong} have NaN or Inf" if wrong else "too large to be added up"
        raise NonFiniteError(f"{name}: the norm of the gradients is {total}: {where}")
    return total


def _norm(x: np.ndarray, order: float) -> float:
    """A norm whose powers neither overflow nor vanish."""
    largest = float(np.abs(x).max(initial=0))
    if order == np.inf or largest == 0 or not np.isfinite(largest):
        return largest
    scaled = x / x.dtype.type(largest)
    if order == 2:
        return largest * float(np.sqrt(np.vdot(scaled, scaled)))
    return largest * float((np.abs(scaled) ** order).sum()) ** (1 / order)
