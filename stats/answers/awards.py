"""Longest waits and least reliable: the awards of a period (R-19, public-api 4.14, 4.15).

A closed day, week or month is judged by its stored daily rows, the day so far by observations. Every list is
ordered by the figure before rounding, ties by id.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from django.db.models import Count, F, Q

from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from snapshots.status import plausible_wait
from stats.answers.waits import (
    Wait,
    park_waits_of_days,
    park_waits_today,
    ride_waits_of_days,
    ride_waits_today,
    rides_with_waits,
)
from stats.measures.ride_measures import OPEN, down_stretches, hours, percentage
from stats.readings.identity import Row, number
from stats.readings.period_sums import park_sums, ride_sums
from stats.readings.selection import attractions_by_id, chosen_parks, observed, park_by_attraction
from stats.readings.today import parks_today, rides_down_today

LEAST_SCORE = Decimal("1.0")  # of a park that is called unreliable
ONE_DAY = (Period.TODAY, Period.YESTERDAY)

Figure = TypeVar("Figure")


def best(figures: Mapping[int, Figure], size: Callable[[Figure], Decimal | int], limit: int) -> list[int]:
    """The ids with the largest figures, in order."""
    return sorted(figures, key=lambda pk: (-size(figures[pk]), pk))[:limit]


def dates_of(period: Period, now: datetime) -> Callable[[str], Days]:
    return lambda zone: days_of(period, now, zone)


class AwardRow(Shape):
    rank: int
    park_id: int
    park_name: str
    location: Annotated[str | UnsetType, describe("parks only")] = UNSET
    ride_id: Annotated[int | UnsetType, describe("rides only")] = UNSET
    ride_name: Annotated[str | UnsetType, describe("rides only")] = UNSET


class LongestWaitRow(AwardRow):
    avg_wait_time: Annotated[int, describe("minutes")]
    peak_wait_time: Annotated[int | UnsetType | None, describe("minutes; rides only")] = UNSET
    snapshot_count: Annotated[
        int | UnsetType, describe("observations with a wait above 0; rides, today and yesterday")
    ] = UNSET
    days_with_data: Annotated[int | UnsetType, describe("days with an average above 0; rides, week and month")] = UNSET
    rides_with_waits: Annotated[int | UnsetType, describe("parks only")] = UNSET


class LeastReliableRow(AwardRow):
    downtime_hours: Annotated[float | UnsetType, describe("rides only")] = UNSET
    downtime_incidents: Annotated[
        int | UnsetType, describe("rides only; today, yesterday: outages; week, month: status changes")
    ] = UNSET
    avg_shame_score: Annotated[float | UnsetType, describe("1.0 to 10; parks only")] = UNSET
    uptime_percentage: float | None


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


def listed_rides(parks: list[Park], listed: list[int]) -> list[Ride]:
    """The rides in the order of the list, parks loaded; one query."""
    rides = attractions_by_id(parks, listed)
    return [rides[pk] for pk in listed if pk in rides]


def observations(rides: Iterable[Ride], period: Period, now: datetime) -> Q:
    """A condition on ride snapshots: these rides' in the period, in the park in which each stands now."""
    here = Q(park=F("ride__park"))
    return here & observed([(ride.pk, ride.park.timezone) for ride in rides], "ride", period, now)


# -- longest waits ---------------------------------------------------------------------------------------


def longest_park_waits(period: Period, disney_universal_only: bool, limit: int, now: datetime) -> list[LongestWaitRow]:
    """Parks by average wait: waits above 0 today, the mean of daily averages above 0 of closed days."""
    parks = chosen_parks(disney_universal_only)
    dates = dates_of(period, now)
    if period == Period.TODAY:
        waits, rides = park_waits_today(parks, now)
    else:
        waits = park_waits_of_days(parks, dates, with_zeros=False)
        rides = rides_with_waits(parks, dates)
    by_id = {park.pk: park for park in parks}
    return [
        LongestWaitRow(
            **park_named(rank, by_id[pk]),
            avg_wait_time=int(half_up(waits[pk].average, 0)),
            rides_with_waits=rides.get(pk, 0),
        )
        for rank, pk in enumerate(best(waits, average_of, limit), start=1)
    ]


def longest_ride_waits(period: Period, disney_universal_only: bool, limit: int, now: datetime) -> list[LongestWaitRow]:
    """Attractions by average wait, as the parks."""
    parks = chosen_parks(disney_universal_only)
    if period == Period.TODAY:
        waits = ride_waits_today(parks, now)
    else:
        waits = ride_waits_of_days(parks, dates_of(period, now), with_zeros=False)
    rides = listed_rides(parks, best(waits, average_of, limit))
    is_one_day = period in ONE_DAY
    counts = posted_waits(rides, period, now) if is_one_day else {}
    return [
        LongestWaitRow(
            **ride_named(rank, ride),
            avg_wait_time=int(half_up(waits[ride.pk].average, 0)),
            peak_wait_time=waits[ride.pk].peak,
            snapshot_count=counts.get(ride.pk, 0) if is_one_day else UNSET,
            days_with_data=UNSET if is_one_day else waits[ride.pk].days,
        )
        for rank, ride in enumerate(rides, start=1)
    ]


