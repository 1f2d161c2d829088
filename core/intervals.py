"""Half-open pairs `(start, end)` of whole seconds since 1970, UTC, and lists of them in order."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted intervals without overlap; touching ones become one, empty ones vanish."""
    result: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(intervals: Iterable[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """`intervals` less `holes`; both sorted and without overlap."""
    result = []
    for interval_start, end in intervals:
        start = interval_start
        for hole_start, hole_end in holes:
            if hole_end <= start or hole_start >= end:
                continue
            if hole_start > start:
                result.append((start, hole_start))
            start = hole_end
        if start < end:
            result.append((start, end))
    return result


def clipped(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    pairs = ((max(a, start), min(b, end)) for a, b in intervals)
    return [(a, b) for a, b in pairs if a < b]


def length(intervals: Iterable[Interval]) -> int:
    """Seconds of intervals without overlap."""
    return sum(end - start for start, end in intervals)


def overlap(intervals: Iterable[Interval], start: int, end: int) -> int:
    """Seconds of [start, end) that lie in intervals without overlap."""
    return length(clipped(intervals, start, end))


def overlaps(start: int, end: int, bounds: Sequence[Interval]) -> list[tuple[int, int, int]]:
    """(index, from, to) of the `bounds`, intervals in order, that [start, end) overlaps."""
    first = max(0, bisect_right(bounds, start, key=lambda bound: bound[0]) - 1)
    last = bisect_right(bounds, end, key=lambda bound: bound[0])
    near = enumerate(bounds[first:last], start=first)
    return [(n, max(start, a), min(end, b)) for n, (a, b) in near if start < b and a < end]


def holding(intervals: Iterable[Interval], at: int) -> Interval | None:
    """The interval that contains `at`."""
    for interval in intervals:
        if interval[0] <= at < interval[1]:
            return interval
    return None


def edges(intervals: Iterable[Interval]) -> list[int]:
    """Where intervals without overlap begin and end: an instant after an odd number of edges lies in the interval
    that ends at the next one."""
    return [edge for interval in intervals for edge in interval]
