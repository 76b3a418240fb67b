"""Optimisers: they change parameters in place, from `.grad`."""

from .adafactor import Adafactor
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .averaged import ASGD
from .conjugate import ConjugateGradient
from .flat import FlatOptimizer
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .per_parameter import PerParameter
from .sgd import SGD
from .signs import Lion, Rprop

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax",
    "ConjugateGradient", "FlatOptimizer", "Lion", "NAdam", "Optimizer",
    "PerParameter", "RAdam", "RMSprop", "Rprop",
]  # fmt: skip
