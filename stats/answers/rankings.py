"""Parks by shame and rides by downtime (R-17.1, R-17.2, public-api 4.3, 4.9)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.conf import settings

from core.periods import WORDS, Asked, Period, is_over, word_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.models import Park
from snapshots.current import UNKNOWN, ParkNow, RideNow, displayed_is_open, displayed_status
from snapshots.score import shame_score
from snapshots.status import PARK_CLOSED, Status, counted_status
from stats.measures.ride_measures import (
    LEAST_DOWN_SECONDS,
    RideMeasures,
    WaitTotals,
    availability,
    hours,
    minutes,
    opening_delay,
    percent_change,
    uptime,
)
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
    ranked,
    ride_identity,
)
from stats.readings.period_sums import RideSums, park_sums, ride_sums
from stats.readings.selection import attractions_by_id, chosen_parks, park_by_attraction, parks_to_read
from stats.readings.shared import over_many_parks
from stats.readings.today import (
    outages_today,
    parks_a_day_ago,
    parks_at,
    parks_today,
    placed_rides,
    rides_at,
    rides_down_today,
    rides_seen_at,
    running_today,
    seconds_a_day_ago,
)

NOTHING = Decimal(0)
TREND = (
    "change of downtime: live and today against the day before up to the same time of the clock, else against the"
    " period before; null from less than 30 minutes"
)
BEFORE = "what the trend compares with; null where it is not known"


def compared(down_seconds: int, before: int | None, is_like: bool = True) -> Row:
    """The change of downtime and what it is a change of (N-5); `is_like`: are both as long as each other?"""
    change = percent_change(down_seconds, before, least=LEAST_DOWN_SECONDS) if is_like else None
    return {
        "trend_percentage": number(change),
        "previous_downtime_hours": None if before is None else number(hours(before)),
    }


# -- parks -----------------------------------------------------------------------------------------------


class AggregateStats(Shape):
    period: Annotated[str, describe(enum=WORDS)]
    filter_disney_universal: bool
    total_parks: Annotated[
        int, describe("live: heard of within two hours, open or not; today: heard of today; else with a daily row")
    ]
    total_parks_tracked: int
    parks_silent: Annotated[
        int | UnsetType, describe("not heard of within two hours: live in no total; live and today only")
    ] = UNSET
    rides_down: Annotated[int, describe("live: count as down now; today: with downtime; else summed over days")]
    rides_operating: Annotated[int, describe("live: now; today: that ran; else without downtime, summed over days")]
    rides_closed: Annotated[
        int | None, describe("live: heard of and none of the others, their park closed included; else null")
    ]
    rides_refurbishment: Annotated[int | None, describe("live: now; else null")]
    total_downtime_hours: Annotated[float, describe("ride-hours")]
    avg_uptime_percentage: Annotated[
        float | None, describe("operating of the time the attractions were meant to run; null: nothing is known")
    ]


class ParkDowntimeRow(ParkListed):
    rank: int = 0
    shame_score: Annotated[float, describe("0 to 10, one decimal; live: of this moment")]
    total_downtime_hours: Annotated[float, describe("ride-hours; live: of the day so far")]
    weighted_downtime_hours: Annotated[float, describe("ride-hours × tier weight")]
    rides_down: Annotated[int, describe("live: now; today, yesterday: that day; week, month: most on one day")]
    uptime_percentage: Annotated[
        float | None, describe("operating of the time the attractions were meant to run; live: of the day so far")
    ]
    trend_percentage: Annotated[float | None, describe(TREND)]
    previous_downtime_hours: Annotated[float | None, describe(BEFORE)]
    as_of: Annotated[datetime | UnsetType | None, AS_OF] = UNSET
    rides_operating: Annotated[int | UnsetType, describe("today only")] = UNSET
    total_rides: Annotated[int | UnsetType, describe("live only")] = UNSET
    effective_park_weight: Annotated[float | UnsetType, describe("today only")] = UNSET
    snapshot_count: Annotated[int | UnsetType, describe("today only")] = UNSET
    park_is_open: Annotated[
        bool | UnsetType | None, describe("right now, null: not heard of; live, today, yesterday")
    ] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month only")] = UNSET


PARK_ORDER: dict[str, Callable[[ParkDowntimeRow], Any]] = {
    "shame_score": lambda row: -row.shame_score,
    "total_downtime_hours": lambda row: -row.total_downtime_hours,
    "uptime_percentage": lambda row: (row.uptime_percentage is None, row.uptime_percentage),
    "rides_down": lambda row: -row.rides_down,
}


def park_downtime(
    period: Asked, disney_universal_only: bool, sort_by: str, limit: int, now: datetime
) -> tuple[Listed[ParkDowntimeRow], AggregateStats]:
    """Ranked rows and headline totals of `/api/parks/downtime`. Hours are ride-hours."""
    parks = chosen_parks(disney_universal_only, former=is_over(period))
    found, totals = park_rows(period)(parks, now, period)
    rows = sorted(found, key=lambda row: (PARK_ORDER[sort_by](row), row.park_name, row.park_id))
    headline = AggregateStats(period=word_of(period), filter_disney_universal=disney_universal_only, **totals)
    return ranked(rows, limit), headline


def totals_of(parks: int, down: int, operating: int, down_seconds: int, up_and_down: Sequence[tuple[int, int]]) -> Row:
    """The headline; `up_and_down`: seconds of each park's attractions."""
    uptime = availability(sum(up for up, _ in up_and_down), sum(down for _, down in up_and_down))
    return {
        "total_parks": parks,
        "total_parks_tracked": parks,
        "rides_down": down,
        "rides_operating": operating,
        "rides_closed": None,
        "rides_refurbishment": None,
        "total_downtime_hours": number(hours(down_seconds)),
        "avg_uptime_percentage": number(uptime),
    }


