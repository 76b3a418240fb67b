"""One layer here and its namesake in PyTorch: the same weights, inputs, outputs and gradients."""

from functools import partial

import numpy as np
import pytest

import nn
from autograd import Tensor

from .comparing import assert_same, torch

CLOSE = 1e-8  # whole layers: longer sums than those of single ops


def case_id(case):
    name, args, options, shapes = case
    inside = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in options.items())])
    return f"{name}({inside}) {shapes[0]}"


def table(cases):
    """A parametrisation by (class name, arguments, options, shapes of the inputs)."""
    return pytest.mark.parametrize("case", cases, ids=case_id)


close = partial(assert_same, close=CLOSE)


def both(ours, theirs, *arrays):
    """Outputs and gradients of all inputs, on either side; backward() fills those of parameters."""
    x = [Tensor(a, requires_grad=True) for a in arrays]
    y = [torch.tensor(a, requires_grad=True) for a in arrays]
    out, expected = ours(*x), theirs(*y)
    close(out, expected)
    g = np.random.default_rng(1).normal(size=out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    for a, b in zip(x, y, strict=True):
        close(a.grad, b.grad)


def same_state(ours, theirs):
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(other)
    for key, value in other.items():
        close(mine[key], value)


def compare(ours, theirs, *arrays):
    """Both, and the gradients of the parameters; the state (running statistics) afterwards."""
    ours.zero_grad()
    theirs.zero_grad()
    both(ours, theirs, *arrays)
    for (a, p), (b, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert a == b
        close(p.grad, q.grad)
    same_state(ours, theirs)


def pair(name, args, options):
    """The two layers, with PyTorch's first values in both."""
    ours = getattr(nn, name)(*args, **options).double()
    theirs = getattr(torch.nn, name)(*args, **options).double()
    assert repr(ours) == repr(theirs)
    same_settings(ours, theirs)
    randomise(theirs)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def same_settings(ours, theirs):
    """Public attributes that hold settings: the same names, the same values."""
    for name, value in vars(theirs).items():
        if not name.startswith("_") and name != "name":  # which is the name of the class
            assert getattr(ours, name) == value, name


def randomise(module):
    """First values that tell every parameter from every other (normalisation starts at 1 and 0)."""
    rng = np.random.default_rng(3)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.tensor(rng.uniform(0.2, 1.5, tuple(p.shape))))


def check(case, modes=(True, False), steps=1):
    """A case of a table: several steps of training, then evaluation."""
    name, args, options, shapes = case
    ours, theirs = pair(name, args, options)
    rng = np.random.default_rng(0)
    for training in modes:
        ours.train(training)
        theirs.train(training)
        for _ in range(steps if training else 1):
            compare(ours, theirs, *[rng.uniform(-2, 2, s) for s in shapes])
