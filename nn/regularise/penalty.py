"""Weights that are kept small: penalties for the loss, groups for weight decay, a largest norm."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, AxisError
from autograd.tensor import Tensor

from ..module import Module
from ..normalisation import Affine
from .clip import Tensors, listed


def l1_penalty(parameters: Tensors, weight: float = 1.0) -> Tensor:
    """weight * sum of abs(p): drives weights to exactly 0. A term to add to the loss.

    Parameters
    ----------
    parameters : a Tensor, or several
    weight : how much it counts

    Returns
    -------
    Tensor, 0-d

    Gradient
    --------
    weight * sign(p), 0 at 0.

    Source
    ------
    Tibshirani (1996), "Regression shrinkage and selection via the lasso".

    Examples
    --------
    >>> from nn import regularise
    >>> w = Tensor([1.0, -3.0], requires_grad=True)
    >>> regularise.l1_penalty([w], 0.5)
    Tensor(2., op=multiply)
    """
    return weight * _sum([ag.sum(ag.abs(p)) for p in listed("l1_penalty", parameters)])


def l2_penalty(parameters: Tensors, weight: float = 1.0) -> Tensor:
    """weight / 2 * sum of p**2, as a term to add to the loss.

    The half makes its gradient weight * p: that of `weight_decay` in an optimiser.

    Parameters
    ----------
    parameters : a Tensor, or several
    weight : how much it counts

    Returns
    -------
    Tensor, 0-d

    Source
    ------
    Krogh & Hertz (1991), "A simple weight decay can improve generalization".

    Examples
    --------
    >>> from nn import regularise
    >>> w = Tensor([1.0, -3.0], requires_grad=True)
    >>> regularise.l2_penalty([w], 0.5)
    Tensor(2.5, op=multiply)
    """
    return weight / 2 * _sum([ag.sum(p * p) for p in listed("l2_penalty", parameters)])


def _sum(terms: list[Tensor]) -> Tensor:
    if not terms:
        raise ArgumentError(
            "a penalty needs at least one parameter\n"
            "  hint: an iterator such as model.parameters() can be used up once only"
        )
    out = terms[0]
    for term in terms[1:]:
        out = out + term
    return out


def weight_decay_groups(
    model: Module, weight_decay: float, *, biases: bool = False, norms: bool = False,
    **options: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Groups of parameters for an optimiser: those with weight decay, and those without.

    Biases and the parameters of normalisation layers do not make a model more complex by being
    large, so they are usually spared.

    Parameters
    ----------
    model : whose parameters
    weight_decay : of those that decay
    biases : whether parameters called "bias", "bias_ih_l0", "in_proj_bias" and the like decay
    norms : whether the parameters of normalisation layers do
    options : options of both groups, such as lr

    Returns
    -------
    list of one or two dicts
        A parameter that is shared is spared if any of its places says so.

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    >>> groups = nn.regularise.weight_decay_groups(model, 0.01)
    >>> [(group["weight_decay"], len(group["params"])) for group in groups]
    [(0.01, 2), (0.0, 4)]
    >>> optimizer = nn.optim.AdamW(groups, lr=1e-3)
    """
    spared = {
        id(p)
        for module in model.modules()
        for path, p in module._own_parameters()
        if (not norms and isinstance(module, Affine) and path in ("weight", "bias"))
        or (not biases and "bias" in path.rpartition(".")[2])
    }
    parameters = list(model.parameters())
    groups = [
        (weight_decay, [p for p in parameters if id(p) not in spared]),
        (0.0, [p for p in parameters if id(p) in spared]),
    ]
    return [{"params": ps, "weight_decay": decay, **options} for decay, ps in groups if ps]


def max_norm_(parameters: Tensors, max_norm: float, norm_type: float = 2.0, dim: int = 0) -> None:
    """Shrink, in place, the weights that lead into a unit to a norm of at most `max_norm`.

    Call it after every step of the optimiser. Parameters of less than two axes, such as biases,
    are left as they are.

    Parameters
    ----------
    parameters : a Tensor, or several
    max_norm : the largest norm
    norm_type : above 0; `inf` for the largest element
    dim : the axis of the units: 0 for the weights of Linear and Conv2d

    Source
    ------
    Srebro & Shraibman (2005), "Rank, trace-norm and max-norm"; Srivastava et al. (2014), "Dropout",
    section 5.1.

    Examples
    --------
    >>> from nn import regularise
    >>> w = Tensor([[3.0, 4.0], [0.0, 0.5]], requires_grad=True)
    >>> regularise.max_norm_([w], 2.5)
    >>> w
    Tensor([[1.5, 2. ],
            [0. , 0.5]], requires_grad=True)
    """
    if not (max_norm >= 0 and norm_type > 0):
        raise ArgumentError(
            f"max_norm_: needs max_norm of 0 or more and norm_type above 0, "
            f"got {max_norm} and {norm_type}"
        )
    for i, p in enumerate(listed("max_norm_", parameters)):
        if p.ndim < 2:
            continue
        if not -p.ndim <= dim < p.ndim:
            raise AxisError(f"max_norm_: item {i} of shape {p.shape} has no axis {dim}")
        others = tuple(axis for axis in range(p.ndim) if axis != dim % p.ndim)
        data = p.data
        size = np.abs(data)
        if norm_type == np.inf:
            norms = size.max(axis=others, keepdims=True, initial=0)
        else:
            norms = (size**norm_type).sum(axis=others, keepdims=True) ** (1 / norm_type)
        data *= np.minimum(1, max_norm / np.maximum(norms, np.finfo(p.dtype).tiny))
