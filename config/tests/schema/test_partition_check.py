"""The system check that months ahead have partitions: when it speaks, and when it is silent (issue 7)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection

from config import checks
from config.checks import months_are_ahead

pytestmark = pytest.mark.django_db


@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("today", "ahead"),
    [
        (datetime(2027, 9, 30, 23, tzinfo=UTC), None),
        (datetime(2027, 10, 1, tzinfo=UTC), 2),
        (datetime(2027, 12, 31, tzinfo=UTC), 0),
        (datetime(2030, 1, 1, tzinfo=UTC), 0),
    ],
)
def test_fewer_than_three_months_ahead_are_a_warning(today, ahead):
    with time_machine.travel(today, tick=False):
        found = months_are_ahead(None, databases=["default"])
    assert [message.id for message in found] == ([] if ahead is None else ["ridewatch.W007"] * 2)
    assert all(f" {ahead} months ahead" in message.msg for message in found)
    assert all("partitions ensure" in (message.hint or "") for message in found)


@pytest.mark.mariadb
def test_a_plain_table_on_a_database_with_partitions_is_a_warning(monkeypatch):
    def flattened(table: str, today: date) -> int | None:
        return None if table == "queue_data" else 6

    monkeypatch.setattr(checks, "months_ahead", flattened)
    (found,) = months_are_ahead(None, databases=["default"])
    assert found.id == "ridewatch.W007"
    assert "queue_data is a plain table" in found.msg
    assert "partitions rebuild" in (found.hint or "")


@pytest.mark.mariadb
def test_a_database_before_its_first_migrate_is_not_warned_of(monkeypatch):
    monkeypatch.setattr(checks, "PARTITIONED_TABLES", ("not_yet",))
    assert months_are_ahead(None, databases=["default"]) == []


def test_a_database_without_partitions_needs_no_months_ahead():
    if connection.vendor == "mysql":
        pytest.skip("about SQLite")
    assert months_are_ahead(None, databases=["default"]) == []


def test_the_check_asks_no_database_that_is_not_checked():
    assert months_are_ahead(None, databases=None) == []
