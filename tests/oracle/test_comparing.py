"""The comparison itself: what is wrong on one side is found."""

import numpy as np
import pytest

import autograd as ag

from .comparing import assert_same, compare, torch

pytestmark = pytest.mark.oracle

X = np.array([[0.5, -1.0, 2.0]])
WRONG = {
    "value": lambda x: ag.sin(x) + 1e-8,
    "shape": lambda x: ag.sin(x)[0],
    "dtype": lambda x: ag.sin(x).astype("float32"),
    "gradient": lambda x: ag.sin(x).detach() + 0 * x,
    "second derivative": lambda x: ag.sin(x.detach()) + ag.cos(x.detach()) * (x - x.detach()),
    "no graph": lambda x: ag.sin(x).detach(),
    "two results": lambda x: (ag.sin(x), x),
}


def test_what_is_right_passes():
    compare(ag.sin, torch.sin, X, order=3)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_found(wrong):
    with pytest.raises((AssertionError, ValueError)):
        compare(wrong, torch.sin, X, order=2)


def test_an_error_in_any_result_is_found():
    with pytest.raises(AssertionError):
        compare(lambda x: (x, x * 2), lambda y: (y, y * 3), X)


def test_missing_gradients_are_not_equal():
    with pytest.raises(AssertionError, match="nothing to compare"):
        assert_same(None, None)
