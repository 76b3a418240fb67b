"""A gradient rule, and what the engine has to know to call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Rule:
    """One gradient rule, and where the engine finds what it asks for.

    reads: an int is a position in node.saved, a str an option; other things are (kind,) pairs.
    read:  (saved, options, parents, i) -> what the rule of input i asks for
    kind:  how the engine calls it. 0: fn(g); 1: with the saved array number `first`; 2: with two of
           them; 3: with anything, which `first` reads; 4: with anything, and `first` adds the
           result to a cotangent in place
    """

    __slots__ = ("fn", "reads", "read", "kind", "first", "guard")

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
        self.read = reader(reads)
        direct = len(reads) <= 2 and all(type(r) is int for r in reads)
        self.kind = len(reads) if direct else 3
        self.first: Any = self.read
        if direct and reads:
            self.first = reads[0] if self.kind == 1 else reads
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


_PLACES = {
    "position": "i",
    "shape": "parents[i].shape",
    "dtype": "parents[i].dtype",
    "arrays": "tuple(saved[:len(parents)])",
    "others": "(*saved[:i], *saved[i + 1 : len(parents)])",
}


def reader(reads: tuple[Any, ...]) -> Callable[..., tuple[Any, ...]]:
    """The function that fetches these things, written out: no loop that decides at every call."""
    places = []
    for r in reads:
        if type(r) is int:
            places.append(f"saved[{r}]")
        elif type(r) is str:
            places.append(f"options[{r!r}]")
        elif r[0] == "after":  # out and residuals of a variadic op
            places.append(f"saved[len(parents) + {r[1]}]")
        else:
            places.append(_PLACES[r[0]])
    inside = "".join(f"{place}, " for place in places)
    found: Callable[..., tuple[Any, ...]] = eval(f"lambda saved, options, parents, i: ({inside})")
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
# a rule has kind 4, so that the engine comes to look for the rule by itself.
Step = tuple[int, Any, int, Any, int]


def step(i: int, rule: Rule | None) -> Step:
    if rule is None:
        return i, None, 4, None, 0
    return i, rule.fn, rule.kind, rule.first, rule.guard
