"""Mathematical functions of single elements, next to PyTorch's."""

import numpy as np
import pytest

import autograd as ag
from autograd.samples import Sample

from .comparing import Row, table, torch
from .inputs import FINITE, INF, LIMITS, NAN, at, between, cross, normal, on, pairs

pytestmark = pytest.mark.oracle

F = torch.nn.functional

HALVES = (0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.0, 3.0)

EXPONENTIAL = [
    Row("exp", torch.exp, on(-2, 2, -1000.0, 0.0, -INF, NAN)),
    Row("exp2", torch.exp2, on(-2, 2, -2000.0, 0.0, 10.0, NAN)),
    Row("expm1", torch.expm1, on(-2, 2, 1e-12, -1000.0, 0.0, NAN)),
    Row("log", torch.log, on(0.1, 9, 1e-300, 1.0, INF, NAN)),
    Row("log2", torch.log2, on(0.1, 9, 1.0, 8.0, INF, NAN)),
    Row("log10", torch.log10, on(0.1, 9, 1.0, 100.0, INF, NAN)),
    Row("log1p", torch.log1p, on(-0.9, 9, 0.0, 1e-12, INF, NAN)),
    Row("sigmoid", torch.sigmoid, on(-4, 4, 1000.0, -1000.0, INF, -INF, NAN)),
    Row("log_sigmoid", F.logsigmoid, on(-4, 4, 1000.0, -1000.0, NAN)),
    Row("logit", torch.logit, on(0.1, 0.9, 1e-10, 0.5, NAN)),
    Row("logaddexp", torch.logaddexp, [
        *pairs(),
        cross([1000.0, -1000.0, 0.0], [1000.0, -1000.0, 0.0], 1),
    ]),
    Row("logaddexp2", torch.logaddexp2, [
        *pairs(),
        cross([1000.0, -1000.0], [1000.0, -1000.0, 0.0], 1),
    ]),
    Row("xlogy", torch.xlogy, [
        *pairs((-2, 2), (0.1, 2)),
        cross([0.0, 1.0], [0.5, 2.0]),
        cross([0.0], [0.0, -1.0, NAN], 0),
    ]),
    Row("xlog1py", torch.special.xlog1py, [
        *pairs((-2, 2), (-0.9, 2)),
        cross([0.0, 1.0], [0.5, 1e-12]),
    ]),
]  # fmt: skip

ARITHMETIC = [
    Row("add", torch.add, pairs()),
    Row("subtract", torch.subtract, pairs()),
    Row("multiply", torch.multiply, [
        *pairs(),
        cross(FINITE, FINITE),
    ]),
    Row("divide", torch.divide, [
        *pairs((-2, 2), (0.5, 2)),
        cross([0.0, 1.0, -1.0], [1.0, -2.0]),
    ]),
    Row("divide", torch.divide, [cross([0.0, 1.0, -1.0, INF], [0.0, -0.0, INF, NAN], 0)]),
    Row("negative", torch.negative, on(-2, 2, 0.0, *LIMITS)),
    Row("positive", torch.positive, on(-2, 2, 0.0, *LIMITS)),
    Row("abs", torch.abs, on(-2, 2, *FINITE, INF, -INF)),
    Row("sign", torch.sign, on(-2, 2, *FINITE, INF, -INF)),
    Row("reciprocal", torch.reciprocal, on(0.5, 2, 1e-100, -3.0, INF)),
    Row("remainder", torch.remainder, [
        *pairs((-9, 9), (0.5, 2)),
        cross([7.5, -7.5, 6.0, -6.0, 0.0], [2.0, -2.0]),
    ]),
    Row("fmod", torch.fmod, [
        *pairs((-9, 9), (0.5, 2)),
        cross([7.5, -7.5, 6.0, -6.0, 0.0], [2.0, -2.0]),
    ]),
    Row("floor_divide", torch.floor_divide, [
        *pairs((-9, 9), (0.5, 2)),
        cross([7.5, -7.5, 6.0, 0.0], [2.0, -2.0]),
    ], order=0),
    Row("lerp", torch.lerp, [
        Sample(*normal(3, 2, 3)),
        Sample(normal(2, 1), normal(3), normal(2, 3)),
        Sample(normal(3), normal(0, 3), 0.3),
        Sample(np.array([-1.0, 1.0, 5.0]), np.array([2.0, 4.0, 1e17]), np.array([0.0, 1.0, 1.0])),
    ]),
    Row("addcmul", torch.addcmul, [
        Sample(*normal(3, 2, 3)),
        Sample(normal(3), normal(2, 1), normal(2, 3), value=-0.5),
    ]),
    Row("addcdiv", torch.addcdiv, [
        Sample(*between(1, 2, 3, 2, 3)),
        Sample(normal(3), normal(2, 1), between(1, 2, 2, 3), value=3),
    ]),
]  # fmt: skip

