"""Reductions, softmax and running forms along axes, next to PyTorch's."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, table, torch
from .inputs import INF, NAN, RNG, distinct, normal, over

pytestmark = pytest.mark.oracle

F = torch.nn.functional

ONE = (0, -1, 1)
SEVERAL = (None, *ONE, (0, 2), (-1, 0, 1))


def holes(*shape):
    x = normal(*shape)
    x.ravel()[::5] = NAN
    return x


def without_axis(f):
    """A function of PyTorch that needs one axis, for all of them too."""

    def reduce(x, dim=None, keepdim=False):
        if dim is not None:
            return f(x, dim=dim, keepdim=keepdim)
        out = f(x.reshape(-1), dim=0)
        return out.reshape([1] * x.ndim) if keepdim else out

    return reduce


def values(f):
    """A function of PyTorch that returns indices as well, without them."""
    return lambda *args, **options: f(*args, **options)[0]


def along(*axes):
    return [Sample(normal(2, 3, 2), axis=a) for a in axes]


INTEGERS = np.array([[3, 1, 2], [0, 3, 3]])
FLAGS = RNG.random((2, 3, 2)) > 0.3
EMPTY = [Sample(np.ones((0, 3)), axis=1), Sample(np.ones((3, 0)), axis=1), Sample(np.ones((0, 3)))]
WITH_ZEROS = [
    Sample(np.array([2.0, 0.0, 4.0]), axis=0, label="one zero"),
    Sample(np.array([0.0, 3.0, -0.0]), axis=0, label="two zeros"),
    Sample(np.zeros(3), axis=0, label="all zeros"),
    Sample(np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]), axis=0),
    Sample(np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]), axis=1),
]
NO_NUMBER = np.full((2, 2), NAN)
COUNTED = np.array([[0.0, -0.0, NAN], [1.0, 0.0, INF]])

REDUCE = [
    Row("sum", torch.sum, [*over(normal, *SEVERAL), *EMPTY, Sample(normal())]),
    Row("sum", torch.sum, [Sample(np.array([1.0, INF])), Sample(np.array([INF, -INF, NAN]))]),
    Row("sum", torch.sum, [Sample(FLAGS), Sample(INTEGERS, axis=0)]),
    Row("mean", torch.mean, [*over(normal, *SEVERAL), Sample(normal())]),
    Row("mean", torch.mean, [Sample(np.ones((0, 3)), axis=1), Sample(np.array([1.0, INF]))]),
    Row("prod", without_axis(torch.prod), [*over(normal, None, *ONE), *EMPTY, Sample(INTEGERS)]),
    Row("prod", torch.prod, WITH_ZEROS),
    Row("max", torch.amax, [*over(distinct, *SEVERAL), Sample(normal()), Sample(INTEGERS, axis=1)]),
    Row("max", torch.amax, [
        Sample(np.array([3.0, 3.0, 1.0])), Sample(np.full((2, 3), -INF), axis=1),
        Sample(np.ones((0, 3)), axis=1), Sample(np.array([1.0, NAN, 2.0]), orders=0),
    ]),
    Row("min", torch.amin, [*over(distinct, *SEVERAL), Sample(normal()), Sample(INTEGERS, axis=0)]),
    Row("min", torch.amin, [
        Sample(np.array([1.0, 3.0, 1.0])), Sample(np.full((2, 3), INF), axis=1),
        Sample(np.ones((0, 3)), axis=1), Sample(np.array([1.0, NAN, 2.0]), orders=0),
    ]),
    Row("argmax", torch.argmax, [*over(distinct, None, *ONE), Sample(INTEGERS), Sample(COUNTED)]),
    Row("argmin", torch.argmin, [*over(distinct, None, *ONE), Sample(INTEGERS), Sample(COUNTED)]),
    Row("count_nonzero", torch.count_nonzero, [
        Sample(COUNTED, axis=a) for a in (None, 0, -1, (0, 1))
    ]),
    Row("any", torch.any, [Sample(~FLAGS, axis=a) for a in SEVERAL]),
    Row("all", torch.all, [Sample(FLAGS, axis=a) for a in SEVERAL]),
    Row("any", torch.any, [Sample(COUNTED, axis=0, keepdims=True), *EMPTY]),
    Row("all", torch.all, [Sample(COUNTED, axis=0, keepdims=True), *EMPTY]),
    *(
        Row(name, theirs, over(normal, None, 1, -1, (0, 2), ddof=d))
        for name, theirs in {"var": torch.var, "std": torch.std}.items()
        for d in (0, 1, 2)
    ),
    Row("var", torch.var, [
        Sample(normal(3, 1), axis=1, ddof=0, label="one element"),
        Sample(np.array([1e8, 1e8 + 1, 1e8 + 2]), ddof=1, label="far from 0"),
        Sample(np.full((2, 3), 0.1), axis=1, ddof=1, label="equal values"),
    ]),
    Row("std", torch.std, [
        Sample(np.full((2, 3), 3.0), axis=1, ddof=1, orders=1, label="equal values"),
        Sample(np.array([[1.0, 1.0], [1.0, 2.0]]), axis=1, ddof=0, orders=1, label="some equal"),
    ]),
    Row("nansum", torch.nansum, [*over(holes, *SEVERAL), Sample(NO_NUMBER, axis=0)]),
    Row("nanmean", torch.nanmean, [*over(holes, *SEVERAL), Sample(NO_NUMBER, axis=0, orders=0)]),
    Row("trapezoid", torch.trapezoid, [
        Sample(normal(2, 4)), Sample(normal(2, 4), dx=0.3, axis=0), Sample(normal(2, 1)),
        Sample(normal(2, 4), normal(4)), Sample(normal(2, 4), normal(2, 4), axis=0),
    ]),
]  # fmt: skip

LARGE = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -999.0], [1000.0, 1000.0, 1000.0]])
MASKED = np.array([[0.5, -INF, 1.0], [-INF, 0.0, -INF]])
NOWHERE = np.array([[INF, INF], [-INF, -INF], [NAN, 0.0]])
LANES = [
    *along(*ONE),
    Sample(LARGE, axis=0),
    Sample(LARGE, axis=1),
    Sample(np.ones((0, 3)), axis=-1),
    Sample(np.ones((3, 0)), axis=-1),
    Sample(normal(1), axis=0),
]
SOFTMAX = [
    Row("softmax", F.softmax, [*LANES, Sample(MASKED, axis=-1), Sample(NOWHERE, axis=1, orders=0)]),
    Row("log_softmax", F.log_softmax, [*LANES, Sample(NOWHERE, axis=1, orders=0)]),
    Row("log_softmax", F.log_softmax, [Sample(MASKED, axis=-1)]),
    Row("softmin", F.softmin, [*LANES, Sample(-MASKED, axis=-1)]),
    Row("logsumexp", torch.logsumexp, over(normal, *SEVERAL[1:])),
    Row("logsumexp", torch.logsumexp, [
        Sample(LARGE, axis=0), Sample(LARGE, axis=1), Sample(MASKED, axis=1),
        Sample(NOWHERE, axis=1, orders=0), Sample(np.ones((0, 3)), axis=1),
        Sample(np.ones((3, 0)), axis=1, orders=1),
    ]),
]  # fmt: skip

RUNNING = [
    Row("cumsum", torch.cumsum, [*LANES, Sample(INTEGERS, axis=0), Sample(FLAGS, axis=1)]),
    Row("cumprod", torch.cumprod, [*along(*ONE), *WITH_ZEROS, Sample(np.ones((0, 3)), axis=1)]),
    Row("cumprod", torch.cumprod, [Sample(INTEGERS, axis=1)]),
    *(
        Row(name, values(theirs), [
            *(Sample(distinct(2, 3, 2), axis=a) for a in ONE), Sample(np.ones((3, 0)), axis=1),
            Sample(np.array([1.0, NAN, 2.0]), axis=0, orders=0), Sample(INTEGERS, axis=1),
        ])
        for name, theirs in {"cummax": torch.cummax, "cummin": torch.cummin}.items()
    ),
    Row("logcumsumexp", torch.logcumsumexp, [
        *along(*ONE), Sample(LARGE, axis=1), Sample(MASKED, axis=1, orders=0),
        Sample(np.ones((3, 0)), axis=1),
    ]),
    Row("diff", torch.diff, [
        Sample(normal(3, 4), n=n, axis=a) for n in (0, 1, 2) for a in (0, -1)
    ]),
    Row("diff", torch.diff, [Sample(FLAGS), Sample(normal(3, 1), axis=1), Sample(INTEGERS, n=9)]),
]  # fmt: skip


@table([*REDUCE, *SOFTMAX, *RUNNING])
def test_along_axes(row, sample):
    row.check(sample)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", ["var", "std"])
def test_spread_of_one_element(name):
    """Both warn, and give NaN: 0 / 0."""
    Row(name, getattr(torch, name), []).check(Sample(normal(3, 1), axis=1, ddof=1))


@pytest.mark.parametrize("seed", range(20))
def test_random_shapes_and_axes(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 4, rng.integers(1, 5))
    x = rng.normal(size=shape)
    count = rng.integers(1, len(shape) + 1)
    axes = tuple(int(a) for a in rng.permutation(len(shape))[:count])
    axes = tuple(a - len(shape) if rng.random() < 0.5 else a for a in axes)
    for name in ("sum", "mean", "amax", "amin", "logsumexp"):
        ours = {"amax": "max", "amin": "min"}.get(name, name)
        for keepdims in (False, True):
            Row(ours, getattr(torch, name), []).check(Sample(x, axis=axes, keepdims=keepdims))
