"""Slices: the same rows wherever they begin and end, claimed once, in order, skipped when nothing changed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import OperationalError

from core.jobs.runners import this_process
from importer.archive.files import ArchiveError, DirectoryArchive
from importer.jobs import running
from importer.jobs.planning import NothingThere, days_of, grid_parts, plan
from importer.jobs.running import run, run_slices, summary_of
from importer.jobs.tests.test_importing import TABLES, a_day, stored, utc
from importer.models import AlreadyRunning, ImportCheckpoint, ImportSlice, ImportStatus, SliceState, TransitionRefused
from importer.tests.archives import COASTER, DESTINATION, FLUME, event, write_day, write_events
from parks.models import Park, ParkSchedule, Ride
from snapshots.models import DataQualityLog, DataSource, RideStatusSnapshot

pytestmark = [pytest.mark.django_db, pytest.mark.uncounted]

TOKYO_PARK, TOKYO_RIDE = "88888888-8888-4888-8888-888888888888", "99999999-9999-4999-8999-999999999999"
DEAD = this_process().rpartition(":")[0] + ":999999999"


def eventful_days():
    """Three weeks of two parks far apart, with silences, a ride that rests for days, news at odd hours."""
    events = []
    for number in range(21):
        day = date(2024, 6, 28) + timedelta(days=number)
        if number in (8, 9, 10):
            continue  # the whole destination is silent
        events += a_day(str(day), COASTER)
        if number % 5 != 3:
            events += a_day(str(day), FLUME)
        tokyo = {"parkId": TOKYO_PARK, "parkSlug": "tokyo", "timezone": "Asia/Tokyo", "name": "Tokyo Coaster"}
        if number > 4:
            events.append(event(f"{day}T00:30:00Z", "OPERATING", number, TOKYO_RIDE, **tokyo))
            events.append(event(f"{day}T12:45:00Z", "CLOSED" if number % 3 else "DOWN", None, TOKYO_RIDE, **tokyo))
    # Still operating over the silence, and repeated news that leave no row.
    events.append(event("2024-07-06T02:10:00Z", "OPERATING", 10))
    events.append(event("2024-07-06T02:40:00Z", "OPERATING", 10))
    return events


@pytest.fixture
def archive(tmp_path):
    write_events(tmp_path, eventful_days())
    return DirectoryArchive(tmp_path)


def planned(archive, **options):
    return plan(archive, DESTINATION, source=str(archive.root), **options)


def forget_all():
    for model in (*TABLES, DataQualityLog, ImportCheckpoint):
        model.objects.all().delete()
    Ride.objects.update(last_operated_at=None)


def everything():
    operated = dict(Ride.objects.values_list("themeparks_wiki_id", "last_operated_at"))
    return stored(), operated


def as_one(archive, settings):
    """What an import in a single slice stores; the rides stay, so that their numbers are the same again."""
    settings.IMPORT_SLICE_DAYS = 366
    run(planned(archive))
    found = everything()
    assert sum(len(rows) for rows in found[0].values()) > 300
    forget_all()
    return found


# -- the same rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 3, 7])
def test_rows_are_the_same_whatever_the_length_of_a_slice(archive, settings, days):
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = days
    run(planned(archive))
    assert everything() == whole
    assert ImportSlice.objects.count() >= 21 // days


@pytest.mark.parametrize("days", [1, 3, 7])
def test_rows_are_the_same_when_another_process_does_every_slice(archive, settings, days):
    """Nothing but the database goes from one slice to the next."""
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = days
    job = planned(archive)
    while running.begin(job) and (piece := job.claim_slice()) is not None:
        assert running.do(running.Work.for_import(job), piece)
    assert everything() == whole


@pytest.mark.parametrize("days", [3])
def test_rows_are_the_same_when_what_slices_hand_on_was_forgotten(archive, settings, days):
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = days
    job = planned(archive)
    while running.begin(job) and (piece := job.claim_slice()) is not None:
        assert running.do(running.Work.for_import(job), piece)
        ImportSlice.forget(DESTINATION)
    assert everything() == whole


@pytest.mark.parametrize(("length", "stops_at"), [(1, 1), (1, 17), (3, 8), (3, 15), (7, 20)])
def test_rows_are_the_same_after_an_interruption_at_any_file(archive, settings, stops_at, length):
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = length
    job = planned(archive)
    seen = []

    def interrupted(files):
        seen.append(files)
        if len(seen) == stops_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(job, archive, interrupted)
    job.refresh_from_db()
    assert job.status == ImportStatus.PAUSED
    job.resume()
    run(job, archive)
    job.refresh_from_db()
    assert job.status == ImportStatus.COMPLETED
    assert everything() == whole


def test_a_schedule_and_live_rows_change_nothing_in_that(archive, settings):
    run(planned(archive))
    forget_all()
    park = Ride.objects.get(themeparks_wiki_id=COASTER).park
    for number in range(21):
        day = date(2024, 6, 28) + timedelta(days=number)
        opening = datetime(day.year, day.month, day.day, 12, 30, tzinfo=UTC)
        ParkSchedule.objects.create(
            park=park, schedule_date=day, opening_time=opening, closing_time=opening + timedelta(hours=13)
        )

    def collect():
        ride = Ride.objects.get(themeparks_wiki_id=FLUME)
        for minute in range(0, 180, 5):
            RideStatusSnapshot.objects.create(
                ride=ride,
                park=park,
                recorded_at=utc("2024-07-02T17:00:00") + timedelta(minutes=minute),
                duration_seconds=300,
                status="OPERATING",
                wait_time=15,
                park_appears_open=True,
                data_source=DataSource.LIVE,
            )

    found = []
    for length in (366, 1, 7):
        forget_all()
        collect()
        settings.IMPORT_SLICE_DAYS = length
        run(planned(archive))
        found.append(everything())
    assert found[0] == found[1] == found[2]


def test_what_is_counted_is_the_same_in_slices_and_at_once(archive, settings):
    settings.IMPORT_SLICE_DAYS = 366
    whole = run(planned(archive))
    forget_all()
    settings.IMPORT_SLICE_DAYS = 3
    job = planned(archive)
    while running.begin(job) and (piece := job.claim_slice()) is not None:
        running.do(running.Work.for_import(job), piece)
    sliced = summary_of(job)
    for name in ("files", "events", "duplicates", "rows", "problems", "skipped"):
        assert getattr(sliced, name) == getattr(whole, name), name
    job.refresh_from_db()
    assert job.records_imported == whole.rows["created"]
    assert job.errors_encountered == whole.problems.total() > 0


# -- the grid --------------------------------------------------------------------------------------------


def test_slices_of_overlapping_ranges_share_their_borders(settings):
    settings.IMPORT_SLICE_DAYS = 7
    wide = list(grid_parts(date(2024, 6, 1), date(2024, 7, 31)))
    narrow = list(grid_parts(date(2024, 6, 12), date(2024, 7, 10)))
    assert set(narrow[1:-1]) < set(wide)
    assert narrow[0] == (date(2024, 6, 12), date(2024, 6, 16))
    assert wide[0][0] == date(2024, 6, 1)
    assert wide[-1][1] == date(2024, 7, 31)
    for (_, end), (start, _) in pairwise(wide):
        assert start - end == timedelta(days=1)


def test_an_import_covers_the_days_that_its_files_may_report_of(archive):
    files = archive.files(DESTINATION)
    assert days_of(files, None, None) == (files[0].day - timedelta(days=1), files[-1].day + timedelta(days=1))
    assert days_of(files, date(2024, 7, 1), date(2024, 7, 2)) == (date(2024, 7, 1), date(2024, 7, 2))
    assert days_of(files, date(2030, 1, 1), None) is None


# -- skipping --------------------------------------------------------------------------------------------


def test_a_second_import_of_unchanged_files_reads_and_writes_nothing(archive, monkeypatch):
    first = run(planned(archive))
    before = everything()
    monkeypatch.setattr(running.DestinationImport, "run_slice", lambda *args: pytest.fail("read"))
    second = run(planned(archive))
    assert (first.rows_written > 0, second.rows_written, second.files) == (True, 0, 0)
    assert everything() == before
    assert ImportSlice.objects.filter(same_as__isnull=False, state=SliceState.DONE).count() == 4


def test_after_a_change_only_slices_that_can_know_of_it_are_read(archive):
    run(planned(archive))
    changed = [each for each in eventful_days() if each["eventTime"].startswith("2024-07-17")]
    write_day(archive.root, date(2024, 7, 17), [*changed, event("2024-07-17T15:10:00Z", wait=77)])
    job = planned(archive)
    run(job)
    read = job.slices.filter(same_as=None).order_by("first_date").values_list("first_date", flat=True)
    assert list(read) == [date(2024, 7, 15)]
    assert RideStatusSnapshot.objects.filter(wait_time=77).exists()


def test_the_slice_behind_one_that_changed_is_read_too(archive):
    run(planned(archive))
    changed = [each for each in eventful_days() if each["eventTime"].startswith("2024-07-03")]
    write_day(archive.root, date(2024, 7, 3), [*changed, event("2024-07-03T15:10:00Z", wait=77)])
    job = planned(archive)
    run(job)
    read = job.slices.filter(same_as=None).order_by("first_date").values_list("first_date", flat=True)
    assert list(read) == [date(2024, 7, 1), date(2024, 7, 8)]


def test_a_file_that_changes_and_changes_back_is_read_each_time(archive):
    path = archive.root / DESTINATION / "2024" / "07" / "17.json.gz"
    whole = path.read_bytes()
    run(planned(archive))
    before = everything()
    write_day(archive.root, date(2024, 7, 17), [event("2024-07-17T15:10:00Z", wait=77)])
    run(planned(archive))
    assert everything() != before
    path.write_bytes(whole)
    assert run(planned(archive)).rows_written > 0
    assert everything()[0] == before[0]


@pytest.mark.parametrize("change", ["a setting", "--again", "forget", "another choice of rides"])
def test_what_else_the_rows_depend_on_makes_slices_stale(archive, settings, change):
    run(planned(archive))
    options = {}
    if change == "a setting":
        settings.MAX_FEED_SILENCE_SECONDS = 3_600
    elif change == "--again":
        options = {"is_again": True}
    elif change == "forget":
        assert ImportSlice.forget(DESTINATION) == 4
    else:
        options = {"auto_create": False}
    job = planned(archive, **options)
    run(job)
    assert not job.slices.exclude(same_as=None).exists()


# -- claiming --------------------------------------------------------------------------------------------


def test_slices_are_claimed_in_order_and_one_at_a_time(archive):
    job = planned(archive)
    assert running.begin(job)
    first = job.claim_slice()
    assert first is not None
    assert (first.first_date, first.state, first.runner) == (date(2024, 6, 27), SliceState.RUNNING, this_process())
    assert job.claim_slice() is None, "the next one has to wait for the first"
    running.do(running.Work.for_import(job), first)
    second = job.claim_slice()
    assert second is not None
    assert second.first_date == date(2024, 7, 1)


def test_of_two_who_read_the_same_slice_one_claims_it(archive):
    job = planned(archive)
    one, two = job.slices.first(), job.slices.first()
    assert (one.take(), two.take()) == (True, False)


@pytest.mark.parametrize(
    ("runner", "minutes", "is_free"),
    [
        (DEAD, 0, True),
        (this_process(), 14, False),
        (this_process(), 16, True),
        ("elsewhere:1", 1, False),
        ("elsewhere:1", 16, True),
        ("elsewhere:1", -16, True),
    ],
    ids=[
        "dead",
        "alive",
        "alive, without its database for long",
        "elsewhere",
        "elsewhere, silent",
        "elsewhere, ahead of time",
    ],
)
def test_a_slice_of_a_killed_or_silent_process_is_free_again(archive, runner, minutes, is_free):
    job = planned(archive)
    claimed_at = datetime.now(UTC) - timedelta(minutes=minutes)
    job.slices.filter(first_date=date(2024, 6, 27)).update(
        state=SliceState.RUNNING, runner=runner, claimed_at=claimed_at
    )
    assert (job.claim_slice() is not None) == is_free


def test_whoever_lost_a_slice_stores_nothing(archive):
    job = planned(archive)

    def lose(files):
        job.slices.filter(state=SliceState.RUNNING).update(runner="elsewhere:1")

    run_slices(job, archive, lose)
    assert not RideStatusSnapshot.objects.exists()
    assert job.slices.get(state=SliceState.RUNNING).runner == "elsewhere:1"


# -- pause, cancel, fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [ImportStatus.PAUSED, ImportStatus.CANCELLED])
def test_pause_and_cancel_take_effect_within_a_slice(archive, settings, status):
    settings.IMPORT_SLICE_DAYS = 366
    job = planned(archive)
    files = []

    def stop(number):
        files.append(number)
        if len(files) == 3:
            ImportCheckpoint.objects.get(pk=job.pk).enter(status)

    run(job, archive, stop)
    job.refresh_from_db()
    assert job.status == status
    assert len(files) <= 4
    assert not RideStatusSnapshot.objects.exists()
    piece = job.slices.get()
    assert (piece.state, piece.files_done, piece.runner) == (SliceState.PENDING, 0, "")


def test_a_cancelled_import_cannot_be_resumed(archive):
    job = planned(archive)
    job.enter(ImportStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        job.resume()
    run_slices(job)
    assert not RideStatusSnapshot.objects.exists()


def test_what_failed_reports_why_and_can_be_resumed(archive, monkeypatch, settings):
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = 7
    job = planned(archive)
    read = DirectoryArchive.read

    def cut(self, file):
        if file.day == date(2024, 7, 12):
            raise ArchiveError("cannot read 12.json.gz: the connection was cut")
        return read(self, file)

    monkeypatch.setattr(DirectoryArchive, "read", cut)
    with pytest.raises(ArchiveError, match=r"2024-07-08 to 2024-07-14: cannot read"):
        run(job)
    job.refresh_from_db()
    assert job.status == ImportStatus.FAILED
    assert job.slices.get(state=SliceState.FAILED).last_error == "cannot read 12.json.gz: the connection was cut"
    monkeypatch.undo()
    settings.IMPORT_SLICE_DAYS = 7
    job.resume()
    run(job)
    assert everything() == whole


def test_a_full_disk_fails_the_import_with_a_remedy(archive, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running.Buffer, "add", full)
    job = planned(archive)
    with pytest.raises(ArchiveError, match="No space left on device: make room"):
        run(job)
    assert not RideStatusSnapshot.objects.exists()


@pytest.fixture
def database_trouble(monkeypatch):
    """A database that fails the next writes of slices; outside a transaction, as it is in operation."""
    left = [0]
    store = running.store

    def failing(*args):
        if left[0]:
            left[0] -= 1
            raise OperationalError(2013, "Lost connection to server during query")
        return store(*args)

    class Connection:
        in_atomic_block = False

        def close(self):
            """The test's own connection stays."""

    monkeypatch.setattr(running, "store", failing)
    monkeypatch.setattr(running, "connection", Connection())
    monkeypatch.setattr(running, "FIRST_PAUSE", 0.0)
    return left


