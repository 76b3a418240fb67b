"""The checks that every registered op must pass, each over all samples of the op.

One function for each property; `PROPERTIES` names them in the order of the table that
`python -m autograd check` prints. A property raises AssertionError (or an AutogradError) with a
message that stands alone, and returns how many comparisons it made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import AutogradError
from ..op import REGISTRY, Entry, Op
from ..samples import Sample
from ..tensor import Tensor
from ..tree import flatten
from .check import check_grads

SEED = 20240229


def samples_of(entry: Entry) -> list[Sample]:
    """The op's samples, drawn with the fixed seed."""
    return list(entry.samples(np.random.default_rng(SEED))) if entry.samples else []


def differentiable(entry: Entry, sample: Sample) -> bool:
    """Whether there is anything to differentiate."""
    return not entry.plain and any(_is_float(v) for v in flatten(list(sample.args))[0])


def _is_float(v: Any) -> bool:
    return isinstance(v, (np.ndarray, np.floating)) and v.dtype.kind == "f"


def _map_args(sample: Sample, change: Callable[[np.ndarray], Any]) -> list[Any]:
    leaves, rebuild = flatten(list(sample.args))
    return rebuild([change(v) if _is_float(v) else v for v in leaves])


def _call(entry: Entry, args: list[Any], sample: Sample) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        out = entry.call(*args, **sample.attrs)
    return [np.asarray(v) for v in flatten(out)[0]]


