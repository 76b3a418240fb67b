"""Backward hooks of modules: see, or replace, the gradients at a module's border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.algebra import alias, astype
from autograd.errors import DTypeError, GraphError
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from .module import Module

Gradients = tuple[Tensor | None, ...]


def behind_one_node(
    tensors: Sequence[Tensor], see: Callable[[tuple[Tensor, ...]], Gradients | None]
) -> list[Tensor]:
    """The same tensors, behind one node of the graph: `see` gets all their gradients at once.

    One that no gradient reaches counts as zeros.
    """
    if len(tensors) == 1:
        out = alias(tensors[0])
        out.register_hook(lambda g: (see((g,)) or (None,))[0])
        return [out]
    flat = ag.concat([ag.reshape(t, (-1,)) for t in tensors])
    ends = [0]
    for t in tensors:
        ends.append(ends[-1] + t.size)

    def parts(joined: Tensor) -> list[Tensor]:
        return [
            astype(ag.reshape(joined[a:b], t.shape), dtype=t.dtype)
            for a, b, t in zip(ends, ends[1:], tensors, strict=False)
        ]

    def see_all(g: Tensor) -> Tensor | None:
        old = tuple(parts(g))
        new = see(old)
        if new is None:
            return None
        chosen = [o if n is None else n for o, n in zip(old, new, strict=True)]
        return ag.concat([ag.reshape(t, (-1,)) for t in chosen])

    flat.register_hook(see_all)
    return parts(flat)


class Border:
    """One call of a module whose backward hooks want to see its gradients.

    `hook(module, grad_input, grad_output)` runs once the gradients of all inputs are known; with
    an input that is not differentiated, None stands in its place.
    """

    def __init__(self, module: Module, hooks: Sequence[Callable[..., Any]]):
        self.module = module
        self.hooks = tuple(hooks)
        self.count = 0  # of inputs
        self.watched: list[int] = []
        self.grad_output: Gradients = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's inputs, watched."""
        self.count = len(args)
        self.watched = [i for i, a in enumerate(args) if type(a) is Tensor and a.requires_grad]
        if not self.watched:
            return args
        out = list(args)
        seen = behind_one_node([args[i] for i in self.watched], self._run)
        for i, tensor in zip(self.watched, seen, strict=True):
            out[i] = tensor
        return tuple(out)

    def leave(self, result: Any) -> Any:
        """The module's result (a Tensor or a tuple or list of them), watched."""
        if type(result) is Tensor:
            return self._watch([result])[0]
        if not isinstance(result, (tuple, list)):
            raise DTypeError(
                f"{type(self.module).__name__}: a backward hook needs forward to return a Tensor "
                f"or a tuple of Tensors, got {type(result).__name__}"
            )
        return type(result)(self._watch(list(result)))

    def _watch(self, results: list[Any]) -> list[Any]:
        places = [i for i, r in enumerate(results) if type(r) is Tensor and r.requires_grad]
        if not places:
            return results
        count = len(results)  # the hook must not hold the results: it would keep the graph alive

        def see(gradients: tuple[Tensor, ...]) -> None:
            known: dict[int, Tensor] = dict(zip(places, gradients, strict=True))
            self.grad_output = tuple(known.get(i) for i in range(count))
            if not self.watched:
                self._run(())

        seen = behind_one_node([results[i] for i in places], see)
        for i, tensor in zip(places, seen, strict=True):
            results[i] = tensor
        return results

    def _run(self, gradients: Gradients) -> Gradients | None:
        known = dict(zip(self.watched, gradients, strict=True))
        grad_input: Gradients = tuple(known.get(i) for i in range(self.count))
        grad_output, self.grad_output = self.grad_output, ()
        for hook in self.hooks:
            new = hook(self.module, grad_input, grad_output)
            if new is None:
                continue
            grad_input = new if isinstance(new, tuple) else (new,)
            if len(grad_input) != self.count:
                raise GraphError(
                    f"a backward hook of {type(self.module).__name__} returned {len(grad_input)} "
                    f"gradients for {self.count} inputs"
                )
        return tuple(grad_input[i] for i in self.watched) if self.watched else None
