"""Values and gradients of pooling over one, two and three axes, next to PyTorch's, in float64."""

import numpy as np
import pytest

import autograd as ag

from .comparing import compare, torch

pytestmark = pytest.mark.oracle

F = torch.nn.functional
AXES = [1, 2, 3]


def both(name, axes):
    name = f"{name}{axes}d"
    return getattr(ag, name), getattr(F, name)


def images(axes, *lead, seed=0):
    size = (6, 9, 7)[-axes:]
    return np.random.default_rng(seed).normal(size=(*lead, *size))


LEADS = [(2, 3), (3,), (2, 0)]
POOLS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": (3, 2, 3), "stride": (1, 3, 1), "padding": (0, 1, 0)},
    {"kernel_size": 2, "ceil_mode": True},
    {"kernel_size": 2, "stride": 3, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": (2, 4, 2), "stride": (3, 5, 4), "padding": (1, 2, 1), "ceil_mode": True},
    {"kernel_size": (6, 9, 7)},
    {"kernel_size": 1},
]
DILATED = [
    {"kernel_size": 2, "dilation": 2},
    {"kernel_size": 3, "stride": (2, 1, 2), "padding": 1, "dilation": (1, 3, 2)},
    {"kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2, "ceil_mode": True},
]


def cut(options, axes):
    """The options for the last `axes` of three axes."""
    return {k: v[-axes:] if isinstance(v, tuple) else v for k, v in options.items()}


axes_and_lead = pytest.mark.parametrize(
    ("axes", "lead"), [(axes, lead) for axes in AXES for lead in LEADS]
)


@axes_and_lead
@pytest.mark.parametrize("options", [*POOLS, *DILATED])
def test_max_pool(axes, lead, options):
    if 0 in lead:
        lead = (0, 3)
    compare(*both("max_pool", axes), images(axes, *lead), return_indices=True, **cut(options, axes))


@pytest.mark.parametrize("axes", AXES)
def test_the_first_of_several_largest_elements_is_the_index(axes):
    x = np.random.default_rng(0).integers(0, 2, (2, 3, *[6] * axes)).astype(float)
    ours, theirs = both("max_pool", axes)
    for options in ({"kernel_size": 3}, {"kernel_size": 2, "stride": 1, "padding": 1}):
        mine = ours(x, return_indices=True, **options)
        expected = theirs(torch.tensor(x), return_indices=True, **options)
        for a, b in zip(mine, expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("fill", [-np.inf, np.nan])
def test_max_pool_of_windows_of_minus_infinity_or_nan(axes, fill):
    x = images(axes, 1, 2)
    x[..., :4] = fill
    options = {"kernel_size": 2, "stride": 1, "padding": 1}
    ours, theirs = both("max_pool", axes)
    np.testing.assert_array_equal(ours(x, **options), theirs(torch.tensor(x), **options))


@axes_and_lead
@pytest.mark.parametrize("options", POOLS)
@pytest.mark.parametrize("count_include_pad", [False, True])
def test_avg_pool(axes, lead, options, count_include_pad):
    if 0 in lead:
        lead = (0, 3)
    options = {**cut(options, axes), "count_include_pad": count_include_pad}
    compare(*both("avg_pool", axes), images(axes, *lead), **options)


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("divisor", [1, 7])
def test_avg_pool_with_another_divisor(axes, divisor):
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}
    compare(*both("avg_pool", axes), images(axes, 2, 3), **options, divisor_override=divisor)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("p", [1, 2, 3, 1.5, 4])
@pytest.mark.parametrize("options", [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2}])
def test_lp_pool(axes, p, options):
    """Of positive numbers: PyTorch does not take absolute values."""
    compare(*both("lp_pool", axes), np.abs(images(axes, 2, 3)) + 0.1, p, **options)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("lead", [(2, 3), (3,)])
@pytest.mark.parametrize(
    "options",
    [{"kernel_size": 2}, {"kernel_size": 2, "stride": 3}, {"kernel_size": (2, 3, 2), "padding": 1}],
)
@pytest.mark.parametrize("whole", [False, True])
def test_max_unpool(axes, lead, options, whole):
    """To the size of what was pooled, and to the smallest one."""
    x, options = images(axes, *lead), cut(options, axes)
    pool, (ours, theirs) = both("max_pool", axes)[0], both("max_unpool", axes)
    largest, places = pool(x, return_indices=True, **options)
    size = x.shape[-axes:]
    if not whole:
        least = ours(largest, 0 * places, **options).shape[-axes:]
        x = x[..., *map(slice, least)]
        largest, places = pool(x, return_indices=True, **options)
        size = None
    compare(
        lambda v: ours(v, places, **options, output_size=size),
        lambda v: theirs(v, torch.tensor(places), **options, output_size=size),
        largest,
    )
