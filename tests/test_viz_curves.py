"""Training curves: panels, colours, gaps, and the files they are written to."""

import re

import numpy as np
import pytest

import viz
from autograd.errors import ArgumentError
from viz.plot import panels

HISTORY = {
    "train loss": [2.0, 1.0, 0.5],
    "test loss": [2.1, float("nan"), 0.9],
    "test accuracy": [0.5, 0.7, 0.75],
}


def test_curves_of_one_quantity_share_a_panel():
    source = viz.curves(HISTORY, title="<Training>").source
    assert source.count("<g ") == 2
    assert "&lt;Training&gt;" in source
    assert viz.curves(HISTORY).source == viz.curves(HISTORY).source


def test_a_series_has_one_colour_in_all_panels():
    found = panels({k: np.array(v) for k, v in HISTORY.items()})
    (train, test), (accuracy,) = found["loss"], found["accuracy"]
    assert test.color == accuracy.color != train.color


def test_nan_leaves_a_gap():
    lines = re.findall(r'<polyline points="([^"]*)"', viz.curves(HISTORY).source)
    assert sorted(line.count(",") for line in lines) == [3, 3]
    assert "nan" not in " ".join(lines)


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [1e-30, 2e-30], [-1e9, 1e9], [float("nan")]])
def test_any_range_can_be_drawn(values):
    source = viz.curves({"loss": values}).source
    assert not re.search(r'[xy12]="(nan|inf)', source)


def test_curves_are_written(tmp_path):
    curves = viz.curves(HISTORY)
    assert curves.save(tmp_path / "a.svg").read_text().startswith("<svg")
    assert curves.save(tmp_path / "a.csv").read_text().splitlines()[:2] == [
        "epoch,train loss,test loss,test accuracy",
        "1,2.0,2.1,0.5",
    ]
    assert curves.save(tmp_path / "a.txt").read_text() == f"{curves}\n"
    assert set(curves._repr_mimebundle_()) == {"text/plain", "image/svg+xml"}
    with pytest.raises(ArgumentError, match=r"\.svg, \.csv, \.txt"):
        curves.save(tmp_path / "a.png")


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": 3.0}, {"loss": ["x"]}])
def test_histories_without_numbers_are_refused(history):
    with pytest.raises(ArgumentError, match="curves: "):
        viz.curves(history)
