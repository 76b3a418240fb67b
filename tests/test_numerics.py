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
