"""Sums over the stored daily rows of a period, by park and by attraction; closed days count in no mean (A-10)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum

from parks.models import Park
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.selection import by_dates, park_by_attraction, park_dates, parks_to_read
from stats.readings.shared import Dates, over_days

# So many parks are read by date alone: to ask each row's ride for its park takes longer than to read the row.
SCANNED_PARKS = 10
OPENED = Q(operating_hours_minutes__gt=0)

Sums = Mapping[str, Any]


def park_rows(parks: Iterable[Park], dates: Dates) -> QuerySet[ParkDailyStats]:
    rows = ParkDailyStats.objects.filter(metrics_version=settings.METRICS_VERSION)
    return rows.filter(park_dates(parks, dates, "park")).order_by()


def ride_rows(parks: Iterable[Park], dates: Dates) -> QuerySet[RideDailyStats]:
    """Rows of every ride of these parks, attraction or not; of many parks also those of others, to be sorted out."""
    rows = RideDailyStats.objects.filter(metrics_version=settings.METRICS_VERSION).order_by()
    spans = by_dates(parks, dates)
    if len(spans) == 1:
        ((days, ids),) = spans.items()
        if len(ids) >= SCANNED_PARKS:
            return rows.filter(stat_date__gte=days.first, stat_date__lte=days.last)
    return rows.filter(park_dates(parks, dates, "ride__park"))


RIDE_SUMS: dict[str, Any] = {
    "minutes": Sum("downtime_minutes"),
    "changes": Sum("status_changes"),
    "waits": Sum("avg_wait_time"),
    "wait_days": Count("avg_wait_time"),
    "waiting_days": Count("avg_wait_time", filter=Q(avg_wait_time__gt=0)),
    "wait": Max("avg_wait_time"),
    "peak": Max("peak_wait_time"),
    # Of days on which the park opened.
    "uptime": Sum("uptime_percentage", filter=OPENED),
    "days": Count("pk", filter=OPENED),
    "up_minutes": Sum("uptime_minutes", filter=OPENED),
    "down_minutes": Sum("downtime_minutes", filter=OPENED),
    "open_minutes": Sum("operating_hours_minutes", filter=OPENED),
    "open_waits": Sum("avg_wait_time", filter=OPENED),
    "open_wait_days": Count("avg_wait_time", filter=OPENED),
}


@over_days
def all_ride_sums(parks: list[Park], dates: Dates) -> Mapping[int, Sums]:
    """`RIDE_SUMS` of every ride; one query, which all lists of rides over these dates have in common."""
    rows = ride_rows(parks, dates).values("ride_id").annotate(**RIDE_SUMS)
    return {row["ride_id"]: MappingProxyType(row) for row in rows}


def ride_sums(parks: list[Park], dates: Dates) -> dict[int, Sums]:
    """`RIDE_SUMS` of a period by attraction; two queries.

    Rides are sorted out here: with them in the statement MariaDB reads the whole history of each.
    """
    sums, shown = all_ride_sums(parks_to_read(parks), dates), park_by_attraction(parks)
    return {pk: sums[pk] for pk in sums if pk in shown}


@over_days
def park_sums(parks: list[Park], dates: Dates) -> Mapping[int, Sums]:
    """Scores, downtime and uptime of a period by park (R-10.4); one query."""
    found = (
        park_rows(parks, dates)
        .values("park_id")
        .annotate(
            score=Sum("shame_score", filter=OPENED, default=0),
            score_days=Count("shame_score", filter=OPENED),
            downtime=Sum("total_downtime_hours"),
            weighted=Sum("weighted_downtime_hours"),
            most_down=Max("rides_with_downtime"),
            down=Sum("rides_with_downtime"),
            tracked=Sum("total_rides_tracked"),
            uptime=Sum("avg_uptime_percentage", filter=OPENED, default=0),
            uptime_days=Count("avg_uptime_percentage", filter=OPENED),
        )
    )
    return {row["park_id"]: MappingProxyType(row) for row in found}


def mean(total: Decimal | None, days: int) -> Decimal | None:
    """A mean over days, not rounded; None without any."""
    return total / days if days and total is not None else None
