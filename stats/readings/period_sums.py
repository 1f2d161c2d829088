"""Sums over the stored daily rows of a period, by park and by ride: exact seconds, rounded where shown (N-2).

A list has one set of dates, those of the site's calendar; each park's rows of these dates are its own days (N-1).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from core.periods import Days
from parks.models import Park
from snapshots.score import ScoredTime, score_of_share, share_over
from stats.measures.ride_measures import WaitTotals, availability, uptime
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.selection import park_by_attraction, parks_to_read
from stats.readings.shared import over_days

# So many parks are read by date alone: to ask each row's ride for its park takes longer than to read the row.
SCANNED_PARKS = 10
OPENED = Q(operating_hours_minutes__gt=0)


SUMMED = (
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "unknown_seconds",
    "opening_delay_seconds",
    "wait_seconds",
    "wait_minute_seconds",
    "walk_on_seconds",
    "status_changes",
)


@dataclass(frozen=True, slots=True)
class RideSums:
    """One ride over stored days. Seconds are of the open park; the uptime is that of N-3."""

    open_seconds: int
    up_seconds: int
    down_seconds: int
    unknown_seconds: int
    opening_delay_seconds: int
    wait_seconds: int
    wait_minute_seconds: int
    walk_on_seconds: int
    status_changes: int
    outages: int  # spells down that touch the days (N-11)
    least_wait: int | None
    peak_wait: int | None
    days_with_waits: int

    @property
    def known_down_seconds(self) -> int | None:
        """None: nothing is known of it in the open park."""
        return self.down_seconds if self.open_seconds else None

    @property
    def operated(self) -> bool:
        return self.up_seconds > 0

    @property
    def waits(self) -> WaitTotals:
        return WaitTotals(
            self.wait_seconds, self.wait_minute_seconds, self.least_wait, self.peak_wait, self.walk_on_seconds
        )

    def uptime(self, digits: int = 1) -> Decimal | None:
        return uptime(self.up_seconds, self.open_seconds, self.operated, digits)

    def availability(self, digits: int = 1) -> Decimal | None:
        return availability(self.up_seconds, self.down_seconds, digits)


def ride_rows(parks: Sequence[Park], days: Days) -> QuerySet[RideDailyStats]:
    """Rows of every ride of these parks, attraction or not; of many parks also those of others, to be sorted out."""
    rows = RideDailyStats.objects.filter(
        metrics_version=settings.METRICS_VERSION, stat_date__range=(days.first, days.last)
    ).order_by()
    return rows if len(parks) >= SCANNED_PARKS else rows.filter(ride__park__in=[park.pk for park in parks])


@over_days
def all_ride_sums(parks: list[Park], days: Days) -> Mapping[int, RideSums]:
    """Sums of every ride; one query, which all lists of rides over these dates have in common."""
    # A spell that goes on over midnight stands in both days and is one (N-11).
    carried = Sum("outages_carried", filter=Q(stat_date__gt=days.first), default=0)
    rows: Any = (
        ride_rows(parks, days)
        .values("ride_id")
        .annotate(
            **{f"all_{name}": Sum(name, default=0) for name in SUMMED},
            all_outages=Sum("outages", default=0) - carried,
            least=Min("min_wait_time"),
            peak=Max("peak_wait_time"),
            wait_days=Count("pk", filter=Q(wait_seconds__gt=0)),
        )
    )
    return {
        row["ride_id"]: RideSums(
            **{name: row[f"all_{name}"] for name in (*SUMMED, "outages")},
            least_wait=row["least"],
            peak_wait=row["peak"],
            days_with_waits=row["wait_days"],
        )
        for row in rows
    }


def ride_sums(parks: list[Park], days: Days) -> dict[int, RideSums]:
    """Sums of a period by attraction, also of those that are no longer active (N-15); two queries.

    Rides are sorted out here: with them in the statement MariaDB reads the whole history of each.
    """
    sums, shown = all_ride_sums(parks_to_read(parks, former=True), days), park_by_attraction(parks, former=True)
    return {pk: sums[pk] for pk in sums if pk in shown}


# -- parks -----------------------------------------------------------------------------------------------


PARK_SUMMED = (
    "ride_seconds",
    "down_seconds",
    "weighted_down_seconds",
    "rides_with_downtime",
    "attraction_up_seconds",
    "attraction_down_seconds",
    "wait_seconds",
    "wait_minute_seconds",
    "walk_on_seconds",
)


@dataclass(frozen=True, slots=True)
class ParkSums:
    """One park over stored days: downtime of rides of every category (R-5.6), uptime and waits of its attractions."""

    share: Fraction | None  # of its weighted capacity down, over its open days; None: never open
    down_seconds: int
    weighted_down_seconds: int
    most_down: int  # rides with downtime on one day, at most
    rides_with_downtime: int  # summed over days, as `rides_tracked`
    rides_tracked: int
    attraction_up_seconds: int
    attraction_down_seconds: int
    wait_seconds: int
    wait_minute_seconds: int
    walk_on_seconds: int
    peak_wait: int | None

    @property
    def known_down_seconds(self) -> int | None:
        """None: nothing is known of the open park."""
        return None if self.share is None else self.down_seconds

    @property
    def score(self) -> Decimal | None:
        """Mean over its open days, weighted by their length (R-10.4, N-2)."""
        return score_of_share(self.share)

    @property
    def waits(self) -> WaitTotals:
        return WaitTotals(self.wait_seconds, self.wait_minute_seconds, None, self.peak_wait, self.walk_on_seconds)

    @property
    def uptime(self) -> Decimal | None:
        """N-3, one decimal."""
        return availability(self.attraction_up_seconds, self.attraction_down_seconds)


def park_rows(parks: Iterable[Park], days: Days) -> QuerySet[ParkDailyStats]:
    rows = ParkDailyStats.objects.filter(
        metrics_version=settings.METRICS_VERSION,
        stat_date__range=(days.first, days.last),
        park__in=[park.pk for park in parks],
    )
    return rows.order_by()


@over_days
def park_sums(parks: list[Park], days: Days) -> Mapping[int, ParkSums]:
    """Scores, downtime, uptime and waits of a period by park; one query. The days of one weight and number of rides
    are summed up by the database, because a score is a fraction of both."""
    alike = (
        park_rows(parks, days)
        .values("park_id", "effective_park_weight", "total_rides_tracked")
        .annotate(
            **{f"all_{name}": Sum(name, default=0) for name in PARK_SUMMED},
            most=Max("rides_with_downtime"),
            days=Count("pk"),
            peak=Max("peak_wait_time"),
        )
    )
    by_park: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in alike:
        by_park[row["park_id"]].append(row)
    return {pk: summed_park(rows) for pk, rows in by_park.items()}


def summed_park(groups: Sequence[Mapping[str, Any]]) -> ParkSums:
    def total(name: str) -> int:
        return sum(int(row[f"all_{name}"]) for row in groups)

    return ParkSums(
        share=share_over(
            scored_days(
                row["total_rides_tracked"],
                int(row["effective_park_weight"]),
                int(row["all_ride_seconds"]),
                int(row["all_weighted_down_seconds"]),
            )
            for row in groups
        ),
        most_down=max(row["most"] for row in groups),
        rides_tracked=sum(row["total_rides_tracked"] * row["days"] for row in groups),
        peak_wait=max((row["peak"] for row in groups if row["peak"] is not None), default=None),
        **{name: total(name) for name in PARK_SUMMED if name != "ride_seconds"},
    )


def scored_days(rides: int, weight: int, ride_seconds: int, weighted_down_seconds: int) -> ScoredTime:
    """Stored days of a park with one number of rides and one weight (R-10.3): it was open for its rides' mean."""
    return ScoredTime(weighted_down_seconds, weight, Fraction(ride_seconds, rides or 1))


def scored_day(row: ParkDailyStats) -> ScoredTime:
    return scored_days(
        row.total_rides_tracked,
        int(row.effective_park_weight),
        row.ride_seconds or 0,
        row.weighted_down_seconds or 0,
    )
