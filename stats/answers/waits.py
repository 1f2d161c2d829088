"""Average and peak waits of parks and attractions (R-11): right now, today so far, over stored days.

Waits of zero are left out of now and today; the stored daily averages contain them.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from parks.models import Park, Ride
from stats.measures.ride_measures import Waits, mean_wait, merge_waits
from stats.readings.period_sums import Sums, all_ride_sums, mean, park_rows, ride_sums
from stats.readings.selection import park_by_attraction, parks_to_read
from stats.readings.shared import Dates, over_days, over_many_parks
from stats.readings.today import rides_at, rides_today


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes; the average is more than 0 and not rounded."""

    average: Decimal
    peak: int | None
    days: int = 1  # that the average is made of


# -- now and today ---------------------------------------------------------------------------------------


@over_many_parks
def park_waits_now(parks: list[Park], now: datetime) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Latest waits above 0 of the operating rides, of every category, of parks that are open.

    By park: the waits, and how many rides report one. Two queries.
    """
    rides = Ride.objects.active().filter(park__in=[park.pk for park in parks])
    places = dict(rides.order_by().values_list("pk", "park_id"))
    reported: dict[int, list[int]] = defaultdict(list)
    for pk, ride in rides_at(parks, places, now).items():
        if ride.is_operating and ride.wait:
            reported[places[pk]].append(ride.wait)
    waits = {park: Wait(Decimal(sum(found)) / len(found), max(found)) for park, found in reported.items()}
    return waits, {park: len(found) for park, found in reported.items()}


@over_many_parks
def ride_waits_today(parks: list[Park], now: datetime) -> Mapping[int, Wait]:
    """Waits above 0 in the open park, by attraction; two queries."""
    return {
        pk: wait
        for pk, ride in rides_today(parks, park_by_attraction(parks), now).items()
        if (wait := wait_of(ride.posted)) is not None
    }


@over_many_parks
def park_waits_today(parks: list[Park], now: datetime) -> tuple[Mapping[int, Wait], Mapping[int, int]]:
    """Waits above 0 of all its attractions in the open park, by park, and how many reported one; two queries."""
    posted: dict[int, Waits] = defaultdict(dict)
    reporting: dict[int, int] = defaultdict(int)
    for ride in rides_today(parks, park_by_attraction(parks), now).values():
        if ride.posted:
            merge_waits(posted[ride.park_id], ride.posted)
            reporting[ride.park_id] += 1
    waits = {park: wait for park, found in posted.items() if (wait := wait_of(found)) is not None}
    return waits, reporting


def wait_of(posted: Mapping[int, int]) -> Wait | None:
    """The time-weighted mean and the longest of posted waits; None without one that was held for any time."""
    average = mean_wait(posted)
    return None if average is None else Wait(average, max(posted))


# -- stored days -----------------------------------------------------------------------------------------

PARK_SUMS: dict[str, Any] = {
    "waits": Sum("avg_wait_time"),
    "wait_days": Count("avg_wait_time"),
    "waiting_days": Count("avg_wait_time", filter=Q(avg_wait_time__gt=0)),
    "peak": Max("peak_wait_time"),
}


@over_days
def park_waits_of_days(parks: list[Park], dates: Dates, *, with_zeros: bool = True) -> Mapping[int, Wait]:
    """Mean of a park's stored daily averages and its highest daily peak, by park; one query.

    Days without an average are in no mean; without `with_zeros`, nor are days with an average of 0 (R-19.2).
    """
    groups = park_rows(parks, dates).values("park_id").annotate(**PARK_SUMS)
    return means_of({row["park_id"]: row for row in groups}, with_zeros)


@over_days
def ride_waits_of_days(parks: list[Park], dates: Dates, *, with_zeros: bool = True) -> Mapping[int, Wait]:
    """The same by attraction; two queries."""
    return means_of(ride_sums(parks, dates), with_zeros)


def means_of(sums: Mapping[int, Sums], with_zeros: bool) -> dict[int, Wait]:
    found = {}
    for pk, row in sums.items():
        days = row["wait_days"] if with_zeros else row["waiting_days"]
        average = mean(row["waits"], days)
        if average:
            found[pk] = Wait(average, row["peak"], days)
    return found


def rides_with_waits(parks: list[Park], dates: Dates) -> dict[int, int]:
    """How many attractions posted a wait above 0 on any of the days, by park; two queries."""
    sums, park_by_ride = all_ride_sums(parks_to_read(parks), dates), park_by_attraction(parks)
    return Counter(park_by_ride[pk] for pk, row in sums.items() if row["peak"] and pk in park_by_ride)
