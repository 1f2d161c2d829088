"""How large the tables are, how fast they grow, and how long that can go on (R-26.7).

Sizes are MB of 1,048,576 bytes, growth is MB per day. All figures come from rows of `storage_metrics`: one per table
and date, written by `measure`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone

from core.database.querysets import retried_on_lock, upsert
from core.shapes import UNSET, Shape, UnsetType, describe
from snapshots.models import StorageMetric
from snapshots.storage.tables import TableSize, table_sizes

MB = 1_048_576
MB_PER_GB = 1_024
DAYS_PER_MONTH, DAYS_PER_YEAR = 30, 365
PROJECTED_YEARS = (1, 3, 5)
INSUFFICIENT = "Insufficient data for analysis"
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
    """The last row of every table, on or before `until` (today, UTC: what is later was never measured); the largest
    first."""
    rows = StorageMetric.objects.filter(measurement_date__lte=until or timezone.now().date())
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


def is_known_to_grow(rows: list[StorageMetric]) -> bool:
    """Was any table measured on two dates?"""
    return any(row.growth_rate_mb_per_day is not None for row in rows)


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def gb(size: float) -> float:
    return round(size / MB_PER_GB, 4)


class StorageTotals(Shape):
    table_count: int
    total_data_mb: float
    total_growth_mb_per_day: float
    total_index_mb: float
    total_rows: int
    total_size_gb: float
    total_size_mb: float


class TableStorage(Shape):
    data_size_mb: float
    growth_rate_mb_per_day: float | None
    index_size_mb: float
    measurement_date: date
    partition_count: int | None
    row_count: int
    table_name: str
    total_size_mb: float


class StorageSummary(Shape):
    summary: StorageTotals
    tables: list[TableStorage]


def storage_summary() -> StorageSummary:
    """The last measurement of every table, and the sums (public-api 5.2)."""
    rows = latest()
    whole = total(rows)
    if not rows:
        return StorageSummary(summary=StorageTotals(**dict.fromkeys(StorageTotals.__struct_fields__, 0)), tables=[])
    totals = StorageTotals(
        table_count=len(rows),
        total_data_mb=float(sum(row.data_size_mb for row in rows)),
        total_growth_mb_per_day=round(whole.growth, 4),
        total_index_mb=float(sum(row.index_size_mb for row in rows)),
        total_rows=sum(row.row_count for row in rows),
        total_size_gb=gb(whole.size),
        total_size_mb=round(whole.size, 2),
    )
    tables = [
        TableStorage(
            data_size_mb=float(row.data_size_mb),
            growth_rate_mb_per_day=number(row.growth_rate_mb_per_day),
            index_size_mb=float(row.index_size_mb),
            measurement_date=row.measurement_date,
            partition_count=row.partition_count,
            row_count=row.row_count,
            table_name=row.table_name,
            total_size_mb=float(row.total_size_mb),
        )
        for row in rows
    ]
    return StorageSummary(summary=totals, tables=tables)


class Projection(Shape):
    current_size_gb: float
    current_size_mb: float
    growth_rate_gb_per_month: Annotated[float, describe("30 days")]
    growth_rate_mb_per_day: float
    projected_days: int
    projected_size_gb: float
    projected_size_mb: float


class YearsProjection(Projection):
    years: int


class TableAnalysis(Shape):
    """With fewer than two measurements: `analysis`, `data_points` and `table_name` alone."""

    analysis: str | UnsetType = UNSET
    avg_growth_mb_per_day: float | UnsetType = UNSET
    avg_growth_rows_per_day: float | UnsetType = UNSET
    current_rows: int | UnsetType = UNSET
    current_size_mb: float | UnsetType = UNSET
    data_points: int
    partition_count: int | UnsetType | None = UNSET
    period_days: int | UnsetType = UNSET
    row_change: int | UnsetType = UNSET
    size_change_mb: float | UnsetType = UNSET
    table_name: str


class Growth(Shape):
    """With `table`: `table_analysis` alone; without: the projections, or why there are none."""

    analysis: Annotated[str, describe("where no table was measured on two dates")] | UnsetType = UNSET
    projection: Projection | UnsetType = UNSET
    projections: list[YearsProjection] | UnsetType = UNSET
    table_analysis: TableAnalysis | UnsetType = UNSET


def projected(whole: Total, days: int) -> dict[str, Any]:
    """The values of `Projection`: current size + growth × days."""
    return {
        "current_size_gb": gb(whole.size),
        "current_size_mb": round(whole.size, 2),
        "growth_rate_gb_per_month": gb(whole.growth * DAYS_PER_MONTH),
        "growth_rate_mb_per_day": round(whole.growth, 4),
        "projected_days": days,
        "projected_size_gb": gb(whole.after(days)),
        "projected_size_mb": round(whole.after(days), 2),
    }


def growth(days: int) -> Growth:
    """The projection that was asked for, and those of one, three and five years; none of a single measurement."""
    rows = latest()
    if not is_known_to_grow(rows):
        return Growth(analysis=INSUFFICIENT)
    whole = total(rows)
    years = [YearsProjection(years=years, **projected(whole, years * DAYS_PER_YEAR)) for years in PROJECTED_YEARS]
    return Growth(projection=Projection(**projected(whole, days)), projections=years)


def table_analysis(table: str, days: int, today: date) -> TableAnalysis:
    """How one table grew over the last `days` days, 90 at most."""
    since = today - timedelta(days=min(days, LONGEST_HISTORY))
    history = StorageMetric.objects.filter(table_name=table, measurement_date__gte=since).order_by("measurement_date")
    rows = list(history)
    if len(rows) < 2:
        return TableAnalysis(analysis=INSUFFICIENT, data_points=len(rows), table_name=table)
    first, last = rows[0], rows[-1]
    span = (last.measurement_date - first.measurement_date).days
    size_change, row_change = float(last.total_size_mb - first.total_size_mb), last.row_count - first.row_count
    return TableAnalysis(
        avg_growth_mb_per_day=round(size_change / span, 4),
        avg_growth_rows_per_day=round(row_change / span, 2),
        current_rows=last.row_count,
        current_size_mb=float(last.total_size_mb),
        data_points=len(rows),
        partition_count=last.partition_count,
        period_days=span,
        row_change=row_change,
        size_change_mb=round(size_change, 2),
        table_name=table,
    )


def is_measured(table: str) -> bool:
    return StorageMetric.objects.filter(table_name=table).exists()


class CurrentStorage(Shape):
    growth_gb_per_month: float | None
    growth_mb_per_day: float | None
    size_gb: float


class Strategy(Shape):
    annual_growth_gb: float
    description: str
    name: str
    notes: str
    projected_size_gb: float


class Retention(Shape):
    """Where no table was measured on two dates: no growth, no strategies, and `analysis` says why."""

    analysis: str | UnsetType = UNSET
    current: CurrentStorage
    projection_days: int
    strategies: list[Strategy]


def retention_comparison() -> Retention:
    """What four ways of keeping data would come to in a year, at the measured growth."""
    rows = latest()
    whole = total(rows)
    rate, year = whole.growth, DAYS_PER_YEAR
    if not is_known_to_grow(rows):
        unknown = CurrentStorage(growth_gb_per_month=None, growth_mb_per_day=None, size_gb=gb(whole.size))
        return Retention(analysis=INSUFFICIENT, current=unknown, projection_days=year, strategies=[])
    strategies = [
        strategy(whole.after(year), rate * year, "Permanent Retention", "Keep everything", "what is done now"),
        strategy(rate * 90, 0.0, "Rolling 90-Day", "Keep the last 90 days", "history before is lost"),
        strategy(rate * 365, 0.0, "Rolling 365-Day", "Keep the last 365 days", "no comparison with the year before"),
        strategy(
            rate * 30 + rate * 335 * 0.05,
            rate * 0.01 * year,
            "Tiered Retention",
            "30 days in full, the year before at 5 %, older at 1 %",
            "figures of old days cannot be recomputed",
        ),
    ]
    current = CurrentStorage(
        growth_gb_per_month=gb(rate * DAYS_PER_MONTH), growth_mb_per_day=round(rate, 4), size_gb=gb(whole.size)
    )
    return Retention(current=current, projection_days=year, strategies=strategies)


def strategy(size: float, yearly: float, name: str, description: str, notes: str) -> Strategy:
    """Sizes in MB."""
    return Strategy(
        annual_growth_gb=gb(yearly), description=description, name=name, notes=notes, projected_size_gb=gb(size)
    )


# -- alerts ----------------------------------------------------------------------------------------------

WARNING_GB, CRITICAL_GB = 50.0, 80.0
CAPACITY_PERCENT = (60, 80)
GROWTH_CHANGE_PERCENT = (10, 25)
PARTITION_COUNT = (100, 150)
DAYS_UNTIL_FULL = (90, 30)
MOST_GROWTH = 100  # MB per day
COMPARED_DAYS = 14  # growth of the newer half of these against the older half


Level = Literal["WARNING", "CRITICAL"]
Kind = Literal["size", "growth", "capacity", "days_until_full", "growth_change", "partitions"]


class Thresholds(Shape):
    """GB. The first two are the legacy's absolute ones."""

    warning_gb: float
    critical_gb: float
    capacity_gb: float