def _value_and_gradients(
    entry: Entry, sample: Sample, change: Callable[[np.ndarray], Any]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Results, and gradients for fixed uneven cotangents, at converted arguments."""
    args = _map_args(sample, lambda v: _track(change(v)))
    tracked = [v for v in flatten(args)[0] if type(v) is Tensor]
    with np.errstate(all="ignore"):
        outputs = [t for t in flatten(entry.call(*args, **sample.attrs))[0] if type(t) is Tensor]
        for t in outputs:
            if t.node is not None:
                t.backward(np.cos(np.arange(t.size)).reshape(t.shape), retain_graph=True)
    values = [np.asarray(t) for t in outputs]
    return values, [np.zeros(t.shape) if t.grad is None else np.asarray(t.grad) for t in tracked]


def _track(array: Any) -> Tensor:
    t = Tensor(0.0, dtype=array.dtype)
    t._data = array  # the very array, with its strides
    return t.requires_grad_()


def _same(actual: list[np.ndarray], expected: list[np.ndarray], rtol: float, what: str) -> int:
    assert len(actual) == len(expected), f"{what}: {len(actual)} results, not {len(expected)}"
    for a, b in zip(actual, expected):
        assert a.shape == b.shape, f"{what}: shape {a.shape}, not {b.shape}"
        scale = (
            float(np.max(np.abs(b[np.isfinite(b)]), initial=0.1)) if b.dtype.kind == "f" else 0.0
        )
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale, err_msg=what)
    return len(expected)


def check_declared(entry: Entry) -> int:
    """It has a docstring, samples, a reference, and a rule for every input (or is plain)."""
    assert entry.doc.strip(), f"{entry.name} has no docstring"
    assert entry.samples is not None, f"{entry.name} has no samples"
    assert samples_of(entry), f"{entry.name} yields no samples"
    assert entry.reference is not None, f"{entry.name} has no reference"
    if isinstance(entry, Op) and not entry.plain:
        assert any(entry.rules), f"{entry.name} has no gradient rule and is not plain"
    return 1


def check_value(entry: Entry) -> int:
    """Tensors and plain arrays give what the reference gives, and no input is written."""
    count = 0
    assert entry.reference is not None
    for sample in samples_of(entry):
        before = [np.array(v) for v in flatten(list(sample.args))[0]]
        with np.errstate(all="ignore"):
            expected = entry.reference(*sample.args, **sample.attrs)
        wanted = [np.asarray(v) for v in flatten(expected)[0]]
        plain = _call(entry, list(sample.args), sample)
        boxed = _call(entry, _map_args(sample, Tensor), sample)
        count += _same(plain, wanted, 1e-10, f"{entry.name}({sample.label}) on arrays")
        count += _same(boxed, wanted, 1e-10, f"{entry.name}({sample.label}) on Tensors")
        for a, b in zip(flatten(list(sample.args))[0], before):
            assert np.array_equal(a, b, equal_nan=b.dtype.kind == "f"), (
                f"{entry.name} wrote its input"
            )
    return count


def check_order(entry: Entry, order: int) -> int:
    """Derivatives of exactly this order, in both modes and all mixtures."""
    count = 0
    for sample in samples_of(entry):
        if differentiable(entry, sample) and sample.orders >= order:
            with np.errstate(all="ignore"):
                count += check_grads(
                    lambda *args, s=sample: entry.call(*args, **s.attrs),
                    *sample.args,
                    order=order,
                    lower=False,
                    label=f"{entry.name}({sample.label})",
                )
    return count


def check_float32(entry: Entry) -> int:
    """float32 in, float32 out and back; equal to float64 within float32's precision."""
    count = 0
    for sample in samples_of(entry):
        if not differentiable(entry, sample) or "dtype" in sample.attrs:
            continue
        what = f"{entry.name}({sample.label}) in float32"
        exact, slopes = _value_and_gradients(
            entry, sample, lambda v: np.asarray(v, np.float32).astype(np.float64)
        )
        values, gradients = _value_and_gradients(entry, sample, lambda v: np.asarray(v, np.float32))
        for v, e in zip(values, exact):
            assert v.dtype == (np.float32 if e.dtype == np.float64 else e.dtype), (
                f"{what}: result is {v.dtype}"
            )
        for g in gradients:
            assert g.dtype in (np.float32, np.float64) and (g.dtype == np.float32 or not g.any()), (
                f"{what}: gradient is {g.dtype}"
            )
        count += _same(values, exact, 2e-4, what) + _same(
            gradients, slopes, 2e-3, what + ", gradient"
        )
    return count


def _layouts(v: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "Fortran order", np.array(v, order="F")
    if v.ndim:
        yield "negative strides", np.flip(np.flip(v).copy())
        padded = np.zeros(tuple(2 * n for n in v.shape))
        padded[tuple(slice(None, None, 2) for _ in v.shape)] = v
        yield "gaps", padded[tuple(slice(None, None, 2) for _ in v.shape)]


def check_layouts(entry: Entry) -> int:
    """Strides do not matter: Fortran order, reversed and spaced-out inputs give the same."""
    count = 0
    for sample in samples_of(entry)[:6]:
        if not differentiable(entry, sample):
            continue
        expected, slopes = _value_and_gradients(entry, sample, np.array)
        for k, name in enumerate(("Fortran order", "negative strides", "gaps")):

            def change(v: np.ndarray, k: int = k) -> np.ndarray:
                options = [a for _, a in _layouts(np.asarray(v))]
                return options[min(k, len(options) - 1)]

            values, gradients = _value_and_gradients(entry, sample, change)
            what = f"{entry.name}({sample.label}), {name}"
            count += _same(values, expected, 1e-12, what) + _same(gradients, slopes, 1e-12, what)
    return count


def check_empty(entry: Entry) -> int:
    """Elementwise ops take arrays without elements, and so do their gradients."""
    if not (isinstance(entry, Op) and entry.elementwise) or entry.plain:
        return 0
    sample = samples_of(entry)[0]
    count = 0
    for shape in ((0,), (2, 0, 3)):
        leaves = [np.zeros(shape, np.asarray(v).dtype) for v in flatten(list(sample.args))[0]]
        empty = Sample(*leaves, label=f"shape {shape}", **sample.attrs)
        values, gradients = _value_and_gradients(entry, empty, np.array)
        assert values[0].size == 0, f"{entry.name}: an empty input gives {values[0].shape}"
        assert all(g.shape == shape for g in gradients), f"{entry.name}: empty gradients"
        count += 1
    return count


def check_errors(entry: Entry) -> int:
    """A bad call raises the declared class; the message names the op and every array's shape."""
    for bad in entry.fails:
        for args in (list(bad.args), [Tensor(a) if _is_float(a) else a for a in bad.args]):
            try:
                entry.call(*args, **bad.attrs)
            except AutogradError as e:
                assert isinstance(e, bad.error), (
                    f"{entry.name}: {type(e).__name__}, not {bad.error.__name__}"
                )
                text = str(e)
                assert re.search(bad.match, text), f"{entry.name}: {bad.match!r} is not in {text!r}"
                name = entry.shown
                assert name in text.splitlines()[0], f"{name} is not named in {text!r}"
                for array in flatten(args)[0]:
                    assert str(getattr(array, "shape", "")) in text, f"no {array.shape} in {text!r}"
            else:
                raise AssertionError(f"{entry.name}: a bad call went through: {bad.match}")
    return 2 * len(entry.fails)


PROPERTIES: dict[str, Callable[[Entry], int]] = {
    "declared": check_declared,
    "value": check_value,
    "order 1": lambda e: check_order(e, 1),
    "order 2": lambda e: check_order(e, 2),
    "order 3": lambda e: check_order(e, 3),
    "float32": check_float32,
    "layouts": check_layouts,
    "empty": check_empty,
    "errors": check_errors,
}


def entries(names: list[str] | None = None) -> list[Entry]:
    """Registered ops by name, or all of them."""
    if not names:
        return list(REGISTRY.values())
    unknown = [n for n in names if n not in REGISTRY]
    if unknown:
        raise AutogradError(f"check: no op is called {', '.join(unknown)}")
    return [REGISTRY[n] for n in names]
