"""Layers that learn the size of their input from the first one they see."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from .module import Module
from .parameter import refill
from .tree import join


class Lazy(Module):
    """Mixed into a layer, in front of the ordinary class that it becomes.

    Until then the parameters whose sizes are open are empty, but they are the Tensors that they
    will be: an optimiser, `requires_grad_` and `to` may have them already.
    """

    lazy = True
    becomes: ClassVar[type[Module]]
    size_name: ClassVar[str]  # the attribute that is open: "in_features"
    _reset: tuple[Any, ...] = ()  # what reset_parameters was given

    def reset_parameters(self, *args: Any) -> None:
        """Nothing yet: first values are drawn when the size is known."""
        self._reset = args

    def forward(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        self.make(self._input_size(input))
        return self.forward(input, *args, **kwargs)  # of the class that it is now

    def make(self, size: int) -> None:
        """Be the ordinary layer for inputs of this size."""
        shapes = self.shapes(size)
        args = self.__dict__.pop("_reset", ())
        setattr(self, self.size_name, size)
        self.__class__ = self.becomes  # type: ignore[assignment]
        for name, shape in shapes.items():
            tensor = getattr(self, name)
            if tensor is not None:
                refill(tensor, np.zeros(shape, tensor.dtype))
        self.reset_parameters(*args)

    def size_in(self, state: Mapping[str, Any], path: str) -> int | None:
        """The size in a saved state; None if it has nothing that tells."""
        for name in self.shapes(0):
            value, tensor = state.get(join(path, name)), getattr(self, name)
            if value is not None and tensor is not None and np.ndim(value) == tensor.ndim:
                return self._saved_size(np.shape(value))
        return None

    @abstractmethod
    def shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        """Name -> shape of everything that depends on the size."""

    @abstractmethod
    def _input_size(self, x: Any) -> int:
        """The size in an input. Raises ShapeError if it has no such axis."""

    @abstractmethod
    def _saved_size(self, shape: tuple[int, ...]) -> int:
        """The size in the shape of a saved array of `shapes`."""
