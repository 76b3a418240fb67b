"""Everything random that a model draws from, as one state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd import random

from ..errors import StateError
from ..module import Module
from ..tree import join


class Generators:
    """The package's generator, and those that modules hold in their attributes."""

    def __init__(self, model: Module):
        self._found = dict(_found(model))

    def state_dict(self) -> dict[str, Any]:
        """Path -> the state of the generator there; '' for the package's."""
        return {path: rng.bit_generator.state for path, rng in self._found.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on drawing from where `state_dict` was asked.

        Raises
        ------
        StateError
            If the model holds other generators.
        """
        if set(self._found) != set(state):
            raise StateError(
                f"the state has the generators {list(state)}, here are {list(self._found)}"
            )
        for path, rng in self._found.items():
            try:
                rng.bit_generator.state = state[path]
            except (KeyError, TypeError, ValueError) as e:
                raise StateError(f"not a state of the generator {path!r} ({e!r})") from None


def _found(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    yield "", random.generator()
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator):
                yield join(path, name), value
