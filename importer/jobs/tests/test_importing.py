import zlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from importer.archive.files import DirectoryArchive
from importer.jobs import reader, running
from importer.jobs.planning import plan
from importer.models import ImportCheckpoint, ImportStatus
from importer.storing import bulk
from importer.tests.archives import COASTER, DESTINATION, FLUME, PARK, ZONE, event, write_day, write_events
from parks.models import Park, ParkSchedule, Ride
from snapshots.models import DataQualityLog, ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot

pytestmark = pytest.mark.django_db

SHOW, RESTAURANT = "55555555-5555-4555-8555-555555555555", "66666666-6666-4666-8666-666666666666"
TABLES = (RideStatusSnapshot, ParkActivitySnapshot, QueueData, RideStatusChange)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def run(root, **options):
    """Import a directory; also what is unchanged since it was imported."""
    job = plan(DirectoryArchive(root), DESTINATION, source=str(root), **{"is_again": True, **options})
    return running.run(job)


def stored():
    """Every row of the four tables, without surrogate keys."""
    rows = {}
    for model in TABLES:
        names = [field.name for field in model._meta.concrete_fields if field.name not in ("id", "pk")]
        rows[model.__name__] = sorted(model.objects.values_list(*names), key=repr)
    return rows


def a_day(day="2024-07-04", entity=COASTER):
    """A ride's day in New York, 09:00 to 21:00, with news every hour, a breakdown, and a moving return window."""
    window = {"RETURN_TIME": {"state": "AVAILABLE", "returnStart": f"{day}T18:00:00-04:00", "returnEnd": None}}
    waits = {13: 10, 14: 10, 15: 30, 16: 45, 18: 60, 19: 45, 20: 30, 21: 20, 22: 15, 23: 5}
    after_midnight = date.fromisoformat(day) + timedelta(days=1)
    return [
        *(event(f"{day}T{hour}:00:00.000Z", "OPERATING", wait, entity) for hour, wait in waits.items()),
        event(f"{day}T16:30:00.000Z", "DOWN", None, entity),
        event(f"{day}T17:30:00.250Z", "OPERATING", 60, entity, queue=window),
        event(f"{after_midnight}T00:00:00.000Z", "OPERATING", 10, entity),
        event(f"{after_midnight}T01:00:00.000Z", "CLOSED", None, entity),
    ]


THREE_DAYS = ("2024-07-03", "2024-07-04", "2024-07-05")


def three_days():
    return [each for day in THREE_DAYS for entity in (COASTER, FLUME) for each in a_day(day, entity)]


# -- what comes in ---------------------------------------------------------------------------------------


def test_parks_and_rides_are_created_with_the_zone_of_the_events(tmp_path):
    write_events(tmp_path, a_day())
    summary = run(tmp_path)
    park, ride = Park.objects.get(), Ride.objects.get()
    assert (park.themeparks_wiki_id, park.timezone, park.name, park.destination_id) == (
        PARK,
        ZONE,
        "testpark",
        DESTINATION,
    )
    assert (ride.themeparks_wiki_id, ride.name, ride.park, ride.tier) == (COASTER, "Big Coaster", park, 2)
    assert (summary.parks_created, summary.rides_created, summary.events) == (1, 1, 14)


def test_states_become_rows_with_durations(tmp_path):
    write_events(tmp_path, a_day())
    run(tmp_path)
    observed = RideStatusSnapshot.objects.filter(is_carried=False)
    assert all(row.last_updated_api == row.recorded_at for row in observed)
    columns = ("recorded_at", "duration_seconds", "status", "wait_time", "park_appears_open", "data_source")
    rows = list(RideStatusSnapshot.objects.order_by("recorded_at").values_list(*columns))
    assert rows[0] == (utc("2024-07-04T13:00:00"), 7200, "OPERATING", 10, True, "ARCHIVE")
    assert rows[3] == (utc("2024-07-04T16:30:00"), 3600, "DOWN", None, True, "ARCHIVE")
    assert rows[-1][2:5] == ("CLOSED", None, False)
    opened = RideStatusSnapshot.objects.filter(park_appears_open=True)
    assert sum(opened.values_list("duration_seconds", flat=True)) == 12 * 3600


