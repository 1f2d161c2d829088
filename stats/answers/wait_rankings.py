"""Parks and rides by average wait (R-11, public-api 4.4, 4.10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from django.conf import settings

from core.periods import Asked, Days, Period
from core.rounding import half_up
from core.shapes import UNSET, UnsetType, describe
from parks.models import Park, Ride
from snapshots.current import ParkNow, displayed_is_open
from snapshots.current import displayed_status as status_now
from stats.answers.waits import (
    Wait,
    park_waits_a_day_ago,
    park_waits_now,
    park_waits_of_days,
    park_waits_today,
    ride_waits_a_day_ago,
    ride_waits_of_days,
    ride_waits_today,
    rides_with_waits,
)
from stats.measures.ride_measures import LEAST_WAIT, percent_change
from stats.measures.windows import label, listed_days, listed_days_before
from stats.readings.identity import (
    AS_OF,
    Listed,
    ParkListed,
    RideListed,
    Row,
    dates_by_zone,
    number,
    park_identity,
    ride_identity,
)
from stats.readings.selection import attractions_by_id, chosen_parks
from stats.readings.today import parks_at, rides_seen_at

Member = TypeVar("Member", Park, Ride)
WEEK_OR_MONTH = (Period.LAST_WEEK, Period.LAST_MONTH)
LIVE_OR_TODAY = (Period.LIVE, Period.TODAY)
TREND = (
    "change of the average: live and today that of the day so far against the day before up to the same time of the"
    " clock, else against the period before; null from less than 5 minutes"
)
BEFORE = "the average that the trend compares with; null where nothing above 0 was posted"
WALK_ON = "share of the posted time at 0 minutes; parks live: of the attractions that post a wait now"


def ranked(members: list[Member], waits: Mapping[int, Wait], limit: int) -> list[tuple[int, Member, Wait]]:
    """(rank, member, wait), the longest average first, ties by name."""
    found = [(member, waits[member.pk]) for member in members if member.pk in waits]
    found.sort(key=lambda pair: (-pair[1].average, pair[0].name, pair[0].pk))
    return [(rank, member, wait) for rank, (member, wait) in enumerate(found[:limit], start=1)]


class ParkWaitRow(ParkListed):
    rank: int
    avg_wait_minutes: Annotated[
        float, describe("mean over time of the waits above 0 of its attractions; live: of those posted now")
    ]
    peak_wait_minutes: int | None
    walk_on_percentage: Annotated[float | None, describe(WALK_ON)]
    trend_percentage: Annotated[float | None, describe(TREND)]
    previous_wait_minutes: Annotated[float | None, describe(BEFORE)]
    rides_reporting: Annotated[int, describe("rides that posted a wait above 0")]
    park_is_open: Annotated[bool | None, describe("right now; null: not heard of within two hours")]
    as_of: Annotated[datetime | UnsetType | None, AS_OF] = UNSET
    avg_wait_time: Annotated[float | UnsetType, describe("live, week, month: avg_wait_minutes by its former name")] = (
        UNSET
    )
    max_wait_time: Annotated[int | UnsetType, describe("live: peak_wait_minutes by its former name")] = UNSET
    peak_wait_time: Annotated[
        int | UnsetType | None, describe("week, month: peak_wait_minutes by its former name")
    ] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month only")] = UNSET


class RideWaitRow(RideListed):
    rank: int
    avg_wait_minutes: Annotated[
        float, describe("mean over time of the waits above 0 while it ran in the open park; live: of the day so far")
    ]
    peak_wait_minutes: int | None
    walk_on_percentage: Annotated[float | None, describe(WALK_ON)]
    trend_percentage: Annotated[float | None, describe(TREND)]
    previous_wait_minutes: Annotated[float | None, describe(BEFORE)]
    as_of: Annotated[datetime | UnsetType | None, AS_OF] = UNSET
    current_wait_time: Annotated[int | UnsetType | None, describe("minutes posted right now; live and today only")] = (
        UNSET
    )
    current_wait_minutes: Annotated[int | UnsetType | None, describe("live only: current_wait_time again")] = UNSET
    current_status: Annotated[
        str | UnsetType, describe("UNKNOWN: not heard of within two hours; live and today only")
    ] = UNSET
    current_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    park_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    period_label: Annotated[str | UnsetType, describe("yesterday, week, month")] = UNSET


def figures(wait: Wait) -> Row:
    return {
        "avg_wait_minutes": number(half_up(wait.average, 1)),
        "peak_wait_minutes": wait.peak,
        "walk_on_percentage": number(wait.walk_on_percentage),
    }


def compared(wait: Wait | None, before: Wait | None, is_like: bool = True) -> Row:
    """The change of the average in percent and what it is a change of (N-5); `is_like`: are both as long as each
    other?"""
    change = percent_change(wait.average, before.average, least=LEAST_WAIT) if wait and before and is_like else None
    return {
        "trend_percentage": number(change),
        "previous_wait_minutes": number(half_up(before.average, 1)) if before else None,
    }


# -- parks -----------------------------------------------------------------------------------------------


def park_waits(period: Asked, disney_universal_only: bool, limit: int, now: datetime) -> Listed[ParkWaitRow]:
    """Ranked rows of `/api/parks/waittimes`: parks with a wait above 0; live, the open ones."""
    is_present = period in LIVE_OR_TODAY
    parks = chosen_parks(disney_universal_only, former=not is_present)
    states, dates = parks_at(parks, now), dates_by_zone(parks, period, now)
    waits, reporting = park_figures(parks, states, period, now)
    # What is posted right now is compared with nothing, but the day so far with the day before.
    so_far = park_waits_today(parks, now)[0] if period == Period.LIVE else waits
    before = (
        park_waits_a_day_ago(parks, now) if is_present else park_waits_of_days(parks, listed_days_before(period, now))
    )
    rows = []
    for rank, park, wait in ranked(parks, waits, limit):
        own = dates[park.timezone]
        rows.append(
            ParkWaitRow(
                rank=rank,
                **park_identity(park),
                **own,
                **figures(wait),
                **compared(so_far.get(park.pk), before.get(park.pk), is_present or own["is_complete"]),
                rides_reporting=reporting.get(park.pk, 0),
                park_is_open=states[park.pk].is_open,
                as_of=states[park.pk].as_of if is_present else UNSET,
                **former_names(wait, period, now),
            )
        )
    return Listed(rows, len(waits))


def park_figures(
    parks: list[Park], states: Mapping[int, ParkNow], period: Asked, now: datetime
) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Waits of a period, and how many rides reported one, by park."""
    if period == Period.LIVE:
        return park_waits_now([park for park in parks if states[park.pk].is_open], now)
    if period == Period.TODAY:
        return park_waits_today(parks, now)
    days = listed_days(period, now)
    return park_waits_of_days(parks, days), rides_with_waits(parks, days)


