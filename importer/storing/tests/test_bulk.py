"""A slice of which nothing is stored yet is stored by one statement per table, with the same rows as day by day."""

from decimal import Decimal

import pytest

from importer.days.shapes import ChangeRow, DayRows, ParkRow, QueueRow, RideRow
from importer.jobs.tests.test_importing import stored
from importer.storing import bulk
from importer.storing.buffer import Buffer
from importer.storing.bulk import LINES, line, store_slice
from importer.storing.days import AS_TEXT, TABLES
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.models import QueueData, RideStatusSnapshot
from snapshots.queues import QueueState
from snapshots.status import Status

pytestmark = pytest.mark.django_db
START = 1_720_065_600
WINDOW = QueueState("RETURN_TIME", None, "AVAILABLE", START + 60, None, Decimal("15.00"), "USD")
GROUP = QueueState("BOARDING_GROUP", boarding_group_status="a\tb\\c\nd", boarding_group_current="1-5")


@pytest.fixture
def ride():
    return RideFactory.create(park=ParkFactory.create())


@pytest.fixture
def day(ride):
    pk = ride.pk
    return DayRows(
        rides=[
            RideRow(pk, START, 600, "OPERATING", 35, True, False, START),
            RideRow(pk, START + 600, 60, None, None, False, True, START - 5),
        ],
        parks=[
            ParkRow(START, 300, 3, 2, Decimal("12.50"), 35, True, Decimal("0.0")),
            ParkRow(START + 300, 9, 3, 0, None, None, False, None),
        ],
        queues=[QueueRow(pk, START, WINDOW), QueueRow(pk, START, GROUP), QueueRow(pk, START + 60, WINDOW)],
        changes=[ChangeRow(pk, START + 600, Status.OPERATING, None, 10, None)],
    )


@pytest.fixture
def spool(ride, day):
    with Buffer() as opened:
        opened.add(ride.park, (START, START + 86_400), day)
        yield opened


@pytest.mark.parametrize("kept", [0, 7, 100])
def test_a_day_comes_back_from_memory_and_from_the_file_as_it_was(ride, day, kept, monkeypatch):
    monkeypatch.setattr("importer.storing.buffer.ROWS_KEPT", kept)
    with Buffer() as spool:
        for n in range(3):
            spool.add(ride.park, (START + n, START + n + 1), day)
        for _ in range(2):  # a transaction may be repeated
            found = list(spool)
            assert [each.window for each in found] == [(START + n, START + n + 1) for n in range(3)]
            assert all(each.rows == day and each.park is ride.park for each in found)
        assert bool(spool.file.tell()) == (kept < 3 * 8)
        assert len(spool.kept) == {0: 0, 7: 0, 100: 3}[kept]


def test_a_closed_spool_holds_no_rows(ride, day):
    with Buffer() as spool:
        spool.add(ride.park, (START, START + 86_400), day)
        assert spool.kept
    assert not spool.kept


def test_lines_hold_the_columns_of_the_rows(spool, ride, day):
    (spooled,) = spool
    for table in TABLES:
        rows = list(table.rows(ride.park, day, AS_TEXT))
        expected = "".join(f"{line(row)}\n" for row in rows)
        assert list(LINES[table.model](ride.park.pk, spooled.rows)) == [(rows[0][0], expected)]


def test_what_is_stored_is_what_was_computed(spool, ride):
    assert store_slice(spool) == {"created": 8}
    assert RideStatusSnapshot.objects.filter(ride=ride, is_carried=True).get().duration_seconds == 60
    group = QueueData.objects.get(queue_type="BOARDING_GROUP")
    assert group.boarding_group_status == GROUP.boarding_group_status
    assert QueueData.objects.filter(price_amount=Decimal("15.00")).count() == 2


def test_the_second_time_nothing_is_written(spool):
    store_slice(spool)
    rows = stored()
    assert +store_slice(spool) == {"unchanged": 8}
    assert stored() == rows


def test_rows_that_another_importer_wrote_meanwhile_are_compared_with(spool, monkeypatch):
    store_slice(spool)
    rows = stored()
    monkeypatch.setattr(bulk, "is_free", lambda extent: True)
    assert +store_slice(spool) == {"unchanged": 8}
    assert stored() == rows


def test_rows_are_the_same_however_many_are_held_in_memory(spool, ride, day, monkeypatch):
    monkeypatch.setattr(bulk, "ROWS_AT_ONCE", 1)
    spool.add(ride.park, (START + 86_400, START + 2 * 86_400), DayRows())
    assert store_slice(spool) == {"created": 8}
    (first, _) = spool
    assert first.rows == day
