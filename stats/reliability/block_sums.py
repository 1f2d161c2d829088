"""Seconds of rides in consecutive blocks of days, from the stored daily rows: what an interval is made of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from core.periods import ONE_DAY, Days
from parks.models import Park
from stats.readings.period_sums import SCANNED_PARKS, ride_rows

# (days of a window at most, days of its blocks): a year needs no days, and has a fourteenth of the rows.
BLOCKS = ((56, 1), (182, 7), (100_000, 14))
SUMMED = ("open_seconds", "up_seconds", "down_seconds", "unknown_seconds", "opening_delay_seconds")


@dataclass(slots=True)
class BlockSums:
    """A ride, or a park's rides together. `blocks`: (known open, up, down) seconds of each block."""

    blocks: list[tuple[int, int, int]]
    unknown_seconds: int = 0
    delay_seconds: int = 0
    delays: int = 0  # days with an opening delay, of each ride
    days: list[int] = field(default_factory=list)  # days with known open time, of each block

    def add(self, block: int, times: Sequence[int], unknown: int, delay: int, delays: int, days: int) -> None:
        known, up, down = self.blocks[block]
        self.blocks[block] = (known + times[0], up + times[1], down + times[2])
        self.unknown_seconds += unknown
        self.delay_seconds += delay
        self.delays += delays
        self.days[block] += days

    def merge(self, other: "BlockSums") -> None:
        """Another ride of the same park: a day on which either is known is one day."""
        self.blocks = [(a + d, b + e, c + f) for (a, b, c), (d, e, f) in zip(self.blocks, other.blocks, strict=True)]
        self.unknown_seconds += other.unknown_seconds
        self.delay_seconds += other.delay_seconds
        self.delays += other.delays
        self.days = [max(pair) for pair in zip(self.days, other.days, strict=True)]

    @property
    def open_seconds(self) -> int:
        return sum(known for known, _, _ in self.blocks)

    @property
    def up_seconds(self) -> int:
        return sum(up for _, up, _ in self.blocks)

    @property
    def down_seconds(self) -> int:
        return sum(down for _, _, down in self.blocks)


def days_a_block(days: Days) -> int:
    """How long the blocks of a window are."""
    length = length_of(days)
    return next(block for most, block in BLOCKS if length <= most)


def length_of(days: Days) -> int:
    return (days.last - days.first).days + 1


def empty(days: Days) -> BlockSums:
    number = -(-length_of(days) // days_a_block(days))
    return BlockSums(blocks=[(0, 0, 0)] * number, days=[0] * number)


def block_sums(parks: Sequence[Park], days: Days) -> dict[int, BlockSums]:
    """Of every ride of the parks, attraction or not, and of others where the parks are many; by ride.

    One query, or, of many parks over eight weeks or more, one a block.
    """
    by_block = days_a_block(days) > 1 and len(parks) >= SCANNED_PARKS
    found: dict[int, BlockSums] = {}
    for ride, block, *sums in summed_by_block(parks, days) if by_block else days_of(parks, days):
        if ride not in found:
            found[ride] = empty(days)
        known, up, down, unknown, delay, delays, number = map(int, sums)
        found[ride].add(block, (known, up, down), unknown, delay, delays, number)
    return found


def summed_by_block(parks: Sequence[Park], days: Days) -> Iterator[Any]:
    """(ride, block, …), summed up by the database."""
    totals: dict[str, Any] = {f"all_{name}": Sum(name, default=0) for name in SUMMED}
    for block, part in enumerate(parts(days)):
        rows = ride_rows(parks, part).values_list("ride_id")
        summed = rows.annotate(
            **totals,
            delays=Count("pk", filter=Q(opening_delay_seconds__gt=0)),
            known_days=Count("pk", filter=Q(open_seconds__gt=0)),
        )
        for ride, *sums in summed:
            yield ride, block, *sums


def parts(days: Days) -> Iterable[Days]:
    """The blocks, from the first day on."""
    first, step = days.first, days_a_block(days) * ONE_DAY
    while first <= days.last:
        yield Days(first, min(first + step - ONE_DAY, days.last))
        first += step


def days_of(parks: Sequence[Park], days: Days) -> Iterator[Any]:
    """The same of every single row."""
    step = days_a_block(days) * ONE_DAY
    for ride, day, *sums in ride_rows(parks, days).values_list("ride_id", "stat_date", *SUMMED):
        known, up, down, unknown, delay = (value or 0 for value in sums)
        yield ride, block_of(day, days.first, step), known, up, down, unknown, delay, delay > 0, known > 0


def block_of(day: date, first: date, step: timedelta) -> int:
    return (day - first) // step
