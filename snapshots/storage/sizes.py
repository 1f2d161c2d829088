"""How large the tables are, how fast they grow, and how long that can go on (R-26.7).

Sizes are MB of 1,048,576 bytes, growth is MB per day. All figures come from rows of `storage_metrics`: one per table
and date, written by `measure`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, OuterRef, Subquery, Sum
from django.utils import timezone

from core.querysets import retried_on_lock, upsert
from snapshots.models import StorageMetric
from snapshots.storage.tables import TableSize, table_sizes

MB = 1_048_576
MB_PER_GB = 1_024
DAYS_PER_MONTH, DAYS_PER_YEAR = 30, 365
PROJECTED_YEARS = (1, 3, 5)
LONGEST_HISTORY = 90  # days of one table's analysis
MEASURED = ("row_count", "data_size_mb", "index_size_mb", "total_size_mb", "growth_rate_mb_per_day", "partition_count")


# -- measuring -------------------------------------------------------------------------------------------


def measure(today: date) -> list[StorageMetric]:
    """Measure every table of the database, the largest first; a second time on a date replaces the first."""
    return store(table_sizes(), today)


@retried_on_lock
def store(sizes: list[TableSize], today: date) -> list[StorageMetric]:
    before = {row.table_name: row for row in latest(today - timedelta(days=1))}
    rows = [metric_of(size, today, before.get(size.name)) for size in sizes]
    upsert(StorageMetric, rows, ("table_name", "measurement_date"), MEASURED)
    return rows


def metric_of(size: TableSize, today: date, before: StorageMetric | None) -> StorageMetric:
    """The row of a table; `before`: its last one of an earlier date."""
    data, index = in_mb(size.data_bytes), in_mb(size.index_bytes)
    total = in_mb(size.data_bytes + size.index_bytes)
    growth = None
    if before is not None:
        days = (today - before.measurement_date).days
        growth = round((total - before.total_size_mb) / days, 4)
    return StorageMetric(
        table_name=size.name,
        measurement_date=today,
        row_count=size.rows,
        data_size_mb=data,
        index_size_mb=index,
        total_size_mb=total,
        growth_rate_mb_per_day=growth,
        partition_count=size.partitions,
    )


def in_mb(size: int) -> Decimal:
    return round(Decimal(size) / MB, 2)


def latest(until: date | None = None) -> list[StorageMetric]:
    """The last row of every table, on or before `until`; the largest first."""
    rows = StorageMetric.objects.all() if until is None else StorageMetric.objects.filter(measurement_date__lte=until)
    own = rows.filter(table_name=OuterRef("table_name")).order_by("-measurement_date")
    return list(rows.filter(pk=Subquery(own.values("pk")[:1])).order_by("-total_size_mb", "table_name"))


def measured_on(day: date) -> list[StorageMetric]:
    """The rows of a date, the largest first."""
    return list(StorageMetric.objects.filter(measurement_date=day).order_by("-total_size_mb", "table_name"))


# -- what they add up to ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Total:
    """All tables together: MB now, MB per day."""

    size: float
    growth: float

    def after(self, days: int) -> float:
        """MB in so many days, if it goes on like this; shrinking ends at nothing."""
        return max(0.0, self.size + self.growth * days)


def total(rows: list[StorageMetric]) -> Total:
    """What the last rows of all tables say. A table measured once does not grow, as far as we know."""
    return Total(
        float(sum(row.total_size_mb for row in rows)), float(sum(row.growth_rate_mb_per_day or 0 for row in rows))
    )


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def gb(size: float) -> float:
    return round(size / MB_PER_GB, 4)


def storage_summary() -> dict[str, Any]:
    """The last measurement of every table, and the sums (public-api 5.2)."""
    rows = latest()
    whole = total(rows)
    return {
        "summary": {
            "table_count": len(rows),
            "total_data_mb": float(sum(row.data_size_mb for row in rows)) if rows else 0,
            "total_growth_mb_per_day": round(whole.growth, 4) if rows else 0,
            "total_index_mb": float(sum(row.index_size_mb for row in rows)) if rows else 0,
            "total_rows": sum(row.row_count for row in rows),
            "total_size_gb": gb(whole.size) if rows else 0,
            "total_size_mb": round(whole.size, 2) if rows else 0,
        },
        "tables": [
            {
                "data_size_mb": number(row.data_size_mb),
                "growth_rate_mb_per_day": number(row.growth_rate_mb_per_day),
                "index_size_mb": number(row.index_size_mb),
                "measurement_date": row.measurement_date.isoformat(),
                "partition_count": row.partition_count,
                "row_count": row.row_count,
                "table_name": row.table_name,
                "total_size_mb": number(row.total_size_mb),
            }
            for row in rows
        ],
    }


def projection(whole: Total, days: int) -> dict[str, Any]:
    """Current size + growth × days."""
    return {
        "current_size_gb": gb(whole.size),
        "current_size_mb": round(whole.size, 2),
        "growth_rate_gb_per_month": gb(whole.growth * DAYS_PER_MONTH),
        "growth_rate_mb_per_day": round(whole.growth, 4),
        "projected_days": days,
        "projected_size_gb": gb(whole.after(days)),
        "projected_size_mb": round(whole.after(days), 2),
    }


def growth(days: int) -> dict[str, Any]:
    """The projection that was asked for, and those of one, three and five years."""
    whole = total(latest())
    years = [{"years": years, **projection(whole, years * DAYS_PER_YEAR)} for years in PROJECTED_YEARS]
    return {"projection": projection(whole, days), "projections": years}


def table_analysis(table: str, days: int, today: date) -> dict[str, Any]:
    """How one table grew over the last `days` days, 90 at most."""
    since = today - timedelta(days=min(days, LONGEST_HISTORY))
    history = StorageMetric.objects.filter(table_name=table, measurement_date__gte=since).order_by("measurement_date")
    rows = list(history)
    if len(rows) < 2:
        return {"analysis": "Insufficient data for analysis", "data_points": len(rows), "table_name": table}
    first, last = rows[0], rows[-1]
    span = (last.measurement_date - first.measurement_date).days
    size_change, row_change = float(last.total_size_mb - first.total_size_mb), last.row_count - first.row_count
    return {
        "avg_growth_mb_per_day": round(size_change / span, 4),
        "avg_growth_rows_per_day": round(row_change / span, 2),
        "current_rows": last.row_count,
        "current_size_mb": float(last.total_size_mb),
        "data_points": len(rows),
        "partition_count": last.partition_count,
        "period_days": span,
        "row_change": row_change,
        "size_change_mb": round(size_change, 2),
        "table_name": table,
    }


def is_measured(table: str) -> bool:
    return StorageMetric.objects.filter(table_name=table).exists()


def retention_comparison() -> dict[str, Any]:
    """What four ways of keeping data would come to in a year, at the measured growth."""
    whole = total(latest())
    rate, year = whole.growth, DAYS_PER_YEAR
    strategies = [
        ("Permanent Retention", whole.after(year), rate * year, "Keep everything", "what is done now"),
        ("Rolling 90-Day", rate * 90, 0.0, "Keep the last 90 days", "history before is lost"),
        ("Rolling 365-Day", rate * 365, 0.0, "Keep the last 365 days", "no comparison with the year before"),
        (
            "Tiered Retention",
            rate * 30 + rate * 335 * 0.05,
            rate * 0.01 * year,
            "30 days in full, the year before at 5 %, older at 1 %",
            "figures of old days cannot be recomputed",
        ),
    ]
    return {
        "current": {
            "growth_gb_per_month": gb(rate * DAYS_PER_MONTH),
            "growth_mb_per_day": round(rate, 4),
            "size_gb": gb(whole.size),
        },
        "projection_days": year,
        "strategies": [
            {
                "annual_growth_gb": gb(yearly),
                "description": description,
                "name": name,
                "notes": notes,
                "projected_size_gb": gb(size),
            }
            for name, size, yearly, description, notes in strategies
        ],
    }


# -- alerts ----------------------------------------------------------------------------------------------

WARNING_GB, CRITICAL_GB = 50.0, 80.0
CAPACITY_PERCENT = (60, 80)
GROWTH_CHANGE_PERCENT = (10, 25)
PARTITION_COUNT = (100, 150)
DAYS_UNTIL_FULL = (90, 30)
MOST_GROWTH = 100  # MB per day
COMPARED_DAYS = 14  # growth of the newer half of these against the older half


@dataclass(frozen=True, slots=True)
class Thresholds:
    """GB. The first two are the legacy's absolute ones."""

    warning_gb: float
    critical_gb: float
    capacity_gb: float