def test_a_slice_is_done_again_after_the_database_was_restarted(archive, settings, database_trouble):
    whole = as_one(archive, settings)
    settings.IMPORT_SLICE_DAYS = 7
    database_trouble[0] = 3
    run(planned(archive))
    assert everything() == whole


def test_a_database_that_stays_away_fails_the_import(archive, database_trouble):
    database_trouble[0] = 100
    job = planned(archive)
    with pytest.raises(ArchiveError, match="Lost connection to server"):
        run(job)
    assert job.slices.get(state=SliceState.FAILED).attempts == 1


# -- two importers ---------------------------------------------------------------------------------------


def test_a_second_import_of_a_destination_is_refused_while_the_first_has_life(archive):
    first = planned(archive, runner=this_process())
    with pytest.raises(AlreadyRunning) as caught:
        planned(archive)
    assert caught.value.running == first
    assert first.import_id in str(caught.value)


def test_an_import_whose_process_was_killed_makes_room(archive):
    job = planned(archive, runner=DEAD)
    running.begin(job)
    run(planned(archive))
    job.refresh_from_db()
    assert job.status == ImportStatus.FAILED
    assert job.can_resume


def test_another_destination_is_not_concerned(archive):
    first = planned(archive)
    ImportCheckpoint.objects.filter(pk=first.pk).update(destination_uuid=COASTER)
    planned(archive)


