"""Models: modules, losses, optimisers, data. Names and arguments are PyTorch's."""

from autograd.provenance import mark_internal

from . import data, functional, init, optim
from .activation import (
    ELU,
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .container import (
    Identity,
    Lambda,
    ModuleDict,
    ModuleList,
    ParameterList,
    Sequential,
)
from .conv import Conv2d
from .dropout import Dropout
from .errors import MissingForwardError, ModuleError, StateError
from .linear import Bilinear, Linear
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from .module import Module
from .parameter import Parameter
from .pool import AvgPool2d, MaxPool2d
from .progress import progress
from .shape import Flatten, Unflatten

mark_internal(__file__)

__all__ = [
    "ELU", "GELU", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss", "Bilinear", "Conv2d",
    "CrossEntropyLoss", "Dropout", "Flatten", "Identity", "L1Loss", "Lambda", "LeakyReLU", "Linear",
    "LogSoftmax", "MSELoss", "MaxPool2d", "MissingForwardError", "Module", "ModuleDict",
    "ModuleError", "ModuleList", "NLLLoss", "Parameter", "ParameterList", "ReLU", "Sequential",
    "SiLU", "Sigmoid", "Softmax", "Softplus", "StateError", "Tanh", "Unflatten", "data",
    "functional", "init", "optim", "progress",
]  # fmt: skip
