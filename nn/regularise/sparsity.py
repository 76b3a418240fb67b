"""Units that are seldom active."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.tensor import Tensor

from ..module import Module


def sparsity_penalty(activations: Any, rho: float = 0.05) -> Tensor:
    """How far the mean activations of units are from rho, summed over the units.

        sum over units of  rho * log(rho / m) + (1 - rho) * log((1 - rho) / (1 - m))

    with m the mean over the batch: the Kullback-Leibler divergence of two coins.

    Parameters
    ----------
    activations : Tensor (N, ...), between 0 and 1, such as those of a sigmoid
    rho : the mean activation that is wanted, between 0 and 1

    Returns
    -------
    Tensor, 0-d
        0 where all means are rho. Means of 0 and 1 are drawn in by the machine epsilon.

    Raises
    ------
    ArgumentError
        If rho, or a mean, is not between 0 and 1.

    Source
    ------
    Ng (2011), "Sparse autoencoder", CS294A lecture notes.

    Examples
    --------
    >>> from nn import regularise
    >>> regularise.sparsity_penalty(Tensor([[0.25, 0.5], [0.75, 0.5]]), rho=0.5).item()
    0.0
    >>> f"{regularise.sparsity_penalty(Tensor([[0.5], [0.5]]), rho=0.2).item():.4f}"
    '0.1927'
    """
    if not 0 < rho < 1:
        raise ArgumentError(f"sparsity_penalty: rho must lie between 0 and 1, got {rho}")
    if np.ndim(activations) < 1:
        raise ShapeError("sparsity_penalty: activations need an axis for the batch, got none")
    mean = ag.mean(activations, axis=0)
    values = np.asarray(mean)
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ArgumentError(
            "sparsity_penalty: mean activations must lie between 0 and 1, they go from "
            f"{values.min():.3g} to {values.max():.3g}\n  hint: use a sigmoid"
        )
    eps = float(np.finfo(values.dtype).eps)
    mean = eps + (1 - 2 * eps) * mean
    entropy = rho * math.log(rho) + (1 - rho) * math.log(1 - rho)
    return ag.sum(entropy - rho * ag.log(mean) - (1 - rho) * ag.log(1 - mean))


class ActivationSparsity:
    """Watches modules and gives `sparsity_penalty` of what they put out while training.

    Parameters
    ----------
    modules : whose outputs shall be sparse
    rho : the mean activation that is wanted
    weight : how much it counts

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 8), nn.Sigmoid(), nn.Linear(8, 3))
    >>> sparse = nn.regularise.ActivationSparsity(model[1], rho=0.1, weight=0.01)
    >>> x = np.ones((4, 3), np.float32)
    >>> loss = nn.functional.mse_loss(model(x), x) + sparse.penalty()
    >>> loss.backward()
    >>> sparse.remove()
    """

    def __init__(self, *modules: Module, rho: float = 0.05, weight: float = 1.0):
        if not modules:
            raise ArgumentError("ActivationSparsity: needs at least one module to watch")
        if not 0 < rho < 1:
            raise ArgumentError(f"ActivationSparsity: rho must lie between 0 and 1, got {rho}")
        self.rho = rho
        self.weight = weight
        self._outputs: list[Tensor] = []
        self._handles = [module.register_forward_hook(self._see) for module in modules]

    def _see(self, module: Module, args: tuple[Any, ...], output: Tensor) -> None:
        if module.training:
            self._outputs.append(output)

    def penalty(self) -> Tensor:
        """The penalty of all outputs since the last call: a term to add to the loss.

        Raises
        ------
        ArgumentError
            If no module was called in training since then.
        """
        if not self._outputs:
            raise ArgumentError(
                "ActivationSparsity.penalty: no module was called in training since the last time"
            )
        outputs, self._outputs = self._outputs, []
        total = sparsity_penalty(outputs[0], self.rho)
        for output in outputs[1:]:
            total = total + sparsity_penalty(output, self.rho)
        return self.weight * total

    def remove(self) -> None:
        """Stop watching."""
        for handle in self._handles:
            handle.remove()
        self._outputs = []
