"""Models: modules, losses, optimisers, data. Names and arguments are PyTorch's."""

from autograd.provenance import mark_internal

mark_internal(__file__)

from . import data, functional, init, optim  # noqa: E402
from .activation import (  # noqa: E402
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
from .container import (  # noqa: E402
    Identity,
    Lambda,
    ModuleDict,
    ModuleList,
    ParameterList,
    Sequential,
)
from .conv import Conv2d  # noqa: E402
from .dropout import Dropout  # noqa: E402
from .errors import MissingForwardError, ModuleError, StateError  # noqa: E402
from .linear import Bilinear, Linear  # noqa: E402
from .loss import (  # noqa: E402
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from .module import Module  # noqa: E402
from .parameter import Parameter  # noqa: E402
from .pool import AvgPool2d, MaxPool2d  # noqa: E402
from .progress import progress  # noqa: E402
from .shape import Flatten, Unflatten  # noqa: E402

__all__ = [
    "ELU", "GELU", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss", "Bilinear", "Conv2d",
    "CrossEntropyLoss", "Dropout", "Flatten", "Identity", "L1Loss", "Lambda", "LeakyReLU", "Linear",
    "LogSoftmax", "MSELoss", "MaxPool2d", "MissingForwardError", "Module", "ModuleDict",
    "ModuleError", "ModuleList", "NLLLoss", "Parameter", "ParameterList", "ReLU", "Sequential",
    "SiLU", "Sigmoid", "Softmax", "Softplus", "StateError", "Tanh", "Unflatten", "data",
    "functional", "init", "optim", "progress",
]  # fmt: skip
