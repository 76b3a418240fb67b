"""Rows of a table, chosen by whole numbers: embeddings and bags of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..algebra import where
from ..arguments import operand
from ..engine import plain
from ..errors import ArgumentError, AutogradError, DTypeError, IndexingError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, distinct, uniform
from .index import getitem
from .loss import constant
from .products import front
from .reduce import max
from .shape import expand_dims

FEW = 4096  # numbers up to which np.add.at is as fast as a sparse product


def _add_rows_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 2)), index=np.array([1, 0, 1]), count=3)
    yield Sample(uniform(rng, (2, 2, 1)), index=np.array([[1, 0], [1, 1]]), count=2, skip=0)
    many = rng.integers(0, 9, 65)
    yield Sample(uniform(rng, (65, 64)), index=many, count=9, orders=0, label="many")


def _add_rows_reference(
    g: np.ndarray, index: np.ndarray, count: int, skip: int | None = None
) -> np.ndarray:
    out = np.zeros((count, g.shape[-1]))
    for place in np.ndindex(index.shape):
        if index[place] != skip:
            out[index[place]] += g[place]
    return out


@op(samples=_add_rows_samples, reference=_add_rows_reference, masks=True, public=False)
def add_rows(g, /, *, index, count, skip=None):
    """Row i of the result is the sum of the rows g[k] with index[k] == i; row `skip` is left 0."""
    out = np.zeros((count, g.shape[-1]), g.dtype)
    _add_few_rows(out, g, out.shape, index, skip)
    return out


def _add_few_rows(
    total: np.ndarray, g: np.ndarray, w_shape: tuple[int, ...], index: np.ndarray, skip: int | None
) -> None:
    """The same into `total`, in place: a step that looks up few rows does not touch the others."""
    rows, numbers = g.reshape(index.size, g.shape[-1]), index.ravel()
    if kernels.add_rows(total, rows, numbers, -1 if skip is None else skip):
        return
    if skip is not None:
        rows, numbers = rows[numbers != skip], numbers[numbers != skip]
    if rows.size <= FEW or rows.dtype == np.float16:  # SciPy has no sparse halves
        np.add.at(total, numbers, rows)
        return
    from scipy.sparse import csc_array

    ones, starts = np.ones(len(rows), g.dtype), np.arange(len(rows) + 1)
    total += csc_array((ones, numbers, starts), shape=(len(total), len(rows))) @ rows


@add_rows.grad("g")
def _(h, index, skip):
    taken = getitem(h, index=index)
    return taken if skip is None else where((index == skip)[..., None], 0, taken)


def _embedding_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(np.array([2, 0, 2]), uniform(rng, (3, 2)))
    yield Sample([[1, 0]], uniform(rng, (2, 2)))
    yield Sample(1, uniform(rng, (2, 2)))
    yield Sample(np.array([0, 1]), uniform(rng, (2, 2)), padding_idx=-1, orders=0, label="padding")


def _embedding_reference(indices: Any, weight: np.ndarray, padding_idx: Any = None) -> np.ndarray:
    chosen = [weight[i] for i in np.ravel(indices)]
    return np.reshape(chosen, (*np.shape(indices), weight.shape[1]))


_TABLE = np.ones((3, 2))
_FAILS = (
    Fails(np.array([0, 3]), _TABLE, match="index 3 .* 3 rows", error=IndexingError),
    Fails(np.array([-1]), _TABLE, match="index -1 .* 3 rows", error=IndexingError),
    Fails(np.array([0.0]), _TABLE, match="ints, not float64", error=DTypeError),
    Fails(np.array([0]), np.ones(3), match=r"weight must be \(rows, features\), got 1 axes"),
    Fails(np.array([0]), _TABLE, padding_idx=3, match="padding_idx 3 .* 3 rows",
          error=IndexingError),
)  # fmt: skip


@op(
    name="embedding",
    samples=_embedding_samples,
    reference=_embedding_reference,
    fails=_FAILS,
    masks=True,
)
def _embedding(w, /, *, index, skip=None):
    _check_rows(w, index)
    return np.take(w, index, axis=0)  # w[index] takes a third longer


def _check_rows(w: Any, index: np.ndarray) -> None:
    """Raise unless w is a table that has all these rows."""
    if w.ndim != 2:
        raise ShapeError(f"weight must be (rows, features), got {w.ndim} axes")
    inside = index.view(np.uintp) < len(w)  # negative ones are huge
    if np.count_nonzero(inside) < index.size:
        outside = index[~inside]
        fact = f"index {outside[0]} does not exist among the {len(w)} rows of weight"
        raise IndexingError(fact)


@_embedding.grad("w", adder=_add_few_rows)
def _(g, w_shape, index, skip):
    return add_rows(g, index=index, count=w_shape[0], skip=skip)


@front(_embedding)
def embedding(indices, weight, padding_idx=None):
    """The rows of `weight` with these numbers.

    Parameters
    ----------
    indices : ints, any shape
        From 0 to rows - 1.
    weight : shape (rows, features)
    padding_idx : int, optional
        A row that gets no gradient; counted from the end if negative.

    Returns
    -------
    shape (*indices.shape, features)

    Raises
    ------
    IndexingError
        If a row does not exist.

    Gradient
    --------
    Adds up the rows of the cotangent that belong to the same row of weight. Keeps the indices only.

    Examples
    --------
    >>> w = Tensor([[1.0], [2.0]], requires_grad=True)
    >>> embedding([1, 0, 1], w, padding_idx=0).sum().backward()
    >>> w.grad
    Tensor([[0.],
            [2.]])
    """
    index = _ints("embedding", "indices", indices)
    if padding_idx is not None:
        weight, index, skip = _checked("embedding", index, weight, padding_idx)
        return _embedding(weight, index=index, skip=skip)
    try:
        return _embedding(weight, index=index)
    except AutogradError:
        _checked("embedding", index, weight, None)
        raise


def _checked(
    name: str, indices: Any, weight: Any, padding_idx: int | None
) -> tuple[Any, np.ndarray, int | None]:
    """The table, a copy of the indices, and the padding's number counted from the start."""
    index, weight = _ints(name, "indices", indices), operand(weight)
    try:
        _check_rows(plain(weight), index)
    except (ShapeError, IndexingError) as e:
        arrays = {"indices": index} if isinstance(e, IndexingError) else {}
        raise complain(type(e), name, str(e), arrays | {"weight": weight}) from None
    if padding_idx is None:
        return weight, index, None
    rows = weight.shape[0]
    if not -rows <= padding_idx < rows:
        fact = f"padding_idx {padding_idx} does not exist among the {rows} rows of weight"
        raise complain(IndexingError, name, fact, {"weight": weight})
    return weight, index, padding_idx % rows


