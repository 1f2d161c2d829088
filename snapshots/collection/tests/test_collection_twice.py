"""The same cycle twice changes nothing, in one process after the other or in both at once; live wins over archive."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

import snapshots.collection.run
from core.tests.shared_database import shared_database
from parks.models import Park
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.run import CycleResult, collect
from snapshots.models import (
    DataQualityLog,
    DataSource,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.tests.factories import ActivityFactory, ChangeFactory, QueueFactory, SnapshotFactory
from snapshots.tests.live_answers import (
    AT,
    INTERVAL,
    cycle,
    entry,
    fetch_of,
    line,
    live,
    queue_times,
    queue_times_park,
    report,
    tables,
    wiki_ride,
    zulu,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Answers = dict[Park, bytes | Exception]


def answers(status: str) -> Answers:
    """What the three parks of `world` say when their first rides have this status."""
    reported: Answers = {}
    for park in Park.objects.order_by("pk"):
        rides = list(park.rides.order_by("pk"))
        if park.themeparks_wiki_id is None:
            reported[park] = queue_times(lands={"Old Town": [line(ride, status == "OPERATING", 0) for ride in rides]})
            continue
        queue = {"SINGLE_RIDER": {"waitTime": 5}, "RETURN_TIME": {"state": "AVAILABLE"}, "TELEPORT": {}}
        first, *others = rides
        old = [entry(ride, "OPERATING", 10, lastUpdated=zulu(AT - 3 * HOUR)) for ride in others]
        stranger = entry(RideFactory.build(park=park, themeparks_wiki_id=f"{park.pk:08d}-0000-4000-8000-00000000dead"))
        reported[park] = live(park, entry(first, status, 25, queue=queue), *old, stranger)
    return reported


def world() -> None:
    for park in (ParkFactory.create(), ParkFactory.create(is_disney=True), queue_times_park()):
        RideFactory.create_batch(3, park=park)
    cycle(answers("OPERATING"), AT - INTERVAL)


# -- one after the other ---------------------------------------------------------------------------------


def test_the_same_cycle_twice_changes_no_row():
    world()
    reported = answers("DOWN")
    first = cycle(reported)
    before = tables()
    second = cycle(reported)
    assert tables() == before
    assert (len(first.stored), first.changes, first.already) == (3, 5, 0)
    assert (second.stored, second.already, second.rides, second.failed) == ([], 3, 0, {})
    assert all(before[name] for name in before), "every table has rows to compare"


def test_a_second_try_asks_only_the_parks_that_are_not_stored():
    world()
    reported = answers("DOWN")
    lost, *stored = reported
    cycle({**reported, lost: ValueError("lost")})
    before = tables()["RideStatusSnapshot"]
    asked = []

    def fetch(park: Park) -> bytes:
        asked.append(park)
        return fetch_of(reported)(park)

    result = collect(AT, fetch, list(reported))
    assert asked == [lost]
    assert (result.stored, result.already) == ([lost], len(stored))
    after = tables()["RideStatusSnapshot"]
    assert [row for row in after if row["park_id"] != lost.pk] == [row for row in before if row["park_id"] != lost.pk]


def test_other_answers_to_the_same_cycle_do_not_rewrite_it():
    world()
    cycle(answers("DOWN"))
    before = tables()
    cycle(answers("CLOSED"))
    assert tables() == before


def test_another_cycle_makes_other_rows():
    world()
    before = RideStatusSnapshot.objects.count()
    cycle(answers("OPERATING"))
    assert RideStatusSnapshot.objects.count() == 2 * before


# -- live wins over archive ------------------------------------------------------------------------------


def archived(ride, at, seconds=300, **columns):
    common = {"recorded_at": at, "duration_seconds": seconds, "data_source": DataSource.ARCHIVE}
    SnapshotFactory.create(ride=ride, **common, **columns)
    ActivityFactory.create(park=ride.park, **common)


def test_archive_rows_at_the_same_instant_give_way():
    ride = wiki_ride()
    archived(ride, AT, status="DOWN")
    QueueFactory.create(ride=ride, recorded_at=AT, queue_type="BOARDING_GROUP")
    ChangeFactory.create(ride=ride, changed_at=AT)
    result = report(ride, "OPERATING", 15, queue={"SINGLE_RIDER": {"waitTime": 5}})
    assert result.stored == [ride.park]
    assert RideStatusSnapshot.objects.get().data_source == DataSource.LIVE
    assert ParkActivitySnapshot.objects.get().data_source == DataSource.LIVE
    assert QueueData.objects.get().queue_type == "SINGLE_RIDER"
    assert not RideStatusChange.objects.exists()


def test_a_window_that_the_archive_moved_at_the_same_instant_gives_way():
    ride = wiki_ride()
    QueueFactory.create(ride=ride, recorded_at=AT, queue_type="SINGLE_RIDER", wait_time_minutes=99)
    result = report(ride, "OPERATING", 15, queue={"SINGLE_RIDER": {"waitTime": 5}})
    assert result.failed == {}
    assert QueueData.objects.get().wait_time_minutes == 5


def test_archive_rows_of_other_instants_stay_and_are_cut_where_the_live_row_begins():
    ride = wiki_ride()
    archived(ride, AT - 3 * HOUR, 6 * 3600)
    archived(ride, AT + timedelta(minutes=2))
    report(ride)
    for model in (RideStatusSnapshot, ParkActivitySnapshot):
        rows = model.objects.order_by("recorded_at").values_list("duration_seconds", "data_source")
        assert list(rows) == [(3 * 3600, "ARCHIVE"), (120, "LIVE"), (300, "ARCHIVE")]


def test_archive_rows_of_rides_the_feed_leaves_out_stay():
    park = ParkFactory.create()
    reported, missing = RideFactory.create_batch(2, park=park)
    archived(reported, AT)
    SnapshotFactory.create(ride=missing, recorded_at=AT, data_source=DataSource.ARCHIVE)
    QueueFactory.create(ride=missing, recorded_at=AT)
    ChangeFactory.create(ride=missing, changed_at=AT)
    cycle({park: live(park, entry(reported))})
    sources = dict(RideStatusSnapshot.objects.values_list("ride", "data_source"))
    assert sources == {reported.pk: DataSource.LIVE, missing.pk: DataSource.ARCHIVE}
    assert QueueData.objects.get().ride == RideStatusChange.objects.get().ride == missing


# -- at once ---------------------------------------------------------------------------------------------


def at_once(number: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` returns or raises in so many threads."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["OPERATING", "DOWN"])
def test_two_cycles_of_one_instant_leave_one_set_of_rows(tmp_path, monkeypatch, status):
    """Both have read what is known before, then both write."""
    with shared_database(tmp_path):
        world()
        reported = answers(status)
        barrier = threading.Barrier(2, timeout=20)
        real = snapshots.collection.run.known_before

        def meet(readings, at):
            known = real(readings, at)
            if len(readings) > 1:
                barrier.wait()
            return known

        monkeypatch.setattr(snapshots.collection.run, "known_before", meet)
        results: list[CycleResult] = at_once(2, lambda: cycle(reported))
        monkeypatch.undo()
        assert [type(result) for result in results] == [CycleResult, CycleResult], results
        assert sorted((len(result.stored), result.already) for result in results) == [(0, 3), (3, 0)]
        assert [result.failed for result in results] == [{}, {}]
        assert RideStatusSnapshot.objects.filter(recorded_at=AT).count() == 11
        assert ParkActivitySnapshot.objects.filter(recorded_at=AT).count() == 3
        assert QueueData.objects.filter(recorded_at=AT).count() == 4
        assert RideStatusChange.objects.count() == (5 if status == "DOWN" else 0)
        assert set(RideStatusSnapshot.objects.values_list("duration_seconds", flat=True)) == {300}
        assert not DataQualityLog.objects.filter(issue_type="GAP").exists(), "what another stored is no gap"
        assert DataQualityLog.objects.filter(issue_type="MAPPING_FAILED").count() == 2


@pytest.mark.django_db(transaction=True)
def test_six_first_cycles_of_one_instant_leave_one_set_of_rows(tmp_path):
    with shared_database(tmp_path):
        for park in (ParkFactory.create(), queue_times_park()):
            RideFactory.create_batch(3, park=park)
        reported = answers("DOWN")
        results: list[CycleResult] = at_once(6, lambda: cycle(reported))
        assert [result.failed for result in results] == [{}] * 6, results
        assert sum(len(result.stored) for result in results) == 2
        assert RideStatusSnapshot.objects.count() == 7
        assert not DataQualityLog.objects.filter(issue_type="GAP").exists()


def test_a_park_that_another_process_stores_between_our_tries_is_no_failure(monkeypatch):
    ride, real, tries = wiki_ride(), snapshots.collection.run.store, []

    def beaten(readings, at, result):
        tries.append(at)
        if len(tries) == 2:
            real(readings, at, CycleResult(at))  # the other process
        raise IntegrityError("activity_once")

    monkeypatch.setattr(snapshots.collection.run, "store", beaten)
    result = report(ride)
    assert (result.failed, result.already, len(tries)) == ({}, 1, 2)
    assert RideStatusSnapshot.objects.count() == 1
    assert not DataQualityLog.objects.exists()
