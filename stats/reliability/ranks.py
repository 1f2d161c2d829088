"""Which rank is earned: none where too little is known, a shared one where another window could turn the order."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum

LEAST_COVERAGE = 80  # percent of the open time that is known
LEAST_DAYS = 10


class Withheld(StrEnum):
    COVERAGE = "coverage"
    DAYS = "days"
    OVERLAP = "overlap"


def refusal(coverage: float | None, days: int, has_interval: bool) -> Withheld | None:
    """Why a row is in no order at all; None: it is."""
    if coverage is None or coverage < LEAST_COVERAGE:
        return Withheld.COVERAGE
    return Withheld.DAYS if days < LEAST_DAYS or not has_interval else None


def shared_ranks(intervals: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """(first, last) rank that each can have, the greatest value is rank 1.

    Surely better is whose interval lies above this one's, surely worse whose lies below.
    """
    lows, highs = sorted(low for low, _ in intervals), sorted(high for _, high in intervals)
    number = len(intervals)
    return [(1 + number - bisect_right(lows, high), number - bisect_left(highs, low)) for low, high in intervals]
