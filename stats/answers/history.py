"""Every stored day of one ride or one park as figures: what calendars, months and years beside each other show.

Days that are not computed, the running one among them, are not in it. Of a park the figures are those of its own daily
rows: the downtime of all rides, uptime and waits of its attractions (N-3, N-4), the score as stored (R-10.3).
"""

from collections.abc import Iterable, Mapping
from datetime import date

from core.periods import Days
from stats.answers.analytics import DAILY, add_daily, stored_score, stored_waits
from stats.measures.bucket_sums import Figures
from stats.measures.ride_measures import WaitTotals
from stats.measures.windows import Bucket, BucketKey, span_key
from stats.models import ParkDailyStats, RideDailyStats

History = Mapping[date, Figures]


def ride_history(ride_id: int, version: int, days: Days | None = None) -> dict[date, Figures]:
    """By day, in order; all days, or those; one query."""
    rows = RideDailyStats.objects.filter(ride=ride_id, metrics_version=version, open_seconds__isnull=False)
    if days is not None:
        rows = rows.filter(stat_date__range=(days.first, days.last))
    found = {}
    for row in rows.order_by("stat_date").values("stat_date", *DAILY):
        figures = found[row["stat_date"]] = Figures()
        add_daily(figures, row)
        figures.waits.add(stored_waits(row))
    return found


def park_history(park_id: int, version: int, days: Days | None = None) -> dict[date, Figures]:
    """By day, in order, those on which it stayed closed too: they have no seconds; all days, or those; one query."""
    rows = ParkDailyStats.objects.filter(park=park_id, metrics_version=version, ride_seconds__isnull=False)
    if days is not None:
        rows = rows.filter(stat_date__range=(days.first, days.last))
    return {row.stat_date: park_figures(row) for row in rows.order_by("stat_date")}


def park_figures(row: ParkDailyStats) -> Figures:
    """Of a park's stored day; what nothing is known of adds nothing."""
    score = stored_score(row)
    return Figures(
        is_of_park=True,
        open_seconds=row.ride_seconds or 0,
        down_seconds=row.down_seconds or 0,
        attraction_up_seconds=row.attraction_up_seconds or 0,
        attraction_down_seconds=row.attraction_down_seconds or 0,
        waits=WaitTotals(
            row.wait_seconds or 0,
            row.wait_minute_seconds or 0,
            None,
            row.peak_wait_time,
            row.walk_on_seconds or 0,
        ),
        scores=[score] if score is not None else [],
    )


def closed_days(park_id: int, version: int) -> set[date]:
    """The stored days on which nothing was known in an open park, because it was not open; one query."""
    rows = ParkDailyStats.objects.filter(park=park_id, metrics_version=version, operating_hours_minutes=0)
    return set(rows.values_list("stat_date", flat=True))


def added_up(history: History, bucket: Bucket) -> dict[BucketKey, Figures]:
    """Weeks or months of a history, in order: exact sums (N-2)."""
    found: dict[BucketKey, Figures] = {}
    for day, figures in history.items():
        key = span_key(bucket, day)
        if key not in found:
            found[key] = Figures(is_of_park=figures.is_of_park)
        found[key].add(figures)
    return found


def total_of(days: Iterable[Figures], is_of_park: bool) -> Figures:
    """The sum of some days."""
    total = Figures(is_of_park=is_of_park)
    for figures in days:
        total.add(figures)
    return total
