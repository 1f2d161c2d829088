"""Longest waits and least reliable: the awards of a period (R-19, public-api 4.14, 4.15).

A closed day, week or month is judged by its stored daily rows, the day so far by observations. Waits and downtime are
ordered by the figure before rounding, scores by the figure shown; ties by id.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, TypeVar

from django.db.models import Count, F

from core.periods import Asked, Period, is_over
from core.rounding import half_up
from core.shapes import UNSET, UnsetType, describe
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from snapshots.status import operating, plausible_wait
from stats.answers.waits import (
    Wait,
    park_waits_of_days,
    park_waits_today,
    ride_waits_of_days,
    ride_waits_today,
    rides_with_waits,
)
from stats.measures.buckets import LASTING
from stats.measures.ride_measures import OPEN, RideMeasures, availability, hours, uptime
from stats.measures.windows import listed_days
from stats.readings.identity import Dated, Listed, Row, dates_by_zone, number
from stats.readings.period_sums import RideSums, park_sums, ride_sums
from stats.readings.selection import attractions_by_id, chosen_parks, observed, park_by_attraction
from stats.readings.today import outages_today, parks_today, rides_down_today, running_today

LEAST_SCORE = Decimal("0.1")  # of a park that is called unreliable (N-12)
ONE_DAY = (Period.TODAY, Period.YESTERDAY)

Figure = TypeVar("Figure")


def best(figures: Mapping[int, Figure], size: Callable[[Figure], Decimal | Fraction | int], limit: int) -> list[int]:
    """The ids with the largest figures, in order."""
    return sorted(figures, key=lambda pk: (-size(figures[pk]), pk))[:limit]


def parks_of(period: Asked, disney_universal_only: bool) -> list[Park]:
    """Awards of days that are over know parks that are no longer active, too (N-15)."""
    return chosen_parks(disney_universal_only, former=is_over(period))


class AwardRow(Dated):
    rank: int
    park_id: int
    park_name: str
    location: Annotated[str | UnsetType, describe("parks only")] = UNSET
    ride_id: Annotated[int | UnsetType, describe("rides only")] = UNSET
    ride_name: Annotated[str | UnsetType, describe("rides only")] = UNSET


class LongestWaitRow(AwardRow):
    avg_wait_time: Annotated[int, describe("minutes")]
    walk_on_percentage: Annotated[float | None, describe("share of the posted time at 0 minutes")]
    peak_wait_time: Annotated[int | UnsetType | None, describe("minutes; rides only")] = UNSET
    snapshot_count: Annotated[
        int | UnsetType, describe("observations with a wait above 0; rides, today and yesterday")
    ] = UNSET
    days_with_data: Annotated[int | UnsetType, describe("days with a wait above 0; rides, week and month")] = UNSET
    rides_with_waits: Annotated[int | UnsetType, describe("parks only")] = UNSET


class LeastReliableRow(AwardRow):
    downtime_hours: Annotated[float | UnsetType, describe("rides only")] = UNSET
    downtime_incidents: Annotated[
        int | UnsetType, describe("rides only; outages that touch the period, each counted once")
    ] = UNSET
    avg_shame_score: Annotated[float | UnsetType, describe("0.1 to 10; parks only")] = UNSET
    uptime_percentage: Annotated[
        float | None, describe("rides: of the known open time; parks: of the time attractions were meant to run")
    ]
    availability_percentage: Annotated[
        float | UnsetType | None, describe("operating of the time it was meant to run; rides only")
    ] = UNSET


def park_named(rank: int, park: Park) -> Row:
    """The values of `AwardRow`."""
    return {"rank": rank, "park_id": park.pk, "park_name": park.name, "location": park.location}


def ride_named(rank: int, ride: Ride) -> Row:
    """The values of `AwardRow`."""
    return {
        "rank": rank,
        "ride_id": ride.pk,
        "ride_name": ride.name,
        "park_id": ride.park_id,
        "park_name": ride.park.name,
    }


def listed_rides(parks: list[Park], listed: list[int], period: Asked) -> list[Ride]:
    """The rides in the order of the list, parks loaded; one query."""
    rides = attractions_by_id(parks, listed, former=is_over(period))
    return [rides[pk] for pk in listed if pk in rides]


# -- longest waits ---------------------------------------------------------------------------------------


def longest_park_waits(
    period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> Listed[LongestWaitRow]:
    """Parks by average wait of their attractions (N-4)."""
    parks = parks_of(period, disney_universal_only)
    if period == Period.TODAY:
        waits, rides = park_waits_today(parks, now)
    else:
        waits = park_waits_of_days(parks, listed_days(period, now))
        rides = rides_with_waits(parks, listed_days(period, now))
    by_id, dates = {park.pk: park for park in parks}, dates_by_zone(parks, period, now)
    rows = [
        LongestWaitRow(
            **park_named(rank, by_id[pk]),
            **dates[by_id[pk].timezone],
            **figures_of(waits[pk]),
            rides_with_waits=rides.get(pk, 0),
        )
        for rank, pk in enumerate(best(waits, average_of, limit), start=1)
    ]
    return Listed(rows, len(waits))


def longest_ride_waits(
    period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> Listed[LongestWaitRow]:
    """Attractions by average wait, as the parks."""
    parks = parks_of(period, disney_universal_only)
    today = period == Period.TODAY
    waits = ride_waits_today(parks, now) if today else ride_waits_of_days(parks, listed_days(period, now))
    rides = listed_rides(parks, best(waits, average_of, limit), period)
    dates = dates_by_zone(parks, period, now)
    is_one_day = period in ONE_DAY
    counts = posted_waits(rides, period, now) if is_one_day else {}
    rows = [
        LongestWaitRow(
            **ride_named(rank, ride),
            **dates[ride.park.timezone],
            **figures_of(waits[ride.pk]),
            peak_wait_time=waits[ride.pk].peak,
            snapshot_count=counts.get(ride.pk, 0) if is_one_day else UNSET,
            days_with_data=UNSET if is_one_day else waits[ride.pk].days,
        )
        for rank, ride in enumerate(rides, start=1)
    ]
    return Listed(rows, len(waits))


def average_of(wait: Wait) -> Decimal:
    return wait.average


def figures_of(wait: Wait) -> Row:
    return {
        "avg_wait_time": int(half_up(wait.average, 0)),
        "walk_on_percentage": number(wait.walk_on_percentage),
    }


def posted_waits(rides: Iterable[Ride], period: Asked, now: datetime) -> dict[int, int]:
    """How many observations posted a wait that is in the average (N-4), by ride, in the park it stands in now; one
    query."""
    of_period = observed([(ride.pk, ride.park.timezone) for ride in rides], "ride", period, now)
    rows = RideStatusSnapshot.objects.filter(of_period, operating(), plausible_wait(), LASTING, wait_time__gt=0)
    rows = rows.filter(park=F("ride__park"), **OPEN)
    return dict(rows.order_by().values_list("ride").annotate(count=Count("recorded_at")))


# -- least reliable --------------------------------------------------------------------------------------


def least_reliable_parks(
    period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> Listed[LeastReliableRow]:
    """Parks by score: of the day so far (R-10.2), or the mean over the open time of the days (R-10.4, N-2)."""
    parks = parks_of(period, disney_universal_only)
    found = park_scores_today(parks, now) if period == Period.TODAY else park_scores_of_days(parks, period, now)
    figures = {pk: figure for pk, figure in found.items() if figure.score >= LEAST_SCORE}
    by_id, dates = {park.pk: park for park in parks}, dates_by_zone(parks, period, now)
    rows = [
        LeastReliableRow(
            **park_named(rank, by_id[pk]),
            **dates[by_id[pk].timezone],
            avg_shame_score=number(figures[pk].score),
            uptime_percentage=number(figures[pk].uptime),
        )
        for rank, pk in enumerate(best(figures, lambda figure: figure.share, limit), start=1)
    ]
    return Listed(rows, len(figures))


@dataclass(frozen=True, slots=True)
class Unreliability:
    """A park's score, the share that it is rounded from and ranked by (Q18), and its uptime in percent."""

    share: Fraction
    score: Decimal
    uptime: Decimal | None


