"""A park that cannot be read disturbs no other and leaves a gap with its cause, closed when data return (R-22.3)."""

import threading
from datetime import timedelta

import pytest

import snapshots.collection.run
from core.upstream.http import Reason, UpstreamError
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.gaps import detect
from snapshots.collection.run import collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    DataSource,
    IssueType,
    LogType,
    ParkActivitySnapshot,
    Resolution,
    RideStatusSnapshot,
)
from snapshots.tests.factories import ActivityFactory
from snapshots.tests.live_answers import (
    AT,
    INTERVAL,
    cycle,
    entry,
    fetch_of,
    live,
    queue_times_park,
    report,
    wiki_ride,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TIMEOUT = UpstreamError(Reason.TIMEOUT, "no answer in time")


def fail(park, at=AT, error=TIMEOUT):
    return cycle({park: error}, at)


def gaps():
    rows = DataQualityLog.objects.filter(issue_type=LogType.GAP).order_by("timestamp_start", "pk")
    return list(rows.values_list("entity_id", "timestamp_start", "timestamp_end", "resolution_status"))


# -- opened and closed -----------------------------------------------------------------------------------


def test_a_park_that_cannot_be_read_leaves_a_gap_with_its_cause():
    park = wiki_ride().park
    result = fail(park)
    assert result.failed == {park: "TIMEOUT: no answer in time"}
    row = DataQualityLog.objects.get()
    assert (row.entity_type, row.entity_id, row.external_id) == ("park", park.pk, park.themeparks_wiki_id)
    assert (row.timestamp_start, row.timestamp_end, row.resolution_status) == (AT, None, Resolution.OPEN)
    assert "no answer in time" in row.description
    assert not ParkActivitySnapshot.objects.exists()


def test_a_gap_begins_where_the_last_row_ends():
    ride = wiki_ride()
    report(ride)
    fail(ride.park, AT + 3 * INTERVAL)
    assert gaps() == [(ride.park_id, AT + INTERVAL, None, Resolution.OPEN)]


def test_a_gap_stays_one_while_it_lasts_and_is_closed_when_data_return():
    ride = wiki_ride()
    report(ride)
    for n in range(1, 4):
        fail(ride.park, AT + n * INTERVAL)
    report(ride, at=AT + 4 * INTERVAL)
    assert gaps() == [(ride.park_id, AT + INTERVAL, AT + 4 * INTERVAL, Resolution.RESOLVED)]
    fail(ride.park, AT + 5 * INTERVAL)
    assert gaps()[1:] == [(ride.park_id, AT + 5 * INTERVAL, None, Resolution.OPEN)]


def test_data_that_return_end_a_gap_and_leave_what_a_person_made_of_it():
    ride = wiki_ride()
    fail(ride.park)
    DataQualityLog.objects.get().move_to(Resolution.WONTFIX, "their servers are moving")
    report(ride, at=AT + INTERVAL)
    assert gaps() == [(ride.park_id, AT, AT + INTERVAL, Resolution.WONTFIX)]
    assert DataQualityLog.objects.get().resolution_notes == "their servers are moving"


def test_a_second_try_in_the_same_slot_closes_the_gap_of_the_first():
    ride = wiki_ride()
    fail(ride.park)
    report(ride)
    assert gaps() == [(ride.park_id, AT, AT, Resolution.RESOLVED)]


def test_data_from_before_the_gap_do_not_close_it():
    ride = wiki_ride()
    fail(ride.park)
    assert report(ride, at=AT - HOUR).stored == [ride.park]
    assert gaps() == [(ride.park_id, AT, None, Resolution.OPEN)]


def test_a_gap_of_an_import_is_not_ours_to_close():
    ride = wiki_ride()
    DataQualityLog(
        import_id="imp_1",
        issue_type=LogType.GAP,
        entity_type="park",
        entity_id=ride.park_id,
        timestamp_start=AT - HOUR,
        description="the archive is silent",
    ).save()
    report(ride)
    assert DataQualityLog.objects.get().timestamp_end is None


@pytest.mark.parametrize(("minutes", "is_gap"), [(35, False), (36, True), (600, True)])
def test_a_silence_of_more_than_half_an_hour_is_a_gap_though_no_cycle_failed(minutes, is_gap):
    ride = wiki_ride()
    report(ride)
    now = AT + timedelta(minutes=minutes)
    report(ride, at=now)
    assert gaps() == ([(ride.park_id, AT + INTERVAL, now, Resolution.RESOLVED)] if is_gap else [])


def test_the_first_data_of_a_park_end_no_silence():
    report(wiki_ride())
    assert gaps() == []


# -- detected --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "is_gap"), [(35, False), (36, True)])
def test_a_park_nobody_hears_of_has_a_gap_from_half_an_hour_on(minutes, is_gap):
    park = ActivityFactory.create(recorded_at=AT).park
    now = AT + timedelta(minutes=minutes)
    assert detect(now, [park]) == is_gap
    assert detect(now + INTERVAL, [park]) == (not is_gap)
    assert gaps() == [(park.pk, AT + INTERVAL, None, Resolution.OPEN)]


def test_a_park_that_was_never_seen_has_no_gap():
    assert detect(AT, [ParkFactory.create()]) == 0
    assert gaps() == []


def test_a_gap_that_a_cycle_opened_is_not_detected_again():
    ride = wiki_ride()
    report(ride)
    fail(ride.park, AT + INTERVAL)
    assert detect(AT + HOUR, [ride.park]) == 0
    assert len(gaps()) == 1


def test_what_was_detected_is_closed_when_data_return():
    ride = wiki_ride()
    report(ride)
    detect(AT + HOUR, [ride.park])
    report(ride, at=AT + 2 * HOUR)
    assert gaps() == [(ride.park_id, AT + INTERVAL, AT + 2 * HOUR, Resolution.RESOLVED)]


# -- one park's failure is not the others' ---------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        TIMEOUT,
        UpstreamError(Reason.SERVER_ERROR, "HTTP 500"),
        ValueError("a surprise"),
        MemoryError(),
        b"",
        b"null",
        b"[]",
        b'{"liveData": []}',
        b'{"id": "75ea578a-adc8-4116-a54d-dccb60765ef9", "liveData": null}',
        b"[" * 100_000,
        b'{"id": "75ea578a-adc8-4116-a54d-dccb60765ef9", "liveData": {}}',
    ],
    ids=lambda failure: str(failure)[:40],
)
def test_whatever_one_park_answers_the_others_are_stored(failure):
    good, bad, last = wiki_ride(), wiki_ride(), wiki_ride()
    answers = {ride.park: live(ride.park, entry(ride)) for ride in (good, last)}
    result = cycle({good.park: answers[good.park], bad.park: failure, last.park: answers[last.park]})
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {good.pk, last.pk}
    assert [row[0] for row in gaps()] == [bad.park_id]
    assert set(result.failed) == {bad.park}
    assert set(result.stored) == {good.park, last.park}


