"""Derivatives of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

Arguments may be Tensors, arrays, numbers, and lists, tuples and dicts of them; results are Tensors
in the same structure. All transforms nest, in any order and to any depth: each one works on fresh
aliases of its arguments, so inner and outer derivatives never mix, and records its own derivative
whenever something outside may want to differentiate it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .algebra import sum_to
from .backward import seed_for
from .errors import ArgumentError, DTypeError, ShapeError
from .forward import pushforward
from .messages import complain
from .modes import state
from .ops.join import stack
from .ops.shape import permute_dims, reshape
from .tensor import Tensor, wrap
from .trace import Trace, is_tracked
from .tree import flatten


def _argnums(argnum: int | Sequence[int]) -> tuple[int, ...]:
    return (argnum,) if isinstance(argnum, int) else tuple(argnum)


def _pick(found: list[Any], argnum: int | Sequence[int]) -> Any:
    return found[0] if isinstance(argnum, int) else tuple(found)


def value_and_grad(
    f: Callable[..., Any], argnum: int | Sequence[int] = 0
) -> Callable[..., tuple[Tensor, Any]]:
    """A function that returns both f(*args) and its gradient.

    Parameters
    ----------
    f : function that returns one number
    argnum : int or sequence of ints
        The argument(s) to differentiate by.

    Returns
    -------
    function
        Takes what f takes; gives (value, gradient), the gradient in the argument's structure.

    Raises
    ------
    GraphError
        When called, if f does not return a single element.
    DTypeError
        When called, if the argument is not of a float dtype.

    Examples
    --------
    >>> value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    (Tensor(5., dtype=float64), Tensor([2., 4.], dtype=float64))
    """

    def run(*args: Any) -> tuple[Tensor, Any]:
        trace = Trace("grad", f, args, _argnums(argnum))
        output = trace.single()
        found = trace.pull([seed_for(output, None, "grad")], careful=False)
        return trace.value(), _pick(found, argnum)

    return run


def grad(f: Callable[..., Any], argnum: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of f as a function. See `value_and_grad`.

    Examples
    --------
    >>> grad(lambda x: x**3)(2.0)
    Tensor(12.)
    >>> grad(grad(lambda x: x**3))(2.0)
    Tensor(12.)
    """
    both = value_and_grad(f, argnum)

    def run(*args: Any) -> Any:
        return both(*args)[1]

    return run


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """f(*args), and the function that maps a cotangent of it to cotangents of the arguments.

    Returns
    -------
    (out, pull)
        `pull(g)`, with g in the structure and shapes of out, gives a tuple with one entry for each
        argument. It may be called any number of times.

    Raises
    ------
    ShapeError
        From pull, if a cotangent does not have the shape of its output.

    Examples
    --------
    >>> out, pull = vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> out, pull(1.0)
    (Tensor(12.), (Tensor(4.), Tensor(3.)))
    """
    trace = Trace("vjp", f, args, range(len(args)))

    def pull(g: Any) -> tuple[Any, ...]:
        cotangents, _ = flatten(g)
        if len(cotangents) != len(trace.outputs):
            raise complain(
                ShapeError, "vjp",
                f"{len(trace.outputs)} outputs need as many cotangents, got {len(cotangents)}",
            )  # fmt: skip
        seeds = [
            c if is_tracked(c) and c.shape == o.shape else seed_for(o, c, "vjp")
            for o, c in zip(trace.outputs, cotangents)
        ]
        return tuple(trace.pull(seeds, careful=True))

    return trace.value(), pull


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f(*primals), and its derivative along the tangents (forward mode).

    Parameters
    ----------
    primals : sequence of arguments
    tangents : sequence of the same length, structures and shapes

    Returns
    -------
    (out, tangent)
        In the structure of what f returns.

    Raises
    ------
    ShapeError
        If a tangent does not have the shape of its primal.

    Examples
    --------
    >>> jvp(lambda x: x**3, (2.0,), (1.0,))
    (Tensor(8.), Tensor(12.))
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise complain(DTypeError, "jvp", "primals and tangents must be tuples or lists")
    if len(primals) != len(tangents):
        fact = f"{len(primals)} primals need as many tangents, got {len(tangents)}"
        raise complain(ShapeError, "jvp", fact)
    trace = Trace("jvp", f, primals, range(len(primals)))
    flat, _ = flatten(list(tangents))
    if len(flat) != len(trace.inputs):
        fact = f"the primals hold {len(trace.inputs)} arrays, the tangents {len(flat)}"
        raise complain(ShapeError, "jvp", fact)
    create = trace.outer or (state.recording and any(is_tracked(t) for t in flat))
    seeds: dict[Any, Any] = {}
    for x, t in zip(trace.inputs, flat):
        seed = t if is_tracked(t) and t.shape == x.shape else seed_for(x, t, "jvp")
        if create:
            seeds[x.node] = seed if type(seed) is Tensor else wrap(seed)
        else:
            seeds[x.node] = seed._data if type(seed) is Tensor else seed
    moved = pushforward(trace.outputs, seeds, create_graph=create)
    boxed = [
        wrap(np.zeros(o.shape, o.dtype)[()]) if t is None else t if type(t) is Tensor else wrap(t)
        for o, t in zip(trace.outputs, moved)
    ]
    return trace.value(), trace.rebuild_result(boxed)


