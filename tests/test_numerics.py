"""What docs/numerics.md promises about kinks is so."""

import re
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

PAGE = Path(__file__).parents[1] / "docs" / "numerics.md"


def rows(heading, columns):
    """The rows of the table below a heading that begin with a call, as tuples of cells."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [tuple(c.strip() for c in row.split("|")[1:-1]) for row in text.splitlines()]
    return [row for row in cells if len(row) == columns and re.match(r"`\w+\(", row[0])]


KINKS = [
    pytest.param(call.strip("`"), float(at), float(slope), id=f"{call.strip('`')} at {at}")
    for call, places, slopes in rows("Subgradients at kinks", 3)
    for at, slope in zip(places.split(", "), slopes.split(", "), strict=True)
]


def test_there_are_kinks():
    assert len(KINKS) > 30


@pytest.mark.parametrize(("call", "at", "slope"), KINKS)
def test_the_subgradient_at_a_kink(call, at, slope):
    for shape in ((), (2,)):
        x = Tensor(np.full(shape, at), requires_grad=True)
        y = eval(call, {**vars(ag), "x": x}).sum()
        share = 2 if shape and "loss" in call else 1  # losses are means
        np.testing.assert_allclose(np.asarray(y.gradient(x)) * share, slope, rtol=1e-15)


@pytest.mark.parametrize("norm", [ag.batch_norm, ag.instance_norm])
def test_a_norm_of_bytes_with_statistics_in_bytes_does_not_wrap_around(norm):
    x = np.array([[[0], [200]], [[10], [250]]], np.uint8)
    m, v = np.array([5, 225], np.uint8), np.array([4, 100], np.uint8)
    expected = (x - 1.0 * m[:, None]) / np.sqrt(1.0 * v[:, None])
    np.testing.assert_allclose(norm(x, m, v, eps=0.0), expected, rtol=1e-6)


# Powers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [-3, -2, 3, 4])
def test_whole_powers_are_products_within_three_units_in_the_last_place(dtype, n):
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    reach = info.maxexp / abs(n) + 2  # some results overflow, some are subnormal or zero
    x = (2 ** rng.uniform(-reach, reach, 20_000) * rng.choice([-1, 1], 20_000)).astype(dtype)
    x = np.append(x, np.array([0, -0.0, np.inf, -np.inf, np.nan, 1, -1], dtype))
    with np.errstate(all="ignore"):
        exact = x.astype(np.longdouble) ** n
        unit = np.spacing(np.abs(exact.astype(dtype)))
        for y in (n, float(n)):
            found = (Tensor(x) ** y).numpy()
            assert found.dtype == dtype
            whole = np.isfinite(found) & np.isfinite(unit)
            assert whole.sum() > 15_000
            assert (np.abs(found - exact)[whole] <= 3 * unit[whole]).all()
            np.testing.assert_array_equal(found[~whole], (x**y)[~whole])
            np.testing.assert_array_equal(np.signbit(found[-7:]), np.signbit((x**y)[-7:]))


@pytest.mark.parametrize("n", [-3, -2, 3, 4])
def test_whole_powers_of_all_numbers_of_half_precision(n):
    """Products between overflow long before the power does: 260 ** -3 is 6e-8, not 0."""
    every = np.arange(1 << 16).astype(np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        exact = every.astype(np.longdouble) ** n
        unit = np.spacing(np.abs(exact.astype(np.float16)))
        found = (Tensor(every) ** n).numpy()
        whole = np.isfinite(exact.astype(np.float16))
        assert (np.abs(found - exact)[whole] <= 3 * unit[whole]).all()
        np.testing.assert_array_equal(found[~whole], (every**n)[~whole])
    assert found[every == 260] > 0 or n != -3
