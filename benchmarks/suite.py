"""What a suite of benchmarks is made of. A suite is a module here with

TITLE       what it measures, one line
CONTENDERS  names of the libraries that take part, this one first; "torch-2" has two threads
CASES       Timed and Measured cases; a contender that cannot do one returns None
SECONDS     optional: how long a timed case may take, all contenders together
PINNED      optional: False where one core is not enough

Nothing is imported here or at the top of `startup`, whose processes must begin with nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[], object]
Build = Callable[[str], Step | None]  # name of a contender -> what to call


@dataclass(frozen=True)
class Timed:
    """A step that each contender calls again and again, in turn with the others.

    The first three results of all contenders must agree. Where they cannot, since random numbers
    take part, `check` builds a step without them for that comparison.

    per      a call deals with so many things, and the figure is the time of one of them
    beside   another case of the group: tables show each contender's figure over its own there, too
    """

    group: str
    name: str
    build: Build
    per: int = 1
    check: Build | None = None
    beside: str = ""

    unit = "s"


@dataclass(frozen=True)
class Measured:
    """A figure that takes a new process each time; the least of `rounds` counts.

    together   the processes of all contenders may run at the same time: no time is measured
    """

    group: str
    name: str
    measure: Callable[[str], float | None]
    unit: str
    rounds: int = 3
    together: bool = False

    beside = ""


Case = Timed | Measured


def key(case: Case) -> str:
    return f"{case.group}: {case.name}"
