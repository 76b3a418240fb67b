"""Shapes: of whatever a layer is given, and what options about space look like."""

from autograd.arguments import shape_of

__all__ = ["Sizes", "shape_of"]

Sizes = int | tuple[int, ...]  # one number for all axes of space, or one for each