class StorageAlert(Shape):
    """`size` and `growth` have the legacy's keys, the others `current` and `threshold`."""

    kind: Kind
    level: Level
    message: str
    current_gb: float | UnsetType = UNSET
    threshold_gb: float | UnsetType = UNSET
    growth_rate_mb_per_day: float | UnsetType = UNSET
    current: float | UnsetType = UNSET
    threshold: float | UnsetType = UNSET


class StorageAlerts(Shape):
    alert_count: int
    alerts: list[StorageAlert]
    current_size_gb: float
    status: Literal["HEALTHY", "WARNING", "CRITICAL"]
    thresholds: Thresholds


def level(value: float, thresholds: tuple[float, float]) -> Level | None:
    """WARNING from the first threshold on, CRITICAL from the second; thresholds that fall are limits from above."""
    warning, critical = thresholds
    sign = -1 if critical < warning else 1
    if sign * value >= sign * critical:
        return "CRITICAL"
    return "WARNING" if sign * value >= sign * warning else None


def alerts(thresholds: Thresholds, today: date) -> StorageAlerts:
    """What an operator should know, the legacy's absolute sizes first (R-26.7)."""
    rows = latest()
    whole = total(rows)
    found = [
        *size_alerts(whole, thresholds),
        *capacity_alerts(whole, thresholds.capacity_gb),
        *growth_alerts(whole, today),
        *partition_alerts(rows),
    ]
    levels = {alert.level for alert in found}
    return StorageAlerts(
        alert_count=len(found),
        alerts=found,
        current_size_gb=gb(whole.size),
        status="CRITICAL" if "CRITICAL" in levels else "WARNING" if levels else "HEALTHY",
        thresholds=thresholds,
    )