def former_names(wait: Wait, period: Asked, now: datetime) -> Row:
    """What the legacy API called the average and the maximum in these periods."""
    average = {"avg_wait_time": number(half_up(wait.average, 1))}
    if period == Period.LIVE:
        return {**average, "max_wait_time": wait.peak}
    if isinstance(period, Days) or period in WEEK_OR_MONTH:
        heading = label(period, now, settings.SITE_TIME_ZONE)
        return {**average, "peak_wait_time": wait.peak, "period_label": heading}
    return {}


# -- rides -----------------------------------------------------------------------------------------------


def ride_waits(period: Asked, disney_universal_only: bool, limit: int, now: datetime) -> Listed[RideWaitRow]:
    """Ranked rows of `/api/rides/waittimes`: attractions with a wait above 0."""
    is_present = period in LIVE_OR_TODAY
    parks = chosen_parks(disney_universal_only, former=not is_present)
    if is_present:
        waits, before = ride_waits_today(parks, now), ride_waits_a_day_ago(parks, now)
    else:
        waits = ride_waits_of_days(parks, listed_days(period, now))
        before = ride_waits_of_days(parks, listed_days_before(period, now))
    dates = dates_by_zone(parks, period, now)
    rides = attractions_by_id(parks, contenders(waits, limit), former=not is_present)
    listed = ranked(list(rides.values()), waits, limit)
    heading = UNSET if is_present else label(period, now, settings.SITE_TIME_ZONE)
    present = states_now(parks, [ride for _, ride, _ in listed], now) if is_present else {}
    rows = []
    for rank, ride, wait in listed:
        own, current = dates[ride.park.timezone], present.get(ride.pk, {})
        rows.append(
            RideWaitRow(
                rank=rank,
                **ride_identity(ride),
                **own,
                **figures(wait),
                **compared(wait, before.get(ride.pk), is_present or own["is_complete"]),
                **current,
                current_wait_minutes=current["current_wait_time"] if period == Period.LIVE else UNSET,
                period_label=heading,
            )
        )
    return Listed(rows, len(waits))


def contenders(waits: Mapping[int, Wait], limit: int) -> list[int]:
    """The ids that can be among the first `limit`: those of the longest averages, ties included."""
    longest = sorted((wait.average for wait in waits.values()), reverse=True)[:limit]
    return [pk for pk, wait in waits.items() if longest and wait.average >= longest[-1]]


def states_now(parks: list[Park], rides: list[Ride], now: datetime) -> dict[int, Row]:
    """What each ride and its park do right now (N-6); three queries."""
    states = parks_at(parks, now)
    current = rides_seen_at(parks, [ride.pk for ride in rides], now)
    found = {}
    for ride in rides:
        park, seen = states[ride.park_id], current.get(ride.pk)
        found[ride.pk] = {
            "as_of": seen.as_of if seen else None,
            "current_status": status_now(park, seen),
            "current_is_open": displayed_is_open(park, seen),
            "current_wait_time": seen.wait if seen and seen.still_holds else None,
            "park_is_open": park.is_open,
        }
    return found
