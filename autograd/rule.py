"""A gradient rule, and what the engine has to know to call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Rule:
    """One gradient rule, and where the engine finds what it asks for.

    reads: an int is a position in node.saved, a str an option; other things are (kind,) pairs.
    kind:  how the engine calls it. 0: fn(g); 1 and 2: with one or two saved arrays; 3: anything;
           4: anything, and `first` adds the result to a cotangent in place
    """

    __slots__ = ("fn", "reads", "kind", "first", "second", "guard")

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
        self.kind = len(reads) if direct and len(reads) <= 2 else 3
        self.first: Any = reads[0] if reads else None
        self.second = reads[1] if len(reads) > 1 else None
        if adder is not None:
            self.kind, self.first = 4, adder


# (argument position, rule, kind, first read, second read, guard): what the engine's loop unpacks.
# An argument without a rule has kind 3, so that the engine comes to look for the rule by itself.
Step = tuple[int, Any, int, Any, Any, int]


def step(i: int, rule: Rule | None) -> Step:
    if rule is None:
        return i, None, 3, None, None, 0
    return i, rule.fn, rule.kind, rule.first, rule.second, rule.guard
