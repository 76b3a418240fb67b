"""Sizes, layouts, axes and dtypes, for every op: made from the samples that it carries.

What holds for elementwise ops only, and for float32, stands in autograd.testing.registry.
"""

import itertools
import warnings
from inspect import Parameter

import numpy as np
import pytest

from autograd import REGISTRY, AutogradError, Tensor
from autograd.numpy_protocol import NAMES
from autograd.samples import Sample
from autograd.testing import check_grads
from autograd.testing.registry import _is_float, _value_and_gradients, differentiable, samples_of
from autograd.tree import flatten

ops = pytest.mark.parametrize("name", sorted(REGISTRY))
PUBLIC = sorted(n for n in REGISTRY if REGISTRY[n].public)


def results(function, sample):
    """The arrays that a call gives, or the AutogradError that it raises."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return [np.asarray(v) for v in flatten(function(*sample.args, **sample.attrs))[0]]
        except AutogradError as e:
            return e


def derivatives(entry, sample, change):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return _value_and_gradients(entry, sample, change)


def same(actual, expected):
    if len(actual) != len(expected):
        return False
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-10, atol=1e-12, equal_nan=True)
        for a, b in zip(actual, expected)
    )


# Axes

SPANNING = {"expand_dims", "stack"}  # their axes count those of the result
PAIRED = {"roll", "norm"}  # each axis of a tuple has a part of its own


def with_axis(entry, sample):
    """The sample's axis, and the same call with another axis."""
    parameters = entry.signature.parameters
    position = list(parameters).index("axis")
    keyword = parameters["axis"].kind is Parameter.KEYWORD_ONLY or position >= len(sample.args)

    def call(axis):
        if keyword:
            return Sample(*sample.args, **{**sample.attrs, "axis": axis})
        return Sample(*sample.args[:position], axis, *sample.args[position + 1 :], **sample.attrs)

    given = sample.attrs.get("axis", parameters["axis"].default)
    return (given if keyword else sample.args[position]), call


def other_spellings(entry, axis, ndim):
    """The same axes, counted from the other end and in another order."""
    if isinstance(axis, tuple):
        yield tuple(a - ndim if a >= 0 else a + ndim for a in axis)
        if entry.name not in PAIRED:
            yield axis[::-1]
    elif axis is not None:
        yield axis - ndim if axis >= 0 else axis + ndim
        yield np.int64(axis)
    elif "keepdims" in entry.signature.parameters and "arg" not in entry.name:
        yield tuple(range(ndim))


@pytest.mark.parametrize(
    "name",
    sorted(
        n for n, e in REGISTRY.items()
        if e.public and "axis" in e.signature.parameters and n != "unique"  # its samples have none
    ),
)  # fmt: skip
def test_axes_count_from_both_ends_and_in_any_order(name):
    entry = REGISTRY[name]
    compared = 0
    for sample in samples_of(entry):
        dims = {a.ndim for a in flatten(list(sample.args))[0] if isinstance(a, np.ndarray)}
        axis, call = with_axis(entry, sample)
        if not dims or (len(dims) > 1 and name in ("vecdot", "cross", "cosine_similarity")):
            continue  # stacks that broadcast: there an axis counts from the end
        ndim = max(dims) + (name in SPANNING) * np.size(axis)
        if name in ("vecdot", "cross") and axis != -1:
            continue
        for other in other_spellings(entry, axis, ndim):
            compared += 1
            assert same(results(entry.call, call(other)), results(entry.call, call(axis))), (
                f"{name}({sample.label}): axis={other} is not axis={axis}"
            )
    assert compared


@pytest.mark.parametrize(
    "name", sorted(n for n, e in REGISTRY.items() if "keepdims" in e.signature.parameters)
)
def test_keepdims_only_keeps_axes(name):
    entry = REGISTRY[name]
    for sample in samples_of(entry):
        attrs = {k: v for k, v in sample.attrs.items() if k != "keepdims"}
        kept, dropped = (
            results(entry.call, Sample(*sample.args, **attrs, keepdims=k)) for k in (True, False)
        )
        for with_axes, without in zip(kept, dropped, strict=True):
            if name != "tie_shares":  # the shares of x are as many either way
                several = name == "quantile" and np.ndim(attrs.get("q", 0))  # an axis in front
                assert with_axes.ndim == np.ndim(sample.args[0]) + several
                assert np.array_equal(with_axes.ravel(), without.ravel(), equal_nan=True)