def test_an_answer_without_entries_stores_nothing_and_is_a_gap():
    park = wiki_ride().park
    result = cycle({park: live(park)})
    assert "no ride" in result.silent[park]
    assert not ParkActivitySnapshot.objects.exists()
    assert len(gaps()) == 1


def test_an_answer_about_strangers_alone_says_what_would_help():
    park = ParkFactory.create()
    stranger = RideFactory.build(park=park)
    result = collect(AT, fetch_of({park: live(park, entry(stranger))}), [park], auto_create=False)
    assert "sync_parks" in result.failed[park]
    assert DataQualityLog.objects.filter(issue_type=LogType.MAPPING_FAILED).count() == 1


def test_an_answer_about_another_park_is_not_believed():
    ride, other = wiki_ride(), wiki_ride()
    result = cycle({ride.park: live(other.park, entry(ride))})
    assert other.park.themeparks_wiki_id in result.failed[ride.park]
    assert not RideStatusSnapshot.objects.exists()


def test_a_park_its_source_does_not_know_is_kept_and_reported_as_missing():
    ride, other = wiki_ride(), RideFactory.create(park=queue_times_park())
    error = UpstreamError(Reason.NOT_FOUND, "HTTP 404")
    for n in range(3):
        cycle({ride.park: error, other.park: error}, AT + n * INTERVAL)
    ride.park.refresh_from_db()
    assert ride.park.is_active
    issues = DataQualityIssue.objects.filter(issue_type=IssueType.MISSING_DATA).order_by("park")
    assert [issue.park for issue in issues] == [ride.park, other.park]
    assert [issue.themeparks_wiki_id for issue in issues] == [ride.park.themeparks_wiki_id, None]
    assert [issue.queue_times_id for issue in issues] == [ride.park.queue_times_id, other.park.queue_times_id]


