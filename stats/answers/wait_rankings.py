"""Parks and rides by average wait (R-11, public-api 4.4, 4.10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from django.conf import settings

from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, UnsetType, describe
from parks.models import Park, Ride
from snapshots.current import ParkNow
from snapshots.current import displayed_status as status_now
from stats.answers.waits import (
    Wait,
    park_waits_now,
    park_waits_of_days,
    park_waits_today,
    ride_waits_of_days,
    ride_waits_today,
    rides_with_waits,
)
from stats.measures.ride_measures import percent_change
from stats.measures.windows import days_before, label
from stats.readings.identity import ParkNamed, RideNamed, Row, number, park_identity, ride_identity
from stats.readings.selection import attractions_by_id, chosen_parks
from stats.readings.today import parks_at, rides_at

Member = TypeVar("Member", Park, Ride)
WEEK_OR_MONTH = (Period.LAST_WEEK, Period.LAST_MONTH)
TREND = "change of the average against the period before; live and today: yesterday"


def ranked(members: list[Member], waits: Mapping[int, Wait], limit: int) -> list[tuple[int, Member, Wait]]:
    """(rank, member, wait), the longest average first, ties by name."""
    found = [(member, waits[member.pk]) for member in members if member.pk in waits]
    found.sort(key=lambda pair: (-pair[1].average, pair[0].name, pair[0].pk))
    return [(rank, member, wait) for rank, (member, wait) in enumerate(found[:limit], start=1)]


class ParkWaitRow(ParkNamed):
    rank: int
    avg_wait_minutes: Annotated[
        float, describe("live, today: waits above 0; closed days: mean of the stored daily averages")
    ]
    peak_wait_minutes: int | None
    trend_percentage: Annotated[float | None, describe(TREND)]
    rides_reporting: Annotated[int, describe("rides that posted a wait above 0")]
    park_is_open: Annotated[bool, describe("right now")]
    avg_wait_time: Annotated[float | UnsetType, describe("live, week, month: avg_wait_minutes by its former name")] = (
        UNSET
    )
    max_wait_time: Annotated[int | UnsetType, describe("live: peak_wait_minutes by its former name")] = UNSET
    peak_wait_time: Annotated[
        int | UnsetType | None, describe("week, month: peak_wait_minutes by its former name")
    ] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month only")] = UNSET


class RideWaitRow(RideNamed):
    rank: int
    avg_wait_minutes: Annotated[
        float, describe("live, today: waits above 0 while the park was open; closed days: mean of the daily averages")
    ]
    peak_wait_minutes: int | None
    trend_percentage: Annotated[float | None, describe(TREND)]
    current_wait_time: Annotated[int | UnsetType | None, describe("minutes posted right now; live and today only")] = (
        UNSET
    )
    current_wait_minutes: Annotated[float | UnsetType, describe("live only: avg_wait_minutes again")] = UNSET
    current_status: Annotated[str | UnsetType | None, describe("live and today only")] = UNSET
    current_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    park_is_open: Annotated[bool | UnsetType, describe("live and today only")] = UNSET
    period_label: Annotated[str | UnsetType, describe("yesterday, week, month")] = UNSET


def figures(wait: Wait, before: Wait | None) -> Row:
    """Minutes, and the change against the period before in percent."""
    return {
        "avg_wait_minutes": number(half_up(wait.average, 1)),
        "peak_wait_minutes": wait.peak,
        "trend_percentage": number(percent_change(wait.average, before.average if before else None)),
    }


# -- parks -----------------------------------------------------------------------------------------------


def park_waits(period: Period, disney_universal_only: bool, limit: int, now: datetime) -> list[ParkWaitRow]:
    """Ranked rows of `/api/parks/waittimes`: parks with a wait above 0; live, the open ones."""
    parks = chosen_parks(disney_universal_only)
    states = parks_at(parks, now)
    waits, reporting = park_figures(parks, states, period, now)
    # Live and today are compared with yesterday.
    before = park_waits_of_days(parks, lambda zone: days_before(period, now, zone))
    return [
        ParkWaitRow(
            rank=rank,
            **park_identity(park),
            **figures(wait, before.get(park.pk)),
            rides_reporting=reporting.get(park.pk, 0),
            park_is_open=bool(states[park.pk].is_open),
            **former_names(wait, period, now),
        )
        for rank, park, wait in ranked(parks, waits, limit)
    ]


def park_figures(
    parks: list[Park], states: Mapping[int, ParkNow], period: Period, now: datetime
) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Waits of a period, and how many rides reported one, by park."""
    if period == Period.LIVE:
        return park_waits_now([park for park in parks if states[park.pk].is_open], now)
    if period == Period.TODAY:
        return park_waits_today(parks, now)

    def dates(zone: str) -> Days:
        return days_of(period, now, zone)

    return park_waits_of_days(parks, dates), rides_with_waits(parks, dates)


