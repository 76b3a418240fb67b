"""Noise while training, with PyTorch's argument names. `inplace` is accepted: results are new.

Every function takes `rng`: a Generator, an int seed, or nothing for the package's generator.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.random import Rng


def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """Each element becomes 0 with probability p, and otherwise input / (1 - p).

    Parameters
    ----------
    training : bool
        False: the input as it is.
    rng : Generator or int, optional

    Source
    ------
    Srivastava et al. (2014), "Dropout"; "inverted", so that evaluation needs no scaling.

    Examples
    --------
    >>> from nn import functional as F
    >>> sorted(set(F.dropout(Tensor(np.ones(100)), 0.5, rng=0).tolist()))
    [0.0, 2.0]
    """
    return ag.dropout(input, p, training, rng)


def dropout1d(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """`dropout` of whole channels of sequences: input is (N, C, L) or (C, L)."""
    return ag.dropout1d(input, p, training, rng)


def dropout2d(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """`dropout` of whole channels of images (N, C, H, W), or of sequences (N, C, L).

    Source
    ------
    Tompson et al. (2015), "Efficient Object Localization Using Convolutional Networks".
    """
    return ag.dropout2d(input, p, training, rng)


def dropout3d(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """`dropout` of whole channels of volumes: input is (N, C, D, H, W) or (C, D, H, W)."""
    return ag.dropout3d(input, p, training, rng)


def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """Dropout for `selu`: dropped elements take its lowest value, and mean 0, variance 1 stay.

    Source
    ------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), "Self-Normalizing Neural Networks".
    """
    return ag.alpha_dropout(input, p, training, rng)


def drop_connect(
    input: Any, weight: Any, bias: Any = None, p: float = 0.5, training: bool = True, *,
    rng: Rng = None,
) -> Any:  # fmt: skip
    """`linear` whose weights are dropped, each with probability p, rather than the elements.

    Source
    ------
    Wan, Zeiler, Zhang, LeCun & Fergus (2013), "Regularization of Neural Networks using
    DropConnect", with the mean weights in evaluation.
    """
    return ag.drop_connect(input, weight, bias, p=p, training=training, rng=rng)


def gaussian_noise(input: Any, std: float = 1.0, training: bool = True, *, rng: Rng = None) -> Any:
    """input plus normal noise of mean 0 and this standard deviation.

    Source
    ------
    Bishop (1995), "Training with Noise is Equivalent to Tikhonov Regularization".
    """
    return ag.gaussian_noise(input, std, training, rng)
