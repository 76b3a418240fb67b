"""Choosing, masking, comparing and activating single elements, next to PyTorch's functions."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, table, torch
from .inputs import FINITE, INF, LIMITS, NAN, RNG, at, between, cross, normal, on, pairs

pytestmark = pytest.mark.oracle

F = torch.nn.functional

CHOOSE = [
    Row("where", torch.where, [
        Sample(RNG.random((2, 3)) > 0.5, normal(2, 3), normal(2, 3)),
        Sample(RNG.random((2, 1)) > 0.5, normal(3), normal()),
        Sample(np.ones((0, 3), bool), normal(3), 1.0),
        Sample(np.array([True, False]), np.array([1.0, NAN]), np.array([INF, 2.0])),
    ]),
    Row("clip", torch.clip, [
        Sample(np.array([-2.0, -1.0, 0.0, 0.5, 3.0, INF, -INF]), min=-1.0, max=0.5),
        Sample(np.array([-2.0, -1.0, 0.0]), min=-1.0),
        Sample(np.array([-2.0, 0.5, 3.0]), max=0.5),
        Sample(np.array([-2.0, 0.0, 3.0]), 1.0, -1.0, label="crossed"),
        Sample(normal(2, 3), np.full(3, -0.5), np.full((2, 1), 0.5), label="arrays"),
        Sample(normal(2, 3), None, np.full(3, 0.5), label="one array"),
        Sample(np.zeros((0, 2)), min=0),
    ]),
    Row("clamp", torch.clamp, [Sample(np.array([-2.0, -1.0, 0.0, 0.5, 3.0]), min=-1.0, max=0.5)]),
    Row("maximum", torch.maximum, [
        *pairs(),
        cross([1.0, 2.0], [1.0, 1.5, 2.0]),
        cross([1.0, NAN, INF, 0.0], [NAN, -INF, -0.0], 0),
    ]),
    Row("minimum", torch.minimum, [
        *pairs(),
        cross([1.0, 2.0], [1.0, 1.5, 2.0]),
        cross([1.0, NAN, INF, 0.0], [NAN, -INF, -0.0], 0),
    ]),
    Row("fmax", torch.fmax, [
        *pairs(),
        cross([1.0, NAN], [2.0, 0.5]),
        cross([1.0], [NAN, 0.5]),
    ]),
    Row("fmin", torch.fmin, [
        *pairs(),
        cross([1.0, NAN], [2.0, 0.5]),
        cross([1.0], [NAN, 0.5]),
    ]),
    Row("copysign", torch.copysign, [
        *pairs(),
        cross([1.0, -2.0, 0.0], [0.0, -0.0, 3.0, -3.0], 1),
    ]),
    Row("heaviside", torch.heaviside, [
        *pairs(),
        cross([0.0, -1.0, 1.0], [0.5, 2.0]),
    ], order=0),
]  # fmt: skip

MASK = np.array([[True, False, True], [False, True, False]])
MASKS = [
    Row("masked_fill", torch.masked_fill, [
        Sample(normal(2, 3), MASK, -1.5),
        Sample(normal(2, 3), MASK[:1], normal()),
        Sample(normal(2, 3), MASK, INF),
        Sample(np.ones((0, 3)), MASK[:1], 2.0),
    ]),
    Row("masked_scatter", torch.masked_scatter, [
        Sample(normal(2, 3), MASK, normal(5)),
        Sample(normal(2, 3), MASK[0], normal(2, 2)),
    ]),
]  # fmt: skip

COMPARED = [
    Sample(np.array([1.0, 2.0, NAN, INF, -0.0]), np.array([1.0, 3.0, NAN, INF, 0.0])),
    Sample(RNG.integers(-1, 2, (2, 3)), RNG.integers(-1, 2, 3)),
    Sample(RNG.integers(-1, 2, (2, 1)) * 1.0, np.array(0)),
    Sample(np.ones((0, 3)), np.ones(3)),
    Sample(np.array([True, False]), np.array([[True], [False]])),
]
CLOSENESS = np.array([1.0, 1.0, 1.0, INF, INF, NAN]), np.array([1 + 1e-6, 1.1, NAN, INF, -INF, NAN])
INTEGERS = [
    Sample(RNG.integers(-9, 9, (2, 3)), RNG.integers(-9, 9, 3)),
    Sample(np.array([True, True, False]), np.array([True, False, False])),
    Sample(np.arange(5, dtype=np.uint8), np.uint8(6)),
]
VALUES = on(-2, 2, *FINITE, *LIMITS)
LOGICAL = [*COMPARED, Sample(np.array([0.0, -0.0, NAN, 2.0]), np.array([1.0, 0.0, 0.0, NAN]))]

COMPARE = [
    *(
        Row(name, getattr(torch, theirs), COMPARED)
        for name, theirs in {
            "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt",
            "greater_equal": "ge",
        }.items()
    ),
    *(Row(n, getattr(torch, n), LOGICAL) for n in ("logical_and", "logical_or", "logical_xor")),
    *(
        Row(n, getattr(torch, n), INTEGERS) for n in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    *(Row(n, getattr(torch, n), VALUES) for n in ("isnan", "isinf", "isfinite", "logical_not")),
    Row("invert", torch.bitwise_not, [Sample(s.args[0]) for s in INTEGERS]),
    Row("isclose", torch.isclose, [
        Sample(*CLOSENESS), Sample(*CLOSENESS, equal_nan=True), Sample(*CLOSENESS, rtol=0.2),
        Sample(*CLOSENESS, rtol=0.0, atol=0.15),
    ]),
]  # fmt: skip

KINKS = (-1.0, 0.0, -0.0, 0.5, -0.5, 1.0, 3.0, -3.0, 6.0)
CURVE = on(-8, 8, 1000.0, -1000.0, 0.0)
BENT = [*on(-8, 8, 1000.0, -1000.0), at(0.0, order=1)]
SINGLE = 1e-6  # where PyTorch keeps a constant in single precision
ACTIVATION = [
    Row("relu", F.relu, on(-3, 3, 0.0, -0.0, INF)),
    Row("relu6", F.relu6, on(-8, 8, 0.0, 6.0)),
    Row("leaky_relu", F.leaky_relu, on(-3, 3, 0.0, INF)),
    Row("leaky_relu", F.leaky_relu, [Sample(normal(9), negative_slope=0.3)]),
    Row("prelu", F.prelu, [
        Sample(normal(2, 3, 4), between(0, 1, 3)),
        Sample(normal(2, 3), between(0, 1, 1)),
        Sample(np.array([0.0, -1.0, 2.0]), np.array([0.25]), orders=1),
    ]),
    Row("rrelu", F.rrelu, [
        Sample(normal(9)), Sample(normal(2, 3), lower=0.1, upper=0.4),
    ]),
    Row("hardtanh", F.hardtanh, [
        *on(-3, 3, *KINKS), Sample(between(-3, 3, 9), min_val=-0.5, max_val=2.0),
    ]),
    Row("hardsigmoid", F.hardsigmoid, on(-5, 5, *KINKS), order=1, close=SINGLE),
    Row("hardswish", F.hardswish, on(-5, 5, -4.0, 0.0, 4.0)),
    Row("hardshrink", F.hardshrink, [*on(-3, 3, *KINKS), Sample(normal(9), lambd=1.0)]),
    Row("softshrink", F.softshrink, [*on(-3, 3, *KINKS), Sample(normal(9), lambd=1.0)]),
    Row("threshold", F.threshold, [Sample(np.array(KINKS), threshold=0.5, value=-7.0)]),
    Row("elu", F.elu, [*BENT, Sample(normal(9), alpha=0.3)]),
    Row("selu", F.selu, BENT),
    Row("celu", F.celu, BENT),
    Row("celu", F.celu, [Sample(normal(9), alpha=0.3)], close=SINGLE),
    Row("gelu", F.gelu, CURVE),
    Row("gelu", F.gelu, [Sample(between(-8, 8, 9), approximate="tanh")]),
    Row("silu", F.silu, CURVE),
    Row("mish", F.mish, [*on(-8, 8, -1000.0, 0.0), at(1000.0, order=1)]),
    Row("tanhshrink", F.tanhshrink, on(-3, 3, 1000.0, 0.0)),
    Row("softsign", F.softsign, on(-3, 3, 0.0, 1e10)),
    Row("softplus", F.softplus, [
        *CURVE, Sample(between(-8, 8, 9), beta=0.3),
        Sample(np.array([-2.0, 0.0, 2.0]), threshold=1.0),
    ]),
    Row("glu", F.glu, [
        Sample(normal(2, 6)), Sample(normal(4, 3), axis=0),
        Sample(normal(2, 4, 3), axis=-2), Sample(np.ones((0, 4))),
    ]),
]  # fmt: skip


@table([*CHOOSE, *MASKS, *COMPARE, *ACTIVATION])
def test_choices_of_single_elements(row, sample):
    row.check(sample)