def former_names(wait: Wait, period: Period, now: datetime) -> Row:
    """What the legacy API called the average and the maximum in these periods."""
    average = {"avg_wait_time": number(half_up(wait.average, 1))}
    if period == Period.LIVE:
        return {**average, "max_wait_time": wait.peak}
    if period in WEEK_OR_MONTH:
        heading = label(period, now, settings.SITE_TIME_ZONE)
        return {**average, "peak_wait_time": wait.peak, "period_label": heading}
    return {}


# -- rides -----------------------------------------------------------------------------------------------


def ride_waits(period: Period, disney_universal_only: bool, limit: int, now: datetime) -> list[RideWaitRow]:
    """Ranked rows of `/api/rides/waittimes`: attractions with a wait above 0."""
    parks = chosen_parks(disney_universal_only)
    is_today = period in (Period.LIVE, Period.TODAY)
    if is_today:
        waits = ride_waits_today(parks, now)
    else:
        waits = ride_waits_of_days(parks, lambda zone: days_of(period, now, zone))
    before = ride_waits_of_days(parks, lambda zone: days_before(period, now, zone))
    rides = attractions_by_id(parks, contenders(waits, limit))
    listed = ranked(list(rides.values()), waits, limit)
    heading = UNSET if is_today else label(period, now, settings.SITE_TIME_ZONE)
    present = states_now(parks, [ride for _, ride, _ in listed], now) if is_today else {}
    rows = []
    for rank, ride, wait in listed:
        minutes = figures(wait, before.get(ride.pk))
        # By contract the day's average again; what the ride posts now is `current_wait_time`.
        again = minutes["avg_wait_minutes"] if period == Period.LIVE else UNSET
        named = ride_identity(ride)
        more = present.get(ride.pk, {})
        rows.append(
            RideWaitRow(rank=rank, **named, **minutes, **more, current_wait_minutes=again, period_label=heading)
        )
    return rows


def contenders(waits: Mapping[int, Wait], limit: int) -> list[int]:
    """The ids that can be among the first `limit`: those of the longest averages, ties included."""
    longest = sorted((wait.average for wait in waits.values()), reverse=True)[:limit]
    return [pk for pk, wait in waits.items() if longest and wait.average >= longest[-1]]


def states_now(parks: list[Park], rides: list[Ride], now: datetime) -> dict[int, Row]:
    """What each ride and its park do right now; three queries."""
    states = parks_at(parks, now)
    current = rides_at(parks, [ride.pk for ride in rides], now)
    found = {}
    for ride in rides:
        park, seen = states[ride.park_id], current.get(ride.pk)
        is_open: bool | None = seen.is_operating if seen else None
        found[ride.pk] = {
            "current_status": status_now(park, seen),
            "current_is_open": is_open if park.is_open else False,
            "current_wait_time": seen.wait if seen else None,
            "park_is_open": bool(park.is_open),
        }
    return found