def average_of(wait: Wait) -> Decimal:
    return wait.average


def posted_waits(rides: Iterable[Ride], period: Period, now: datetime) -> dict[int, int]:
    """How many observations in the open park posted a wait above 0, by ride; one query."""
    rows = RideStatusSnapshot.objects.filter(observations(rides, period, now), plausible_wait(), wait_time__gt=0)
    return dict(rows.filter(**OPEN).order_by().values_list("ride").annotate(count=Count("recorded_at")))


# -- least reliable --------------------------------------------------------------------------------------


def least_reliable_parks(
    period: Period, disney_universal_only: bool, limit: int, now: datetime
) -> list[LeastReliableRow]:
    """Parks by score: of the day so far (R-10.2), or the mean of the days on which they opened (R-10.4).

    With the rides that operated as members, R-10.2 is the mean of the scores of the open instants. A mean below
    1.0 is no reason for an award.
    """
    parks = chosen_parks(disney_universal_only)
    figures = park_scores_today(parks, now) if period == Period.TODAY else park_scores_of_days(parks, period, now)
    figures = {pk: figure for pk, figure in figures.items() if figure.score >= LEAST_SCORE}
    by_id = {park.pk: park for park in parks}
    return [
        LeastReliableRow(
            **park_named(rank, by_id[pk]),
            avg_shame_score=number(half_up(figures[pk].score, 1)),
            uptime_percentage=number(figures[pk].uptime),
        )
        for rank, pk in enumerate(best(figures, lambda figure: figure.exact, limit), start=1)
    ]


@dataclass(frozen=True, slots=True)
class Unreliability:
    """A park's score, what it is ranked by, and its uptime in percent."""

    score: Decimal
    exact: Decimal  # grows with the score before rounding
    uptime: Decimal | None


def park_scores_today(parks: list[Park], now: datetime) -> dict[int, Unreliability]:
    """By park that was open today."""
    found = {}
    for pk, park in parks_today(parks, now).items():
        window = park.window
        if window.score is not None:
            uptime = percentage(window.up_seconds, window.up_seconds + window.down_seconds)
            found[pk] = Unreliability(window.score, window.share, uptime)
    return found


def park_scores_of_days(parks: list[Park], period: Period, now: datetime) -> dict[int, Unreliability]:
    """By park: means of its days."""
    found = {}
    for pk, sums in park_sums(parks, dates_of(period, now)).items():
        score = mean(sums["score"], sums["score_days"])
        uptime = mean(sums["uptime"], sums["uptime_days"])
        if score is not None:
            found[pk] = Unreliability(score, score, None if uptime is None else half_up(uptime, 1))
    return found


def least_reliable_rides(
    period: Period, disney_universal_only: bool, limit: int, now: datetime
) -> list[LeastReliableRow]:
    """Attractions by downtime. `downtime_incidents` are outages of one day, status changes of a week or month."""
    parks = chosen_parks(disney_universal_only)
    if period == Period.TODAY:
        return unreliable_today(parks, limit, now)
    sums = {pk: row for pk, row in ride_sums(parks, dates_of(period, now)).items() if row["minutes"] > 0}
    rides = listed_rides(parks, best(sums, lambda row: row["minutes"], limit))
    outages = outages_of(rides, period, now) if period in ONE_DAY else {}
    rows = []
    for rank, ride in enumerate(rides, start=1):
        row = sums[ride.pk]
        uptime = mean(row["uptime"], row["days"])
        incidents = outages.get(ride.pk, 0) if period in ONE_DAY else row["changes"]
        rounded = None if uptime is None else half_up(uptime, 1)
        rows.append(unreliable(rank, ride, row["minutes"] * 60, incidents, rounded))
    return rows


def unreliable_today(parks: list[Park], limit: int, now: datetime) -> list[LeastReliableRow]:
    measured = rides_down_today(parks, park_by_attraction(parks), now)
    rides = listed_rides(parks, best(measured, lambda ride: ride.down_seconds, limit))
    outages = outages_of(rides, Period.TODAY, now)
    rows = []
    for rank, ride in enumerate(rides, start=1):
        measures = measured[ride.pk]
        uptime = percentage(measures.up_seconds, measures.open_seconds)
        rows.append(unreliable(rank, ride, measures.down_seconds, outages.get(ride.pk, 0), uptime))
    return rows


def unreliable(rank: int, ride: Ride, down_seconds: int, incidents: int, uptime: Decimal | None) -> LeastReliableRow:
    return LeastReliableRow(
        **ride_named(rank, ride),
        downtime_hours=number(hours(down_seconds)),
        downtime_incidents=incidents,
        uptime_percentage=number(uptime),
    )


def outages_of(rides: Iterable[Ride], period: Period, now: datetime) -> dict[int, int]:
    """How many unbroken stretches each ride was down in the open park; one query."""
    rows = RideStatusSnapshot.objects.filter(observations(rides, period, now))
    return {pk: len(stretches) for pk, stretches in down_stretches(rows).items()}