def test_queues_changes_and_the_park_are_stored_too(tmp_path):
    write_events(tmp_path, a_day())
    run(tmp_path)
    queue = QueueData.objects.get()
    assert (queue.queue_type, queue.return_state) == ("RETURN_TIME", "AVAILABLE")
    assert queue.recorded_at == utc("2024-07-04T17:30:00")
    assert queue.return_time_start == utc("2024-07-04T22:00:00")
    changes = RideStatusChange.objects.order_by("changed_at").values_list(
        "new_status_enum", "duration_in_previous_status"
    )
    assert changes[0] == ("DOWN", 210)
    opened = ParkActivitySnapshot.objects.filter(park_appears_open=True)
    assert opened.count() == 12 * 12
    assert ParkActivitySnapshot.objects.get(park_appears_open=False).recorded_at == utc("2024-07-05T01:00:00")
    assert Ride.objects.get().last_operated_at == utc("2024-07-05T01:00:00")


def test_known_parks_and_rides_are_found_by_their_uuid(tmp_path):
    park = Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone="Europe/Paris")
    ride = Ride.objects.create(park=park, themeparks_wiki_id=COASTER, name="Our Coaster")
    write_events(tmp_path, a_day())
    summary = run(tmp_path)
    assert (summary.parks_created, summary.rides_created) == (0, 0)
    assert set(RideStatusSnapshot.objects.values_list("ride_id", "park_id")) == {(ride.pk, park.pk)}
    park.refresh_from_db()
    assert (park.name, park.timezone) == ("Ours", "Europe/Paris")


def test_a_known_ride_is_found_without_a_park_in_the_event(tmp_path):
    park = Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)
    Ride.objects.create(park=park, themeparks_wiki_id=COASTER, name="Our Coaster")
    write_events(tmp_path, [{**each, "parkId": None} for each in a_day()])
    assert run(tmp_path).rows["created"] > 10


def test_shows_restaurants_and_the_park_itself_are_counted_not_stored(tmp_path):
    others = [
        event("2024-07-04T14:00:00Z", entity=SHOW, data={"showtimes": [{"type": "x"}]}),
        event("2024-07-04T14:30:00Z", entity=SHOW),
        event("2024-07-04T14:00:00Z", entity=RESTAURANT, data={"diningAvailability": [{}]}),
        event("2024-07-04T12:00:00Z", entity=PARK, name="Test Park"),
    ]
    write_events(tmp_path, a_day() + others)
    summary = run(tmp_path)
    assert Ride.objects.count() == 1
    assert summary.skipped == {"SHOW": 2, "RESTAURANT": 1, "PARK": 1}
    assert Park.objects.get().name == "Test Park"


def test_a_stored_schedule_decides_when_the_park_was_open(tmp_path):
    park = Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)
    ParkSchedule.objects.create(
        park=park,
        schedule_date=date(2024, 7, 4),
        opening_time=utc("2024-07-04T12:30:00"),
        closing_time=utc("2024-07-05T00:30:00"),
    )
    write_events(tmp_path, [event("2024-07-04T12:00:00Z", "CLOSED"), *a_day()])
    run(tmp_path)
    carried = RideStatusSnapshot.objects.get(is_carried=True)
    assert (carried.recorded_at, carried.duration_seconds) == (utc("2024-07-04T12:30:00"), 1800)
    assert carried.last_updated_api == utc("2024-07-04T12:00:00")
    rows = ParkActivitySnapshot.objects.filter(park_appears_open=True).values_list("duration_seconds", flat=True)
    assert sum(rows) == 12 * 3600


# -- again, in parts, in any order -----------------------------------------------------------------------


def test_a_second_run_changes_nothing(tmp_path):
    write_events(tmp_path, three_days())
    run(tmp_path)
    before = stored()
    again = run(tmp_path)
    assert again.rows_written == 0
    assert again.rows["unchanged"] == sum(len(rows) for rows in before.values())
    assert stored() == before


