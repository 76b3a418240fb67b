"""How long a run still takes: the cases so far tell how wrong their budgets are."""

from __future__ import annotations

import time

from suite import Case, Measured

PREPARING = 0.5  # seconds that building, compiling and comparing a case take, more or less
PROCESS = 1.0  # a new one, with a library in it


class Progress:
    """Counts cases by what they should take.

    cases   what lies ahead: a case with its budget in seconds and the number of its contenders
    """

    def __init__(self, cases: list[tuple[Case, float, int]]):
        self.shares = [expected(*c) for c in cases]
        self.total, self.done = sum(self.shares), 0.0
        self.start = time.monotonic()

    def advance(self) -> None:
        """The next case is done."""
        self.done += self.shares.pop(0)

    def left(self) -> float:
        """Seconds until the end."""
        spent = time.monotonic() - self.start
        return (self.total - self.done) * (spent / self.done if self.done else 1.0)

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.left()), 60)
        return f"{self.done / self.total:4.0%} {minutes:2}:{seconds:02} left"


def expected(case: Case, seconds: float, contenders: int) -> float:
    """Seconds of a case, before anything is known."""
    if isinstance(case, Measured):
        return case.rounds * PROCESS * (1 if case.together else contenders)
    return seconds + PREPARING
