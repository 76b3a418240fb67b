"""The largest element of each of some groups of elements: pooling with windows of any shape.

As for `max_pool`, which elements won is a constant, so that the two adjoints, group_max_dx and
group_max_pick, are each other's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..kernels import reference
from ..op import op
from ..samples import Fails, Rng, Sample, distinct, uniform


def _group_samples(rng: Rng) -> Iterable[tuple[np.ndarray, np.ndarray, dict[str, Any]]]:
    """x, its ties and the groups; several elements tie in many groups."""
    for size, places, starts in ((5, [0, 1, 1, 2, 3, 3, 4], [0, 2, 5, 7]), (4, [3, 0, 1], [0, 3])):
        groups = {"places": np.array(places, np.uint32), "starts": np.array(starts)}
        x = rng.integers(0, 2, (2, size)).astype(float)
        yield distinct(rng, x.shape), kernels.group_max(x, **groups)[1], groups


def _check(rows: int, ties: np.ndarray, places: np.ndarray) -> None:
    if ties.shape != (len(places), rows):
        raise ShapeError(f"ties of shape {ties.shape} are not those of {rows} rows of these groups")


_GROUPS: dict[str, Any] = {"places": np.arange(4, dtype=np.uint32), "starts": np.array([0, 2, 4])}


@op(
    samples=lambda rng: [Sample(x, **groups) for x, _, groups in _group_samples(rng)],
    reference=lambda x, **groups: reference.group_max(x, **groups)[0],
    residuals=("ties",),
    public=False,
)
def group_max(x, /, *, places, starts):
    """The largest element of each group of places in the rows of x; ties share the gradient."""
    return kernels.group_max(x, places, starts)


@op(
    samples=lambda rng: [
        Sample(uniform(rng, (len(x), len(groups["starts"]) - 1)), ties, size=x.shape[1], **groups)
        for x, ties, groups in _group_samples(rng)
    ],
    reference=lambda g, ties, size, **groups: reference.group_max_dx(g, ties, size=size, **groups),
    fails=[
        Fails(np.ones((1, 2)), np.ones((4, 2), bool), size=4, **_GROUPS, match="not those of 1 row")
    ],
    masks=True,
    public=False,
)
def group_max_dx(g, ties, /, *, places, starts, size):
    """The adjoint of group_max in rows of this size: each g goes in equal parts to the ties."""
    _check(len(g), ties, places)
    return kernels.group_max_dx(g, ties, places, starts, size)


@op(
    samples=lambda rng: [
        Sample(uniform(rng, x.shape), ties, **groups) for x, ties, groups in _group_samples(rng)
    ],
    reference=reference.group_max_pick,
    fails=[Fails(np.ones((1, 4)), np.ones((4, 2), bool), **_GROUPS, match="not those of 1 row")],
    masks=True,
    public=False,
)
def group_max_pick(x, ties, /, *, places, starts):
    """The mean over the ties of each group: what group_max does to small changes of its input."""
    _check(len(x), ties, places)
    return kernels.group_max_pick(x, ties, places, starts)


@group_max.grad("x")
def _(g, ties, x_shape, places, starts):
    return group_max_dx(g, ties, places=places, starts=starts, size=x_shape[1])


@group_max_dx.grad("g")
def _(h, ties, places, starts):
    return group_max_pick(h, ties, places=places, starts=starts)


@group_max_pick.grad("x")
def _(g, ties, x_shape, places, starts):
    return group_max_dx(g, ties, places=places, starts=starts, size=x_shape[1])