def test_order_and_repetition_of_the_events_do_not_matter(tmp_path):
    write_events(tmp_path / "plain", three_days())
    run(tmp_path / "plain")
    before = stored()
    write_events(tmp_path / "mixed", [*reversed(three_days()), *three_days()])
    again = run(tmp_path / "mixed")
    assert again.rows_written == 0
    assert again.duplicates == len(three_days())
    assert again.problems == {}
    assert stored() == before


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Europe/Paris", "Asia/Tokyo", "UTC"])
def test_ranges_imported_one_by_one_equal_the_whole(tmp_path, zone):
    works = event("2024-07-03T22:30:00Z", "REFURBISHMENT", entity=SHOW)
    before = event("2024-07-03T14:00:00Z", "OPERATING", 5, entity=SHOW)
    write_events(tmp_path, [{**each, "timezone": zone} for each in [*three_days(), before, works]])
    run(tmp_path)
    whole = stored()
    for model in TABLES:
        model.objects.all().delete()
    for day in (3, 4, 5, 6):
        run(tmp_path, start_date=date(2024, 7, day), end_date=date(2024, 7, day))
    run(tmp_path, start_date=date(2024, 7, 4))
    assert stored() == whole


def test_a_range_leaves_the_days_around_it_alone(tmp_path):
    write_events(tmp_path, three_days())
    run(tmp_path, start_date=date(2024, 7, 4), end_date=date(2024, 7, 4))
    days = RideStatusSnapshot.objects.filter(is_carried=False).order_by("recorded_at")
    assert days.first().recorded_at == utc("2024-07-04T13:00:00")
    assert days.last().recorded_at == utc("2024-07-05T01:00:00")


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
def test_an_import_that_died_is_completed_by_running_it_again(tmp_path, monkeypatch, dies_at):
    write_events(tmp_path, three_days())
    calls = []

    def dying(write):
        def store(*args):
            calls.append(args)
            if len(calls) == dies_at:
                raise KeyboardInterrupt
            return write(*args)

        return store

    for name in ("insert_new", "load_file"):  # one of them, once per table
        monkeypatch.setattr(bulk, name, dying(getattr(bulk, name)))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    monkeypatch.undo()
    assert ImportCheckpoint.objects.get().status == ImportStatus.PAUSED
    run(tmp_path)
    rows = stored()
    for model in TABLES:
        model.objects.all().delete()
    run(tmp_path)
    assert stored() == rows


def test_a_file_recorded_anew_replaces_its_day(tmp_path):
    write_events(tmp_path, three_days())
    run(tmp_path)
    events = [each for each in three_days() if each["eventTime"] != "2024-07-04T16:30:00.000Z"]
    write_events(tmp_path, events)
    summary = run(tmp_path)
    assert summary.rows["deleted"] > 0
    assert not RideStatusSnapshot.objects.filter(recorded_at=utc("2024-07-04T16:30:00")).exists()
    assert run(tmp_path).rows_written == 0


def test_live_rows_stay_as_they_are(tmp_path):
    write_events(tmp_path, a_day())
    run(tmp_path)
    ride = Ride.objects.get()
    RideStatusSnapshot.objects.all().delete()
    live = RideStatusSnapshot.objects.create(
        ride=ride,
        park=ride.park,
        recorded_at=utc("2024-07-04T16:30:00"),
        duration_seconds=300,
        status="OPERATING",
        wait_time=77,
        computed_is_open=True,
        park_appears_open=True,
    )
    run(tmp_path)
    live.refresh_from_db()
    assert (live.data_source, live.wait_time, live.duration_seconds) == ("LIVE", 77, 300)
    after = RideStatusSnapshot.objects.get(recorded_at=utc("2024-07-04T16:35:00"))
    assert (after.status, after.is_carried, after.duration_seconds) == ("DOWN", True, 3300)
    assert run(tmp_path).rows_written == 0