@dataclass(slots=True)
class RidesNow:
    """The rides of a park at this moment. Attractions are counted, the score is of rides of every category."""

    tracked: int = 0  # in the score
    weight: int = 0
    weight_down: int = 0
    states: Counter[str] = field(default_factory=Counter)

    @property
    def score(self) -> Decimal:
        """R-10.1, of the very states that are counted (N-6)."""
        return shame_score(self.weight_down, self.weight)

    @property
    def down(self) -> int:
        return self.states[Status.DOWN]


def rides_of_parks_now(parks: list[Park], states: Mapping[int, ParkNow], now: datetime) -> dict[int, RidesNow]:
    """By park that was heard of; rides that were not are in no count (N-6). Two queries."""
    reports_down = {park.pk: park.reports_down for park in parks}
    placed = placed_rides(parks)
    current = rides_at(parks, [ride.pk for ride in placed], now)
    found: dict[int, RidesNow] = defaultdict(RidesNow)
    for ride in placed:
        park, counts, seen = states[ride.park_id], ride.counts_at(now), current.get(ride.pk)
        if not park.seen:
            continue
        rides = found[ride.park_id]
        state = None if seen is None else state_counted(park, seen, counts, reports_down[ride.park_id])
        if counts:
            rides.weight += ride.weight
            rides.weight_down += ride.weight if state == Status.DOWN else 0
        if ride.is_attraction:
            rides.tracked += counts
            if state is not None:
                rides.states[state] += 1
    return found


def state_counted(park: ParkNow, ride: RideNow, counts: bool, reports_down: bool) -> Status:
    """What a ride counts as right now. What is down is in the score (R-10.1): out of season a ride is closed, as it is
    in a closed park (R-5.2)."""
    if not park.is_open:
        return Status.CLOSED
    state = counted_status(ride.status, ride.computed_is_open, reports_down)
    return Status.CLOSED if state == Status.DOWN and not counts else state


