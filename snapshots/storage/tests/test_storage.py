"""Sizes, growth, projections and alerts of storage (R-26.7, issue 7)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from msgspec import to_builtins

from core.shapes import UNSET
from snapshots.models import StorageMetric
from snapshots.storage import sizes, tables
from snapshots.storage.sizes import Thresholds
from snapshots.storage.tables import TableSize
from snapshots.tests.factories import SnapshotFactory, StorageFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 31)
GB = 1024


def limits(capacity_gb: float) -> Thresholds:
    return Thresholds(warning_gb=50, critical_gb=80, capacity_gb=capacity_gb)


THRESHOLDS = limits(100)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2026, 7, 31, 12, tzinfo=UTC), tick=False):
        yield


def measured(days_ago: int, size: float, rate: float | None = None, table: str = "queue_data", **columns) -> None:
    StorageFactory.create(
        table_name=table,
        measurement_date=TODAY - timedelta(days=days_ago),
        total_size_mb=size,
        growth_rate_mb_per_day=rate,
        **columns,
    )


# -- measuring -------------------------------------------------------------------------------------------


def test_every_table_of_the_database_is_measured():
    rows = sizes.measure(TODAY)
    with connection.cursor() as cursor:
        assert {row.table_name for row in rows} == set(connection.introspection.table_names(cursor))
    assert StorageMetric.objects.count() == len(rows)
    megabytes = [row.total_size_mb for row in rows]
    assert megabytes == sorted(megabytes, reverse=True)
    assert megabytes[0] > 0


def test_sizes_are_of_1048576_bytes_and_the_total_is_rounded_once(monkeypatch):
    monkeypatch.setattr(sizes, "table_sizes", lambda: [TableSize("t", 7, 3 * 1_048_576 + 5_243, 1_048_576 + 5_243)])
    (row,) = sizes.measure(TODAY)
    assert (row.data_size_mb, row.index_size_mb, row.total_size_mb) == (
        Decimal("3.01"),
        Decimal("1.01"),
        Decimal("4.01"),
    )
    assert row.row_count == 7


def test_growth_is_per_day_since_the_measurement_before(monkeypatch):
    measured(10, 1)
    measured(3, 10)
    monkeypatch.setattr(sizes, "table_sizes", lambda: [TableSize("queue_data", 0, 20 * 1_048_576, 0)])
    (row,) = sizes.measure(TODAY)
    assert row.growth_rate_mb_per_day == Decimal("3.3333")


def test_the_first_measurement_knows_no_growth():
    assert {row.growth_rate_mb_per_day for row in sizes.measure(TODAY)} == {None}


def test_a_second_measurement_of_a_date_replaces_the_first(monkeypatch):
    measured(1, 10)
    for size in (20, 30):
        tables_then = [TableSize("queue_data", size, size * 1_048_576, 0)]
        monkeypatch.setattr(sizes, "table_sizes", lambda tables_then=tables_then: tables_then)
        sizes.measure(TODAY)
    row = StorageMetric.objects.get(measurement_date=TODAY)
    assert (row.row_count, row.total_size_mb, row.growth_rate_mb_per_day) == (30, 30, 20)


@pytest.mark.mariadb
def test_the_months_of_the_big_tables_are_counted():
    counts = {size.name: size.partitions for size in tables.table_sizes()}
    assert counts["ride_status_snapshots"] == counts["queue_data"] == 86
    assert counts["parks"] is None


@pytest.mark.mariadb
@pytest.mark.parametrize("share", [0.25, 1])
def test_holes_of_packed_pages_are_not_counted(share, monkeypatch):
    monkeypatch.setattr(tables, "shares_on_disk", dict)
    whole = next(size for size in tables.table_sizes() if size.name == "queue_data")
    parts = tables.partitions_of("queue_data")
    shares = {f"queue_data#P#{part.name}": share for part in parts}
    monkeypatch.setattr(tables, "shares_on_disk", lambda: shares)
    packed = next(size for size in tables.table_sizes() if size.name == "queue_data")
    assert packed.data_bytes == whole.data_bytes * share > 0
    assert sum(part.bytes for part in tables.partitions_of("queue_data")) == sum(part.bytes for part in parts) * share


@pytest.mark.mariadb
def test_each_partition_has_its_share_of_the_disk():
    shares = tables.shares_on_disk()
    assert all(0 <= share <= 1 for share in shares.values())
    assert "queue_data#P#p202607" in shares


@pytest.mark.mariadb
def test_sizes_are_reported_without_the_privilege_to_count_holes():
    def refuse(execute, sql, *arguments):
        if "innodb_sys_tablespaces" in sql:
            raise OperationalError(1227, "Access denied; you need (at least one of) the PROCESS privilege(s)")
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse):
        assert tables.shares_on_disk() == {}
        assert {size.name for size in tables.table_sizes()} >= {"queue_data", "parks"}


def test_sqlite_counts_rows_and_shares_the_bytes_between_table_and_indexes():
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's pages")
    SnapshotFactory.create()
    size = next(size for size in tables.table_sizes() if size.name == "ride_status_snapshots")
    assert size.rows == 1
    assert size.data_bytes == 4096
    assert size.index_bytes == 2 * 4096, "the primary key and the index of a park's history"


def test_without_dbstat_the_pages_of_the_file_are_shared_out():
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's pages")
    shared = tables.shared_pages({"parks": 10, "rides": 30, "queue_data": 0})
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
    by_name = {size.name: size.data_bytes for size in shared}
    assert by_name["queue_data"] == 0
    assert 0 < by_name["parks"] < by_name["rides"]
    assert 0 < sum(by_name.values()) <= pages * 4096


# -- what it adds up to ----------------------------------------------------------------------------------


def test_the_latest_row_of_each_table_counts():
    measured(5, 100, 1, "a")
    measured(0, 200, 2, "a")
    measured(3, 300, None, "b")
    assert [(row.table_name, row.total_size_mb) for row in sizes.latest()] == [("b", 300), ("a", 200)]
    assert sizes.total(sizes.latest()) == sizes.Total(500, 2)


def test_the_projection_is_size_plus_growth_times_days():
    measured(0, 10 * GB, 20, "a")
    measured(0, 2 * GB, 4, "b")
    answer = sizes.growth(100)
    assert to_builtins(answer.projection) == {
        "current_size_gb": 12,
        "current_size_mb": 12 * GB,
        "growth_rate_gb_per_month": 0.7031,
        "growth_rate_mb_per_day": 24,
        "projected_days": 100,
        "projected_size_gb": 14.3438,
        "projected_size_mb": 12 * GB + 2_400,
    }
    projected = {each.years: each.projected_size_mb for each in answer.projections}
    assert projected == {1: 12 * GB + 24 * 365, 3: 12 * GB + 24 * 1_095, 5: 12 * GB + 24 * 1_825}


def test_a_database_that_shrinks_ends_at_nothing():
    measured(0, 10, -5)
    assert sizes.growth(365).projection.projected_size_mb == 0


def test_the_analysis_of_a_table_covers_90_days_at_most():
    measured(200, 1, row_count=0)
    measured(80, 10, row_count=100)
    measured(0, 50, row_count=900)
    analysis = sizes.table_analysis("queue_data", 365, TODAY)
    assert to_builtins(analysis) == {
        "avg_growth_mb_per_day": 0.5,
        "avg_growth_rows_per_day": 10,
        "current_rows": 900,
        "current_size_mb": 50,
        "data_points": 2,
        "partition_count": None,
        "period_days": 80,
        "row_change": 800,
        "size_change_mb": 40,
        "table_name": "queue_data",
    }
    assert sizes.table_analysis("queue_data", 30, TODAY).data_points == 1


def test_a_single_measurement_is_no_analysis():
    measured(0, 1)
    assert to_builtins(sizes.table_analysis("queue_data", 365, TODAY)) == {
        "analysis": "Insufficient data for analysis",
        "data_points": 1,
        "table_name": "queue_data",
    }


def test_the_retention_strategies_follow_from_the_measured_growth():
    measured(0, 10 * GB, 102.4)
    answer = sizes.retention_comparison()
    strategies = {each.name: (each.projected_size_gb, each.annual_growth_gb) for each in answer.strategies}
    assert strategies == {
        "Permanent Retention": (46.5, 36.5),
        "Rolling 90-Day": (9, 0),
        "Rolling 365-Day": (36.5, 0),
        "Tiered Retention": (4.675, 0.365),
    }
    assert to_builtins(answer.current) == {"growth_gb_per_month": 3, "growth_mb_per_day": 102.4, "size_gb": 10}


# -- alerts ----------------------------------------------------------------------------------------------


def reported(thresholds: Thresholds = THRESHOLDS) -> dict[str, tuple[str, Any]]:
    found = sizes.alerts(thresholds, TODAY).alerts
    return {each.kind: (each.level, each.current_gb if each.current is UNSET else each.current) for each in found}


@pytest.mark.parametrize(
    ("size_gb", "expected"),
    [(49.9, None), (50, "WARNING"), (79.9, "WARNING"), (80, "CRITICAL"), (200, "CRITICAL")],
)
def test_absolute_sizes_alert_from_50_and_80_gb(size_gb, expected):
    measured(0, size_gb * GB)
    assert reported(limits(1_000)) == ({"size": (expected, size_gb)} if expected else {})


@pytest.mark.parametrize(
    ("percent", "expected"), [(59.99, None), (60, "WARNING"), (79.99, "WARNING"), (80, "CRITICAL"), (150, "CRITICAL")]
)
def test_the_capacity_in_use_alerts_from_60_and_80_percent(percent, expected):
    measured(0, Decimal(percent) * GB / 10)
    assert reported(limits(10)).get("capacity", (None,))[0] == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(90.1, None), (90, "WARNING"), (30.1, "WARNING"), (30, "CRITICAL"), (0, "CRITICAL")]
)
def test_days_until_full_alert_from_90_and_30_down(days, expected):
    measured(0, 10 * GB - days * 10, 10)
    assert reported(limits(10)).get("days_until_full", (None,))[0] == expected


@pytest.mark.parametrize("rate", [None, 0, -5])
def test_a_database_that_does_not_grow_is_never_full(rate):
    measured(0, 9 * GB, rate)
    assert "days_until_full" not in reported(limits(10))


@pytest.mark.parametrize(("rate", "expected"), [(100, None), (100.0001, "WARNING"), (5_000, "WARNING")])
def test_growth_above_100_mb_a_day_alerts(rate, expected):
    measured(0, 1, rate)
    assert reported(limits(10**8)).get("growth", (None,))[0] == expected


@pytest.mark.parametrize(
    ("newer", "expected"), [(9, None), (10.9, None), (11, "WARNING"), (12.4, "WARNING"), (12.5, "CRITICAL"), (1, None)]
)
def test_growth_that_rises_within_two_weeks_alerts_from_10_and_25_percent(newer, expected):
    for days_ago in range(14):
        measured(days_ago, 1, newer if days_ago < 7 else 10)
    assert reported().get("growth_change", (None,))[0] == expected


def test_a_change_of_growth_needs_two_measurements_and_some_growth_before():
    measured(20, 1, 1)
    measured(0, 1, 50)
    assert sizes.growth_change(TODAY) is None
    measured(1, 1, 0)
    assert sizes.growth_change(TODAY) is None


@pytest.mark.parametrize(("count", "expected"), [(None, None), (99, None), (100, "WARNING"), (150, "CRITICAL")])
def test_the_number_of_partitions_alerts_from_100_and_150(count, expected):
    measured(0, 1, partition_count=count)
    assert reported().get("partitions", (None,))[0] == expected


@pytest.mark.parametrize(("size_gb", "status"), [(1, "HEALTHY"), (55, "WARNING"), (85, "CRITICAL")])
def test_the_status_is_that_of_the_worst_alert(size_gb, status):
    measured(0, size_gb * GB)
    answer = sizes.alerts(limits(1_000), TODAY)
    assert answer.status == status
    assert answer.alert_count == len(answer.alerts)


# -- the command -----------------------------------------------------------------------------------------


def test_the_command_reports_sizes_growth_projections_and_alerts(capsys):
    measured(10, 0, None, "rides")
    call_command("measure_storage", "--capacity-gb", "0.0001")
    out = capsys.readouterr().out
    assert "MB per day" in out
    assert all(f"in {years}" in out for years in ("1 year:", "3 years:", "5 years:"))
    assert "CRITICAL: " in out
    assert "of the capacity of 0.0001 GB are in use" in out


def test_of_a_single_measurement_the_command_projects_nothing(capsys):
    StorageMetric.objects.all().delete()
    call_command("measure_storage")
    out = capsys.readouterr().out
    assert "tables, measured at 2026-07-31 12:00:00Z" in out
    assert "A measurement of another day says how they grow." in out
    assert "per day" not in out
    assert "in 1 year" not in out


def test_a_measurement_of_a_day_to_come_counts_for_nothing():
    measured(0, 10, None, "rides")
    measured(-400, 99, 9, "rides")
    assert [row.total_size_mb for row in sizes.latest(TODAY)] == [10]
    assert not sizes.is_known_to_grow(sizes.latest(TODAY))


@pytest.mark.parametrize("capacity", ["0", "-1", "nan", "inf"])
def test_a_capacity_that_is_none_is_refused_before_anything_is_measured(capacity):
    with pytest.raises(CommandError, match="--capacity-gb") as error:
        call_command("measure_storage", f"--capacity-gb={capacity}")
    assert error.value.returncode == 2
    assert not StorageMetric.objects.exists()