def test_the_ledger_reports_how_far_an_import_got(tmp_path):
    write_events(tmp_path, three_days())
    run(tmp_path)
    checkpoint = ImportCheckpoint.objects.get()
    assert checkpoint.status == ImportStatus.COMPLETED
    assert checkpoint.last_processed_date == date(2024, 7, 6)
    assert checkpoint.last_processed_file == f"{DESTINATION}/2024/07/06.json.gz"
    assert checkpoint.records_imported == sum(len(rows) for rows in stored().values())
    assert checkpoint.completed_at >= checkpoint.started_at


def test_an_import_that_was_killed_is_no_longer_said_to_run(tmp_path):
    killed = ImportCheckpoint.objects.create(destination_uuid=DESTINATION, status=ImportStatus.IN_PROGRESS)
    an_hour_ago = datetime.now(UTC) - timedelta(minutes=61)
    ImportCheckpoint.objects.filter(pk=killed.pk).update(updated_at=an_hour_ago)
    write_events(tmp_path, a_day())
    run(tmp_path)
    killed.refresh_from_db()
    assert killed.status == ImportStatus.FAILED


# -- bad input -------------------------------------------------------------------------------------------

BAD_EVENTS = [
    ("not an object", "PARSE_ERROR"),
    ({**event("2024-07-04T15:00:01Z"), "entityId": None}, "MISSING_FIELD"),
    ({**event("2024-07-04T15:00:02Z"), "eventTime": None}, "MISSING_FIELD"),
    ({**event("2024-07-04T15:00:03Z"), "data": None}, "MISSING_FIELD"),
    (event("2024-07-04T15:00:04Z", "BROKEN"), "INVALID"),
    (event("2024-07-04T15:00:05Z", queue={"FAST_LANE": {"waitTime": 1}}, wait=30), "INVALID"),
    (event("2124-07-04T15:00:06Z"), "INVALID"),
    (event("2024-07-04T15:00:07"), "INVALID"),
    (event("2024-07-04T11:00:08-04:00", wait=30), "INVALID"),
    ({**event("2024-07-04T15:00:09Z", entity=FLUME), "parkId": None}, "MAPPING_FAILED"),
    (
        {**event("2024-07-04T15:00:10Z", entity=FLUME), "parkId": SHOW, "timezone": "Mars/Olympus"},
        "MAPPING_FAILED",
    ),
]


@pytest.mark.parametrize(("bad", "kind"), BAD_EVENTS)
def test_a_bad_event_is_logged_once_with_file_position_and_reason_and_the_rest_is_imported(tmp_path, bad, kind):
    events = a_day()
    write_day(tmp_path, date(2024, 7, 4), [*events[:3], bad, *events[3:-1]])
    write_day(tmp_path, date(2024, 7, 5), events[-1:])
    for _ in range(2):
        run(tmp_path)
        problem = DataQualityLog.objects.get()
        assert problem.issue_type == kind
        assert problem.external_id == f"{DESTINATION}/2024/07/04.json.gz#3"
        assert problem.description
        assert problem.import_id == ImportCheckpoint.objects.order_by("pk").first().import_id
    as_before = {utc("2024-07-04T14:00:00"), utc("2024-07-04T18:00:00")}
    expected = {utc(each["eventTime"][:19]) for each in events} - as_before
    assert expected <= set(RideStatusSnapshot.objects.values_list("recorded_at", flat=True))


