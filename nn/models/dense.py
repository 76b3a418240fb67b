"""Models of linear layers: softmax regression and perceptrons with hidden layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from autograd.random import Rng, generator

from ..container import Sequential
from ..dropout import Dropout
from ..functional.shapes import shape_of
from ..init import skip_draws
from ..linear import Linear
from ..misfit import misfit
from ..module import Module
from ..normalisation import BatchNorm1d
from ..piecewise import ReLU
from ..settings import count
from ..shape import Flatten
from .weights import Rule, draw_weights


class _Perceptron(Module):
    """Linear layers with something between them; every sample is flattened first."""

    def __init__(
        self, in_features: int, hidden: Iterable[int], out_features: int, *,
        activation: Callable[[], Module], dropout: float, batch_norm: bool, init: Rule, dtype: Any,
        rng: Rng,
    ):  # fmt: skip
        super().__init__()
        self.in_features = count(self, "in_features", in_features)
        rng = None if rng is None else generator(rng)
        widths = [in_features, *(count(self, "hidden", n) for n in hidden)]
        layers: list[Module] = [Flatten()]
        with skip_draws():
            for narrow, wide in pairwise(widths):
                layers.append(Linear(narrow, wide, dtype=dtype))
                if batch_norm:
                    layers.append(BatchNorm1d(wide, dtype=dtype))
                layers.append(activation())
                if dropout:
                    layers.append(Dropout(dropout, rng=rng))
            layers.append(Linear(widths[-1], out_features, dtype=dtype))
        self.layers = Sequential(*layers)
        draw_weights(self, init, rng=rng)

    def forward(self, x: Any) -> Any:
        shape = shape_of(x)
        if len(shape) < 2 or math.prod(shape[1:]) != self.in_features:
            fact = f"x has shape {shape}, expected (N, ...) with {self.in_features} features each"
            raise misfit(self, "", fact, {"x": x})
        return self.layers(x)


class SoftmaxRegression(_Perceptron):
    """One linear layer, whose outputs are scores of classes.

    (N, in_features) -> Linear -> (N, num_classes). Train with `nn.CrossEntropyLoss`.

    Parameters
    ----------
    in_features, num_classes : sizes; samples of any shape are flattened
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Bishop (2006), "Pattern Recognition and Machine Learning", section 4.3.4.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.SoftmaxRegression(28 * 28, 10)
    >>> model(np.ones((5, 1, 28, 28))).shape
    (5, 10)
    >>> nn.summary(model, (1, 784)).parameters
    7850
    """

    def __init__(
        self, in_features: int = 784, num_classes: int = 10, *, init: Rule = 0.01,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            in_features, (), num_classes, activation=ReLU, dropout=0.0, batch_norm=False,
            init=init, dtype=dtype, rng=rng,
        )  # fmt: skip


class MLP(_Perceptron):
    """A perceptron with any number of hidden layers.

    (N, in_features) -> [Linear -> BatchNorm -> activation -> Dropout] for each hidden layer
    -> Linear -> (N, out_features). Samples of any shape are flattened.

    Parameters
    ----------
    in_features : features of a sample
    hidden : widths of the hidden layers
    out_features : outputs; scores, for classes
    activation : what makes an activation, called without arguments for each hidden layer
    dropout : probability of dropping each hidden unit while training; 0 leaves it out
    batch_norm : whether to normalise over the batch before each activation
    init : name of a rule ("he", "xavier", "lecun", ..., "default") or standard deviation
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating errors".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.MLP(28 * 28, (512, 512), 10, dropout=0.2)
    >>> model(np.ones((2, 28, 28))).shape
    (2, 10)
    >>> nn.summary(model, (1, 784)).parameters
    669706
    """

    def __init__(
        self, in_features: int = 784, hidden: Iterable[int] = (512, 512), out_features: int = 10, *,
        activation: Callable[[], Module] = ReLU, dropout: float = 0.0, batch_norm: bool = False,
        init: Rule = "he", dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            in_features, hidden, out_features, activation=activation, dropout=dropout,
            batch_norm=batch_norm, init=init, dtype=dtype, rng=rng,
        )  # fmt: skip


class TwoLayerNet(_Perceptron):
    """The textbook's first network: one hidden layer of ReLUs.

    (N, input_size) -> Linear -> ReLU -> Linear -> (N, output_size).

    Parameters
    ----------
    input_size, hidden_size, output_size : features, hidden units, classes
    weight_init_std : standard deviation of the weights, or name of a rule; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Saitoh (2016), "Deep Learning from Scratch", chapters 4 and 5.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.TwoLayerNet(784, 50, 10)
    >>> model(np.ones((3, 784))).shape
    (3, 10)
    >>> nn.summary(model, (1, 784)).parameters
    39760
    """

    def __init__(
        self, input_size: int = 784, hidden_size: int = 50, output_size: int = 10,
        weight_init_std: Rule = 0.01, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            input_size, [hidden_size], output_size, activation=ReLU, dropout=0.0,
            batch_norm=False, init=weight_init_std, dtype=dtype, rng=rng,
        )  # fmt: skip


class FullyConnectedNet(_Perceptron):
    """The course's network of any depth, with dropout and batch normalisation on request.

    (N, ...) -> [Linear -> BatchNorm -> ReLU -> Dropout] for each hidden layer -> Linear
    -> (N, num_classes).

    Parameters
    ----------
    input_dim : features of a sample
    hidden_dims : widths of the hidden layers
    num_classes : outputs
    dropout : probability of *dropping* a hidden unit (the course's dropout is that of keeping)
    use_batchnorm : bool
    weight_scale : standard deviation of the weights, or name of a rule; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional
        The penalty on the weights that the course calls `reg` is `nn.regularise`'s business.

    Source
    ------
    Li, Karpathy & Johnson (2016), "CS231n: Convolutional Neural Networks for Visual Recognition",
    second assignment.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.FullyConnectedNet(3072, (100, 100), dropout=0.5, use_batchnorm=True)
    >>> model(np.ones((2, 3, 32, 32))).shape
    (2, 10)
    """

    def __init__(
        self, input_dim: int = 3072, hidden_dims: Iterable[int] = (100,), num_classes: int = 10,
        dropout: float = 0.0, use_batchnorm: bool = False, *, weight_scale: Rule = 0.01,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            input_dim, hidden_dims, num_classes, activation=ReLU, dropout=dropout,
            batch_norm=use_batchnorm, init=weight_scale, dtype=dtype, rng=rng,
        )  # fmt: skip
