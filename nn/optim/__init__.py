"""Optimisers: they change parameters in place, from `.grad`."""

from . import lr_scheduler
from .adafactor import Adafactor
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .average import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)
from .averaged import ASGD
from .conjugate import ConjugateGradient
from .flat import FlatOptimizer
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .per_parameter import PerParameter
from .sgd import SGD
from .signs import Lion, Rprop

__all__ = [
    "ASGD", "LBFGS", "SGD", "SWALR", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax",
    "AveragedModel", "ConjugateGradient", "FlatOptimizer", "Lion", "NAdam", "Optimizer",
    "PerParameter", "RAdam", "RMSprop", "Rprop", "get_ema_avg_fn", "get_ema_multi_avg_fn",
    "get_swa_avg_fn", "get_swa_multi_avg_fn", "lr_scheduler", "update_bn",
]  # fmt: skip