HOSTILE = [
    event("2024-07-04T15:00:01Z", queue={"RETURN_TIME": {"state": ["x"]}}),
    event("2024-07-04T15:00:01Z", queue={"RETURN_TIME": {"state": {"x": 1}}}),
    event("2024-07-04T15:00:01Z", wait=float("nan")),
    event("2024-07-04T15:00:01Z", wait=float("inf"), extra=float("nan")),
    event("2024-07-04T15:00:01Z", "BROKEN", name="lone \ud800 surrogate", extra="\ud800"),
    event("2024-07-04T15:00:01Z", "BROKEN", extra=eval("[" * 60 + "]" * 60)),  # noqa: S307
    event("2024-07-04T15:00:01Z", queue={"RETURN_TIME": {"returnStart": "9999-12-31T23:59:59-05:00"}}),
    event("2024-07-04T15:00:01Z", queue={"RETURN_TIME": {"returnStart": "0001-01-01T00:00:00+14:00"}}),
    event(
        "2024-07-04T15:00:01Z", queue={"BOARDING_GROUP": {"currentGroupStart": "\ud800", "allocationStatus": "\ud800"}}
    ),
    event("2024-07-04T15:00:01Z", queue={"PAID_RETURN_TIME": {"price": {"amount": 5, "currency": "ßab"}}}),
    event("2024-07-04T15:00:01Z", queue={"PAID_RETURN_TIME": {"price": {"amount": 1e300, "currency": "USD"}}}),
    event("2024-07-04T15:00:01Z", name="x" * 10_000, parkSlug="\x00"),
    event("2024-07-04T15:00:01Z", "BROKEN", name="🎢 قطار"),
    {**event("2024-07-04T15:00:01Z"), "entityType": ["x"], "internalId": {"a": 1}},
    event("1999-01-01T00:00:00Z"),
    event("2024-07-08T00:00:00Z"),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_single_event_stops_an_import(tmp_path, hostile):
    events = a_day()
    write_day(tmp_path, date(2024, 7, 4), [*events[:3], hostile, *events[3:-2]])
    write_day(tmp_path, date(2024, 7, 5), events[-2:])
    run(tmp_path)
    assert run(tmp_path).rows_written == 0
    found = set(RideStatusSnapshot.objects.values_list("recorded_at", flat=True))
    assert {utc("2024-07-04T13:00:00"), utc("2024-07-04T16:00:00"), utc("2024-07-05T01:00:00")} <= found
    assert utc("1999-01-01T00:00:00") not in found


def test_files_that_cannot_be_read_are_reported_and_passed_over(tmp_path):
    write_events(tmp_path, three_days())
    unreadable = tmp_path / DESTINATION / "2024" / "07" / "02.json.gz"
    unreadable.mkdir()
    loop = tmp_path / DESTINATION / "2024" / "07" / "01.json.gz"
    loop.symlink_to(loop)
    summary = run(tmp_path)
    assert summary.problems["PARSE_ERROR"] == 2
    assert RideStatusSnapshot.objects.exists()


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Tokyo", "America/New_York", "America/Los_Angeles", "UTC"])
def test_the_end_of_a_day_is_known_in_every_zone(tmp_path, zone):
    park = Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=zone)
    local = ZoneInfo(zone)
    instants = [datetime(2024, 7, 4, hour, 5, tzinfo=local) for hour in range(10, 22)]
    instants.append(datetime(2024, 7, 5, 10, 5, tzinfo=local))
    events = [
        event(at.astimezone(UTC).isoformat(), "OPERATING", 5 * n, timezone=zone) for n, at in enumerate(instants)
    ]
    for day in (4, 5):
        ParkSchedule.objects.create(
            park=park,
            schedule_date=date(2024, 7, day),
            opening_time=datetime(2024, 7, day, 10, tzinfo=local),
            closing_time=datetime(2024, 7, day, 22, tzinfo=local),
        )
    write_events(tmp_path, events)
    run(tmp_path)
    rows = RideStatusSnapshot.objects.filter(recorded_at__lt=datetime(2024, 7, 5, tzinfo=local))
    assert sum(rows.filter(park_appears_open=True).values_list("duration_seconds", flat=True)) == 715 * 60
    assert not rows.filter(park_appears_open=False).exists()


