"""Calls that no op takes, made from every op's own samples: each is refused by the op's name.

What is specific to an op stands in its `fails` table; here are the ways in which anything can be
called wrongly. Whatever happens, it is an AutogradError whose first line names the op and that
shows every argument: never NumPy's bare complaint about something deep inside.
"""

import warnings
from inspect import Parameter

import numpy as np
import pytest

from autograd import REGISTRY, AutogradError, DTypeError, ShapeError, Tensor
from autograd.op import Op
from autograd.testing.registry import samples_of
from autograd.tree import flatten

ops = pytest.mark.parametrize("name", sorted(REGISTRY))
public_ops = pytest.mark.parametrize("name", sorted(n for n in REGISTRY if REGISTRY[n].public))


def is_array(value):
    return isinstance(value, np.ndarray | np.floating)


def boxed(args):
    """The float arrays as Tensors."""
    return [Tensor(a) if is_array(a) and a.dtype.kind == "f" else a for a in args]


def outcome(entry, args, options):
    """The AutogradError of a call, or None if it went through; anything else is raised."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means of nothing, NaNs as integers
        try:
            entry.call(*args, **options)
        except AutogradError as e:
            return e
    return None


def with_each(args, change):
    """The arguments with one array changed at a time, and the position of the changed one."""
    for k, a in enumerate(args):
        if is_array(a) and change(a) is not None:
            changed = [*args[:k], change(a), *args[k + 1 :]]
            yield k, changed
            yield k, boxed(changed)


def names_the_op(error, entry):
    """Whether the first line names the op."""
    return entry.shown in str(error).splitlines()[0].partition(": ")[0]


# What is not numbers

NOT_NUMBERS = {
    "a string": "a",
    "strings": np.array(["a", "b"]),
    "a list of strings": ["a"],
    "objects": np.array([None, 1]),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "a set": {1.0},
    "a dict": {"a": 1},
    "a ragged list": [[1.0], [1.0, 2.0]],
    "complex numbers": np.array([1j, 2.0]),
}


@ops
def test_what_is_not_real_numbers_is_refused(name):
    entry = REGISTRY[name]
    sample = samples_of(entry)[0]
    for what, value in NOT_NUMBERS.items():
        for k, args in with_each(sample.args, lambda _, value=value: value):
            error = outcome(entry, args, sample.attrs)
            assert error is not None, f"{name} takes {what} as argument {k}"
            assert names_the_op(error, entry), error


def test_what_the_complaint_says():
    w = np.ones((2, 2))
    for call, error, fact in (
        (lambda: REGISTRY["linear"].call([[1], [1, 2]], w), ShapeError, "x is a ragged list"),
        (lambda: REGISTRY["exp"].call([[1], [1, 2]]), ShapeError, "x is a ragged list"),
        (lambda: REGISTRY["add"].call(w, w * 1j), DTypeError, "y is an array of complex128"),
        (lambda: Tensor(w * 1j), DTypeError, "real numbers"),
        (lambda: REGISTRY["mse_loss"].call(w, "a"), AutogradError, "target: 'a'"),
        (lambda: REGISTRY["unique"].call(["a"]), DTypeError, "['a']"),
    ):
        with pytest.raises(error) as e:
            call()
        assert fact in str(e.value)


# Shapes

MUTATIONS = {
    "one more axis": lambda a: a[None],
    "twice as long": lambda a: np.concatenate([a, a]) if a.ndim else None,
    "twice as wide": lambda a: np.concatenate([a, a], -1) if a.ndim else None,
    "no element": lambda a: a[:0] if a.ndim else None,
    "a number": lambda a: a.ravel()[0] if a.ndim and a.size else None,
    "other numbers": lambda a: (
        np.nan_to_num(a).astype(int) if a.dtype.kind == "f" else a.astype(float) + 0.5
    ),
}
AXES = (99, -99, (0, 0), 1.5, "a")
LIKE_NUMPY = {("roll", (0, 0)), ("tensordot", (0, 0))}  # roll twice; the first axes of both


def shape_errors(entry):
    """Calls with arguments of other shapes, and axes that do not exist; and the complaints."""
    for sample in samples_of(entry)[:2]:
        for change in MUTATIONS.values():
            for _, args in with_each(sample.args, change):
                yield args, outcome(entry, args, sample.attrs)
        for option, parameter in entry.signature.parameters.items():
            if option not in ("axis", "axes"):
                continue
            position = list(entry.signature.parameters).index(option)
            for axis in AXES:
                args, attrs = list(sample.args), {**sample.attrs, option: axis}
                if parameter.kind is not Parameter.KEYWORD_ONLY and position < len(args):
                    args, attrs = [*args[:position], axis, *args[position + 1 :]], sample.attrs
                error = outcome(entry, args, attrs)
                if (entry.name, axis) not in LIKE_NUMPY:
                    assert error is not None, f"{entry.name} takes {option}={axis!r}"
                yield args, error


@public_ops
def test_other_shapes_are_taken_or_refused(name):
    """Parts of other ops rely on these to have looked at the shapes."""
    entry = REGISTRY[name]
    for args, error in shape_errors(entry):
        if error is not None:
            assert names_the_op(error, entry), error
            for array in flatten(list(args))[0]:
                assert str(getattr(array, "shape", "")) in str(error), error


@public_ops
def test_who_can_be_called_with_wrong_shapes_says_so_in_its_table(name):
    entry = REGISTRY[name]
    if any(isinstance(e, ShapeError) for _, e in shape_errors(entry)):
        assert any(issubclass(bad.error, ShapeError) for bad in entry.fails), name


# Arguments that are missing, or that nobody asked for


def misfits(entry):
    """Calls that do not fit the signature."""
    sample = samples_of(entry)[0]
    parameters = list(entry.signature.parameters.values())
    many = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    yield sample.args, {**sample.attrs, "nonsense": 1}
    if not many:
        yield (*sample.args, *[1.0] * 20), sample.attrs
        first = parameters[len(sample.args) - 1]
        if first.default is Parameter.empty:
            yield sample.args[:-1], {k: v for k, v in sample.attrs.items() if k != first.name}


@ops
def test_calls_that_do_not_fit_the_signature(name):
    """Python itself refuses them for ops without options; its message names the op too."""
    entry = REGISTRY[name]
    for args, options in misfits(entry):
        for values in (args, boxed(args)):
            with pytest.raises(TypeError) as e:
                entry.call(*values, **options)
            first = str(e.value).splitlines()[0]
            python = isinstance(entry, Op) and first.startswith(f"{name}() ")
            ours = isinstance(e.value, AutogradError) and f"{entry.shown}: " in first
            assert python or ours, first


def test_options_by_another_librarys_name():
    with pytest.raises(DTypeError, match="here it is called axis"):
        REGISTRY["softmin"].call(np.ones(2), dim=0)
    with pytest.raises(DTypeError, match=r"nansum.*'nonsense'.*takes x, axis, keepdims"):
        REGISTRY["nansum"].call(np.ones(2), nonsense=0)
