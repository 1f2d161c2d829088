"""After a bulk import the query planner has to count again (`refresh_statistics`)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.tests.planner import forget_statistics
from parks.tests.factories import NOON, RideFactory
from snapshots.models import RideStatusSnapshot
from snapshots.storage.partitions import refresh_statistics

OBSERVED = {"ride_status_snapshots", "park_activity_snapshots", "queue_data", "ride_status_changes"}


def observe(rows: int) -> None:
    ride = RideFactory.create()
    RideStatusSnapshot.objects.bulk_create(
        RideStatusSnapshot(ride=ride, park_id=ride.park_id, recorded_at=NOON + timedelta(minutes=n))
        for n in range(rows)
    )


def counted(table: str) -> int:
    """How many rows the planner of MariaDB or MySQL believes a table has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(n_rows), 0) FROM mysql.innodb_table_stats"
            " WHERE database_name = DATABASE() AND table_name LIKE %s",
            [f"{table}%"],
        )
        return int(cursor.fetchone()[0])


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_the_planner_knows_the_rows_of_every_partition_afterwards():
    refresh_statistics()
    assert counted("ride_status_snapshots") == 0
    observe(500)
    refresh_statistics()
    assert counted("ride_status_snapshots") == 500


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_every_table_of_observations_is_looked_at_in_one_statement():
    with CaptureQueriesContext(connection) as captured:
        refresh_statistics()
    (query,) = captured.captured_queries
    assert query["sql"].startswith("ANALYZE TABLE ")
    assert set(query["sql"].removeprefix("ANALYZE TABLE ").split(", ")) == OBSERVED


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own statistics")
@pytest.mark.django_db(transaction=True)
def test_the_planner_of_sqlite_analyses_the_tables_that_this_connection_uses():
    observe(500)
    forget_statistics()
    list(RideStatusSnapshot.objects.filter(park=1, recorded_at__gt=NOON))
    refresh_statistics()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'ride_status_snapshots'")
            assert all(row[0].startswith("500 ") for row in cursor.fetchall())
            cursor.execute("SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'ride_status_snapshots'")
            assert cursor.fetchone()[0] > 0
    finally:
        forget_statistics()


@pytest.mark.django_db
def test_it_never_commits_the_transaction_of_who_calls_it():
    with CaptureQueriesContext(connection) as captured:
        refresh_statistics()
    assert len(captured) == 0
