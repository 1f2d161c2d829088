"""What a feed does not say stays unknown: no status (N-7), nothing listed, the future (N-14), another park's ride."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from parks.models import Ride
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.park_freshness import park_freshness
from snapshots.collection.run import collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    IssueType,
    LogType,
    ParkActivitySnapshot,
    QueueData,
    Resolution,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.tests.live_answers import (
    AT,
    INTERVAL,
    UNTOLD,
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


def two_rides(**columns):
    """The rides of one park of ThemeParks.wiki."""
    return RideFactory.create_batch(2, park=ParkFactory.create(**columns))


def reported(one, other, at=AT):
    park = one["parkId"]
    assert park == other["parkId"]
    ride = Ride.objects.get(themeparks_wiki_id=other["id"])
    return cycle({ride.park: live(ride.park, one, other)}, at)


# -- no status (N-7) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (UNTOLD, IssueType.MISSING_DATA),
        (None, IssueType.MISSING_DATA),
        ("", IssueType.MISSING_DATA),
        ("DELAYED", IssueType.INVALID_STATUS),
    ],
)
def test_a_ride_without_a_status_that_we_know_has_no_row_and_an_issue(status, kind):
    ride, steady = two_rides()
    result = reported(entry(ride, status, 20), entry(steady))
    assert (result.failed, result.rides) == ({}, 1)
    assert RideStatusSnapshot.objects.get().ride == steady
    park = ParkActivitySnapshot.objects.get()
    assert (park.total_rides_tracked, park.rides_open, park.rides_closed) == (1, 1, 0)
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.ride) == (kind, ride)
    assert "unknown" in issue.details["text"]


def test_what_is_not_known_is_no_change_and_its_time_is_nobodys():
    ride, steady = two_rides()
    for n, status in enumerate(["OPERATING", UNTOLD, "DELAYED", "OPERATING", UNTOLD, "DOWN"]):
        reported(entry(ride, status), entry(steady), AT + n * INTERVAL)
    rows = RideStatusSnapshot.objects.filter(ride=ride).order_by("recorded_at")
    assert [((row.recorded_at - AT) // INTERVAL, row.duration_seconds, row.status) for row in rows] == [
        (0, 300, "OPERATING"),
        (3, 300, "OPERATING"),
        (5, 300, "DOWN"),
    ]
    change = RideStatusChange.objects.get()
    assert (change.changed_at, change.previous_status_enum) == (AT + 5 * INTERVAL, "OPERATING")


def test_a_ride_without_a_queue_operates_without_a_wait():
    ride = wiki_ride()
    reported_of = entry(ride) | {"queue": None}
    cycle({ride.park: live(ride.park, reported_of)})
    row = RideStatusSnapshot.objects.get()
    assert (row.status, row.wait_time, DataQualityIssue.objects.count()) == ("OPERATING", None, 0)


def test_a_park_of_which_no_ride_has_a_status_is_not_stored():
    ride = wiki_ride()
    result = report(ride, UNTOLD)
    assert list(result.failed) == [ride.park]
    assert not ParkActivitySnapshot.objects.exists()
    assert DataQualityLog.objects.get().issue_type == LogType.GAP


# -- nothing listed --------------------------------------------------------------------------------------


def silent_answer(park):
    return live(park) if park.themeparks_wiki_id else queue_times()


@pytest.mark.parametrize("make", [ParkFactory.create, queue_times_park])
def test_a_park_that_lists_nothing_for_long_is_one_open_issue_and_no_failure(make):
    park = make()
    ride = RideFactory.create(park=park)
    for hours in range(0, 100, 2):
        result = cycle({park: silent_answer(park)}, AT + timedelta(hours=hours))
        assert (result.failed, list(result.silent)) == ({}, [park])
        assert "1 parks silent" in str(result)
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.park, issue.is_resolved) == (IssueType.MISSING_DATA, park, False)
    gap = DataQualityLog.objects.get()
    assert (gap.issue_type, gap.timestamp_start, gap.timestamp_end) == (LogType.GAP, AT, None)
    back = AT + timedelta(hours=100)
    full = live(park, entry(ride)) if park.themeparks_wiki_id else queue_times(line(ride, last_updated=zulu(back)))
    cycle({park: full}, back)
    issue.refresh_from_db()
    gap.refresh_from_db()
    assert (issue.is_resolved, issue.resolved_at, gap.timestamp_end) == (True, back, back)
    cycle({park: silent_answer(park)}, back + INTERVAL)
    assert DataQualityIssue.objects.filter(details__kind="silent", is_resolved=False).count() == 1


def test_a_silent_park_does_not_change_the_exit_code(monkeypatch):
    park = ParkFactory.create()
    answers = fetch_of({park: live(park)})
    monkeypatch.setattr(
        "snapshots.management.commands.collect_snapshots.collect", lambda at, _, parks: collect(at, answers, parks)
    )
    call_command("collect_snapshots")  # raises nothing
    assert DataQualityIssue.objects.get().park == park


# -- another park's ride ---------------------------------------------------------------------------------


def test_an_entry_of_another_park_is_left_out_and_reported():
    ride, steady = two_rides()
    stray = entry(ride) | {"parkId": "11111111-2222-3333-4444-555555555555"}
    cycle({ride.park: live(ride.park, stray, entry(steady))})
    assert RideStatusSnapshot.objects.get().ride == steady
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.ride) == (IssueType.INCONSISTENT_DATA, ride)
    assert "11111111-2222" in issue.details["text"]


def test_an_unknown_entry_of_another_park_becomes_no_ride():
    ride = wiki_ride()
    stray = entry(ride) | {
        "id": "99999999-2222-3333-4444-555555555555",
        "parkId": "11111111-2222-3333-4444-555555555555",
    }
    cycle({ride.park: live(ride.park, stray, entry(ride))})
    assert Ride.objects.get() == ride


# -- the future (N-14) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "is_refused"), [(0, False), (60, False), (61, True), (86_400, True)])
def test_an_entry_dated_later_than_now_is_refused_and_reported(ahead, is_refused):
    ride, steady = two_rides()
    with time_machine.travel(AT, tick=False):
        late = entry(ride, lastUpdated=zulu(AT + timedelta(seconds=ahead)))
        reported(late, entry(steady))
    assert RideStatusSnapshot.objects.filter(ride=ride).exists() is not is_refused
    assert [issue.ride for issue in DataQualityIssue.objects.all()] == ([ride] if is_refused else [])


def test_a_park_whose_states_are_all_dated_later_than_now_names_the_clock():
    ride = wiki_ride()
    with time_machine.travel(AT, tick=False):
        result = report(ride, lastUpdated=zulu(AT + timedelta(hours=2)))
    assert result.failed[ride.park] == "1 states are dated later than now: our clock or theirs is wrong"
    assert not RideStatusSnapshot.objects.exists()


def test_a_queue_times_ride_dated_later_than_now_is_refused_and_reported():
    park = queue_times_park()
    ride, steady = RideFactory.create_batch(2, park=park)
    late = line(ride, last_updated=zulu(AT + timedelta(hours=2)))
    with time_machine.travel(AT, tick=False):
        cycle({park: queue_times(late, line(steady))})
    assert RideStatusSnapshot.objects.get().ride == steady
    assert DataQualityIssue.objects.get().ride == ride


def test_a_cycle_of_the_future_is_refused_and_reported_once():
    ride = wiki_ride()
    with time_machine.travel(AT, tick=False):
        for _ in range(2):
            result = report(ride, at=AT + timedelta(hours=2))
            assert "future" in result.failed[ride.park]
        report(ride, at=AT + timedelta(seconds=60))
    assert RideStatusSnapshot.objects.get().recorded_at == AT + timedelta(seconds=60)
    issue = DataQualityIssue.objects.get()
    assert (issue.park, issue.detected_at) == (ride.park, AT)


def test_a_clock_that_ran_ahead_costs_no_true_observation():
    ride = wiki_ride()
    lines = {"SINGLE_RIDER": {"waitTime": 5}}
    ahead = AT + timedelta(hours=5)
    with time_machine.travel(ahead, tick=False):
        report(ride, "OPERATING", 10, ahead)
        report(ride, "DOWN", None, ahead + INTERVAL, queue=lines)
    with time_machine.travel(AT, tick=False):
        assert park_freshness(AT).parks == []
    for n in range(62):
        at = AT + n * INTERVAL
        with time_machine.travel(at, tick=False):
            assert report(ride, "OPERATING", 20, at).already == 0
            assert park_freshness(at).parks[0].last_snapshot == at
    rows = RideStatusSnapshot.objects.order_by("recorded_at")
    assert [(row.status, row.wait_time, row.duration_seconds) for row in rows] == 62 * [("OPERATING", 20, 300)]
    assert ParkActivitySnapshot.objects.count() == 62
    assert not RideStatusChange.objects.exists()
    assert not QueueData.objects.exists()


def test_a_cycle_that_was_run_twice_is_still_stored_once():
    ride = wiki_ride()
    for n in range(3):
        report(ride, at=AT + n * INTERVAL)
    before = tables()
    assert report(ride, "DOWN", at=AT + 2 * INTERVAL).already == 1
    assert report(ride, "DOWN", at=AT).already == 1
    assert tables() == before


# -- rides that are new (N-13) ---------------------------------------------------------------------------


def test_a_new_ride_of_queue_times_is_stored_from_its_first_cycle():
    ride = RideFactory.create(park=queue_times_park())
    new = line(ride, True, 5, id=999_999, name="Wild Swan")
    single = line(ride, True, 5, id=999_998, name="Wild Swan Single Rider")
    result = cycle({ride.park: queue_times(line(ride), lands={"Fairyland": [new, single]})})
    assert (result.created, result.rides, result.unmapped) == (1, 2, 0)
    created = Ride.objects.exclude(pk=ride.pk).get()
    assert (created.queue_times_id, created.name, created.land_area) == (999_999, "Wild Swan", "Fairyland")
    assert created.park == ride.park
    assert RideStatusSnapshot.objects.get(ride=created).wait_time == 5
    note = DataQualityLog.objects.get()
    assert (note.external_id, note.entity_id, note.resolution_status) == ("999999", created.pk, Resolution.RESOLVED)
    assert cycle({ride.park: queue_times(line(ride), new)}, AT + INTERVAL).created == 0
    assert DataQualityLog.objects.count() == 1


def test_a_new_ride_of_themeparks_wiki_is_stored_from_its_first_cycle():
    ride = wiki_ride()
    new = entry(ride, "DOWN") | {"id": "99999999-2222-3333-4444-555555555555", "name": "Wild Swan"}
    show = new | {"id": "99999999-2222-3333-4444-666666666666", "entityType": "SHOW"}
    result = cycle({ride.park: live(ride.park, entry(ride), new, show)})
    assert (result.created, result.rides) == (1, 2)
    created = Ride.objects.exclude(pk=ride.pk).get()
    assert (created.name, RideStatusSnapshot.objects.get(ride=created).status) == ("Wild Swan", "DOWN")
    assert DataQualityLog.objects.get().entity_id == created.pk


def test_what_has_no_name_becomes_no_ride():
    ride = RideFactory.create(park=queue_times_park())
    cycle({ride.park: queue_times(line(ride), line(ride, id=999_999, name=""))})
    assert Ride.objects.get() == ride
    assert DataQualityLog.objects.get().external_id == "999999"