# -- what is reported ----------------------------------------------------------------------------------------


def test_a_file_of_a_day_to_come_is_not_read(archive, caplog):
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    write_day(archive.root, tomorrow, [event(f"{tomorrow}T00:00:00Z")])
    job = planned(archive)
    assert "1 files of days to come are left out; the clock of this machine says 2" in caplog.text
    assert job.slices.order_by("first_date").last().last_date < tomorrow
    assert run(job).problems["INVALID"] == 0


def test_a_clock_that_is_years_behind_is_named_instead_of_the_layout(archive):
    reason = "20 files of days to come are left out; the clock of this machine says 2020-01-01"
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC)), pytest.raises(NothingThere, match=reason):
        planned(archive)


def test_a_ride_that_is_silent_for_days_while_it_ran_has_a_gap(tmp_path):
    events = [each for number in range(1, 13) for each in a_day(f"2024-07-{number:02}")]
    events += [event("2024-07-01T20:00:00Z", "OPERATING", 5, FLUME), event("2024-07-11T20:00:00Z", "DOWN", 5, FLUME)]
    write_events(tmp_path, events)
    run(planned(DirectoryArchive(tmp_path)))
    gap = DataQualityLog.objects.get(issue_type="GAP", entity_type="ride")
    assert gap.entity_id == Ride.objects.get(themeparks_wiki_id=FLUME).pk
    assert (gap.timestamp_start, gap.timestamp_end) == (utc("2024-07-01T20:00:00"), utc("2024-07-11T20:00:00"))


