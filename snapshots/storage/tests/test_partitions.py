"""Months of the big tables (design §4): the clause, the partitions, and that a window reads only its months."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.models import Model, Q

from parks.tests.factories import NOON, RideFactory
from snapshots.models import QueueData, RideStatusSnapshot
from snapshots.storage.partitions import (
    FIRST_MONTH,
    LAST_MONTH,
    PartitionByMonth,
    monthly_clause,
    months,
    next_month,
    packs_pages,
)
from snapshots.tests.factories import QueueFactory, SnapshotFactory

big_tables = pytest.mark.parametrize("model", [RideStatusSnapshot, QueueData])


@pytest.mark.parametrize(
    ("month", "following"),
    [
        (date(2024, 1, 1), date(2024, 2, 1)),
        (date(2024, 11, 1), date(2024, 12, 1)),
        (date(2024, 12, 1), date(2025, 1, 1)),
    ],
)
def test_months_follow_each_other(month, following):
    assert next_month(month) == following
    assert months(month, following) == [month, following]
    assert months(month, month) == [month]


def test_the_clause_has_one_partition_a_month_between_two_catch_alls():
    assert monthly_clause(date(2024, 12, 1), date(2025, 1, 1)) == (
        "PARTITION BY RANGE COLUMNS(recorded_at) ("
        "PARTITION p_before VALUES LESS THAN ('2024-12-01'), "
        "PARTITION p202412 VALUES LESS THAN ('2025-01-01'), "
        "PARTITION p202501 VALUES LESS THAN ('2025-02-01'), "
        "PARTITION p_future VALUES LESS THAN (MAXVALUE))"
    )


def test_the_operation_says_what_it_does():
    operation = PartitionByMonth("QueueData")
    assert operation.describe() == "Partition QueueData by month"
    assert operation.migration_name_fragment == "partition_queuedata"
    assert operation.reversible


@pytest.mark.mariadb
@pytest.mark.django_db
@big_tables
def test_mariadb_packs_the_pages_it_writes(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE TABLE {model._meta.db_table}")
        assert "`PAGE_COMPRESSED`='1'" in cursor.fetchone()[1]


@pytest.mark.parametrize(("is_mariadb", "packs"), [(True, True), (False, False)])
def test_mysql_keeps_its_row_format(is_mariadb, packs):
    assert packs_pages(SimpleNamespace(vendor="mysql", mysql_is_mariadb=is_mariadb)) is packs
    assert not packs_pages(SimpleNamespace(vendor="sqlite"))


@pytest.mark.mariadb
@pytest.mark.django_db
@big_tables
def test_every_month_has_its_partition(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partition_name, partition_method, partition_expression FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND table_name = %s ORDER BY partition_ordinal_position",
            [model._meta.db_table],
        )
        rows = cursor.fetchall()
    expected = ["p_before", *(f"p{month:%Y%m}" for month in months(FIRST_MONTH, LAST_MONTH)), "p_future"]
    assert [name for name, _, _ in rows] == expected
    assert (expected[1], expected[-2], len(expected)) == ("p202101", "p202712", 86)
    assert {method for _, method, _ in rows} == {"RANGE COLUMNS"}
    assert {expression for _, _, expression in rows} == {"`recorded_at`"}


def partitions_read(condition: Q, model: type[Model]) -> list[str]:
    """The partitions that the engine reads for the rows of `condition`."""
    sql, parameters = model._default_manager.filter(condition).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN PARTITIONS {sql}", parameters)
        assert cursor.description
        names = [column[0] for column in cursor.description]
        return [
            part for row in cursor.fetchall() for part in dict(zip(names, row, strict=True))["partitions"].split(",")
        ]


def window(start: str, end: str) -> Q:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    return Q(recorded_at__gte=first, recorded_at__lt=last)


@pytest.mark.mariadb
@pytest.mark.django_db
@big_tables
@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        ("2024-07-01", "2024-08-01", ["p202407"]),
        ("2024-07-04", "2024-07-05", ["p202407"]),
        ("2024-07-31 04:00", "2024-08-01 04:00", ["p202407", "p202408"]),
        ("2024-12-15", "2025-01-15", ["p202412", "p202501"]),
        ("2018-01-01", "2019-01-01", ["p_before"]),
        ("2030-01-01", "2031-01-01", ["p_future"]),
    ],
)
@pytest.mark.parametrize("of_ride", [True, False])
def test_a_window_reads_only_the_months_it_touches(model, start, end, read, of_ride):
    ride = RideFactory.create()
    condition = window(start, end) & (Q(ride=ride) if of_ride else Q())
    assert partitions_read(condition, model) == read


@pytest.mark.mariadb
@pytest.mark.django_db
def test_explain_of_the_query_set_agrees_and_so_does_one_instant():
    row = SnapshotFactory.create(recorded_at=NOON)
    rows = RideStatusSnapshot.objects.filter(window("2024-07-01", "2024-08-01"), park=row.park)
    assert re.findall(r"p\d{6}|p_\w+", rows.explain(format="JSON")) == ["p202407"]
    assert partitions_read(Q(pk=row.pk), RideStatusSnapshot) == ["p202607"]


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1999, 2020, 2021, 2027, 2028, 2150])
def test_rows_of_any_year_have_a_place(year):
    at = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    SnapshotFactory.create(recorded_at=at)
    QueueFactory.create(recorded_at=at)
    assert RideStatusSnapshot.objects.get(recorded_at__year=year).recorded_at == at
    assert QueueData.objects.filter(recorded_at=at).exists()
