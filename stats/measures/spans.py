"""Weeks, months and years from daily rows, computed when asked (R-3.4, R-10.4, R-15).

A span without a daily row has no figures at all; a day without a row is in no sum and in no mean.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.rounding import half_up

ZERO = Decimal(0)
Minutes = Decimal | int  # stored days have whole minutes, a day that still runs has exact ones


@dataclass(frozen=True, slots=True)
class RideDay:
    """What a period needs of one ride day (R-14.1)."""

    ride_id: int
    uptime_minutes: Minutes
    downtime_minutes: Minutes
    operating_hours_minutes: Minutes
    avg_wait_time: Decimal | None = None
    peak_wait_time: int | None = None
    status_changes: int = 0


@dataclass(frozen=True, slots=True)
class RideSpan:
    """One ride over a week, month or year (R-15.1). Percent and average wait have two decimals."""

    uptime_minutes: Minutes
    downtime_minutes: Minutes
    operating_hours_minutes: Minutes
    uptime_percentage: Decimal
    avg_wait_time: Decimal | None
    peak_wait_time: int | None
    status_changes: int


@dataclass(frozen=True, slots=True)
class ParkSpan:
    """One park over the same span, from its rides' figures (R-15.2)."""

    total_rides_tracked: int
    avg_uptime_percentage: Decimal
    total_downtime_hours: Decimal
    rides_with_downtime: int
    avg_wait_time: Decimal | None
    peak_wait_time: int | None


@dataclass(frozen=True, slots=True)
class ScoreDay:
    """A park's stored score of one day, and how long the park was open."""

    shame_score: Decimal | None
    operating_hours_minutes: int


# -- figures ---------------------------------------------------------------------------------------------


def ride_spans(days: Iterable[RideDay]) -> dict[int, RideSpan]:
    """R-15.1: the figures of every ride that has a day in the span, by ride."""
    by_ride: dict[int, list[RideDay]] = defaultdict(list)
    for day in days:
        by_ride[day.ride_id].append(day)
    return {ride: ride_span(found) for ride, found in by_ride.items()}


def ride_span(days: Sequence[RideDay]) -> RideSpan:
    """R-15.1 for one ride; at least one day."""
    up = sum(day.uptime_minutes for day in days)
    operating = sum(day.operating_hours_minutes for day in days)
    return RideSpan(
        uptime_minutes=up,
        downtime_minutes=sum(day.downtime_minutes for day in days),
        operating_hours_minutes=operating,
        uptime_percentage=half_up(Decimal(100 * up) / operating, 2) if operating else half_up(0, 2),
        avg_wait_time=average_wait(days),
        peak_wait_time=highest(day.peak_wait_time for day in days),
        status_changes=sum(day.status_changes for day in days),
    )


def park_span(rides: Collection[RideSpan]) -> ParkSpan | None:
    """R-15.2 over the figures of a park's active rides; None without any."""
    if not rides:
        return None
    return ParkSpan(
        total_rides_tracked=len(rides),
        avg_uptime_percentage=half_up(sum((ride.uptime_percentage for ride in rides), ZERO) / len(rides), 2),
        total_downtime_hours=half_up(Decimal(sum(ride.downtime_minutes for ride in rides)) / 60, 2),
        rides_with_downtime=sum(ride.downtime_minutes > 0 for ride in rides),
        avg_wait_time=average_wait(rides),
        peak_wait_time=highest(ride.peak_wait_time for ride in rides),
    )


def average_wait(parts: Iterable[RideDay | RideSpan]) -> Decimal | None:
    """Mean wait in minutes, weighted by operating minutes, two decimals.

    What has no average leaves both sums, else it would bias the mean low (D-23). None when nothing is left.
    """
    waits = [(part.avg_wait_time, part.operating_hours_minutes) for part in parts if part.avg_wait_time is not None]
    minutes = sum(weight for _, weight in waits)
    return half_up(sum((wait * weight for wait, weight in waits), ZERO) / minutes, 2) if minutes else None


def highest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def period_score(days: Iterable[ScoreDay]) -> Decimal | None:
    """R-10.4: mean stored score of the days on which the park opened, one decimal; None without such a day."""
    scores = [day.shame_score for day in days if day.shame_score is not None and day.operating_hours_minutes > 0]
    return half_up(sum(scores, ZERO) / len(scores), 1) if scores else None


def day_score(stored: Decimal | None) -> Decimal:
    """R-10.4, yesterday: the score as stored, never computed anew; a day without one shows 0."""
    return half_up(stored or ZERO, 1)
