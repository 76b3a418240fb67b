"""What an op is.

An op is a NumPy function and one gradient rule for each array it takes:

    @op(samples=unary(-2, 2), method="tanh")
    def tanh(x, /):
        \"\"\"Hyperbolic tangent, element by element.\"\"\"
        return np.tanh(x)

    @tanh.grad("x")
    def _(g, out):
        return g * (1 - out * out)

Positional-only parameters are arrays; keyword-only parameters are options. A rule takes the
cotangent `g` first and then asks for what it needs BY NAME: an input, `out`, an option, a residual,
or its own input's `x_shape` / `x_dtype`. Only what some rule asks for is kept in memory.

Rules are called with ndarrays in a plain backward pass and with Tensors under `create_graph`, so
they use operators and ops, never `np.` on g, inputs or out: that is what makes every order work.
A rule may return any shape that broadcasting explains; the engine sums it back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

from .arguments import facade
from .binding import bind, method_for, unbind
from .dispatch import caller
from .errors import AxisError, DTypeError, RuleError
from .rule import Rule, Step, Unread, step
from .samples import Fails, Samples

REGISTRY: dict[str, Entry] = {}


class Entry:
    """Everything the tests, the documentation and the stubs know about one function."""

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None,
        samples: Samples | None,
        reference: Callable[..., Any] | None,
        fails: Sequence[Fails],
        plain: bool,
        public: bool,
    ):
        self.name = self.shown = name or function.__name__.strip("_")
        self.forward = function
        self.samples = samples
        self.reference = reference
        self.fails = tuple(fails)
        self.plain = plain
        self.public = public
        self.signature = signature(function)
        self.doc = function.__doc__ or ""
        self.family = function.__module__.rpartition(".")[2]
        self.methods: list[str] = []
        self.call: Callable[..., Any] = function
        self._replace_interactive()

    def _replace_interactive(self) -> None:
        """Names are unique, but whoever runs a notebook cell again means the new definition."""
        old = REGISTRY.get(self.name)
        if old is None:
            return
        if not old.forward.__module__ == self.forward.__module__ == "__main__":
            raise RuleError(f"two ops are called {self.name!r}")
        unbind(old.methods)
        del REGISTRY[self.name]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{self.signature}>"


class Composite(Entry):
    """A public function made of ops: it needs no rules of its own."""


class Op(Entry):
    """A recorded operation: forward function, rules, and what must be saved for them.

    arrays      names of the array parameters, in order
    options     names of the options; defaults: name -> default; required: those without one
    residuals   names of what forward returns beside the result
    hints       names of options that save work only: rules cannot read them, nodes do not keep them
    rules       one Rule for each array; None where not differentiable
    unread      what of (*arrays, out, *residuals) no rule will read, by which arrays are constants
    keep        for each of (*arrays, out, *residuals): does a rule ask for it? keep_first and
                keep_second are the same if only that array is tracked
    guard       1: elementwise, so where the cotangent is zero the result must be zero, whatever
                the operands. 2: elementwise, with a derivative that can be infinite or NaN at
                finite operands (sqrt at 0), so that must always be looked after. 0: neither
    masks       a rule may turn a cotangent into exact zeros (where, indexing, relu)
    narrow      what records it; `call` is what users call, and may do more before (a front)
    """

    narrow: Callable[..., Any]

    def __init__(self, forward: Callable[..., Any], **entry: Any):
        self.residuals: tuple[str, ...] = tuple(entry.pop("residuals"))
        self.hints: frozenset[str] = frozenset(entry.pop("hints"))
        self.elementwise: bool = entry.pop("elementwise") or entry.get("singular", False)
        self.masks: bool = entry.pop("masks")
        self.guard = 2 if entry.pop("singular") else int(self.elementwise and not self.masks)
        super().__init__(forward, **entry)
        parameters = self.signature.parameters.values()
        kinds = (Parameter.POSITIONAL_ONLY, Parameter.VAR_POSITIONAL)
        self.arrays = tuple(p.name for p in parameters if p.kind in kinds)
        self.variadic = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
        options = [p for p in parameters if p.kind is Parameter.KEYWORD_ONLY]
        self.options = tuple(p.name for p in options)
        self.required = frozenset(p.name for p in options if p.default is Parameter.empty)
        self.defaults = {p.name: p.default for p in options if p.name not in self.required}
        known = {*self.arrays, *self.options}
        wrong = [p.name for p in parameters if p.name not in known]
        if wrong:
            raise RuleError(
                f"{self.name}: parameter {wrong[0]!r} must be positional-only (an array) "
                "or keyword-only (an option)"
            )
        if self.variadic and len(self.arrays) > 1:
            raise RuleError(f"{self.name}: *{self.arrays[-1]} must be the only array parameter")
        self.slots = (*self.arrays, "out", *self.residuals)
        self.leaves_as = (  # what a Cut says of a result that is not tracked
            f"{self.name} (not differentiable)" if self.plain else f"no_grad ({self.name})"
        )
        self.rules: list[Rule | None] = [None] * len(self.arrays)
        self.unread = Unread(self.rules, self.variadic, 1 + len(self.residuals))
        self.plan: tuple[Step, ...] = ()
        self._plans: dict[int, tuple[Step, ...]] = {}
        self._replan()

    def grad(
        self, *inputs: str, adder: Callable[..., None] | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register the gradient rule for the named inputs.

        For a variadic op (`*arrays`) the one rule may also ask for `i`, the input's position; the
        arrays' name then gives the tuple of all of them, and `others` all but the input itself.

        Parameters
        ----------
        adder : function, optional
            For rules whose results are mostly zeros: `adder(total, g, ...)`, with what the rule
            asks for, adds the same to the array `total` in place. A loop over x[0], x[1], ... then
            costs as much as x, not as its square.

        Raises
        ------
        RuleError
            If the op has no such input, or the rule asks for something that does not exist.
        """

        def register(rule: Callable[..., Any]) -> Callable[..., Any]:
            for name in inputs:
                if name not in self.arrays:
                    raise RuleError(
                        f"{self.name} has no array input {name!r}; it has {self.arrays}"
                    )
            where = self._readable(inputs)
            names = list(signature(rule).parameters)
            if not names or (names[0] != "g" and names[0] != "h"):
                raise RuleError(
                    f"{self.name}: the rule for {inputs} must take the cotangent g first"
                )
            for name in names[1:]:
                if name not in where:
                    options = ", ".join(sorted(where))
                    raise RuleError(
                        f"{self.name}: the rule for {inputs} asks for {name!r}; "
                        f"it can ask for {options}"
                    )
            reads = tuple(where[n] for n in names[1:])
            for name in inputs:
                self.rules[self.arrays.index(name)] = Rule(rule, reads, self.guard, adder)
            self._replan()
            return rule

        return register

    def _readable(self, inputs: tuple[str, ...]) -> dict[str, Any]:
        if self.variadic:
            where: dict[str, Any] = {self.arrays[0]: ("arrays",), "others": ("others",)}
            where["i"] = ("position",)
            where |= {n: ("after", k) for k, n in enumerate(self.slots[1:])}
        else:
            where = {n: k for k, n in enumerate(self.slots)}
        if len(inputs) == 1:  # a rule may know the shape and dtype of its own input only
            where |= {f"{inputs[0]}_shape": ("shape",), f"{inputs[0]}_dtype": ("dtype",)}
        return where | {n: n for n in self.options if n not in self.hints}

    def _replan(self) -> None:
        self.unread.clear()
        self._plans.clear()
        if self.variadic:  # the last of two stands for all
            self.keep = self._keep(False, False)[1:]
            return
        self.plan = tuple(step(i, rule) for i, rule in enumerate(self.rules))
        self.keep = self._keep(*[False] * len(self.arrays))
        if len(self.arrays) == 2:
            self.keep_first, self.keep_second = self._keep(False, True), self._keep(True, False)

    def _keep(self, *constant: bool) -> tuple[bool, ...]:
        """What rules read, if these arrays are constants."""
        count = len(constant) + 1 + len(self.residuals)
        return tuple(k not in self.unread[constant] for k in range(count))

    def plan_for(self, count: int) -> tuple[Step, ...]:
        """The plan of a call with `count` arrays, for variadic ops."""
        plan = self._plans.get(count)
        if plan is None:
            plan = self._plans[count] = tuple(step(i, self.rules[0]) for i in range(count))
        return plan


