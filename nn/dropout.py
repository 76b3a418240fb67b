"""Layers that are random while training. In evaluation (`model.eval()`) x passes unchanged."""

from __future__ import annotations

from typing import Any

from autograd.random import Rng, generator

from . import functional
from .linear import Dense
from .module import Module
from .settings import number


class _Dropout(Module):
    """What the forms of dropout share.

    Parameters
    ----------
    p : probability of being dropped
    inplace : accepted for PyTorch's sake: results are always new
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Rng = None):
        super().__init__()
        self.p = number(self, "p", p, 0, 1)
        self.inplace = inplace
        self.rng = None if rng is None else generator(rng)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """While training, each element becomes 0 with probability p, and otherwise x / (1 - p).

    Parameters
    ----------
    p : probability of becoming 0
    inplace : accepted for PyTorch's sake: results are always new
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.

    Source
    ------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    """

    def forward(self, input: Any) -> Any:
        return functional.dropout(input, self.p, self.training, rng=self.rng)


class Dropout1d(_Dropout):
    """Dropout of whole channels of sequences (N, C, L) or (C, L). Parameters as for `Dropout`."""

    def forward(self, input: Any) -> Any:
        return functional.dropout1d(input, self.p, self.training, rng=self.rng)


class Dropout2d(_Dropout):
    """Dropout of whole channels of images (N, C, H, W). Parameters as for `Dropout`.

    Source
    ------
    Tompson et al. (2015), "Efficient Object Localization Using Convolutional Networks".
    """

    def forward(self, input: Any) -> Any:
        return functional.dropout2d(input, self.p, self.training, rng=self.rng)


class Dropout3d(_Dropout):
    """Dropout of whole channels of volumes, (N, C, D, H, W) or (C, D, H, W). As `Dropout`."""

    def forward(self, input: Any) -> Any:
        return functional.dropout3d(input, self.p, self.training, rng=self.rng)


class AlphaDropout(_Dropout):
    """Dropout for SELU: dropped elements take its lowest value, and mean 0, variance 1 stay.

    Parameters as for `Dropout`.

    Source
    ------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), "Self-Normalizing Neural Networks".
    """

    def forward(self, input: Any) -> Any:
        return functional.alpha_dropout(input, self.p, self.training, rng=self.rng)


class GaussianNoise(Module):
    """While training, add normal noise of mean 0.

    Parameters
    ----------
    std : standard deviation of the noise
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.

    Source
    ------
    Bishop (1995), "Training with Noise is Equivalent to Tikhonov Regularization".
    """

    def __init__(self, std: float = 0.1, *, rng: Rng = None):
        super().__init__()
        self.std = number(self, "std", std, 0)
        self.rng = None if rng is None else generator(rng)

    def forward(self, input: Any) -> Any:
        return functional.gaussian_noise(input, self.std, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        return f"std={self.std}"


class DropConnect(Dense):
    """Linear, but while training each weight is dropped with probability p.

    The weights that stay are divided by 1 - p, so that evaluation uses them as they are. State
    dicts are those of `Linear`.

    Parameters
    ----------
    in_features, out_features, bias, dtype : as for `Linear`
    p : probability of a weight to be dropped
    rng : Generator or int, optional
        For the first values, and for what is dropped; the package's generator unless given.

    Source
    ------
    Wan, Zeiler, Zhang, LeCun & Fergus (2013), "Regularization of Neural Networks using
    DropConnect".
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, p: float = 0.5, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        self.p = number(self, "p", p, 0, 1)
        self.rng = None if rng is None else generator(rng)
        super().__init__(in_features, out_features, bias, dtype=dtype, rng=self.rng)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.drop_connect(
            input, self.weight, self.bias, self.p, self.training, rng=self.rng
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}"
