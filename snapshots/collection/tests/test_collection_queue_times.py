"""Parks without a ThemeParks.wiki id are collected from Queue-Times (R-4.1, R-4.3, R-4.4)."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from parks.models import Category, Ride
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.models import DataQualityIssue, DataQualityLog, ParkActivitySnapshot, QueueData, RideStatusSnapshot
from snapshots.tests.live_answers import AT, cycle, entry, line, live, queue_times, queue_times_park, zulu

pytestmark = pytest.mark.django_db

# (wait, open flag, result), the whole of
OPEN_FLAGS = [
    *((10, flag, True) for flag in (True, False, None)),
    (0, True, True),
    (0, False, False),
    (0, None, False),
    (None, True, True),
    (None, False, False),
    (None, None, False),
]


def reported(is_open=True, wait=10, **members):
    """The row of the one ride of a park."""
    ride = RideFactory.create(park=queue_times_park())
    cycle({ride.park: queue_times(line(ride, is_open, wait, **members))})
    return RideStatusSnapshot.objects.get()


@pytest.mark.parametrize(("wait", "flag", "is_open"), OPEN_FLAGS)
def test_a_posted_wait_proves_that_a_ride_runs(wait, flag, is_open):
    row = reported(flag, wait)
    assert (row.status, row.is_open, row.computed_is_open, row.wait_time) == (None, flag, is_open, wait)
    park = ParkActivitySnapshot.objects.get()
    assert (park.rides_open, park.rides_closed, park.park_appears_open) == (int(is_open), int(not is_open), is_open)


@pytest.mark.parametrize("wait", [-1, 32_768, 10**9, "10", 2.5])
def test_a_wait_that_is_no_number_of_minutes_is_none_and_reported(wait):
    assert reported(True, wait).wait_time is None
    assert "wait_time" in DataQualityIssue.objects.get().details["text"]


@pytest.mark.parametrize("wait", [301, 680, 985])
def test_a_wait_past_five_hours_is_kept_and_reported(wait):
    row = reported(True, wait)
    assert row.wait_time == wait
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.queue_times_id, issue.themeparks_wiki_id) == (row.ride, row.ride.queue_times_id, None)


@pytest.mark.parametrize(
    ("minutes", "is_stale"), [(30, False), (30.05, True), (90, True), (-10, False), (-400, False)]
)
def test_a_ride_without_news_for_half_an_hour_is_closed(minutes, is_stale):
    row = reported(True, 45, last_updated=zulu(AT - timedelta(minutes=minutes)))
    expected = (False, False, 0) if is_stale else (True, True, 45)
    assert (row.is_open, row.computed_is_open, row.wait_time) == expected
    assert row.last_updated_api == AT - timedelta(seconds=round(minutes * 60))
    future = minutes == -400
    assert DataQualityIssue.objects.count() == future, "staleness itself is no issue here"


def test_without_an_instant_a_ride_is_believed():
    row = reported(True, 45, last_updated=None)
    assert (row.computed_is_open, row.last_updated_api) == (True, AT)


def test_rides_of_lands_and_of_none_are_read_and_the_land_is_kept():
    park = queue_times_park()
    one, two, three = RideFactory.create_batch(3, park=park, land_area=None)
    body = queue_times(line(one), line(two), lands={"Fantasyland": [line(two)], "Frontierland": [line(three)]})
    cycle({park: body})
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {one.pk, two.pk, three.pk}
    lands = dict(Ride.objects.values_list("pk", "land_area"))
    assert lands == {one.pk: None, two.pk: "Fantasyland", three.pk: "Frontierland"}
    assert not DataQualityIssue.objects.exists()


def test_a_ride_that_moves_to_another_land_moves_and_an_unknown_land_erases_none():
    ride = RideFactory.create(park=queue_times_park(), land_area="Old Town")
    cycle({ride.park: queue_times(line(ride))})
    ride.refresh_from_db()
    assert ride.land_area == "Old Town"
    cycle({ride.park: queue_times(lands={"L" * 300: [line(ride)]})}, AT + timedelta(minutes=5))
    ride.refresh_from_db()
    assert ride.land_area == "L" * 100


@pytest.mark.parametrize("name", ["Matterhorn Single Rider", "SINGLE RIDER: Matterhorn", "x single riders"])
def test_single_rider_lines_are_no_rides(name):
    park = queue_times_park()
    ride, single = RideFactory.create_batch(2, park=park)
    cycle({park: queue_times(line(ride), line(single, name=name))})
    assert RideStatusSnapshot.objects.get().ride == ride


@pytest.mark.parametrize("category", Category.values)
def test_only_attractions_give_rows(category):
    park = queue_times_park()
    RideFactory.create(park=park)
    ride = RideFactory.create(park=park, category=category)
    cycle({park: queue_times(*(line(known) for known in park.rides.all()))})
    assert RideStatusSnapshot.objects.filter(ride=ride).exists() is (category == Category.ATTRACTION)


def test_rides_of_other_parks_are_left_out_and_reported():
    park, other = queue_times_park(), queue_times_park()
    ride, elsewhere = RideFactory.create(park=park), RideFactory.create(park=other)
    cycle({park: queue_times(line(ride), line(elsewhere))})
    assert RideStatusSnapshot.objects.get().ride == ride
    assert DataQualityIssue.objects.get().ride == elsewhere
    assert not DataQualityLog.objects.exists()


def test_a_closed_ride_is_down_where_the_source_reports_no_reason():
    park = queue_times_park()
    rides = RideFactory.create_batch(2, park=park, last_operated_at=AT - timedelta(days=1))
    cycle({park: queue_times(line(rides[0]), line(rides[1], False, 0))})
    row = ParkActivitySnapshot.objects.get()
    assert (row.shame_score, row.avg_wait_time, row.max_wait_time) == (Decimal("5.0"), Decimal("10.00"), 10)
    assert list(Ride.objects.filter(last_operated_at=AT)) == [rides[0]]


def test_no_line_but_the_standby_line_is_reported():
    reported()
    assert not QueueData.objects.exists()


def test_a_park_with_both_ids_is_read_as_themeparks_wiki():
    ride = RideFactory.create(park=ParkFactory.create(queue_times_id=77))
    cycle({ride.park: live(ride.park, entry(ride, "DOWN"))})
    assert RideStatusSnapshot.objects.get().status == "DOWN"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"lands": 5, "rides": [5, null]}',
    ],
)
def test_an_answer_without_rides_stores_nothing_and_opens_a_gap(body):
    ride = RideFactory.create(park=queue_times_park())
    result = cycle({ride.park: body})
    assert list(result.failed) == [ride.park]
    assert not RideStatusSnapshot.objects.exists()
    assert DataQualityLog.objects.get().entity_id == ride.park_id


def test_the_same_problem_in_two_parks_is_reported_of_both():
    rides = [RideFactory.create(park=queue_times_park()) for _ in range(2)]
    cycle({ride.park: queue_times(line(ride), line(ride, id="x")) for ride in rides})
    assert set(DataQualityIssue.objects.values_list("park", flat=True)) == {ride.park_id for ride in rides}
    assert RideStatusSnapshot.objects.count() == 2


@pytest.mark.parametrize("name", ["park_4_queue_times_2024-05-23.json", "park_5_queue_times_2023-11.json"])
def test_a_recorded_answer_is_stored_as_it_is(shared_data_dir, name):
    body = (shared_data_dir / "real" / "queue_times_raw" / name).read_bytes()
    payload = json.loads(body)
    reported = {ride["id"]: ride for ride in payload["rides"]}
    reported |= {ride["id"]: ride for land in payload["lands"] for ride in land["rides"]}
    park = queue_times_park()
    for number in reported:
        RideFactory.create(park=park, queue_times_id=number)
    newest = max(ride["last_updated"] for ride in reported.values())
    cycle({park: body}, datetime.fromisoformat(newest) + timedelta(minutes=3))
    wanted = {
        number: (ride["is_open"], ride["wait_time"], ride["is_open"] or ride["wait_time"] > 0)
        for number, ride in reported.items()
        if "single rider" not in ride["name"].lower()
    }
    columns = ("ride__queue_times_id", "is_open", "wait_time", "computed_is_open")
    assert {row[0]: row[1:] for row in RideStatusSnapshot.objects.values_list(*columns)} == wanted
    assert len(wanted) > 10


def test_unreported_members_are_no_problem():
    ride = RideFactory.create(park=queue_times_park())
    cycle({ride.park: json.dumps({"rides": [{"id": ride.queue_times_id}]}).encode()})
    row = RideStatusSnapshot.objects.get()
    assert (row.is_open, row.wait_time, row.computed_is_open) == (None, None, False)