def op(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    samples: Samples | None = None,
    reference: Callable[..., Any] | None = None,
    fails: Sequence[Fails] = (),
    method: str | Sequence[str] = (),
    operators: Sequence[str] = (),
    residuals: Sequence[str] = (),
    hints: Sequence[str] = (),
    elementwise: bool = False,
    singular: bool = False,
    masks: bool = False,
    plain: bool = False,
    public: bool = True,
    shown: str | None = None,
) -> Any:
    """Make an op of a NumPy function. Users' own ops come to life the very same way.

    Parameters
    ----------
    name : the op's name, if not the function's
    samples : function of a Generator that yields Samples; needed for the registry test
    reference : the same function in the plainest NumPy or Python, to test against
    fails : calls that must raise
    method : Tensor method name(s) to bind
    operators : special method names to bind (`__add__`, `__radd__`, `__iadd__`)
    residuals : names of constants that the function returns after its result, for the rules
    hints : names of options that only save work, because the caller happens to know them
    elementwise : out[i] depends on the inputs at i only (after broadcasting). Then a cotangent of
        exactly zero contributes exactly zero, also where the derivative is infinite or NaN
    singular : elementwise, and the derivative can be infinite or NaN at finite inputs
    masks : a rule may return exact zeros for a cotangent without zeros
    plain : not differentiable (comparisons, argmax): the result is never tracked
    public : exported as `autograd.NAME`; False for parts of other ops and for adjoints
    shown : its name in messages and pictures, if that of the function around it, which users call

    Returns
    -------
    function
        Takes Tensors, arrays and numbers; has `.grad` to register rules and `.op`, its Op.

    Raises
    ------
    RuleError
        If the declaration does not make sense; at import, not at the first call.

    Examples
    --------
    >>> import numpy as np
    >>> @op(elementwise=True)
    ... def cube(x, /):
    ...     return x**3
    >>> @cube.grad("x")
    ... def _(g, x):
    ...     return g * 3 * x * x
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward(); x.grad
    Tensor([ 3., 12.])
    >>> del REGISTRY["cube"]
    """

    def register(forward: Callable[..., Any]) -> Callable[..., Any]:
        o = Op(
            forward, name=name, samples=samples, reference=reference, fails=fails, plain=plain,
            public=public, residuals=residuals, hints=hints, elementwise=elementwise,
            singular=singular, masks=masks,
        )  # fmt: skip
        o.shown = shown or o.name
        apply = _publish(o, caller(o, forward), forward)
        apply.op = o  # type: ignore[attr-defined]
        apply.grad = o.grad  # type: ignore[attr-defined]
        _bind_all(o, apply, method, operators)
        return apply

    return register if function is None else register(function)


