"""einsum: any sum of products over named axes, and its gradient, which is another einsum."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..errors import ArgumentError, AutogradError, ShapeError
from ..messages import complain
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from ..views import compact
from .products import front
from .shape import expand_dims

Shape = tuple[int, ...]
Labels = tuple[Any, ...]  # of one operand: letters, or ints in the form with sublists; Ellipsis
EXHAUSTIVE = 6  # operands up to which every order is considered
NAIVE = 1 << 14  # products up to which one plain loop beats planning a contraction


def _einsum_samples(rng: Rng) -> Iterable[Sample]:
    a, b, v = uniform(rng, (2, 3)), uniform(rng, (3, 2)), uniform(rng, (3,))
    square, cube = uniform(rng, (2, 2)), uniform(rng, (2, 3, 2))
    for text, *arrays in (
        ("ij,jk->ik", a, b), ("ij,jk", a, b), ("ji", a), ("ij->", a), ("ij->j", a),
        ("ii", square), ("ii->i", square), ("iji->j", cube), ("ij,ii->j", a, square),
        ("...j,j...->...", cube[0], a), ("...ij,jk", cube, square), ("i...->...", cube),
        ("ij,jk->ik", a[:, :1], b), ("ij,j->i", a, v[:1]), ("ij,kj->ik", a[:1], a),
        (",ij->ij", uniform(rng, ()), a), (" i j , j -> i ", a, v), ("ij,jk,ki->", a, b, square),
        ("aB,Bc->ca", a, b),
    ):  # fmt: skip
        yield Sample(text, *arrays, label=f"{text} of {' '.join(str(np.shape(x)) for x in arrays)}")
    yield Sample(a, [0, 1], b, [1, 2], [0, 2], label="sublists")
    yield Sample(
        cube, [4, Ellipsis, 1], square, [1, 4], label="sublists, ellipsis, implicit result"
    )


FAILING = [
    Fails("ij,jk", np.ones((2, 3)), np.ones((4, 2)), match="'j' is 3 in .* 0 but 4 in .* 1"),
    Fails("ijk->i", np.ones((2, 3)), match="operand 0 has 2 axes .*'ijk' name 3"),
    Fails("...ij", np.ones(3), match="operand 0 has 1 axes .*'...ij' name 2"),
    Fails("ii->i", np.ones((2, 3)), match="'i' is 2 in operand 0 but 3 in operand 0"),
    Fails("ij->k", np.ones((2, 3)), match="result has 'k'", error=ArgumentError),
    Fails("ij->ii", np.ones((2, 3)), match="'i' comes twice", error=ArgumentError),
    Fails("...j->j", np.ones((2, 3)), match="lacks", error=ArgumentError),
    Fails("ij,jk->ik", np.ones((2, 3)), match="2 subscripts for 1 op", error=ArgumentError),
    Fails("i1->i", np.ones((2, 3)), match="'1' is not a letter", error=ArgumentError),
    Fails("i......", np.ones((2, 3)), match="more than one ellipsis", error=ArgumentError),
    Fails(np.ones((2, 3)), [0, "j"], match="'j' is not an int", error=ArgumentError),
    Fails(match="at least one operand", error=ArgumentError),
]


@op(
    name="einsum",
    samples=_einsum_samples,
    reference=np.einsum,
    fails=FAILING,
    residuals=("canonical",),
)
def _einsum(*arrays, subscripts):
    try:
        shapes = tuple([a.shape for a in arrays])
    except AttributeError:  # of a Python number, which stays weak
        dtype = np.result_type(*arrays)
        return _einsum.op.forward(*[np.asarray(a, dtype) for a in arrays], subscripts=subscripts)
    canonical, path = _plan(subscripts, shapes)
    out = np.einsum(canonical, *arrays, optimize=path) if path else np.einsum(canonical, *arrays)
    return (out if len(arrays) > 1 else compact(out))[()], canonical


@_einsum.grad("arrays")
def _(g, others, i, canonical, arrays_shape):
    subscripts, sizes, alone = _adjoint(canonical, i, arrays_shape)
    eyes = [np.eye(n, dtype=g.dtype) for n in sizes]
    out = _einsum(g, *others, *eyes, subscripts=subscripts)
    if not alone:
        return out
    out = expand_dims(out, axis=alone)
    shape = [arrays_shape[k] if k in alone else n for k, n in enumerate(out.shape)]
    return broadcast_to(out, shape=tuple(shape))


@lru_cache(maxsize=512)
def _adjoint(subscripts: str, i: int, shape: Shape) -> tuple[str, tuple[int, ...], Shape]:
    """How the cotangent of operand i is an einsum of that of the result, the other operands, and
    unit matrices.

    Returns
    -------
    its subscripts; the sizes of the unit matrices, one for each label that comes again within the
    operand (the cotangent is on the diagonal); and the axes whose labels nobody else has (they
    were summed up alone, so the cotangent is constant along them)
    """
    inputs, result = subscripts.split("->")
    terms = inputs.split(",")
    own = terms.pop(i)
    terms.insert(0, result)
    spare = (c for c in string.ascii_letters if c not in inputs)
    labels: list[str] = []
    sizes = []
    for label, size in zip(own, shape):
        if label in labels:
            twin = next(spare)
            terms.append(label + twin)
            sizes.append(size)
            label = twin
        labels.append(label)
    known = set().union(*terms)
    alone = tuple(k for k, label in enumerate(labels) if label not in known)
    kept = "".join(label for label in labels if label in known)
    return f"{','.join(terms)}->{kept}", tuple(sizes), alone


@lru_cache(maxsize=512)
def _plan(text: str, shapes: tuple[Shape, ...]) -> tuple[str, Any]:
    """For arrays of these shapes the subscripts in their canonical form, and the order of
    contraction: False for one loop over everything."""
    inputs, arrow, output = text.replace(" ", "").partition("->")
    terms = tuple([_letters(term) for term in inputs.split(",")])
    subscripts = _canonical(terms, _letters(output) if arrow else None, shapes)
    sizes: dict[str, int] = {}
    for label, n in zip(subscripts.partition("->")[0].replace(",", ""), chain(*shapes)):
        sizes[label] = max(n, sizes.get(label, 1))
    if math.prod(sizes.values()) <= NAIVE:
        return subscripts, False
    blanks = [np.broadcast_to(0.0, shape) for shape in shapes]
    how = "optimal" if len(shapes) <= EXHAUSTIVE else "greedy"
    return subscripts, np.einsum_path(subscripts, *blanks, optimize=how)[0]


@front(_einsum)
def einsum(*operands, optimize=True):
    """Sum of products of the operands, by Einstein's convention.

    `einsum("ij,jk->ik", x, y)` names the axes of every operand and of the result: axes of the same
    name go together (and broadcast), and names that the result lacks are summed over. Without `->`
    the result has the names that come once, in alphabetical order. `...` stands for all axes not
    named. A name may come twice in one operand: that is its diagonal. Also with sublists, as in
    `einsum(x, [0, 1], y, [1, 2], [0, 2])`.

    Parameters
    ----------
    operands : subscripts and arrays, or arrays and sublists
    optimize : accepted as NumPy does; the cheapest order of products is always used

    Raises
    ------
    ShapeError
        If an operand has another number of axes than names, or axes of one name differ in size.
    ArgumentError
        If the subscripts are malformed.

    Gradient
    --------
    Another einsum. Keeps what it multiplies with: nothing, if there is one operand.

    Examples
    --------
    >>> x = np.arange(6.0).reshape(2, 3)
    >>> einsum("ij,kj->ik", x, x)
    array([[ 5., 14.],
           [14., 50.]])
    >>> einsum("ii", np.eye(3))
    np.float64(3.0)
    """
    try:
        if operands and isinstance(operands[0], str):
            return _einsum(*operands[1:], subscripts=operands[0])
        arrays, subscripts = _lettered(operands)
        return _einsum(*arrays, subscripts=subscripts)
    except AutogradError:
        _explain(operands)
        raise


def _explain(operands: tuple[Any, ...]) -> None:
    """Raise what is wrong with subscripts and shapes, and show them."""
    try:
        if operands and isinstance(operands[0], str):
            _plan(operands[0], _shapes(operands[1:]))
        else:
            _lettered(operands)
    except (ArgumentError, ShapeError) as e:
        raise complain(type(e), "einsum", str(e), _shown(operands), whole=True) from None


def _shown(operands: tuple[Any, ...]) -> dict[str, Any]:
    """What a message lists: the subscripts, and each operand by its number."""
    if operands and isinstance(operands[0], str):
        text, *arrays = operands
    else:
        count = len(operands) // 2 * 2
        text, arrays = (*operands[1:count:2], *operands[count:]), [*operands[:count:2]]
    return {"subscripts": text, **{f"operand {k}": a for k, a in enumerate(arrays)}}


def _lettered(operands: tuple[Any, ...]) -> tuple[list[Any], str]:
    """The arrays among operands with sublists, and the same in letters."""
    count = len(operands) // 2
    arrays = list(operands[: 2 * count : 2])
    terms = tuple([_numbers(term) for term in operands[1::2]])
    result = _numbers(operands[-1]) if len(operands) % 2 and count else None
    return arrays, _canonical(terms, result, _shapes(arrays))


def _shapes(arrays: Iterable[Any]) -> tuple[Shape, ...]:
    return tuple([np.shape(a) for a in arrays])


def _letters(term: str) -> Labels:
    before, dots, after = term.partition("...")
    for c in before + after:
        if c not in string.ascii_letters:
            few = "more than one ellipsis" if c == "." and dots else f"{c!r} is not a letter"
            raise ArgumentError(f"{few} in the subscripts {term!r}")
    return (*before, Ellipsis, *after) if dots else tuple(before)


def _numbers(term: Any) -> Labels:
    if not isinstance(term, (list, tuple)):
        raise ArgumentError(f"after each operand comes the list of its axes, got {term!r}")
    for n in term:
        if n is not Ellipsis and not (isinstance(n, (int, np.integer)) and n >= 0):
            raise ArgumentError(f"{n!r} is not an int from 0 up in the sublist {term}")
    if term.count(Ellipsis) > 1:
        raise ArgumentError(f"more than one ellipsis in the sublist {term}")
    return tuple(term)


@lru_cache(maxsize=512)
def _canonical(terms: tuple[Labels, ...], result: Labels | None, shapes: tuple[Shape, ...]) -> str:
    """The subscripts in letters alone, without ellipses and with `->`.

    The axes of an ellipsis get the labels ..., -2, -1: counted from the last, as they broadcast.

    terms : the labels of each array
    result : those of the result, or None if they are implicit
    """
    if not shapes:
        raise ArgumentError("needs subscripts and at least one operand")
    if len(terms) != len(shapes):
        operand = "operand" if len(shapes) == 1 else "operands"
        raise ArgumentError(f"{len(terms)} subscripts for {len(shapes)} {operand}")
    full = [_without_ellipsis(*each) for each in enumerate(zip(terms, shapes))]
    hidden = min((label for label in chain(*full) if isinstance(label, int)), default=0)
    dots = tuple(range(min(hidden, 0), 0))
    named = [label for label in chain(*full) if label not in dots]
    if result is None:
        out = (*dots, *sorted(label for label in set(named) if named.count(label) == 1))
    elif dots and Ellipsis not in result:
        raise ArgumentError(f"the result lacks the '...' that the operands have: {_show(result)}")
    else:
        out = tuple(chain(*(dots if label is Ellipsis else (label,) for label in result)))
    for label in out:
        if label not in dots and label not in named:
            raise ArgumentError(f"the result has {label!r}, which no operand has")
        if out.count(label) > 1:
            raise ArgumentError(f"{label!r} comes twice in the result")
    _check_sizes(full, shapes)
    spare = (c for c in string.ascii_letters if c not in named)
    names = {n: n if isinstance(n, str) else next(spare, "") for n in dict.fromkeys(chain(*full))}
    if "" in names.values():
        raise ArgumentError(f"more than {len(string.ascii_letters)} different axes")
    inputs, output = [[names[label] for label in term] for term in full], [names[n] for n in out]
    return f"{','.join(map(''.join, inputs))}->{''.join(output)}"


def _without_ellipsis(k: int, operand: tuple[Labels, Shape]) -> Labels:
    """The labels of operand k, one for each axis."""
    labels, shape = operand
    count = len(shape) - len(labels) + (Ellipsis in labels)
    if count < 0 or (count and Ellipsis not in labels):
        names = len(labels) - (Ellipsis in labels)
        fact = f"operand {k} has {len(shape)} axes but its subscripts {_show(labels)} name {names}"
        raise ShapeError(fact)
    return tuple(chain(*(range(-count, 0) if n is Ellipsis else (n,) for n in labels)))


def _check_sizes(terms: list[Labels], shapes: tuple[Shape, ...]) -> None:
    """Axes of one label have one size, or 1; within one operand exactly one."""
    seen: dict[Any, tuple[int, int]] = {}
    for k, (labels, shape) in enumerate(zip(terms, shapes)):
        for label, n in zip(labels, shape):
            m, first = seen.get(label, (n, k))
            if m != n and (k == first or 1 not in (m, n)):
                name = "'...'" if isinstance(label, int) and label < 0 else repr(label)
                raise ShapeError(f"{name} is {m} in operand {first} but {n} in operand {k}")
            if label not in seen or m == 1:
                seen[label] = n, k


def _show(labels: Labels) -> str:
    if all(label is Ellipsis or isinstance(label, str) for label in labels):
        return repr("".join("..." if label is Ellipsis else label for label in labels))
    return str(list(labels)).replace("Ellipsis", "...")
