"""Pictures of computation graphs and of training.

`draw(loss).save("loss.svg")` draws the graph with values and derivatives, `text(loss)` lists it one
line a node, and `curves(history).save("curves.svg")` shows how training went.
"""

from autograd.provenance import mark_internal

from .picture import Picture, draw, text
from .plot import Curves, curves
from .render import RenderError, engines

mark_internal(__file__)

__all__ = ["Curves", "Picture", "RenderError", "curves", "draw", "engines", "text"]