@over_many_parks
def parks_live(parks: list[Park], now: datetime, period: Asked) -> tuple[Sequence[ParkDowntimeRow], Row]:
    """Open parks with a score at this moment; downtime is the day's so far."""
    states = parks_at(parks, now)
    today, before = parks_today(parks, now), parks_a_day_ago(parks, now)
    present, dates = rides_of_parks_now(parks, states, now), dates_by_zone(parks, period, now)
    rows = []
    for park in parks:
        state, rides, so_far = states[park.pk], present.get(park.pk), today.get(park.pk)
        if not state.is_open or rides is None or not rides.score:
            continue
        down_seconds = so_far.window.down_seconds if so_far else 0
        if not (rides.down or hours(down_seconds)):
            continue
        earlier = before.get(park.pk)
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                **dates[park.timezone],
                **compared(down_seconds, earlier.down_seconds if earlier else None),
                as_of=state.as_of,
                shame_score=number(rides.score),
                total_downtime_hours=number(hours(down_seconds)),
                weighted_downtime_hours=number(hours(so_far.window.weighted_down_seconds if so_far else 0)),
                rides_down=rides.down,
                total_rides=rides.tracked,
                uptime_percentage=number(so_far.uptime) if so_far else None,
                park_is_open=True,
            )
        )
    # What nobody has heard of for two hours neither runs nor is down.
    heard = [park.pk for park in parks if states[park.pk].seen]
    counts = sum((present[pk].states for pk in heard if pk in present), Counter[str]())
    opened = [today[pk] for pk in heard if pk in today]
    return rows, {
        **totals_of(
            parks=len(heard),
            down=counts[Status.DOWN],
            operating=counts[Status.OPERATING],
            down_seconds=sum(park.window.down_seconds for park in opened),
            up_and_down=[(park.attraction_up_seconds, park.attraction_down_seconds) for park in opened],
        ),
        "rides_closed": counts[Status.CLOSED],
        "rides_refurbishment": counts[Status.REFURBISHMENT],
        "parks_silent": len(parks) - len(heard),
    }


@over_many_parks
def parks_of_today(parks: list[Park], now: datetime, period: Asked) -> tuple[Sequence[ParkDowntimeRow], Row]:
    states = parks_at(parks, now)
    today, before = parks_today(parks, now), parks_a_day_ago(parks, now)
    dates = dates_by_zone(parks, period, now)
    rows = []
    for park in parks:
        figures = today.get(park.pk)
        score = figures.window.score if figures else None
        if figures is None or not score:
            continue
        window, earlier = figures.window, before.get(park.pk)
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                **dates[park.timezone],
                **compared(window.down_seconds, earlier.down_seconds if earlier else None),
                as_of=states[park.pk].as_of,
                shame_score=number(score),
                total_downtime_hours=number(hours(window.down_seconds)),
                weighted_downtime_hours=number(hours(window.weighted_down_seconds)),
                rides_down=window.rides_down,
                rides_operating=figures.rides_up,
                uptime_percentage=number(figures.uptime),
                effective_park_weight=number(half_up(window.weight, 1)),
                snapshot_count=figures.open_snapshots,
                park_is_open=states[park.pk].is_open,
            )
        )
    windows = [park.window for park in today.values()]
    return rows, {
        **totals_of(
            parks=sum(is_known_today(park, states[park.pk], now) for park in parks),
            down=sum(window.rides_down for window in windows),
            operating=sum(park.rides_up for park in today.values()),
            down_seconds=sum(window.down_seconds for window in windows),
            up_and_down=[(park.attraction_up_seconds, park.attraction_down_seconds) for park in today.values()],
        ),
        "parks_silent": sum(not state.seen for state in states.values()),
    }


def is_known_today(park: Park, state: ParkNow, now: datetime) -> bool:
    """Was a park heard of on its present day, or is what was heard before midnight still so? Open or not."""
    if state.as_of is None:
        return False
    return state.seen or local_date(state.as_of, park.timezone) == local_date(now, park.timezone)