def test_a_closing_soon_after_the_archive_s_last_word_is_believed(tmp_path):
    park = Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)
    ParkSchedule.objects.create(
        park=park,
        schedule_date=date(2024, 7, 4),
        opening_time=utc("2024-07-04T13:00:00"),
        closing_time=utc("2024-07-04T22:30:00"),
    )
    write_events(tmp_path, [each for each in a_day() if each["eventTime"] <= "2024-07-04T22"])
    run(tmp_path)
    last = RideStatusSnapshot.objects.order_by("recorded_at").last()
    assert (last.recorded_at, last.park_appears_open) == (utc("2024-07-04T21:00:00"), True)
    assert last.duration_seconds == 90 * 60


def test_an_unsorted_first_file_loses_nothing(tmp_path):
    events = a_day()
    write_day(tmp_path, date(2024, 7, 4), [events[9], *events[:9], *events[10:12]])
    write_day(tmp_path, date(2024, 7, 5), events[12:])
    summary = run(tmp_path)
    assert summary.problems == {}
    assert RideStatusSnapshot.objects.order_by("recorded_at").first().recorded_at == utc("2024-07-04T13:00:00")


def test_what_was_imported_stays_when_its_file_is_gone_or_damaged(tmp_path):
    write_events(tmp_path, three_days())
    run(tmp_path)
    before = stored()["RideStatusSnapshot"]
    path = tmp_path / DESTINATION / "2024" / "07" / "04.json.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert run(tmp_path).rows["deleted"] == 0
    path.unlink()
    assert run(tmp_path).rows["deleted"] == 0
    assert stored()["RideStatusSnapshot"] == before
    path.write_bytes(whole)
    assert run(tmp_path).rows_written == 0


def test_an_archive_that_begins_later_or_ends_earlier_takes_nothing_away(tmp_path):
    write_events(tmp_path / "all", three_days())
    run(tmp_path / "all")
    before = stored()
    for name, days in {"later": (5, 6), "earlier": (3, 4)}.items():
        for path in (tmp_path / "all").rglob("*.json.gz"):
            if int(path.name[:2]) in days:
                target = tmp_path / name / path.relative_to(tmp_path / "all")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        run(tmp_path / name)
        assert stored() == before


def test_a_newest_file_that_grows_is_taken_up(tmp_path):
    events = a_day()
    for known in (3, 6, 10):
        write_day(tmp_path, date(2024, 7, 4), events[:known])
        run(tmp_path)
    rows = RideStatusSnapshot.objects.order_by("recorded_at")
    assert rows.last().recorded_at == utc("2024-07-04T23:00:00")


def test_files_that_arrive_one_by_one_give_the_same_as_all_at_once(tmp_path):
    write_events(tmp_path / "all", three_days())
    run(tmp_path / "all")
    whole = stored()
    for model in TABLES:
        model.objects.all().delete()
    for path in sorted((tmp_path / "all").rglob("*.json.gz")):
        target = tmp_path / "growing" / path.relative_to(tmp_path / "all")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        run(tmp_path / "growing")
    assert stored() == whole


def test_a_ride_that_moved_to_another_park_keeps_one_history(tmp_path):
    write_events(tmp_path, a_day())
    run(tmp_path)
    other = Park.objects.create(name="Other", city="X", country="US", timezone=ZONE)
    Ride.objects.update(park=other)
    run(tmp_path)
    assert set(RideStatusSnapshot.objects.values_list("park", flat=True)) == {other.pk}
    problem = DataQualityLog.objects.get()
    assert "the ride belongs to Other" in problem.description


