"""Average and peak posted waits of parks and attractions (N-4): right now, today so far, over stored days."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.periods import Days
from parks.models import Park
from stats.measures.ride_measures import RideMeasures, WaitTotals, walk_on_percentage
from stats.readings.period_sums import park_sums, ride_sums
from stats.readings.selection import park_by_attraction, parks_to_read
from stats.readings.shared import over_many_parks
from stats.readings.today import a_day_ago, rides_at, rides_today


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes; the average is more than 0 and not rounded."""

    average: Decimal
    peak: int | None
    walk_on_percentage: Decimal | None  # the share of posted time, or of what posts now, at 0
    days: int = 1  # with a posted wait above 0


def wait_of(totals: WaitTotals, days: int = 1) -> Wait | None:
    """None: nothing above zero was posted for any time."""
    average = totals.average
    return None if average is None else Wait(average, totals.greatest, totals.walk_on_percentage, days)


def waits_of(totals: Mapping[int, WaitTotals]) -> dict[int, Wait]:
    return {pk: wait for pk, found in totals.items() if (wait := wait_of(found)) is not None}


# -- now and today ---------------------------------------------------------------------------------------


@over_many_parks
def park_waits_now(parks: list[Park], now: datetime) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Newest waits above 0 of the operating attractions of parks that are open.

    By park: the waits, and how many attractions report one. Two queries.
    """
    places = park_by_attraction(parks)
    posted: dict[int, list[int]] = defaultdict(list)
    for pk, ride in rides_at(parks, places, now).items():
        if ride.is_operating and ride.wait is not None:
            posted[places[pk]].append(ride.wait)
    above = {park: longer for park, found in posted.items() if (longer := [wait for wait in found if wait])}
    waits = {
        park: Wait(
            Decimal(sum(found)) / len(found),
            max(found),
            walk_on_percentage(len(posted[park]) - len(found), len(found)),
        )
        for park, found in above.items()
    }
    return waits, {park: len(found) for park, found in above.items()}


@over_many_parks
def ride_waits_today(parks: list[Park], now: datetime) -> Mapping[int, Wait]:
    """By attraction; two queries."""
    measured = rides_today(parks, park_by_attraction(parks), now)
    return waits_of({pk: ride.waits for pk, ride in measured.items()})


@over_many_parks
def park_waits_today(parks: list[Park], now: datetime) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Over all attractions, by park, and how many of them posted a wait above 0; two queries."""
    return waits_by_park(rides_today(parks, park_by_attraction(parks), now))


@over_many_parks
def ride_waits_a_day_ago(parks: list[Park], now: datetime) -> Mapping[int, Wait]:
    """Of the day before, up to the same time of each park's clock (N-5)."""
    return waits_of({pk: ride.waits for pk, ride in a_day_ago(parks_to_read(parks), now).items()})


@over_many_parks
def park_waits_a_day_ago(parks: list[Park], now: datetime) -> Mapping[int, Wait]:
    """The same by park, over its attractions."""
    shown, measured = park_by_attraction(parks), a_day_ago(parks_to_read(parks), now)
    return waits_by_park({pk: ride for pk, ride in measured.items() if pk in shown})[0]


def waits_by_park(measured: Mapping[int, RideMeasures]) -> tuple[dict[int, Wait], dict[int, int]]:
    """Waits pooled by park, and how many of the rides posted one above 0."""
    totals: dict[int, WaitTotals] = defaultdict(WaitTotals)
    reporting: dict[int, int] = defaultdict(int)
    for ride in measured.values():
        waits = ride.waits
        totals[ride.park_id].add(waits)
        reporting[ride.park_id] += waits.seconds > 0
    return waits_of(totals), reporting


# -- stored days -----------------------------------------------------------------------------------------


def park_waits_of_days(parks: list[Park], days: Days) -> dict[int, Wait]:
    """Over the attractions and dates, by park; one query."""
    return waits_of({pk: sums.waits for pk, sums in park_sums(parks, days).items()})


def ride_waits_of_days(parks: list[Park], days: Days) -> dict[int, Wait]:
    """The same by attraction; two queries."""
    found = {}
    for pk, sums in ride_sums(parks, days).items():
        wait = wait_of(sums.waits, sums.days_with_waits)
        if wait is not None:
            found[pk] = wait
    return found


def rides_with_waits(parks: list[Park], days: Days) -> dict[int, int]:
    """How many attractions posted a wait above 0 on any of the days, by park; two queries."""
    park_by_ride = park_by_attraction(parks, former=True)
    return Counter(park_by_ride[pk] for pk, sums in ride_sums(parks, days).items() if sums.wait_seconds)
