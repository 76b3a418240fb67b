"""A gradient rule, and what the engine has to know to call it."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any


class Rule:
    """One gradient rule, and where the engine finds what it asks for.

    reads: an int is a position in node.saved, a str an option; other things are (kind,) pairs.
    kind:  how the engine calls it. 0: fn(g); 1: with a saved array; 2: with more of them, which
           `first` picks; 3: with anything; 4: with anything, and `first` adds the result to a
           cotangent in place
    """

    __slots__ = ("fn", "reads", "kind", "first", "guard")

    def __init__(
        self,
        fn: Callable[..., Any],
        reads: tuple[Any, ...],
        guard: int,
        adder: Callable[..., None] | None = None,
    ):
        self.fn = fn
        self.guard = guard if reads else 0
        self.reads = reads
        direct = all(type(r) is int for r in reads)
        self.kind = min(len(reads), 2) if direct else 3
        self.first: Any = reads[0] if reads else None
        if self.kind == 2:
            self.first = itemgetter(*reads)
        if adder is not None:
            self.kind, self.first = 4, adder

    def positions(self, i: int, count: int) -> set[int]:
        """Where in (*arrays, out, *residuals) it reads, as the rule of array i of so many."""
        found: set[int] = set()
        for r in self.reads:
            if type(r) is int:
                found.add(r)
            elif r[0] in ("arrays", "others"):
                found |= {k for k in range(count) if k != i or r[0] == "arrays"}
            elif r[0] == "after":
                found.add(count + r[1])
        return found


class Unread(dict[tuple[bool, ...], tuple[int, ...]]):
    """Which arrays are constants -> the positions in (*arrays, out, *residuals) that no rule will
    read then, because the rules of constants never run. Worked out when first asked for."""

    def __init__(self, rules: list[Rule | None], variadic: bool, after: int):
        self.rules = rules
        self.variadic = variadic
        self.after = after  # how many come after the arrays

    def __missing__(self, constant: tuple[bool, ...]) -> tuple[int, ...]:
        count = len(constant)
        asked: set[int] = set()
        for i, never_runs in enumerate(constant):
            rule = self.rules[0 if self.variadic else i]
            if rule is not None and not never_runs:
                asked |= rule.positions(i, count)
        out = tuple([k for k in range(count + self.after) if k not in asked])
        self[constant] = out
        return out


# (argument position, rule, kind, first, guard): what the engine's loop unpacks. An argument without
# a rule has kind 3, so that the engine comes to look for the rule by itself.
Step = tuple[int, Any, int, Any, int]


def step(i: int, rule: Rule | None) -> Step:
    if rule is None:
        return i, None, 3, None, 0
    return i, rule.fn, rule.kind, rule.first, rule.guard
