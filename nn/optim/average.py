"""Averages of a model's weights over its training: stochastic weight averaging, and moving ones."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.modes import no_grad
from autograd.tensor import Tensor

from ..module import Module
from ..normalisation import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .optimizer import Optimizer
from .schedule import LRScheduler

Arrays = Sequence[np.ndarray]
Average = Callable[[np.ndarray, np.ndarray, int], Any]
Averages = Callable[[Arrays, Arrays, int], None]


def get_swa_avg_fn() -> Average:
    """The plain average: average + (new - average) / (n + 1), after n models.

    Examples
    --------
    >>> from nn import optim
    >>> average = optim.get_swa_avg_fn()
    >>> float(average(np.array(2.0), np.array(5.0), 2))
    3.0
    """
    return lambda average, new, n: average + (new - average) / (n + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential moving average: decay * average + (1 - decay) * new.

    Raises
    ------
    ArgumentError
        If decay is not between 0 and 1.

    Examples
    --------
    >>> from nn import optim
    >>> average = optim.get_ema_avg_fn(0.5)
    >>> float(average(np.array(2.0), np.array(5.0), 2))
    3.5
    """
    _check_decay("get_ema_avg_fn", decay)
    return lambda average, new, n: decay * average + (1 - decay) * new


def get_swa_multi_avg_fn() -> Averages:
    """`get_swa_avg_fn`, in place and for all arrays at once."""
    return lambda averages, new, n: _towards(averages, new, 1 / (n + 1))


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """`get_ema_avg_fn`, in place and for all arrays at once.

    Raises
    ------
    ArgumentError
        If decay is not between 0 and 1.
    """
    _check_decay("get_ema_multi_avg_fn", decay)
    return lambda averages, new, n: _towards(averages, new, 1 - decay)


def _check_decay(name: str, decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ArgumentError(f"{name}: decay must lie between 0 and 1, got {decay}")


def _towards(averages: Arrays, new: Arrays, share: float) -> None:
    for a, b in zip(averages, new, strict=True):
        a += (b - a) * share


class AveragedModel(Module):
    """A copy of a model that holds an average of its weights: `update_parameters` adds to it.

    Parameters
    ----------
    model : copied, as it is now
    avg_fn : (average, new, n) -> the average with one more, as arrays; `get_swa_avg_fn()` unless
        given. The first model is copied
    multi_avg_fn : the same for lists of arrays, changing the averages in place
    use_buffers : average buffers too; otherwise they are those of the last model

    Attributes
    ----------
    module : the averaged model
    n_averaged : how many models are in the average

    Source
    ------
    Izmailov et al. (2018), "Averaging weights leads to wider optima and better generalization";
    Polyak & Juditsky (1992), "Acceleration of stochastic approximation by averaging".

    Examples
    --------
    >>> from nn import Linear, optim
    >>> model = Linear(2, 1)
    >>> average = optim.AveragedModel(model, multi_avg_fn=optim.get_ema_multi_avg_fn(0.9))
    >>> for batch in range(3):  # after each optimizer.step()
    ...     average.update_parameters(model)
    >>> average(np.ones((5, 2))).shape, average.n_averaged.item()
    ((5, 1), 3)
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, *, avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None, use_buffers: bool = False,
    ):  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError("AveragedModel: takes avg_fn or multi_avg_fn, not both")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", Tensor(np.int64(0)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the weights of `model` into the average.

        Raises
        ------
        ArgumentError
            If it is not of the same make. Then nothing was changed.
        """
        mine, new = _tensors(self.module), _tensors(model)
        if [t.shape for t, _ in mine] != [t.shape for t, _ in new]:
            raise ArgumentError(
                "AveragedModel.update_parameters: the model has parameters or buffers of other "
                "shapes than the one that was copied"
            )
        n = int(self.n_averaged.item())
        averaged = []
        for (average, learns), (tensor, _) in zip(mine, new, strict=True):
            if n and average.dtype.kind == "f" and (learns or self.use_buffers):
                averaged.append((average, tensor))
            else:
                average.data = tensor._data
        self._average([a for a, _ in averaged], [np.asarray(t) for _, t in averaged], n)
        self.n_averaged.data = n + 1

    def _average(self, averages: list[Tensor], new: list[np.ndarray], n: int) -> None:
        arrays = [np.asarray(t.data) for t in averages]
        if self.avg_fn is None:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(arrays, new, n)
        else:
            for a, b in zip(arrays, new, strict=True):
                a[...] = self.avg_fn(a, b, n)
        for tensor, array in zip(averages, arrays, strict=True):
            if not tensor.ndim:
                tensor.data = np.array(array)


def _tensors(model: Module) -> list[tuple[Tensor, bool]]:
    """All parameters and buffers, and whether they are parameters."""
    return [*((p, True) for p in model.parameters()), *((b, False) for b in model.buffers())]


def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Compute the running statistics of all BatchNorm layers anew: plain averages over the data.

    An average of weights has not seen any data: run this before evaluating it.

    Parameters
    ----------
    loader : batches, or tuples whose first item is the batch
    model : `model(batch)` is called for each

    Source
    ------
    Izmailov et al. (2018), "Averaging weights leads to wider optima and better generalization".

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.BatchNorm1d(2))
    >>> nn.optim.update_bn([np.ones((4, 2)), 3 * np.ones((4, 2))], model)
    >>> model[0].running_mean.tolist()
    [2.0, 2.0]
    """
    norms = [m for m in model.modules() if isinstance(m, (BatchNorm1d, BatchNorm2d, BatchNorm3d))]
    if not norms:
        return
    momenta = [m.momentum for m in norms]
    modes = [(m, m.training) for m in model.modules()]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    try:
        with no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes:
            module.training = mode


class SWALR(LRScheduler):
    """lr goes from where it is to swa_lr, and stays there while weights are averaged.

        lr = swa_lr * a + (lr without this scheduler) * (1 - a), a from 0 to 1 in anneal_epochs

    Parameters
    ----------
    swa_lr : one for all groups, or a list
    anneal_epochs : how many epochs it takes; 0 to jump
    anneal_strategy : "cos" or "linear"

    Source
    ------
    Izmailov et al. (2018), "Averaging weights leads to wider optima and better generalization".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for epoch in range(3):
    ...     print(scheduler.get_last_lr()[0])
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    0.75
    0.5
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | list[float], anneal_epochs: int = 10,
        anneal_strategy: str = "cos", last_epoch: int = -1,
    ):  # fmt: skip
        fits = anneal_strategy in ("cos", "linear")
        self._require(fits, "anneal_strategy must be 'cos' or 'linear'", anneal_strategy)
        fits = isinstance(anneal_epochs, int) and anneal_epochs >= 0
        self._require(fits, "anneal_epochs must be a whole number from 0", anneal_epochs)
        rates = self._per_group(optimizer, "swa_lr", swa_lr)
        for group, lr in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = lr
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, t: int) -> float:
        share = min(1.0, t / self.anneal_epochs) if self.anneal_epochs else 1.0
        return (1 - math.cos(math.pi * share)) / 2 if self.anneal_strategy == "cos" else share

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > 0 and self._step_count == 0:
            return self._rates()
        old, new = self._share(t - 1) if t else 0.0, self._share(t)
        rates = []
        for group in self.optimizer.param_groups:
            lr, aim = group["lr"], group["swa_lr"]
            free = (lr - old * aim) / (1 - old) if old < 1 else aim
            rates.append(new * aim + (1 - new) * free)
        return rates