def size_alerts(whole: Total, thresholds: Thresholds) -> Iterator[StorageAlert]:
    limits = thresholds.warning_gb, thresholds.critical_gb
    current = whole.size / MB_PER_GB
    if current < min(limits):
        return
    found: Level = "CRITICAL" if current >= thresholds.critical_gb else "WARNING"
    limit = limits[found == "CRITICAL"]
    message = f"The database has {gb(whole.size):,} GB, which is {limit:,} GB or more"
    yield StorageAlert(kind="size", level=found, message=message, current_gb=gb(whole.size), threshold_gb=limit)


def capacity_alerts(whole: Total, capacity_gb: float) -> Iterator[StorageAlert]:
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


def growth_alerts(whole: Total, today: date) -> Iterator[StorageAlert]:
    """Growth above 100 MB a day, and growth that has become faster."""
    rate = round(whole.growth, 4)
    if rate > MOST_GROWTH:
        message = f"The database grows by {rate:,} MB per day, which is more than {MOST_GROWTH}"
        yield StorageAlert(kind="growth", level="WARNING", message=message, growth_rate_mb_per_day=rate)
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


def partition_alerts(rows: list[StorageMetric]) -> Iterator[StorageAlert]:
    for row in rows:
        count = row.partition_count or 0
        if found := level(count, PARTITION_COUNT):
            message = f"{row.table_name} has {count} partitions; `manage.py partitions detach` sets old months aside"
            yield alert("partitions", found, message, count, PARTITION_COUNT)


def alert(kind: Kind, found: Level, message: str, value: float, thresholds: tuple[float, float]) -> StorageAlert:
    threshold = thresholds[found == "CRITICAL"]
    return StorageAlert(kind=kind, level=found, message=message, current=value, threshold=threshold)


def already_measured() -> bool:
    """Is there a measurement of today's (UTC)?"""
    return StorageMetric.objects.filter(measurement_date=timezone.now().date()).exists()