# Arrays without elements, with axes of one, and without axes

PLAIN_REFERENCE = {"one_hot", "unique"}  # gives what is right for the samples


def shortened(array, size, axis):
    """The array with `size` elements along an axis, 0 or 1; or just one number of it."""
    if size == "0-d":
        return np.asarray(array.ravel()[0])
    return np.take(array, range(min(size, array.shape[axis])), axis=axis)


def cut(sample, size):
    """The sample with one array, or all of them, shortened along an axis at either end."""
    where = [k for k, a in enumerate(sample.args) if isinstance(a, np.ndarray) and a.size > 1]
    for chosen in {(k,) for k in where} | {tuple(where)} - {()}:
        for axis in (0, -1):
            args = list(sample.args)
            for k in chosen:
                args[k] = shortened(args[k], size, axis)
            yield Sample(*args, **sample.attrs)


@pytest.mark.parametrize("size", [0, 1, "0-d"])
@pytest.mark.parametrize("name", PUBLIC)
def test_arrays_that_are_small_are_right_or_refused(name, size):
    """What comes out is the reference's; gradients have the arrays' shapes; nothing else."""
    entry = REGISTRY[name]
    for sample in samples_of(entry)[:4]:
        for small in cut(sample, size):
            actual = results(entry.call, small)
            if isinstance(actual, AutogradError):
                continue
            try:
                expected = results(entry.reference, small)
            except Exception:  # references are plain loops, and not made for this
                expected = None
            if expected is not None and name not in PLAIN_REFERENCE:
                assert same(actual, expected), f"{name}({small.label})"
            if differentiable(entry, small):
                _, gradients = derivatives(entry, small, np.array)
                floats = [a for a in flatten(list(small.args))[0] if _is_float(a)]
                assert [g.shape for g in gradients] == [a.shape for a in floats], small.label


FREE = {"qr", "svd"}  # what completes one column to a basis of space is free to turn


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(n for n, e in REGISTRY.items() if e.public and n not in FREE)
)
def test_derivatives_where_axes_have_one_element(name):
    """By finite differences, to second order and in both modes."""
    entry = REGISTRY[name]
    for sample in samples_of(entry)[:2]:
        for small in cut(sample, 1):
            refused = isinstance(results(entry.call, small), AutogradError)
            if differentiable(entry, small) and sample.orders and not refused:
                with np.errstate(all="ignore"):
                    check_grads(
                        lambda *args, s=small: entry.call(*args, **s.attrs),
                        *small.args,
                        order=min(2, sample.orders),
                        label=f"{name}({small.label})",
                    )


def numpys(name):
    """NumPy's function of the same meaning, or None."""
    for wanted in (name, *(theirs for theirs, ours in NAMES.items() if ours == name)):
        for module in (np, np.linalg):
            f = getattr(module, wanted, None)
            if callable(f) and not isinstance(f, type):
                return f
    return None


TWINS = sorted(n for n, e in REGISTRY.items() if e.public and numpys(n) is not None)
twins = pytest.mark.parametrize("name", TWINS)


@twins
def test_where_numpy_takes_arrays_without_elements_so_do_we(name):
    entry, f = REGISTRY[name], numpys(name)
    for sample in samples_of(entry)[:4]:
        for empty in cut(sample, 0):
            try:
                expected = results(f, empty)
            except Exception:  # NumPy does not take them, or other arguments
                continue
            actual = results(entry.call, empty)
            if name not in STRICTER and not any(v.dtype == object for v in expected):
                assert isinstance(actual, list), actual
                assert same(actual, expected), f"{name}({empty.label}): {actual}"


STRICTER = {"median", "nanmedian"}  # nothing to choose from: NumPy warns and gives NaN

# Layouts


