"""debug(): the first NaN or Inf, where it is born, forward and backward."""

import sys

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, debug
from autograd.errors import NonFiniteError
from autograd.graph import Scope
from autograd.modes import Setting


def line():
    return sys._getframe(1).f_lineno


def leaf(values, **options):
    return Tensor(np.array(values, np.float64), requires_grad=True, **options)


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


FORWARD = {
    "log": (lambda x: ag.log(x), [1.0, 0.0], "log", "-inf", "[1]", "x = 0.0"),
    "sqrt": (lambda x: ag.sqrt(x), [1.0, 4.0, -2.0], "sqrt", "nan", "[2]", "x = -2.0"),
    "divide": (lambda x: 1 / x, [2.0, 0.0], "divide", "inf", "[1]", "y = 0.0"),
    "zero by zero": (
        lambda x: x / Tensor(np.zeros(2)),
        [0.0, 1.0],
        "divide",
        "nan",
        "[0]",
        "y = 0.0",
    ),
    "broadcast": (lambda x: np.ones((2, 1)) / x, [2.0, 0.0], "divide", "inf", "[0, 1]", "y = 0.0"),
    "power": (lambda x: x**0.5, [1.0, -3.0], "power", "nan", "[1]", "x = -3.0"),
    "overflow": (lambda x: ag.exp(x), [1.0, 1000.0], "exp", "inf", "[1]", "x = 1000.0"),
    "zero-dim": (lambda x: ag.log(x[0]), [0.0], "log", "-inf", "result", "x = 0.0"),
    "reduction": (lambda x: ag.prod(x), [1e200, 1e200], "prod", "inf", "result", "1e+200"),
    "matrix product": (lambda x: x @ x, [1e200, 1e200], "matmul", "inf", "result", "1e+200"),
}


@pytest.mark.parametrize("case", FORWARD.values(), ids=FORWARD.keys())
@pytest.mark.parametrize("tracked", [True, False], ids=["tracked", "plain"])
def test_the_forward_pass_stops_where_it_is_born(case, tracked):
    f, values, op, value, index, operand = case
    x = leaf(values) if tracked else Tensor(np.array(values))
    with debug(), pytest.raises(NonFiniteError) as e:
        ag.exp(f(x * 1)) * 2
    first = str(e.value).splitlines()[0]
    assert first.startswith(f"{op}:")
    for part in (value, index, operand):
        assert part in first, f"{part!r} is not in {first!r}"
    assert f"test_debug.py:{f.__code__.co_firstlineno}" in str(e.value)


def test_an_error_names_the_module():
    inside = Setting("scope", Scope("head", "Linear"))
    with debug(), inside, pytest.raises(NonFiniteError, match=r"head \(Linear\)"):
        ag.log(leaf([0.0]))


def test_finite_programs_run_as_ever():
    x = leaf([1.0, 2.0])
    with debug():
        (ag.log(x) * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.log(x.numpy()) + 1)


def test_outside_nothing_is_checked():
    with debug():
        pass
    assert ag.log(leaf([0.0])).tolist() == [-np.inf]


def test_as_a_decorator():
    @debug()
    def f(x):
        return ag.log(x)

    with pytest.raises(NonFiniteError):
        f(leaf([0.0]))
    assert ag.log(leaf([0.0])).tolist() == [-np.inf]


def test_integers_and_booleans_are_finite():
    with debug():
        assert (Tensor([1, 2]) * 3 > 4).tolist() == [False, True]


# A NaN that is already in the input is not born in the op that passes it on


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_came_in_is_told_apart_from_one_that_was_born(value):
    x = Tensor(np.array([1.0, value]), requires_grad=True)
    with debug(), pytest.raises(NonFiniteError) as e:
        x * 2
    first = str(e.value).splitlines()[0]
    assert "multiply" in first
    assert f"x = {value}" in first


# Backward


def test_the_backward_pass_stops_where_it_is_born():
    x = leaf([4.0, 0.0])
    with debug():
        y = ag.sqrt(x)
        at = line() - 1
        with pytest.raises(NonFiniteError) as e:
            (y * 3).sum().backward()
    text = str(e.value)
    assert text.startswith("sqrt:")
    assert "inf" in text.splitlines()[0]
    assert "gradient" in text.splitlines()[0]
    assert "[1]" in text.splitlines()[0]
    assert f"test_debug.py:{at}" in text


def test_a_backward_error_shows_the_operands_of_the_op():
    x = leaf([4.0, 0.0])
    with debug(), pytest.raises(NonFiniteError) as e:
        ag.cbrt(x).sum().backward()
    assert "x = 0.0" in str(e.value) or "out = 0.0" in str(e.value)
    assert "x = 1.0" not in str(e.value)  # that is the cotangent


def test_recorded_outside_and_checked_in_backward():
    x = leaf([0.0])
    y = ag.sqrt(x)
    with debug(), pytest.raises(NonFiniteError, match="sqrt"):
        y.sum().backward()


def test_a_masked_infinity_is_no_infinity():
    x = leaf([4.0, 0.0])
    with debug():
        ag.where(x > 0, ag.sqrt(x), 3 * x).sum().backward()
    assert x.grad.tolist() == [0.25, 3]


def test_in_second_order():
    x = leaf([0.0])
    with debug():
        d = (x**1.5).sum().gradient(x, create_graph=True)  # 1.5 sqrt(x)
        assert d.tolist() == [0]
        with pytest.raises(NonFiniteError):
            d.sum().backward()


def test_a_cotangent_that_is_not_finite():
    x = leaf([1.0, 2.0])
    y = x * 3
    with debug(), pytest.raises(NonFiniteError) as e:
        y.backward([1.0, np.nan])
    assert "[1]" in str(e.value)


def test_the_state_is_back_after_the_error():
    with pytest.raises(NonFiniteError), debug():
        ag.log(leaf([0.0]))
    assert ag.log(leaf([0.0])).tolist() == [-np.inf]


def test_grad_is_untouched_by_a_failed_backward():
    x = leaf([0.0])
    with debug(), pytest.raises(NonFiniteError):
        ag.sqrt(x).sum().backward()
    assert x.grad is None