def composite(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    samples: Samples | None = None,
    reference: Callable[..., Any] | None = None,
    fails: Sequence[Fails] = (),
    method: str | Sequence[str] = (),
    operators: Sequence[str] = (),
    plain: bool = False,
    public: bool = True,
) -> Any:
    """List a public function made of ops, so that it is tested, documented and bound like one."""

    def register(f: Callable[..., Any]) -> Callable[..., Any]:
        entry = Composite(f, name, samples, reference, fails, plain, public)
        entry.call = facade(entry, f)
        REGISTRY[entry.name] = entry
        _bind_all(entry, entry.call, method, operators)
        return entry.call

    return register if function is None else register(function)


def _publish(
    entry: Op, apply: Callable[..., Any], forward: Callable[..., Any]
) -> Callable[..., Any]:
    REGISTRY[entry.name] = entry
    entry.call = entry.narrow = apply
    apply.__name__ = apply.__qualname__ = entry.name
    apply.__module__ = forward.__module__
    apply.__doc__ = forward.__doc__
    apply.__wrapped__ = forward  # type: ignore[attr-defined]
    apply.__signature__ = entry.signature  # type: ignore[attr-defined]
    return apply


def _bind_all(
    entry: Entry, apply: Callable[..., Any], method: str | Sequence[str], operators: Sequence[str]
) -> None:
    methods = (method,) if isinstance(method, str) else tuple(method)
    try:
        for slot in methods:
            bind(slot, apply)
            entry.methods.append(slot)
        for slot in operators:
            bind(slot, method_for(slot, apply))
            entry.methods.append(slot)
    except RuleError:  # leave nothing of a declaration that failed
        unbind(entry.methods)
        del REGISTRY[entry.name]
        raise


def exports(package: str) -> dict[str, Callable[..., Any]]:
    """The public functions that ops have declared in the package's modules, aliases included."""
    found = {}
    for module_name, module in sorted(sys.modules.items()):
        if module_name.startswith(package + "."):
            for name, value in vars(module).items():
                entry = getattr(value, "op", None)
                shown = isinstance(entry, Entry) and entry.public and not name.startswith("_")
                if shown and value.__module__ == module_name:
                    found[name] = value
    return found


def require_axes(x: Any, axis: Any) -> None:
    """Refuse axis 0 and -1 of a number, which NumPy lets pass, like any axis that is not there."""
    if not x.ndim:
        normalize_axes(axis, 0)


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """`axis` (None, int or tuple of ints, negative allowed) as a tuple of axes 0 <= a < ndim.

    Raises
    ------
    AxisError
        If an axis does not exist or comes twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if axis.__class__ is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    given = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    out = []
    for a in given:
        try:
            k = a.__index__()
        except AttributeError:
            raise DTypeError(
                f"axis must be an int, a tuple of ints or None, got {axis!r}"
            ) from None
        if not -ndim <= k < ndim:
            raise AxisError(f"axis {k} does not exist in an array of {ndim} axes")
        out.append(k % ndim)
    if len(set(out)) != len(out):
        raise AxisError(f"axis {axis} names an axis twice")
    return tuple(out)