def jacobian(
    f: Callable[..., Any], argnum: int | Sequence[int] = 0, *, mode: str = "auto"
) -> Callable[..., Any]:
    """The Jacobian of f as a function.

    Parameters
    ----------
    f : function
    argnum : int or sequence of ints
    mode : 'rev' (a pull for each output element), 'fwd' (a push for each input element) or 'auto'
        (whichever is fewer)

    Returns
    -------
    function
        Gives an array of shape out.shape + argument.shape; for structured arguments and results,
        the argument's structure inside the result's.

    Examples
    --------
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    Tensor([[2., 0.],
            [0., 4.]], dtype=float64)
    """
    if mode not in ("auto", "rev", "fwd"):
        raise complain(
            ArgumentError, "jacobian", f"mode must be 'auto', 'rev' or 'fwd', got {mode!r}"
        )

    def run(*args: Any) -> Any:
        trace = Trace("jacobian", f, args, _argnums(argnum))
        rows = sum(o.size for o in trace.outputs)
        columns = sum(x.size for x in trace.inputs)
        make = _rows if mode == "rev" or (mode == "auto" and rows <= columns) else _columns
        blocks = make(trace)  # blocks[output][input]
        return trace.rebuild_result([_pick(trace.arrange(row), argnum) for row in blocks])

    return run


def _basis(shape: tuple[int, ...], dtype: Any) -> list[Any]:
    size = int(np.prod(shape, dtype=int))
    return [row.reshape(shape)[()] for row in np.eye(size, dtype=dtype)]


def _stacked(
    parts: list[Tensor], lead: tuple[int, ...], rest: tuple[int, ...], dtype: Any
) -> Tensor:
    """Arrays of one shape, one for each element of an array of shape `lead`, as one array."""
    if not parts:
        return wrap(np.zeros((*lead, *rest), dtype))
    return reshape(stack(parts, axis=0), shape=(*lead, *rest))


def _rows(trace: Trace) -> list[list[Tensor]]:
    blocks = []
    for k, o in enumerate(trace.outputs):
        found = []
        for e in _basis(o.shape, o.dtype):
            seeds = [
                e if j == k else np.zeros(p.shape, p.dtype)[()] for j, p in enumerate(trace.outputs)
            ]
            flat: list[Any] = []
            for part in trace.pull(seeds, careful=True):
                flat += flatten(part)[0]
            found.append(flat)
        blocks.append(
            [
                _stacked([row[i] for row in found], o.shape, x.shape, x.dtype)
                for i, x in enumerate(trace.inputs)
            ]
        )
    return blocks


def _columns(trace: Trace) -> list[list[Tensor]]:
    moved: list[list[list[Tensor]]] = []  # [input][element][output]
    for x in trace.inputs:
        pushed = []
        for e in _basis(x.shape, x.dtype):
            seeds: dict[Any, Any] = {x.node: wrap(e) if trace.outer else e}
            found = pushforward(trace.outputs, seeds, create_graph=trace.outer)
            pushed.append(
                [
                    wrap(np.zeros(o.shape, o.dtype)[()]) if t is None
                    else t if type(t) is Tensor else wrap(t)
                    for o, t in zip(trace.outputs, found)
                ]
            )  # fmt: skip
        moved.append(pushed)
    return [
        [_last(_stacked([p[k] for p in moved[i]], x.shape, o.shape, o.dtype), x.ndim)
         for i, x in enumerate(trace.inputs)]
        for k, o in enumerate(trace.outputs)
    ]  # fmt: skip


def _last(block: Tensor, count: int) -> Tensor:
    """Move the first `count` axes behind the others."""
    axes = (*range(count, block.ndim), *range(count))
    return permute_dims(block, axes=axes)


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """Second derivatives of a function that returns one number.

    Returns
    -------
    function
        Gives an array of shape x.shape + x.shape for an array argument x.

    Examples
    --------
    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    Tensor([[ 6.,  0.],
            [ 0., 12.]], dtype=float64)
    """
    return jacobian(grad(f, argnum), argnum, mode="rev")


def hvp(f: Callable[..., Any]) -> Callable[..., Any]:
    """Hessian times vector, without the Hessian: a function of (x, v).

    Costs a small multiple of f, whatever the size of x.

    Source: Pearlmutter (1994), "Fast exact multiplication by the Hessian".

    Examples
    --------
    >>> hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    Tensor([6., 0.], dtype=float64)
    """

    def run(x: Any, v: Any) -> Any:
        vs, _ = flatten(v)

        def along(x: Any) -> Tensor:
            gs, _ = flatten(grad(f)(x))
            if len(gs) != len(vs):
                raise complain(ShapeError, "hvp", f"x holds {len(gs)} arrays, v holds {len(vs)}")
            total: Any = 0.0
            for g, w in zip(gs, vs):
                if g.shape != np.shape(w):
                    raise complain(ShapeError, "hvp", f"x has shape {g.shape}, v has {np.shape(w)}")
                total = total + sum_to(g * w, shape=())
            return total

        return grad(along)(x)

    return run