def level(value: float, thresholds: tuple[float, float]) -> str | None:
    """WARNING from the first threshold on, CRITICAL from the second; thresholds that fall are limits from above."""
    warning, critical = thresholds
    sign = -1 if critical < warning else 1
    if sign * value >= sign * critical:
        return "CRITICAL"
    return "WARNING" if sign * value >= sign * warning else None


def alerts(thresholds: Thresholds, today: date) -> dict[str, Any]:
    """What an operator should know, the legacy's absolute sizes first (R-26.7)."""
    rows = latest()
    whole = total(rows)
    found = [
        *size_alerts(whole, thresholds),
        *capacity_alerts(whole, thresholds.capacity_gb),
        *growth_alerts(whole, today),
        *partition_alerts(rows),
    ]
    levels = {alert["level"] for alert in found}
    return {
        "alert_count": len(found),
        "alerts": found,
        "current_size_gb": gb(whole.size),
        "status": "CRITICAL" if "CRITICAL" in levels else "WARNING" if levels else "HEALTHY",
        "thresholds": asdict(thresholds),
    }


def size_alerts(whole: Total, thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    current = whole.size / MB_PER_GB
    if current >= thresholds.critical_gb:
        found, limit = "CRITICAL", thresholds.critical_gb
    elif current >= thresholds.warning_gb:
        found, limit = "WARNING", thresholds.warning_gb
    else:
        return
    message = f"The database has {gb(whole.size):,} GB, which is {limit:,} GB or more"
    yield {"kind": "size", "level": found, "message": message, "current_gb": gb(whole.size), "threshold_gb": limit}


def capacity_alerts(whole: Total, capacity_gb: float) -> Iterator[dict[str, Any]]:
    """The part of the capacity in use, and the days until it is full."""
    percent = round(whole.size / MB_PER_GB / capacity_gb * 100, 2)
    if found := level(percent, CAPACITY_PERCENT):
        message = f"{percent} % of the capacity of {capacity_gb:,} GB are in use"
        yield alert("capacity", found, message, percent, CAPACITY_PERCENT)
    left = capacity_gb * MB_PER_GB - whole.size
    if whole.growth > 0:
        days = round(max(0.0, left / whole.growth), 1)
        if found := level(days, DAYS_UNTIL_FULL):
            message = f"The capacity of {capacity_gb:,} GB is full in {days} days"
            yield alert("days_until_full", found, message, days, DAYS_UNTIL_FULL)


def growth_alerts(whole: Total, today: date) -> Iterator[dict[str, Any]]:
    """Growth above 100 MB a day, and growth that has become faster."""
    rate = round(whole.growth, 4)
    if rate > MOST_GROWTH:
        message = f"The database grows by {rate:,} MB per day, which is more than {MOST_GROWTH}"
        yield {"kind": "growth", "level": "WARNING", "message": message, "growth_rate_mb_per_day": rate}
    change = growth_change(today)
    if change is not None and (found := level(change, GROWTH_CHANGE_PERCENT)):
        message = f"Growth per day has risen by {change} % within two weeks"
        yield alert("growth_change", found, message, change, GROWTH_CHANGE_PERCENT)


def growth_change(today: date) -> float | None:
    """Percent by which the mean growth per day of the newer half of two weeks' measurements differs from the older's.

    None: too few measurements, or no growth to compare with.
    """
    rows = StorageMetric.objects.filter(
        measurement_date__gt=today - timedelta(days=COMPARED_DAYS), growth_rate_mb_per_day__isnull=False
    )
    dates = rows.values("measurement_date").annotate(rate=Sum("growth_rate_mb_per_day")).order_by("measurement_date")
    rates = [float(row["rate"]) for row in dates]
    half = len(rates) // 2
    if not half:
        return None
    older, newer = sum(rates[:half]) / half, sum(rates[-half:]) / half
    return round((newer - older) / older * 100, 2) if older > 0 else None


def partition_alerts(rows: list[StorageMetric]) -> Iterator[dict[str, Any]]:
    for row in rows:
        count = row.partition_count or 0
        if found := level(count, PARTITION_COUNT):
            message = f"{row.table_name} has {count} partitions; `manage.py partitions detach` sets old months aside"
            yield alert("partitions", found, message, count, PARTITION_COUNT)


def alert(kind: str, found: str, message: str, value: float, thresholds: tuple[float, float]) -> dict[str, Any]:
    threshold = thresholds[found == "CRITICAL"]
    return {"kind": kind, "level": found, "message": message, "current": value, "threshold": threshold}


def already_measured() -> bool:
    """Is there a measurement of today's (UTC)?"""
    last = StorageMetric.objects.aggregate(last=Max("measurement_date"))["last"]
    return last is not None and last >= timezone.now().date()
