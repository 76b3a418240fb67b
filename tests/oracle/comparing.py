"""The same call on either side: values, dtypes, and derivatives of PyTorch and of this project.

    compare(ag.hypot, torch.hypot, x, y)                      # arrays, then options for both
    compare(linalg.svdvals, torch.linalg.svdvals, x, order=2)

A table says the same for many ops and many inputs:

    TABLE = [Row("hypot", torch.hypot, [Sample(x, y), Sample(x, 0.0)]), ...]

    @table(TABLE)
    def test_elementwise(row, sample):
        row.check(sample)

Float arrays are differentiated, wherever they stand among the arguments; all other arrays (indices,
masks) are passed on. Options have our names: those that PyTorch calls differently are translated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.samples import Sample
from autograd.tree import flatten

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make oracle")

# Both sides compute in float64, by formulas that may cancel differently: a million times its
# rounding leaves room for that, and for no mistake.
CLOSE = 1e-10
THEIR_NAMES = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}


@dataclass(frozen=True)
class Row:
    """One op in a table.

    name    : of our op, found in `autograd` or `autograd.linalg`
    theirs  : PyTorch's function, which gets the same arguments
    samples : what to call both with
    ours    : what to call instead of the op itself, where PyTorch's form of the call is another
    order   : of the highest derivatives that both have
    close   : relative and absolute tolerance, greater only where PyTorch is less accurate
    """

    name: str
    theirs: Callable[..., Any]
    samples: Sequence[Sample]
    ours: Callable[..., Any] | None = None
    order: int = 2
    close: float = CLOSE

    def check(self, sample: Sample) -> None:
        ours = self.ours or op_named(self.name)
        order = min(self.order, sample.orders)
        compare(ours, self.theirs, *sample.args, order=order, close=self.close, **sample.attrs)


def op_named(name: str) -> Callable[..., Any]:
    return getattr(ag, name) if hasattr(ag, name) else getattr(ag.linalg, name)


def table(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Parametrise a test over every sample of every row."""
    cases = [pytest.param(r, s, id=f"{r.name} {s.label}") for r in rows for s in r.samples]
    return pytest.mark.parametrize(("row", "sample"), cases)


@np.errstate(all="ignore")
def compare(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    *args: Any,
    order: int = 1,
    close: float = CLOSE,
    scaled: bool = False,
    **options: Any,
) -> None:
    """Assert that both give the same results, and the same derivatives up to `order`.

    order  : 0 compares values only; each further one the derivatives of the one before, for the
             same random cotangents
    scaled : errors count relative to the greatest derivative, as in matrix functions, whose
             elements are sums of products of all others
    """
    leaves, rebuild = flatten(list(args))
    x = [_ours(v, order > 0) for v in leaves]
    y = [_theirs(v, order > 0) for v in leaves]
    their_options = {THEIR_NAMES.get(k, k): _theirs(v, False) for k, v in options.items()}
    mine, others = ours(*rebuild(x), **options), theirs(*rebuild(y), **their_options)
    mine, others = flatten(mine)[0], flatten(others)[0]
    for a, b in zip(mine, others, strict=True):
        assert_same(a, b, close)
    x, y = [t for t in x if type(t) is Tensor], [t for t in y if _is_tracked(t)]
    rng = np.random.default_rng(0)
    for _ in range(order):
        cotangents = [np.asarray(rng.normal(size=np.shape(a))) for a in mine]
        mine, others = _our_slopes(mine, x, cotangents), _their_slopes(others, y, cotangents)
        for a, b in zip(mine, others, strict=True):
            scale = max(1.0, float(b.detach().abs().max())) if scaled and b.numel() else 1.0
            assert_same(a / scale, b / scale, close)


def assert_same(mine: Any, other: Any, close: float = CLOSE) -> None:
    """The same shape and dtype, and the same values: floats up to rounding, all others exactly."""
    a, b = np.asarray(mine), other.numpy(force=True) if _is_tensor(other) else np.asarray(other)
    assert a.dtype.kind != "O", "nothing to compare"
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    if a.dtype.kind == "f":
        np.testing.assert_allclose(a, b, rtol=close, atol=close)
    else:
        np.testing.assert_array_equal(a, b)


def _our_slopes(outputs: Any, x: Any, cotangents: Any) -> list[Any]:
    """The derivatives of the outputs, weighted by cotangents, by each of x."""
    total = [np.zeros(t.shape) for t in x]
    for out, g in zip(outputs, cotangents, strict=True):
        if type(out) is Tensor and out.requires_grad:
            slopes = out.gradient(*x, gradient=g, create_graph=True)
            slopes = slopes if isinstance(slopes, tuple) else (slopes,)
            total = [slope + t for t, slope in zip(total, slopes, strict=True)]
    return total


def _their_slopes(outputs: Any, y: Any, cotangents: Any) -> list[Any]:
    """The same by PyTorch."""
    pairs = [(o, torch.tensor(g)) for o, g in zip(outputs, cotangents, strict=True)]
    pairs = [(o, g) for o, g in pairs if _is_tracked(o)]
    if not pairs or not y:
        return [torch.zeros_like(t) for t in y]
    heads, weights = zip(*pairs, strict=True)
    return list(
        torch.autograd.grad(
            heads, y, weights, create_graph=True, allow_unused=True, materialize_grads=True
        )
    )


def _is_float(v: Any) -> bool:
    return isinstance(v, np.ndarray | np.float64) and v.dtype.kind == "f"


def _ours(v: Any, tracked: bool) -> Any:
    return Tensor(v, requires_grad=True) if tracked and _is_float(v) else v


def _theirs(v: Any, tracked: bool) -> Any:
    if not isinstance(v, np.ndarray | np.generic):
        return v
    return torch.tensor(v, requires_grad=tracked and _is_float(v))


def _is_tensor(v: Any) -> bool:
    return isinstance(v, torch.Tensor)


def _is_tracked(v: Any) -> bool:
    return _is_tensor(v) and v.requires_grad