def test_a_ride_that_rested_while_closed_has_no_gap(tmp_path):
    events = [each for number in range(1, 13) for each in a_day(f"2024-07-{number:02}")]
    events += [event("2024-07-01T20:00:00Z", "CLOSED", entity=FLUME), event("2024-07-11T20:00:00Z", "DOWN", 5, FLUME)]
    write_events(tmp_path, events)
    run(planned(DirectoryArchive(tmp_path)))
    assert not DataQualityLog.objects.filter(issue_type="GAP", entity_type="ride").exists()


def test_days_that_live_collection_covers_are_reported(archive):
    run(planned(archive))
    ride = Ride.objects.get(themeparks_wiki_id=COASTER)
    RideStatusSnapshot.objects.create(
        ride=ride,
        park=ride.park,
        recorded_at=utc("2024-07-02T17:02:00"),
        duration_seconds=300,
        status="DOWN",
        park_appears_open=True,
        data_source=DataSource.LIVE,
    )
    summary = run(planned(archive, is_again=True))
    assert summary.live_days == {ride.park_id: 1}
    reported = DataQualityLog.objects.get(issue_type="DUPLICATE", entity_type="park")
    assert reported.timestamp_start == utc("2024-07-02T04:00:00")
    assert "its rows win" in reported.description
    assert Park.objects.get(pk=reported.entity_id) == ride.park