def _ints(name: str, label: str, value: Any) -> np.ndarray:
    array = np.array(plain(value))
    if array.size and array.dtype.kind not in "iu":
        raise complain(DTypeError, name, f"{label} must be ints, not {array.dtype}")
    return array if array.dtype == np.intp else array.astype(np.intp)


# Bags


def _bag_samples(rng: Rng) -> Iterable[Sample]:
    ids, w = np.array([2, 0, 1, 2]), distinct(rng, (3, 2))
    for mode in ("sum", "mean", "max"):
        yield Sample(ids.reshape(2, 2), w, mode=mode)
        yield Sample(ids, w, np.array([0, 0, 3]), mode, padding_idx=0)
    weights = uniform(rng, (4,))
    yield Sample(ids, w, np.array([0, 3, 4]), "sum", weights, include_last_offset=True)
    yield Sample(np.array([], int), w, np.array([0, 0]), "max", label="empty")


def _bag_reference(
    indices: Any, weight: Any, offsets: Any = None, mode: str = "mean",
    per_sample_weights: Any = None, include_last_offset: bool = False, padding_idx: Any = None,
) -> np.ndarray:  # fmt: skip
    scale = np.ones(indices.shape) if per_sample_weights is None else per_sample_weights
    if offsets is None:
        bags = list(zip(indices, scale))
    else:
        ends = [*offsets[1:]] if include_last_offset else [*offsets[1:], len(indices)]
        bags = [(indices[a:b], scale[a:b]) for a, b in zip(offsets, ends)]
    out = np.zeros((len(bags), weight.shape[1]))
    for k, (ids, scales) in enumerate(bags):
        rows = [s * weight[i] for i, s in zip(ids, scales) if i != padding_idx]
        if rows:
            out[k] = getattr(np, mode)(rows, axis=0)
    return out


_IDS, _STARTS = np.array([0, 1, 2]), np.array([0, 2])


