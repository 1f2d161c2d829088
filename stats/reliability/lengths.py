"""How long single outages were. Days do not know; the ledger does, which lies above and adds its reader here."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from core.periods import Days

Lengths = Counter[int]
"""How many outages were so many seconds long."""
Reader = Callable[[Collection[int], Days], Mapping[int, Lengths]]
READERS: list[Reader] = []


def lengths_of(rides: Collection[int], days: Days) -> dict[int, Lengths]:
    """The outages of the rides that touch the days, whole; by ride."""
    found: dict[int, Lengths] = {}
    for read in READERS:
        found.update(read(rides, days))
    return found


def mean(lengths: Lengths) -> float | None:
    number = lengths.total()
    return sum(seconds * times for seconds, times in lengths.items()) / number if number else None


def median(lengths: Lengths) -> float | None:
    """Of an even number the middle of the middle two."""
    number = lengths.total()
    if not number:
        return None
    return (nth(lengths, (number - 1) // 2) + nth(lengths, number // 2)) / 2


def nth(lengths: Lengths, place: int) -> int:
    """The length at a place, from 0 on, the shortest first."""
    passed = 0
    for seconds in sorted(lengths):
        passed += lengths[seconds]
        if passed > place:
            return seconds
    raise IndexError(place)
