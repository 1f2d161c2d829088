"""Giving an entity to another ride moves what came in from it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import CommandError

from importer.archive.files import DirectoryArchive
from importer.jobs import running
from importer.jobs.planning import plan
from importer.jobs.tests.test_importing import a_day, run, stored, utc
from importer.mapping import remapping
from importer.mapping.remapping import RemappingRefused, finish, remap, unfinished, unmap
from importer.models import MappingDecision, MappingMethod
from importer.tests.archives import COASTER, DESTINATION, FLUME, PARK, ZONE, write_events
from parks.models import Park, Ride
from snapshots.models import DataSource, QueueData, RideStatusChange, RideStatusSnapshot

pytestmark = pytest.mark.django_db
TABLES = (RideStatusSnapshot, QueueData, RideStatusChange)


@pytest.fixture
def park():
    return Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)


@pytest.fixture
def wrong(park):
    return Ride.objects.create(park=park, name="Big Coaster")


@pytest.fixture
def right(park):
    return Ride.objects.create(park=park, name="Quite Another")


@pytest.fixture
def decision(tmp_path, wrong):
    """COASTER was taken for `wrong`; three days of it are in. Another ride ran beside it."""
    days = ("2024-07-03", "2024-07-04", "2024-07-05")
    write_events(tmp_path, [each for day in days for entity in (COASTER, FLUME) for each in a_day(day, entity)])
    run(tmp_path)
    found = MappingDecision.objects.get(entity_uuid=COASTER)
    assert found.ride == wrong
    return found


def counts(ride):
    return [model.objects.filter(ride=ride).count() for model in TABLES]


def test_snapshots_queues_and_changes_go_to_the_other_ride(decision, wrong, right):
    before = counts(wrong)
    assert all(before)
    moved = remap(decision, right, "somebody", "an old name", recompute=False)
    assert counts(right) == before
    assert counts(wrong) == [0, 0, 0]
    assert [moved.rows, moved.queues, moved.changes] == before
    assert moved.dropped == 0
    assert [str(day) for day in moved.days] == ["2024-07-03", "2024-07-05"]


def test_the_decision_says_who_and_why_and_holds_for_the_next_import(decision, wrong, right, tmp_path):
    remap(decision, right, "somebody", "an old name", recompute=False)
    found = MappingDecision.objects.get(pk=decision.pk)
    assert (found.ride, found.method, found.confidence, found.is_reviewed) == (right, MappingMethod.MANUAL, 1, True)
    assert (found.decided_by, found.notes, found.moving_from) == ("somebody", "an old name", None)
    rows = stored()
    summary = run(tmp_path)
    assert summary.rows_written == 0
    assert stored() == rows


@pytest.mark.parametrize("change", ["remap", "unmap"])
def test_the_next_import_reads_everything_again_when_a_mapping_was_changed(decision, right, tmp_path, change):
    archive = DirectoryArchive(tmp_path)

    def next_import():
        job = plan(archive, DESTINATION, source=str(tmp_path))
        running.run(job)
        return [piece.same_as_id is not None for piece in job.slices.all()]

    assert all(next_import())
    if change == "remap":
        remap(decision, right, "somebody", recompute=False)
    else:
        unmap(decision, "somebody", recompute=False)
    assert not any(next_import())
    assert all(next_import())


def test_the_uuid_goes_with_the_decision(decision, wrong, right):
    remap(decision, right, "somebody", recompute=False)
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.themeparks_wiki_id, right.themeparks_wiki_id) == (None, COASTER)


def test_a_mapping_is_reversible(decision, wrong, right):
    rows = stored()
    remap(decision, right, "somebody", recompute=False)
    remap(decision, wrong, "somebody", recompute=False)
    assert stored() == rows


def test_unmapping_and_mapping_to_another_ride_moves_the_rows(decision, wrong, right):
    before = counts(wrong)
    unmap(decision, "somebody", recompute=False)
    assert counts(wrong) == [0, 0, 0]
    assert decision.is_failed
    assert not decision.ride.is_active
    remap(decision, right, "somebody", recompute=False)
    assert counts(right) == before


def test_an_import_leaves_an_unmapped_entity_out(decision, wrong, tmp_path):
    unmap(decision, "somebody", recompute=False)
    run(tmp_path)
    assert counts(wrong) == [0, 0, 0]
    assert Ride.objects.filter(themeparks_wiki_id=COASTER).count() == 0


def test_live_rows_stay_and_go_before_archive_rows(decision, wrong, right):
    at = utc("2024-07-04T16:00:00")
    live = {"park": wrong.park, "status": "CLOSED", "data_source": DataSource.LIVE, "duration_seconds": 300}
    other = RideStatusSnapshot.objects.create(ride=wrong, recorded_at=at + timedelta(minutes=7), **live)
    ours = RideStatusSnapshot.objects.create(ride=right, recorded_at=at, **live)
    moved = remap(decision, right, "somebody", recompute=False)
    assert RideStatusSnapshot.objects.get(pk=other.pk).ride == wrong
    assert RideStatusSnapshot.objects.get(pk=ours.pk).data_source == DataSource.LIVE
    assert moved.dropped == 1
    carried = RideStatusSnapshot.objects.get(ride=right, recorded_at=at + timedelta(minutes=5))
    assert (carried.is_carried, carried.wait_time, carried.duration_seconds) == (True, 45, 1_500)


def test_rows_never_overlap_after_a_move(decision, right, park):
    for minute in (3, 58):
        RideStatusSnapshot.objects.create(
            ride=right,
            park=park,
            status="CLOSED",
            recorded_at=utc(f"2024-07-04T15:{minute:02}:00"),
            duration_seconds=300,
        )
    remap(decision, right, "somebody", recompute=False)
    rows = list(RideStatusSnapshot.objects.filter(ride=right).order_by("recorded_at"))
    for row, following in pairwise(rows):
        assert row.recorded_at + timedelta(seconds=row.duration_seconds) <= following.recorded_at


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_batches_of_any_size_move_the_same(decision, wrong, right, monkeypatch, batch):
    before = counts(wrong)
    monkeypatch.setattr(remapping, "ROWS_PER_BATCH", batch)
    remap(decision, right, "somebody", recompute=False)
    assert counts(right) == before


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    ("where", "calls"),
    [
        ("move_batch", 0),
        ("move_batch", 3),
        ("move_queue_batch", 0),
        ("move_queue_batch", 1),
        ("mend_last_operated", 0),
        ("retire", 0),
    ],
)
def test_a_move_that_was_killed_anywhere_goes_on(decision, wrong, right, monkeypatch, where, calls):
    before = counts(wrong)
    monkeypatch.setattr(remapping, "ROWS_PER_BATCH", 2)
    act, done = getattr(remapping, where), []

    def killed(*args):
        if len(done) == calls:
            raise Killed
        done.append(args)
        return act(*args)

    with monkeypatch.context() as patch:
        patch.setattr(remapping, where, killed)
        with pytest.raises(Killed):
            remap(decision, right, "somebody", recompute=False)
    assert unfinished().get() == decision
    decision = MappingDecision.objects.get(pk=decision.pk)
    finish(decision, recompute=False)
    assert counts(right) == before
    assert counts(wrong) == [0, 0, 0]
    assert not unfinished().exists()


def test_the_daily_statistics_of_both_rides_are_computed_again(decision, wrong, right):
    remap(decision, right, "somebody")
    days = apps.get_model("stats", "RideDailyStats").objects.filter(ride=right).values_list("stat_date", flat=True)
    assert [str(day) for day in sorted(days)] == ["2024-07-03", "2024-07-04", "2024-07-05"]
    assert not apps.get_model("stats", "RideDailyStats").objects.filter(ride=wrong).exists()


def test_a_move_back_computes_the_days_of_the_ride_that_left_the_lists(decision, wrong, right):
    """Statistics are those of active rides: it has to come back before."""
    remap(decision, right, "somebody")
    wrong.refresh_from_db()
    assert not wrong.is_active
    remap(decision, wrong, "somebody")
    stats = apps.get_model("stats", "RideDailyStats").objects
    assert stats.filter(ride=wrong).count() == 3
    assert not stats.filter(ride=right).exists()


def test_statistics_that_fail_leave_the_move_unfinished(decision, right, monkeypatch):
    def fail(*args, **options):
        raise CommandError("no")

    with monkeypatch.context() as patch:
        patch.setattr(remapping, "request", fail)
        with pytest.raises(CommandError):
            remap(decision, right, "somebody")
    assert finish(unfinished().get()).days is not None


def test_a_ride_of_another_park_is_refused(decision, park):
    other = Park.objects.create(name="Other", city="X", country="US", timezone=ZONE)
    ride = Ride.objects.create(park=other, name="Far Away")
    with pytest.raises(RemappingRefused, match=f"ride {ride.pk} .Far Away. stands in park {other.pk}"):
        remap(decision, ride, "somebody")


def test_who_comes_second_is_refused(decision, wrong, right, park):
    late = MappingDecision.objects.select_related("ride").get(pk=decision.pk)
    assert late.ride == wrong
    remap(decision, right, "somebody", recompute=False)
    with pytest.raises(RemappingRefused, match="changed meanwhile"):
        remap(late, Ride.objects.create(park=park, name="Third"), "another", recompute=False)


def test_only_the_entity_s_own_days_move_when_a_ride_had_two_after_each_other(tmp_path, wrong, right):
    named = [{**each, "name": "Big Coaster"} for each in a_day("2024-07-10", FLUME)]
    write_events(tmp_path, a_day("2024-07-03") + named)
    run(tmp_path)
    second = MappingDecision.objects.get(entity_uuid=FLUME)
    assert second.ride == wrong
    moved = remap(second, right, "somebody", recompute=False)
    assert moved.unclear == []
    begun = utc("2024-07-10T13:00:00")
    assert not RideStatusSnapshot.objects.filter(ride=wrong, recorded_at__gte=begun).exists()
    assert not RideStatusSnapshot.objects.filter(ride=right, recorded_at__lt=begun).exists()
    assert RideStatusSnapshot.objects.filter(ride=right).exists()
    assert RideStatusSnapshot.objects.filter(ride=wrong, recorded_at__lt=begun).exists()


def test_days_that_two_entities_fed_are_named_and_left(decision, wrong, right):
    start, end = utc("2024-07-04T12:00:00"), utc("2024-07-04T20:00:00")
    MappingDecision.objects.create(
        entity_uuid="77777777-7777-4777-8777-777777777777",
        ride=wrong,
        park=wrong.park,
        method=MappingMethod.EXACT_NAME,
        confidence=1,
        decided_by="an import",
        first_event_at=start,
        last_event_at=end,
    )
    moved = remap(decision, right, "somebody", recompute=False)
    assert moved.unclear == [(start, end + timedelta(seconds=1))]
    left = RideStatusSnapshot.objects.filter(ride=wrong)
    assert left.exists()
    assert all(start <= row.recorded_at <= end for row in left)


def test_a_created_ride_that_has_nothing_left_leaves_the_lists_and_comes_back(tmp_path, park, right):
    write_events(tmp_path, a_day())
    run(tmp_path)
    decision = MappingDecision.objects.get(entity_uuid=COASTER)
    created = decision.ride
    assert decision.method == MappingMethod.CREATED
    Ride.objects.filter(pk=right.pk).update(themeparks_wiki_id=FLUME)
    right.refresh_from_db()
    remap(decision, right, "somebody", recompute=False)
    created.refresh_from_db()
    assert not created.is_active
    remap(decision, created, "somebody", recompute=False)
    created.refresh_from_db()
    assert created.is_active


def test_last_operation_follows_the_rows(decision, wrong, right):
    remap(decision, right, "somebody", recompute=False)
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert wrong.last_operated_at is None
    assert right.last_operated_at == utc("2024-07-06T01:00:00")