@over_many_parks
def parks_of_days(parks: list[Park], now: datetime, period: Asked) -> tuple[Sequence[ParkDowntimeRow], Row]:
    """Yesterday, last week, last month: from the stored daily rows."""
    current = park_sums(parks, listed_days(period, now))
    before = park_sums(parks, listed_days_before(period, now))
    dates = dates_by_zone(parks, period, now)
    is_one_day, heading = period == Period.YESTERDAY, label(period, now, settings.SITE_TIME_ZONE)
    states = parks_at(parks, now) if is_one_day else {}
    rows = []
    for park in parks:
        sums, earlier, own = current.get(park.pk), before.get(park.pk), dates[park.timezone]
        if sums is None or not sums.score:
            continue
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                **own,
                **compared(sums.down_seconds, earlier.known_down_seconds if earlier else None, own["is_complete"]),
                shame_score=number(sums.score),
                total_downtime_hours=number(hours(sums.down_seconds)),
                weighted_downtime_hours=number(hours(sums.weighted_down_seconds)),
                rides_down=sums.most_down,
                uptime_percentage=number(sums.uptime),
                park_is_open=states[park.pk].is_open if is_one_day else UNSET,
                period_label=UNSET if is_one_day else heading,
            )
        )
    everything = current.values()
    down = sum(sums.rides_with_downtime for sums in everything)
    return rows, totals_of(
        parks=len(current),
        down=down,
        operating=sum(sums.rides_tracked for sums in everything) - down,
        down_seconds=sum(sums.down_seconds for sums in everything),
        up_and_down=[(sums.attraction_up_seconds, sums.attraction_down_seconds) for sums in everything],
    )


ParkRows = Callable[[list[Park], datetime, Asked], tuple[Sequence[ParkDowntimeRow], Row]]


def park_rows(period: Asked) -> ParkRows:
    if is_over(period):
        return parks_of_days
    return parks_live if period == Period.LIVE else parks_of_today


# -- rides -----------------------------------------------------------------------------------------------


class RideDowntimeRow(RideListed):
    rank: int = 0
    downtime_hours: float
    uptime_percentage: Annotated[float | None, describe("operating of the known open time; null: it did not operate")]
    availability_percentage: Annotated[float | None, describe("operating of the time it was meant to run")]
    opening_delay_minutes: Annotated[int, describe("of the downtime, before it first ran on a day; whole minutes")]
    trend_percentage: Annotated[float | None, describe(TREND)]
    previous_downtime_hours: Annotated[float | None, describe(BEFORE)]
    as_of: Annotated[datetime | UnsetType | None, AS_OF] = UNSET
    current_status: Annotated[
        str | UnsetType, describe("UNKNOWN: not heard of within two hours; live and today only")
    ] = UNSET
    current_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    park_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    avg_wait_time: Annotated[int | UnsetType | None, describe("minutes; live, today, yesterday")] = UNSET
    peak_wait_time: Annotated[int | UnsetType | None, describe("minutes; the same")] = UNSET
    walk_on_percentage: Annotated[
        float | UnsetType | None, describe("share of the posted time at 0 minutes; the same")
    ] = UNSET
    status_changes: Annotated[int | UnsetType, describe("yesterday, week, month")] = UNSET
    period_label: Annotated[str | UnsetType, describe("yesterday, week, month")] = UNSET


# What is down first, then what runs, then what is closed, then what is not known (N-12).
STATE_ORDER: dict[str | UnsetType, int] = {
    Status.DOWN: 0,
    Status.OPERATING: 1,
    Status.CLOSED: 2,
    Status.REFURBISHMENT: 2,
    PARK_CLOSED: 2,
    UNKNOWN: 3,
    UNSET: 3,
}

RIDE_ORDER: dict[str, Callable[[RideDowntimeRow], Any]] = {
    "downtime_hours": lambda row: -row.downtime_hours,
    "uptime_percentage": lambda row: (row.uptime_percentage is None, row.uptime_percentage),
    "current_is_open": lambda row: STATE_ORDER[row.current_status],
    "trend_percentage": lambda row: (row.trend_percentage is None, -(row.trend_percentage or 0)),
    "opening_delay_minutes": lambda row: -row.opening_delay_minutes,
}


