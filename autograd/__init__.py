"""A from-scratch autograd engine: tensors that record a graph, and derivatives of every order.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4., 6.])

Every public op is here (`autograd.exp`, `autograd.conv2d`, ...); `python -m autograd ops` lists
them. Models are in `nn`, pictures in `viz`, tests of derivatives in `autograd.testing`.
"""

from . import _conflict, _interrupt, _malloc  # before anything else

# isort: split
from . import algebra, backward, linalg, numpy_protocol, ops, python_protocol, random, testing
from ._version import __version__
from .checkpoint import checkpoint
from .creation import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from .debug import debug, explain
from .dtypes import get_default_dtype, set_default_dtype
from .errors import (
    ArgumentError,
    AutogradError,
    AxisError,
    DerivativeError,
    DTypeError,
    GraphError,
    IndexingError,
    NonFiniteError,
    RuleError,
    ShapeError,
)
from .kernels import get_num_threads, set_num_threads
from .modes import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .op import REGISTRY, composite, op
from .op import exports as _exports
from .random import manual_seed
from .tensor import Tensor
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

# Ops come in by being declared, so that adding one touches one file. Editors and mypy read the
# generated __init__.pyi.
_functions = _exports(__name__)
globals().update(_functions)

__all__ = sorted(
    [
        "REGISTRY", "ArgumentError", "AutogradError", "AxisError", "DTypeError", "DerivativeError",
        "GraphError", "IndexingError", "NonFiniteError", "RuleError", "ShapeError", "Tensor",
        "__version__", "arange", "checkpoint", "composite", "debug", "empty", "empty_like",
        "enable_grad", "explain", "eye", "full", "full_like", "get_default_dtype",
        "get_num_threads", "grad", "hessian", "hvp", "is_grad_enabled", "jacobian", "jvp", "linalg",
        "linspace", "logspace", "manual_seed", "no_grad", "ones", "ones_like", "op", "random",
        "set_default_dtype", "set_grad_enabled", "set_num_threads", "testing", "value_and_grad",
        "vjp", "zeros", "zeros_like", *_functions,
    ]
)  # fmt: skip
