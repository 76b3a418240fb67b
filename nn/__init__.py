"""Models: modules, losses, optimisers, data. Names and arguments are PyTorch's."""

from autograd.provenance import mark_internal

from . import data, functional, init, optim
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from .container import Identity, Lambda, ModuleDict, ModuleList, ParameterList, Sequential
from .conv import Conv2d
from .dropout import Dropout
from .errors import MissingForwardError, ModuleError, StateError
from .linear import Bilinear, Linear
from .loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from .module import Module
from .parameter import Parameter
from .piecewise import (
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Softshrink,
    Step,
    Threshold,
)
from .pool import AvgPool2d, MaxPool2d
from .progress import progress
from .shape import Flatten, Unflatten

mark_internal(__file__)

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "SELU", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss", "Bilinear",
    "Conv2d", "CrossEntropyLoss", "Dropout", "Flatten", "Hardshrink", "Hardsigmoid", "Hardswish",
    "Hardtanh", "Identity", "L1Loss", "Lambda", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax",
    "MSELoss", "MaxPool2d", "Mish", "MissingForwardError", "Module", "ModuleDict", "ModuleError",
    "ModuleList", "NLLLoss", "PReLU", "Parameter", "ParameterList", "RReLU", "ReLU", "ReLU6",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink",
    "Softsign", "StateError", "Step", "Tanh", "Tanhshrink", "Threshold", "Unflatten", "data",
    "functional", "init", "optim", "progress",
]  # fmt: skip