def ride_downtime(
    period: Asked, disney_universal_only: bool, sort_by: str, limit: int, now: datetime
) -> Listed[RideDowntimeRow]:
    """Ranked rows of `/api/rides/downtime`: attractions with downtime in the period."""
    former = is_over(period)
    parks = chosen_parks(disney_universal_only, former)
    found = (rides_of_days if former else rides_of_today)(parks_to_read(parks, former), now, period)
    chosen = {park.pk for park in parks}
    rows = sorted(
        (row for row in found if row.park_id in chosen),
        key=lambda row: (RIDE_ORDER[sort_by](row), -row.downtime_hours, row.ride_name, row.ride_id),
    )
    return ranked(rows, limit)


def wait_minutes(waits: WaitTotals) -> Row:
    """The posted waits in whole minutes (N-4)."""
    average = waits.average
    return {
        "avg_wait_time": None if average is None else int(half_up(average, 0)),
        "peak_wait_time": waits.greatest,
        "walk_on_percentage": number(waits.walk_on_percentage),
    }


@over_many_parks
def rides_of_today(parks: list[Park], now: datetime, period: Asked) -> Sequence[RideDowntimeRow]:
    running = running_today(parks, now)
    measured = rides_down_today(parks, park_by_attraction(parks), now, running)
    states, current = parks_at(parks, now), rides_seen_at(parks, measured, now, running)
    outages = outages_today(parks, measured, now, running)
    places = {pk: ride.park_id for pk, ride in measured.items()}
    before = {ride.ride_id: ride.down_seconds for ride in seconds_a_day_ago(parks, places, now)}
    dates = dates_by_zone(parks, period, now)
    return [
        RideDowntimeRow(
            **ride_identity(ride),
            **dates[ride.park.timezone],
            **compared(measured[pk].down_seconds, before.get(pk)),
            **right_now(states[ride.park_id], current.get(pk)),
            **of_today(measured[pk]),
            opening_delay_minutes=minutes(opening_delay(outages.get(pk, ()), measured[pk].first_up)),
        )
        for pk, ride in attractions_by_id(parks, measured).items()
    ]


def right_now(park: ParkNow, ride: RideNow | None) -> Row:
    """What a ride and its park do at this moment, and when that was heard (N-6)."""
    return {
        "as_of": ride.as_of if ride else None,
        "current_status": displayed_status(park, ride),
        "current_is_open": displayed_is_open(park, ride),
        "park_is_open": park.is_open,
    }


def of_today(measures: RideMeasures) -> Row:
    """The figures of the day so far of a ride that took part in it."""
    up, down = measures.up_seconds, measures.down_seconds
    return {
        "downtime_hours": number(hours(down)),
        "uptime_percentage": number(uptime(up, measures.open_seconds, operated=True)),
        "availability_percentage": number(availability(up, down)),
        **wait_minutes(measures.waits),
    }


@over_many_parks
def rides_of_days(parks: list[Park], now: datetime, period: Asked) -> Sequence[RideDowntimeRow]:
    current = {pk: sums for pk, sums in ride_sums(parks, listed_days(period, now)).items() if hours(sums.down_seconds)}
    before = ride_sums(parks, listed_days_before(period, now))
    dates = dates_by_zone(parks, period, now)
    heading = label(period, now, settings.SITE_TIME_ZONE)
    return [
        RideDowntimeRow(
            **ride_identity(ride),
            **dates[ride.park.timezone],
            **of_days(
                current[pk], before.get(pk), dates[ride.park.timezone]["is_complete"], period == Period.YESTERDAY
            ),
            period_label=heading,
        )
        for pk, ride in attractions_by_id(parks, current, former=True).items()
    ]


def of_days(sums: RideSums, before: RideSums | None, is_complete: bool, is_one_day: bool) -> Row:
    """The figures of stored days."""
    return {
        **compared(sums.down_seconds, before.known_down_seconds if before else None, is_complete),
        "downtime_hours": number(hours(sums.down_seconds)),
        "uptime_percentage": number(sums.uptime()),
        "availability_percentage": number(sums.availability()),
        "opening_delay_minutes": minutes(sums.opening_delay_seconds),
        "status_changes": sums.status_changes,
        **(wait_minutes(sums.waits) if is_one_day else {}),
    }
