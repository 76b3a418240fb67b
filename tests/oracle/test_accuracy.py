"""The accuracy that docs/numerics.md promises, against mpmath in 110 digits."""

import numpy as np
import pytest
from test_numerics import rows

import autograd as ag
from autograd import Tensor

mp = pytest.importorskip("mpmath", reason="mpmath is not installed: make oracle")

pytestmark = pytest.mark.oracle

UNIT = 2.0**-52
DIGITS = 110
STEP = 10**-25  # relative; central differences are then right to 50 digits


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(x))


TRUE = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x),
    "softplus": softplus,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "sinc": lambda x: mp.sinc(mp.pi * x),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "ndtr": mp.ncdf,
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
    "lgamma": lambda x: mp.log(mp.gamma(x)),
    "digamma": mp.digamma,
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * mp.ncdf(x),
}


def points(low, high):
    """Even steps and powers between the bounds, of both signs where these differ."""
    rng = np.random.default_rng(0)
    low_size = 1e-12 if low <= 0 else low
    sizes = np.geomspace(low_size, max(abs(low), high), 12)
    x = np.concatenate([rng.uniform(low, high, 20), sizes, -sizes])
    return x[(x >= low) & (x <= high)]


def exact(f, at, order):
    at = mp.mpf(float(at))
    h = abs(at) * STEP
    if order == 0:
        return f(at)
    if order == 1:
        return (f(at + h) - f(at - h)) / (2 * h)
    return (f(at + h) - 2 * f(at) + f(at - h)) / (h * h)


def error(value, true, absolute):
    """In units of the last place; what float64 cannot hold does not count."""
    if not absolute and abs(true) < 1e-300:
        return abs(float(value)) / 1e-300
    off = abs(mp.mpf(float(value)) - true)
    return float(off if absolute else off / abs(true)) / UNIT


TABLE = [
    pytest.param(row[0].strip("`").partition("(")[0], row[1], row[2:], id=row[0].strip("`"))
    for row in rows("Accuracy", 5)
]


@pytest.mark.parametrize(("name", "between", "bounds"), TABLE)
@np.errstate(all="ignore")
def test_accuracy(name, between, bounds):
    x = points(*map(float, between.split(", ")))
    t = Tensor(x, requires_grad=True)
    y = getattr(ag, name)(t)
    with mp.workdps(DIGITS):
        for order, bound in enumerate(bounds):
            number, _, kind = bound.partition(" ")
            errors = [error(v, exact(TRUE[name], a, order), kind == "abs") for v, a in zip(y, x)]
            worst = int(np.argmax(errors))
            assert errors[worst] <= float(number), f"order {order} at {x[worst]!r}"
            y = y.gradient(t, gradient=np.ones(y.shape), create_graph=True)


def test_every_function_is_in_the_table():
    assert {case.values[0] for case in TABLE} == set(TRUE)
