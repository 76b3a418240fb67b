"""The functions behind the layers and losses, with PyTorch's names and arguments."""

from autograd import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)

from .activation import (
    celu,
    elu,
    gelu,
    glu,
    log_softmax,
    logsigmoid,
    mish,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softsign,
    tanh,
    tanhshrink,
)
from .layers import avg_pool2d, bilinear, conv2d, dropout, linear, max_pool2d
from .piecewise import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    maxout,
    prelu,
    relu,
    relu6,
    rrelu,
    softshrink,
    step,
    threshold,
)

__all__ = [
    "avg_pool2d", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu",
    "conv2d", "cross_entropy", "dropout", "elu", "gelu", "glu", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "l1_loss", "leaky_relu", "linear", "log_softmax", "logsigmoid",
    "max_pool2d", "maxout", "mish", "mse_loss", "nll_loss", "prelu", "relu", "relu6", "rrelu",
    "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "step",
    "tanh", "tanhshrink", "threshold",
]  # fmt: skip
