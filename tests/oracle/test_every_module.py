"""Every module is compared with PyTorch's, or is one that PyTorch does not have.

And what both have takes the same arguments.
"""

import inspect
from pathlib import Path

import pytest

import nn
from nn import functional as F  # noqa: N812

from .modules import torch

pytestmark = pytest.mark.oracle

# What PyTorch lacks -> the file in tests/ that compares it with its definition
OWN = {
    "DropConnect": "test_nn_dense.py",
    "ExponentialLoss": "oracle/test_losses.py",
    "GaussianNoise": "test_nn_dense.py",
    "GlobalAvgPool": "test_nn_conv.py",
    "HingeLoss": "oracle/test_losses.py",
    "Lambda": "test_nn_calls.py",
    "LearnedPositionalEncoding": "test_attention.py",
    "LocallyConnected2d": "test_nn_conv.py",
    "LogCoshLoss": "oracle/test_losses.py",
    "MSLELoss": "oracle/test_losses.py",
    "Maxout": "test_nn_dense.py",
    "PeepholeLSTM": "test_recurrent.py",
    "RBF": "test_nn_dense.py",
    "RMSELoss": "oracle/test_losses.py",
    "Seq2Seq": "test_recurrent.py",
    "SinusoidalPositionalEncoding": "test_attention.py",
    "Step": "test_nn_activation.py",
    "StochasticPool2d": "test_nn_conv.py",
    "TemporalCrossEntropy": "oracle/test_losses.py",
    "TiledConv2d": "test_nn_conv.py",
}
CONTAINERS = {"Module", "ModuleDict", "ModuleList", "ParameterList", "Sequential"}  # test_nn.py

TESTS = Path(__file__).parent
CLASSES = [
    name
    for name in nn.__all__
    if inspect.isclass(getattr(nn, name)) and issubclass(getattr(nn, name), nn.Module)
]


def mentions(path, name):
    text = path.read_text(encoding="utf-8")
    return f'"{name}"' in text or f"nn.{name}(" in text


@pytest.mark.parametrize("name", sorted(set(CLASSES) - set(OWN) - CONTAINERS))
def test_a_module_of_pytorch_is_compared_with_it(name):
    assert hasattr(torch.nn, name), f"PyTorch has no {name}: put it into OWN, and test it"
    assert any(mentions(path, name) for path in TESTS.glob("test_*.py") if path != Path(__file__))


@pytest.mark.parametrize("name", OWN)
def test_a_module_that_pytorch_lacks_has_tests_of_its_own(name):
    assert name in CLASSES
    assert not hasattr(torch.nn, name)
    assert mentions(TESTS.parent / OWN[name], name)


def parameters(cls):
    """Positional parameters of the constructor: name -> default, a function by its name."""
    every = inspect.signature(cls).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    return [(p.name, getattr(p.default, "__name__", p.default)) for p in every if p.kind in kinds]


# Deprecated there, or meaningless here
OLD = {"size_average", "reduce", "device", "dtype", "min_value", "max_value"}


@pytest.mark.parametrize("name", sorted(set(CLASSES) - set(OWN) - CONTAINERS))
def test_constructors_take_the_same_arguments_in_the_same_order(name):
    theirs = [
        (n, d) for n, d in parameters(getattr(torch.nn, name)) if n not in OLD and n[0] != "_"
    ]
    assert parameters(getattr(nn, name))[: len(theirs)] == theirs


# Functions. Those of PyTorch that are written in C or chosen at run time tell no signature: the
# oracle tests of each group call them with positional arguments.

OLD_OPTIONS = OLD | {"out", "_stacklevel", "antialias"}


def told(name):
    try:
        return [(n, d) for n, d in parameters(getattr(torch.nn.functional, name)) if n[0] != "_"]
    except ValueError:
        return []


@pytest.mark.parametrize("name", [n for n in F.__all__ if hasattr(torch.nn.functional, n)])
def test_functions_take_the_same_arguments_in_the_same_order(name):
    theirs = [(n, d) for n, d in told(name) if n not in OLD_OPTIONS]
    assert parameters(getattr(F, name))[: len(theirs)] == theirs