def park_scores_today(parks: list[Park], now: datetime) -> dict[int, Unreliability]:
    """By park that was open today."""
    return {
        pk: Unreliability(park.window.share, park.window.score, park.uptime)
        for pk, park in parks_today(parks, now).items()
        if park.window.score is not None and park.window.share is not None
    }


def park_scores_of_days(parks: list[Park], period: Asked, now: datetime) -> dict[int, Unreliability]:
    """By park that was open on one of the days."""
    return {
        pk: Unreliability(sums.share, sums.score, sums.uptime)
        for pk, sums in park_sums(parks, listed_days(period, now)).items()
        if sums.share is not None and sums.score is not None
    }


def least_reliable_rides(
    period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> Listed[LeastReliableRow]:
    """Attractions by downtime; incidents are outages that touch the period (N-11)."""
    parks = parks_of(period, disney_universal_only)
    if period == Period.TODAY:
        return unreliable_today(parks, limit, now)
    days = listed_days(period, now)
    sums = {pk: row for pk, row in ride_sums(parks, days).items() if hours(row.down_seconds)}
    dates = dates_by_zone(parks, period, now)
    rows = [
        LeastReliableRow(
            **ride_named(rank, ride),
            **dates[ride.park.timezone],
            **failures(sums[ride.pk], sums[ride.pk].outages),
        )
        for rank, ride in enumerate(listed_rides(parks, best(sums, down_seconds, limit), period), start=1)
    ]
    return Listed(rows, len(sums))


def unreliable_today(parks: list[Park], limit: int, now: datetime) -> Listed[LeastReliableRow]:
    running = running_today(parks, now)
    measured = rides_down_today(parks, park_by_attraction(parks), now, running)
    rides = listed_rides(parks, best(measured, down_seconds, limit), Period.TODAY)
    outages = outages_today(parks, {ride.pk: measured[ride.pk] for ride in rides}, now, running)
    dates = dates_by_zone(parks, Period.TODAY, now)
    rows = [
        LeastReliableRow(
            **ride_named(rank, ride),
            **dates[ride.park.timezone],
            **failures(measured[ride.pk], len(outages.get(ride.pk, ()))),
        )
        for rank, ride in enumerate(rides, start=1)
    ]
    return Listed(rows, len(measured))


def down_seconds(ride: RideMeasures | RideSums) -> int:
    return ride.down_seconds


def failures(ride: RideMeasures | RideSums, outages: int) -> Row:
    """The figures of a ride that took part in the period."""
    up, down = ride.up_seconds, ride.down_seconds
    return {
        "downtime_hours": number(hours(down)),
        "downtime_incidents": outages,
        "uptime_percentage": number(uptime(up, ride.open_seconds, operated=True)),
        "availability_percentage": number(availability(up, down)),
    }
