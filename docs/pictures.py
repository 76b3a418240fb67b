"""Draws the pictures of the README again: `python docs/pictures.py`."""

from __future__ import annotations

from pathlib import Path

import viz
from autograd import Tensor

IMAGES = Path(__file__).parent / "images"


def basket() -> viz.Picture:
    """Two apples at 100 and three oranges at 150, with a tax of ten percent."""
    apple = Tensor(100.0, requires_grad=True, name="apple")
    apples = Tensor(2.0, requires_grad=True, name="apples")
    orange = Tensor(150.0, requires_grad=True, name="orange")
    oranges = Tensor(3.0, requires_grad=True, name="oranges")
    tax = Tensor(1.1, requires_grad=True, name="tax")
    price = (apple * apples + orange * oranges) * tax
    price.backward()
    return viz.draw(price, direction="LR")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    basket().save(IMAGES / "basket.svg")