POWERS = [
    Row("square", torch.square, on(-2, 2, 0.0, -0.0, 1e200, INF, NAN)),
    Row("sqrt", torch.sqrt, on(0.1, 4, 1e-300, 4.0, INF, NAN, order=1)),
    Row("sqrt", torch.sqrt, [at(0.0, -1.0, order=1)]),
    Row("rsqrt", torch.rsqrt, on(0.1, 4, 4.0, INF)),
    Row("hypot", torch.hypot, [
        *pairs((0.5, 2), (-2, 2)),
        cross([1.0, -1.0], [0.0, -0.0, 1.0]),
        cross([1e200, 0.0], [1e200, 1.0], 1),
    ]),
    Row("power", torch.pow, pairs((0.2, 2), (-2, 2))),
    Row("power", torch.pow, [
        Sample(np.array([-2.0, -0.5, 0.0, 3.0]), y, label=f"** {y!r}")
        for y in (0, 1, 2, 3, 0.0, 1.0, 2.0, 3.0)
    ]),
    Row("power", torch.pow, [
        Sample(np.array([-2.0, -0.5, 0.5, 3.0]), y, label=f"nonzero ** {y!r}")
        for y in (-1, -2, -3.0)
    ]),
    Row("power", torch.pow, [
        Sample(np.array([0.3, 2.0]), y, label=f"positive ** {y!r}") for y in (0.5, -0.5, 1.5, 2.5)
    ]),
    Row("power", torch.pow, [
        Sample(x, np.array([-1.5, 0.0, 2.0]), label=f"{x!r} ** y") for x in (2, 0.5, 1.0, 3.0)
    ]),
    Row("power", torch.pow, [
        cross([0.5, 1.0, 3.0], [1.0, 2.0, -1.0]),
        cross([0.5, 1.0, 3.0], [0.0], 1),
        cross([0.0], [1.0, 2.0, 3.0, 0.5], 1),
        cross([0.0, -0.0, 1e-310], [-1.0, -0.5, 0.0], 1),
        cross([-2.0, -1.0], [2.0, 3.0, -1.0, 0.5, INF, -INF], 1),
        cross([INF, -INF, NAN], [2.0, 3.0, -1.0, 0.0, 0.5], 1),
    ]),
]  # fmt: skip

TRIGONOMETRIC = [
    Row("sin", torch.sin, on(-4, 4, 0.0, 1e5, INF, NAN)),
    Row("cos", torch.cos, on(-4, 4, 0.0, 1e5, INF, NAN)),
    Row("tan", torch.tan, on(-1.3, 1.3, 0.0, 3.0)),
    Row("asin", torch.asin, on(-0.9, 0.9, 0.0)),
    Row("acos", torch.acos, on(-0.9, 0.9, 0.0)),
    Row("asin", torch.asin, [at(1.0, -1.0, 1.1, NAN, order=1)]),
    Row("acos", torch.acos, [at(1.0, -1.0, 1.1, NAN, order=1)]),
    Row("atan", torch.atan, on(-4, 4, 0.0, 1e10, INF, -INF)),
    Row("atan2", torch.atan2, [
        *pairs((0.3, 2), (-2, 2)),
        cross([0.0, -0.0], [1.0, -1.0]),
        cross([1.0, -1.0], [0.0, -0.0]),
        cross([0.0, -0.0, INF, -INF], [0.0, -0.0, INF, -INF], 0),
    ]),
    Row("sinh", torch.sinh, on(-2, 2, 0.0, 1e-10)),
    Row("cosh", torch.cosh, on(-2, 2, 0.0, 1e-10)),
    Row("tanh", torch.tanh, on(-2, 2, 0.0, 1000.0, -1000.0, INF, -INF)),
    Row("asinh", torch.asinh, on(-4, 4, 0.0, 1e10)),
    Row("acosh", torch.acosh, on(1.1, 4, 1e10)),
    Row("atanh", torch.atanh, on(-0.9, 0.9, 0.0)),
    Row("sinc", torch.sinc, [*on(-3, 3, 1.0, -2.0), at(0.0, order=1)]),
    Row("deg2rad", torch.deg2rad, on(-400, 400, 180.0)),
    Row("rad2deg", torch.rad2deg, on(-4, 4, np.pi)),
]  # fmt: skip

TRIGAMMA = 1e-8  # how far PyTorch's is off at 1