@composite(
    samples=_bag_samples,
    reference=_bag_reference,
    fails=[
        *(Fails(f.args[0].reshape(1, -1), *f.args[1:], match=f.match, error=f.error, **f.attrs)
          for f in _FAILS),
        Fails(_IDS, _TABLE, match="offsets"),
        Fails(_IDS[None], _TABLE, _STARTS, match="offsets"),
        Fails(_IDS, _TABLE, np.array(0), match="offsets must have one axis, got 0"),
        Fails(_IDS, _TABLE, np.array([1, 2]), match="offsets must start at 0", error=ArgumentError),
        Fails(_IDS, _TABLE, np.array([0, 2, 1]), match="never fall", error=ArgumentError),
        Fails(_IDS, _TABLE, np.array([0, 4]), match="reach 4, .* 3 indices", error=ArgumentError),
        Fails(_IDS, _TABLE, _STARTS, "median", match="mode .* 'median'", error=ArgumentError),
        Fails(_IDS, _TABLE, _STARTS, "max", np.ones(3), match="mode='sum'", error=ArgumentError),
        Fails(_IDS, _TABLE, _STARTS, "sum", np.ones(2), match=r"per_sample_weights .* \(2,\)"),
    ],
)  # fmt: skip
def embedding_bag(
    indices,
    weight,
    offsets=None,
    mode="mean",
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
):
    """The sum, mean or maximum of the rows of `weight` in each bag.

    Parameters
    ----------
    indices : ints, shape (bags, n); or (total,) with offsets
        The numbers of the rows in each bag; one bag after another.
    weight : shape (rows, features)
    offsets : ints, shape (bags,), optional
        Where each bag starts, with indices of one axis.
    mode : "sum", "mean" or "max"
    per_sample_weights : shape of indices, optional
        Factors of the rows in a sum.
    include_last_offset : bool
        Whether offsets have one entry more, the end of the last bag.
    padding_idx : int, optional
        A row that counts in no bag.

    Returns
    -------
    shape (bags, features)
        Zeros for empty bags.

    Examples
    --------
    >>> embedding_bag([0, 1, 1], np.array([[1.0], [3.0]]), [0, 2])
    array([[2.],
           [3.]])
    """
    name = "embedding_bag"
    weight, index, skip = _checked(name, indices, weight, padding_idx)
    if mode not in ("sum", "mean", "max"):
        raise complain(ArgumentError, name, f"mode must be sum, mean or max, got {mode!r}")
    owner, bags = _owners(name, index, offsets, include_last_offset)
    factors = None
    if per_sample_weights is not None:
        factors = _factors(name, index, per_sample_weights, mode, weight)
    kept = np.flatnonzero(index.ravel() != skip) if skip is not None else np.arange(index.size)
    owner = owner[kept]
    rows = _embedding(weight, index=index.ravel()[kept])
    if factors is not None:
        places = tuple(v[kept] for v in map(np.ravel, np.indices(index.shape)))
        rows = rows * expand_dims(getitem(factors, index=places), axis=-1)
    counts = np.bincount(owner, minlength=bags)
    if mode == "max" and len(owner):
        return _maxima(rows, counts)
    out = add_rows(rows, index=owner, count=bags)
    if mode != "mean":
        return out
    return out / np.maximum(counts, 1)[:, None].astype(out.dtype)


def _maxima(rows: Any, counts: np.ndarray) -> Any:
    """The maximum of the first counts[0] rows, of the next counts[1] ones, and so on."""
    along = np.arange(counts.max())
    inside = along < counts[:, None]
    place = np.where(inside, (np.cumsum(counts) - counts)[:, None] + along, 0)
    table = where(inside[..., None], getitem(rows, index=place), -np.inf)
    return where(counts[:, None] > 0, max(table, axis=1), 0)


def _owners(
    name: str, index: np.ndarray, offsets: Any, include_last: bool
) -> tuple[np.ndarray, int]:
    """The number of the bag that each index belongs to, and how many bags there are."""
    if (index.ndim, offsets is None) not in ((2, True), (1, False)):
        fact = f"indices need one axis and offsets, or two axes without; got {index.ndim} axes"
        raise complain(ShapeError, name, fact, {"indices": index, "offsets": offsets})
    if offsets is None:
        return np.repeat(np.arange(len(index)), index.shape[1]), len(index)
    starts = _ints(name, "offsets", offsets)
    if starts.ndim != 1:
        raise complain(ShapeError, name, f"offsets must have one axis, got {starts.ndim}")
    ends = starts[1:] if include_last else np.append(starts[1:], index.size)
    if not starts.size or starts[0] != 0 or (np.diff(starts) < 0).any():
        fact = f"offsets must start at 0 and never fall, got {starts.tolist()}"
        raise complain(ArgumentError, name, fact)
    if starts[-1] > index.size or (include_last and starts[-1] < index.size):
        fact = f"offsets reach {starts[-1]}, but there are {index.size} indices"
        raise complain(ArgumentError, name, fact)
    return np.repeat(np.arange(len(ends)), ends - starts[: len(ends)]), len(ends)


def _factors(name: str, index: np.ndarray, given: Any, mode: str, weight: Any) -> Any:
    if mode != "sum":
        fact = f"per_sample_weights need mode='sum', got {mode!r}"
        raise complain(ArgumentError, name, fact)
    factors = constant(given, weight)
    if factors.shape != index.shape:
        fact = f"per_sample_weights has shape {factors.shape}, expected {index.shape}"
        raise complain(ShapeError, name, fact)
    return factors