@ops
def test_broadcast_arrays_are_arrays_like_others(name):
    """Stride 0 along the first axis: values and gradients are those of a copy."""
    entry = REGISTRY[name]
    for sample in samples_of(entry)[:4]:
        if not differentiable(entry, sample):
            continue

        def stretched(v):
            return np.broadcast_to(v[:1], v.shape) if np.ndim(v) else np.asarray(v)

        try:
            values, gradients = derivatives(entry, sample, lambda v: np.array(stretched(v)))
        except AutogradError:  # a singular matrix, say
            continue
        views = derivatives(entry, sample, stretched)
        assert same(views[0], values), f"{name}({sample.label})"
        assert same(views[1], gradients), f"{name}({sample.label}), gradient"


# Dtypes

LAPACK = {
    "inv", "solve", "pinv", "det", "cofactors", "logabsdet", "slogdet", "cholesky", "qr_packed",
    "null_basis", "qr", "lu", "lu_packed", "eigh", "eigh_packed", "eigvalsh", "svd", "svd_packed",
    "svdvals", "lstsq", "matrix_norm", "cond",
}  # fmt: skip
SCIPY = {
    "xlogy", "xlog1py", "erf", "erfc", "erfinv", "ndtr", "log_ndtr", "inverse_mills", "entr",
    "lgamma", "digamma", "polygamma", "bessel_i", "i0", "i1", "i0e", "i1e", "matrix_exp", "gelu",
    "gelu_dx",
    "kl_div", "run_means",
}  # fmt: skip
REFUSED = {"float16": LAPACK, "longdouble": LAPACK | SCIPY}


@ops
@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
def test_other_floats_stay_what_they_are_or_are_refused(name, dtype):
    """LAPACK has no half and no extended precision, SciPy's special functions no extended one."""
    entry = REGISTRY[name]
    for sample in samples_of(entry)[:3]:
        if not differentiable(entry, sample) or "dtype" in sample.attrs:
            continue
        kept = [v.dtype == np.float64 for v in results(entry.call, sample)]
        try:
            values, gradients = derivatives(entry, sample, lambda v: np.asarray(v, dtype))
        except AutogradError as e:
            if name not in REFUSED[dtype]:
                raise AssertionError(f"{name} refuses {dtype}") from e
            return
        assert all(v.dtype == dtype for v, keep in zip(values, kept) if keep), sample.label
        assert all(g.dtype == dtype for g in gradients if g.any()), sample.label


OWN_DTYPES = {  # documented in docs/numerics.md
    "dot": "Python numbers are weak", "inner": "Python numbers are weak",
    "lstsq": "the rank is int64, residuals have the dtype of the solution",
    "power": "as x**y, which NumPy makes int8 of booleans and a Python int",
    "quantile": "q has no part in the dtype", "reciprocal": "of integers it is a float",
    "square": "of booleans it is the same booleans", "put_along_axis": "NumPy's writes into x",
    "pad": "refuses constants that x cannot hold",
}  # fmt: skip
DTYPES = (np.float32, np.float64, np.int32, np.int64, np.bool_, float, int)


def converted(value, dtype):
    if dtype in (float, int):
        return dtype(2)
    return np.asarray(np.nan_to_num(value) * (1 if np.dtype(dtype).kind == "f" else 3)).astype(
        dtype
    )


@pytest.mark.parametrize("name", [n for n in TWINS if n not in OWN_DTYPES])
def test_dtypes_are_numpys(name):
    """NEP 50, for all mixtures of floats, integers, booleans and Python numbers."""
    entry, f = REGISTRY[name], numpys(name)
    samples = samples_of(entry)
    leaves, rebuild = flatten(list(samples[min(1, len(samples) - 1)].args))
    attrs = samples[min(1, len(samples) - 1)].attrs
    floats = [k for k, a in enumerate(leaves) if _is_float(a)]
    for dtypes in itertools.product(DTYPES, repeat=min(len(floats), 3)):
        if all(d in (float, int) for d in dtypes):
            continue
        new = list(leaves)
        for k, dtype in zip(floats, dtypes):
            new[k] = converted(leaves[k], dtype)
        try:
            expected = [v.dtype for v in results(f, Sample(*rebuild(new), **attrs))]
        except Exception:  # NumPy does not take these
            continue
        for box in (lambda v: v, lambda v: Tensor(v) if hasattr(v, "dtype") else v):
            actual = results(entry.call, Sample(*rebuild(list(map(box, new))), **attrs))
            assert [v.dtype for v in actual] == expected, (name, dtypes)