SPECIAL = [
    Row("erf", torch.erf, on(-3, 3, 0.0, 30.0, INF, -INF)),
    Row("erfc", torch.erfc, on(-3, 6, 0.0, 20.0, INF, -INF)),
    Row("erfinv", torch.erfinv, on(-0.99, 0.99, 0.0)),
    Row("erfinv", torch.erfinv, [at(1.0, -1.0, 1.1, order=0)]),
    Row("lgamma", torch.lgamma, on(0.1, 9, 1.0, 2.0, -0.7, -2.5, 50.0), order=1),
    Row("lgamma", torch.lgamma, [at(0.0, -1.0, INF, order=0)]),
    Row("digamma", torch.digamma, on(0.2, 9, 1.0, -0.7, -2.5, 50.0), close=TRIGAMMA),
    Row("ndtr", torch.special.ndtr, on(-5, 5, 0.0, -30.0, INF, -INF)),
    Row("log_ndtr", torch.special.log_ndtr, [*on(-5, 5, 0.0, 30.0), at(-1000.0, order=1)]),
    Row("i0", torch.i0, on(-9, 9, 0.0, 30.0)),
    Row("i0e", torch.special.i0e, on(0.1, 9, -200.0, 300.0)),
    Row("i1", torch.special.i1, [*on(0.1, 9, -9.0, 30.0), at(1e-310, 0.0, order=1)]),
    Row("i1e", torch.special.i1e, [*on(0.1, 9, -200.0, 300.0), at(1e10, INF, -INF, order=1)]),
    Row("entr", torch.special.entr, on(0.1, 2, 1e-8, 5.0)),
    Row("entr", torch.special.entr, [at(0.0, -1.0, INF, NAN, order=0)]),
    Row("polygamma", torch.special.polygamma, [
        Sample(n, np.array([0.2, 1.5, 3.3, 50.0]), label=f"n={n}", orders=1) for n in (0, 2, 3)
    ]),
]  # fmt: skip

ROUNDING = [
    Row("floor", torch.floor, on(-3, 3, *HALVES, INF)),
    Row("ceil", torch.ceil, on(-3, 3, *HALVES, -INF)),
    Row("trunc", torch.trunc, on(-3, 3, *HALVES, NAN)),
    Row("frac", torch.frac, on(-3, 3, *HALVES)),
    Row("round", torch.round, on(-3, 3, *HALVES)),
    Row("round", torch.round, [
        Sample(between(-99, 99, 9), decimals=d) for d in (1, 2, -1)
    ]),
    Row("nan_to_num", torch.nan_to_num, on(-3, 3, *LIMITS, 1.0)),
    Row("nan_to_num", torch.nan_to_num, [
        Sample(np.array([*LIMITS, 1.0]), nan=2.0, posinf=3.0, neginf=-4.0)
    ]),
]  # fmt: skip


@table([*EXPONENTIAL, *ARITHMETIC, *POWERS, *TRIGONOMETRIC, *SPECIAL, *ROUNDING])
def test_functions_of_single_elements(row, sample):
    row.check(sample)


# The sizes of broadcasting: random shapes


@pytest.mark.parametrize("seed", range(20))
def test_broadcasting_of_random_shapes(seed):
    rng = np.random.default_rng(seed)
    full = rng.integers(0, 4, rng.integers(0, 5))
    shapes = [
        tuple(np.where(rng.random(len(full)) < 0.3, 1, full)[rng.integers(0, len(full) + 1) :])
        for _ in range(2)
    ]
    x, y = (np.asarray(rng.uniform(0.5, 2, s)) for s in shapes)
    for name, theirs in {"hypot": torch.hypot, "divide": torch.divide, "power": torch.pow}.items():
        Row(name, theirs, []).check(Sample(x, y))


def test_integers_give_the_same_integers():
    """Ops that keep integers integers on both sides, with the same dtype."""
    x, y = np.array([7, -7, 6, -6]), np.array([2, 2, -4, -4])
    for name, theirs in {
        "add": torch.add, "subtract": torch.subtract, "multiply": torch.multiply,
        "remainder": torch.remainder, "fmod": torch.fmod, "floor_divide": torch.floor_divide,
        "maximum": torch.maximum, "minimum": torch.minimum,
    }.items():  # fmt: skip
        Row(name, theirs, []).check(Sample(x, y))
    for name in ("negative", "positive", "abs", "sign", "square", "floor", "ceil", "trunc"):
        Row(name, getattr(torch, name), []).check(Sample(x))
    Row("power", torch.pow, []).check(Sample(x, 3))
    assert ag.power(x, 3).dtype == np.int64
