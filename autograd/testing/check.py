"""check_grads: compare derivatives with finite differences, to any order, in both modes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError, DerivativeError
from ..messages import complain
from ..tensor import Tensor
from ..transforms import jvp, vjp
from ..tree import flatten
from .differences import along, one_sided

MARGIN = 8.0  # how many error bars a derivative may be off
FLOOR = 1e-9  # relative to the largest derivative: what float64 rules themselves lose


@dataclass(frozen=True)
class Mismatch:
    """One derivative that is wrong.

    function   what was differentiated, e.g. 'vjp of tanh'
    mode       'rev' or 'fwd'
    argument   index of the input, or None for a direction through all inputs
    index      position of the worst element
    analytic, numeric, bar   the two derivatives and the error bar of the second
    verdict    what kind of mistake it looks like
    """

    function: str
    mode: str
    argument: int | None
    index: tuple[int, ...]
    analytic: float
    numeric: float
    bar: float
    verdict: str

    def __str__(self) -> str:
        at = "" if self.argument is None else f" by input {self.argument}"
        place = f" at {list(self.index)}" if self.index else ""
        return (
            f"{self.function}, {self.mode} mode: derivative{at}{place} is {self.analytic:.10g}, "
            f"differences give {self.numeric:.10g} +- {self.bar:.1g}: {self.verdict}"
        )


def check_grads(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 2,
    modes: Sequence[str] = ("rev", "fwd"),
    lower: bool = True,
    rng: np.random.Generator | None = None,
    label: str | None = None,
) -> int:
    """Check the derivatives of f at `inputs` against finite differences.

    Parameters
    ----------
    f : function of Tensors that returns a Tensor (or a structure of them)
    inputs : arrays, numbers, Tensors, or structures of them
        Float arrays are differentiated, as float64; everything else is passed on as it is.
    order : int
        Highest order: order 2 checks the derivatives of the derivatives, and so on.
    modes : of 'rev' and 'fwd'; orders above the first mix them in every way
    lower : whether to compare the orders below `order` too
    rng : for cotangents and directions; seeded by default, so that failures repeat
    label : the function's name in messages

    Returns
    -------
    int
        How many derivatives were compared.

    Raises
    ------
    DerivativeError
        Naming the function, mode, input, element, both values with their error bar, and what kind
        of mistake it looks like.

    Source
    ------
    Derivatives of order k are those of the (k-1)-st vjp or jvp with respect to all its arguments.

    Examples
    --------
    >>> from autograd.testing import check_grads
    >>> check_grads(lambda x: x.tanh(), np.array([0.5, -1.0])) > 0
    True
    """
    unknown = [m for m in modes if m not in ("rev", "fwd")]
    if unknown or not modes or order < 1:
        fact = f"order must be at least 1 and modes of 'rev', 'fwd'; got {order} and {modes}"
        raise complain(ArgumentError, "check_grads", fact)
    leaves, rebuild = flatten(list(inputs))
    slots = [i for i, v in enumerate(leaves) if _is_variable(v)]
    if not slots:
        raise complain(ArgumentError, "check_grads", "none of the inputs is a float array")
    xs = [np.array(leaves[i], dtype=np.float64) for i in slots]

    def flat(*values: Any) -> list[Tensor]:
        new = list(leaves)
        for i, v in zip(slots, values):
            new[i] = v if type(v) is Tensor else Tensor(v)
        out = f(*rebuild(new))
        return [t for t in flatten(out)[0] if type(t) is Tensor and t.dtype.kind == "f"]

    name = label or str(getattr(f, "__name__", "f"))
    plan = _Plan(order, order if not lower else 1, tuple(modes), rng or np.random.default_rng(0))
    return _check(flat, xs, 1, plan, name)


def _is_variable(v: Any) -> bool:
    return isinstance(v, (np.ndarray, np.floating, Tensor)) and v.dtype.kind == "f"


@dataclass(frozen=True)
class _Plan:
    last: int  # the highest order
    first: int  # the lowest one to compare
    modes: tuple[str, ...]
    rng: np.random.Generator


def _check(
    f: Callable[..., list[Tensor]], xs: list[np.ndarray], order: int, plan: _Plan, name: str
) -> int:
    values = _arrays(f(*xs))
    vs = [np.asarray(plan.rng.normal(size=v.shape)) for v in values]
    us = [np.asarray(plan.rng.uniform(-1, 1, x.shape)) for x in xs]
    count = 0
    if order >= plan.first:
        slope, bar = along(lambda *a: _arrays(f(*a)), xs, us)
        for mode in plan.modes:
            if mode == "rev":
                _compare_reverse(f, xs, vs, us, slope, bar, name)
            else:
                _compare_forward(f, xs, us, slope, bar, name)
            count += 1
    if order < plan.last:
        for mode in plan.modes:
            derived, more = _derived(f, mode, len(xs), vs, us)
            title = f"{_TITLE[mode]} of {name}"
            count += _check(derived, [*xs, *more], order + 1, plan, title)
    return count


_TITLE = {"rev": "vjp", "fwd": "jvp"}


def _arrays(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    return [np.asarray(t._data) for t in tensors]


def _derived(
    f: Callable[..., list[Tensor]], mode: str, n: int, vs: list[np.ndarray], us: list[np.ndarray]
) -> tuple[Callable[..., list[Tensor]], list[np.ndarray]]:
    """The vjp (or jvp) of f as a function of its inputs and cotangents (or tangents)."""
    if mode == "rev":

        def backward(*args: Any) -> list[Tensor]:
            _, pull = vjp(lambda *x: f(*x), *args[:n])
            return list(pull(list(args[n:])))

        return backward, vs

    def forward(*args: Any) -> list[Tensor]:
        return list(jvp(lambda *x: f(*x), args[:n], args[n:])[1])

    return forward, us


def _compare_reverse(
    f: Callable[..., list[Tensor]],
    xs: list[np.ndarray],
    vs: list[np.ndarray],
    us: list[np.ndarray],
    slope: list[np.ndarray],
    bar: list[np.ndarray],
    name: str,
) -> None:
    _, pull = vjp(f, *xs)
    gradients = _arrays(pull([Tensor(v) for v in vs]))
    for k, (x, g) in enumerate(zip(xs, gradients)):
        if g.shape != x.shape:
            raise DerivativeError(
                f"{name}: the gradient of input {k} has shape {g.shape}, not {x.shape}"
            )
    analytic = sum(float(np.sum(g * u)) for g, u in zip(gradients, us))
    numeric = sum(float(np.sum(v * s)) for v, s in zip(vs, slope))
    error = sum(float(np.sum(np.abs(v) * b)) for v, b in zip(vs, bar))
    scale = sum(float(np.sum(np.abs(g * u))) for g, u in zip(gradients, us))
    if not _close(analytic, numeric, error, scale):
        raise DerivativeError(str(_worst_element(f, xs, vs, gradients, name)))
    again = _arrays(pull([Tensor(v) for v in vs]))
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(gradients, again)):
        raise DerivativeError(f"{name}: a second backward pass gives different gradients")
    doubled = _arrays(pull([Tensor(2 * v) for v in vs]))
    for k, (a, b) in enumerate(zip(gradients, doubled)):
        if not np.allclose(2 * a, b, rtol=1e-10, atol=1e-12 * (1 + scale)):
            raise DerivativeError(
                f"{name}: the gradient of input {k} is not linear in the cotangent"
            )


def _compare_forward(
    f: Callable[..., list[Tensor]],
    xs: list[np.ndarray],
    us: list[np.ndarray],
    slope: list[np.ndarray],
    bar: list[np.ndarray],
    name: str,
) -> None:
    _, moved = jvp(f, xs, [Tensor(u) for u in us])
    for k, (t, s, b) in enumerate(zip(_arrays(moved), slope, bar)):
        if t.shape != s.shape:
            raise DerivativeError(
                f"{name}: the tangent of output {k} has shape {t.shape}, not {s.shape}"
            )
        scale = float(np.max(np.abs(s), initial=0.0))
        wrong = ~np.isclose(t, s, rtol=0, atol=MARGIN * b + FLOOR * (1 + scale))
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            a, n, e = float(t[index]), float(s[index]), float(np.broadcast_to(b, s.shape)[index])
            raise DerivativeError(str(Mismatch(name, "fwd", None, index, a, n, e, verdict(a, n))))


def _close(analytic: float, numeric: float, error: float, scale: float) -> bool:
    return abs(analytic - numeric) <= MARGIN * error + FLOOR * (1 + scale)


def _worst_element(
    f: Callable[..., list[Tensor]],
    xs: list[np.ndarray],
    vs: list[np.ndarray],
    gradients: list[np.ndarray],
    name: str,
) -> Mismatch:
    """Differentiate element by element to find where the gradient is most wrong."""
    worst: Mismatch | None = None
    excess = -1.0

    def weighted(*a: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(sum(float(np.sum(v * y)) for v, y in zip(vs, _arrays(f(*a)))))]

    for k, x in enumerate(xs):
        for index in list(np.ndindex(x.shape))[:200]:
            us = [np.zeros_like(y) for y in xs]
            us[k][index] = 1.0
            (slope,), (bar,) = along(weighted, xs, us)
            a, n, e = float(gradients[k][index]), float(slope), float(bar)
            off = abs(a - n) / (MARGIN * e + FLOOR) if np.isfinite(a - n) else np.inf
            if off > excess:
                (left,), (right,) = one_sided(weighted, xs, us)
                excess = off
                worst = Mismatch(
                    name, "rev", k, index, a, n, e, verdict(a, n, float(left), float(right))
                )
    assert worst is not None
    return worst


def verdict(analytic: float, numeric: float, left: float = np.nan, right: float = np.nan) -> str:
    """What kind of mistake two numbers look like.

    Examples
    --------
    >>> from autograd.testing.check import verdict
    >>> verdict(6.0, 3.0)
    'twice too large: counted twice, or a factor 1/2 is missing'
    """
    if not np.isfinite(numeric):
        return "no value beside this point: it lies outside the function's domain, or on its edge"
    if not np.isfinite(analytic):
        return (
            "not finite" if np.isfinite(numeric) else "the point is outside the function's domain"
        )
    if np.isfinite(left) and abs(left - right) > 1e-3 * (1 + abs(left) + abs(right)):
        return f"a kink lies here: slope {left:.6g} on the left, {right:.6g} on the right"
    if analytic == 0:
        return "zero: this input is not reached"
    ratio = analytic / numeric if numeric else np.inf
    for value, words in (
        (-1.0, "the sign is wrong"),
        (2.0, "twice too large: counted twice, or a factor 1/2 is missing"),
        (0.5, "half of what it should be: a factor 2 is missing"),
    ):
        if abs(ratio - value) < 1e-6:
            return words
    return f"ratio {ratio:.8g}"