def test_a_park_that_cannot_be_stored_does_not_take_the_others_with_it(monkeypatch):
    good, bad, last = wiki_ride(), wiki_ride(), wiki_ride()
    real = snapshots.collection.run.park_rows

    def broken(reading, known):
        rows = real(reading, known)
        if reading.park == bad.park:
            rows.rides.append(rows.rides[0])  # the same key twice
        return rows

    monkeypatch.setattr(snapshots.collection.run, "park_rows", broken)
    result = cycle({ride.park: live(ride.park, entry(ride)) for ride in (good, bad, last)})
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {good.pk, last.pk}
    assert set(ParkActivitySnapshot.objects.values_list("park", flat=True)) == {good.park_id, last.park_id}
    assert "IntegrityError" in result.failed[bad.park]
    assert (len(result.stored), result.rides) == (2, 2)
    assert [row[0] for row in gaps()] == [bad.park_id]


def test_a_feed_that_surprises_its_reader_does_not_take_the_others_with_it(monkeypatch):
    good, bad = wiki_ride(), wiki_ride()
    real = snapshots.collection.run.read_wiki_park

    def broken(park, *rest):
        if park == bad.park:
            raise KeyError("surprise")
        return real(park, *rest)

    monkeypatch.setattr(snapshots.collection.run, "read_wiki_park", broken)
    result = cycle({ride.park: live(ride.park, entry(ride)) for ride in (bad, good)})
    assert result.stored == [good.park]
    assert "surprise" in result.failed[bad.park]
    assert [row[0] for row in gaps()] == [bad.park_id]


def test_a_park_whose_zone_nobody_knows_does_not_take_the_others_with_it():
    good, bad = wiki_ride(), wiki_ride()
    bad.park.timezone = "Mars/Olympus"  # a zone that the machine has lost
    result = cycle({ride.park: live(ride.park, entry(ride), timezone="UTC") for ride in (good, bad)})
    assert [park.pk for park in result.stored] == [good.park_id]
    assert list(result.failed) == [bad.park]


def test_parks_that_do_not_answer_in_time_are_left_to_the_next_cycle(monkeypatch):
    good, slow = wiki_ride(), wiki_ride()
    released = threading.Event()
    reported = fetch_of({good.park: live(good.park, entry(good))})

    def fetch(park):
        if park == slow.park:
            released.wait(30)
        return reported(park)

    monkeypatch.setattr(snapshots.collection.run, "RUN_SECONDS", 0.3)
    result = collect(AT, fetch, [slow.park, good.park])
    released.set()
    assert result.stored == [good.park]
    assert "no answer within" in result.failed[slow.park]
    assert [row[0] for row in gaps()] == [slow.park_id]


def test_the_slower_source_does_not_hold_up_the_other(settings):
    settings.UPSTREAM_CONCURRENCY = 2
    wiki, times = wiki_ride(), [RideFactory.create(park=queue_times_park()) for _ in range(6)]
    asked = threading.Event()

    def fetch(park):
        if park == wiki.park:
            asked.set()
            return live(wiki.park, entry(wiki))
        assert asked.wait(10), "six parks of the other source stand before it"
        raise TIMEOUT

    result = collect(AT, fetch, [*(ride.park for ride in times), wiki.park])
    assert result.stored == [wiki.park]
    assert set(result.failed.values()) == {str(TIMEOUT)}


@pytest.mark.parametrize("returns", [False, True])
def test_the_last_word_of_an_archive_begins_no_gap_of_live_collection(returns):
    ride = wiki_ride()
    before = {"recorded_at": AT - 3 * HOUR, "duration_seconds": 3600, "data_source": DataSource.ARCHIVE}
    ActivityFactory.create(park=ride.park, **before)
    assert detect(AT, [ride.park]) == 0
    if returns:
        report(ride)
        assert gaps() == []
    else:
        fail(ride.park)
        assert gaps() == [(ride.park_id, AT, None, Resolution.OPEN)]