def test_a_silence_at_the_end_of_the_day_claims_nothing(tmp_path):
    broken_off = [each for each in a_day() if each["eventTime"] < "2024-07-04T20:30"]
    write_events(tmp_path, [*broken_off, event("2024-07-05T03:00:00Z", "CLOSED"), event("2024-07-05T13:00:00Z")])
    run(tmp_path)
    rows = RideStatusSnapshot.objects.filter(recorded_at__lt=utc("2024-07-05T03:00:00"))
    assert max(row.recorded_at + timedelta(seconds=row.duration_seconds) for row in rows) == utc("2024-07-04T20:00:00")
    gap = DataQualityLog.objects.get(issue_type="GAP")
    assert (gap.timestamp_start, gap.timestamp_end) == (utc("2024-07-04T20:00:00"), utc("2024-07-05T03:00:00"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x13\x37" * 5_000_000,
        zlib.compress(b"[" * 100_000),
        zlib.compress(b"null"),
        zlib.compress(b'{"events": {"a": 1}}'),
        b"\x78\x9c\xff\xff\xff",
        b"\x1f\x8b\x08",
    ],
)
def test_an_unreadable_file_is_one_problem_and_the_others_are_imported(tmp_path, content):
    write_events(tmp_path, three_days())
    write_day(tmp_path, date(2024, 7, 4), content)
    for _ in range(2):
        summary = run(tmp_path)
        problem = DataQualityLog.objects.get(issue_type="PARSE_ERROR")
        assert problem.external_id.startswith(f"{DESTINATION}/2024/07/04.json.gz#")
    assert summary.problems_new == 0
    assert RideStatusSnapshot.objects.filter(recorded_at__lt=utc("2024-07-04T04:00:00")).exists()
    assert RideStatusSnapshot.objects.filter(recorded_at__gt=utc("2024-07-05T12:00:00")).exists()


def test_a_truncated_file_gives_what_came_before_the_end(tmp_path):
    path = write_day(tmp_path, date(2024, 7, 4), a_day()[:-1])
    path.write_bytes(path.read_bytes()[:-20])
    run(tmp_path)
    assert DataQualityLog.objects.filter(issue_type="PARSE_ERROR").count() == 1
    assert RideStatusSnapshot.objects.exists()


def test_a_missing_day_is_a_gap(tmp_path):
    events = [each for day in ("2024-07-01", "2024-07-04") for each in a_day(day)[:6]]
    write_events(tmp_path, events)
    run(tmp_path)
    gaps = DataQualityLog.objects.filter(issue_type="GAP", entity_type="archive_file").order_by("timestamp_start")
    assert [gap.external_id[-18:] for gap in gaps] == ["2024/07/02.json.gz", "2024/07/03.json.gz"]


def test_contradicting_events_of_one_instant_are_reported_and_the_later_in_the_file_wins(tmp_path):
    at = "2024-07-04T14:00:00.500Z"
    write_events(tmp_path, [*a_day(), event(at, wait=90), event(at, wait=95)])
    run(tmp_path)
    assert RideStatusSnapshot.objects.get(recorded_at=utc("2024-07-04T14:00:00")).wait_time == 95
    problem = DataQualityLog.objects.get(issue_type="DUPLICATE")
    assert problem.external_id == COASTER


def test_a_silent_feed_is_a_gap_of_the_park(tmp_path):
    quiet = [each for each in a_day() if not "2024-07-04T18:30" <= each["eventTime"] < "2024-07-04T22:00"]
    write_events(tmp_path, quiet)
    run(tmp_path)
    gap = DataQualityLog.objects.get(issue_type="GAP")
    assert (gap.entity_type, gap.entity_id) == ("park", Park.objects.get().pk)
    assert gap.timestamp_start == utc("2024-07-04T18:00:00")
    assert gap.timestamp_end == utc("2024-07-04T22:00:00")
    opened = RideStatusSnapshot.objects.filter(park_appears_open=True).values_list("duration_seconds", flat=True)
    assert sum(opened) == 8 * 3600


def test_an_absurd_wait_is_kept_in_the_row_and_flagged(tmp_path):
    write_events(tmp_path, [*a_day(), event("2024-07-04T14:30:00Z", wait=995)])
    run(tmp_path)
    assert RideStatusSnapshot.objects.get(recorded_at=utc("2024-07-04T14:30:00")).wait_time == 995
    assert "feed error" in DataQualityLog.objects.get().description


def test_a_failing_import_says_so_in_the_ledger(tmp_path, monkeypatch):
    write_events(tmp_path, a_day())
    monkeypatch.setattr(reader, "build_day", lambda day: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path)
    assert ImportCheckpoint.objects.get().status == ImportStatus.FAILED
