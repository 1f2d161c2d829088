"""How many rides are in which state right now (R-4.7, R-5.3, public-api 4.8, Q20, Q45)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from parks.models import Park, ParkSchedule, Ride
from snapshots.models import RideStatusSnapshot
from stats.tests.builders import LOS_ANGELES, NEW_YORK, TOKYO, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db

PATH = "/api/live/status-summary"
NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY = date(2025, 12, 23)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
BUCKETS = ("OPERATING", "DOWN", "CLOSED", "REFURBISHMENT", "PARK_CLOSED")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(**query: Any) -> dict[str, int]:
        response = client.get(PATH, query)
        assert response.status_code == 200, response.content
        counts = response.json()["status_summary"]
        assert counts["total"] == sum(counts[name] for name in BUCKETS)
        return {name: count for name, count in counts.items() if count and name != "total"}

    return answer


def open_park(**columns: Any) -> Park:
    park = make_park(**columns)
    show_park(park, OPENING, 480)
    return park


def reported(park: Park, story: str, **columns: Any) -> Ride:
    """A ride with this story since 09:00."""
    ride = make_ride(park, **columns)
    report(ride, OPENING, story)
    return ride


@pytest.mark.parametrize("reports_down", [True, False])
@pytest.mark.parametrize(
    ("story", "bucket"),
    [
        ("O480", "OPERATING"),
        ("O300 D180", "DOWN"),
        ("D300 O10 D170", "DOWN"),
        ("+300 D180", "DOWN"),
        ("D480", "CLOSED"),  # never ran today, so it cannot have broken down
        ("C300 D180", "CLOSED"),
        ("O300 C180", "CLOSED"),
        ("C480", "CLOSED"),
        ("O300 R180", "REFURBISHMENT"),
        ("R480", "REFURBISHMENT"),
        ("+480", "OPERATING"),
        ("+300 -180", "DOWN"),
        ("O300 -180", "DOWN"),
        ("-480", "CLOSED"),
    ],
)
def test_a_ride_is_counted_in_the_bucket_of_its_latest_state(ask, story, bucket, reports_down):
    reported(open_park(is_disney=reports_down), story)
    assert ask() == {bucket: 1}


@pytest.mark.parametrize("story", ["O480", "O300 D180", "C480", "R480", "-480"])
@pytest.mark.parametrize(("is_open", "counts"), [(False, {"PARK_CLOSED": 1}), (None, {})])
def test_a_park_that_is_not_open_hides_the_state(ask, story, is_open, counts):
    """Of a park that was not heard of nobody knows whether it is closed (N-6)."""
    park = make_park()
    reported(park, story)
    if is_open is not None:
        show_park(park, OPENING, 470)
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=is_open)
    assert ask() == counts


def test_a_row_without_length_is_no_evidence_that_a_ride_ran(ask):
    """N-10: the closing instant of a ride that was down all day."""
    ride = reported(open_park(), "D470")
    report(ride, NOW - timedelta(minutes=10), "D10")
    RideStatusSnapshot.objects.create(
        ride=ride,
        park=ride.park,
        recorded_at=OPENING - timedelta(minutes=10),
        duration_seconds=0,
        status="OPERATING",
        is_open=True,
        computed_is_open=True,
        park_appears_open=True,
    )
    assert ask() == {"CLOSED": 1}


def test_a_schedule_opens_a_park(ask):
    park = make_park()
    reported(park, "O300 D180")
    show_park(park, NOW - timedelta(minutes=10), 10, is_open=False)
    ParkSchedule.objects.create(
        park=park, schedule_date=TODAY, opening_time=OPENING, closing_time=NOW + timedelta(hours=1)
    )
    assert ask() == {"DOWN": 1}


def test_running_while_the_park_was_closed_is_no_evidence(ask):
    ride = make_ride(open_park())
    at = report(ride, OPENING - timedelta(hours=1), "O60", park_open=False)
    report(ride, at, "D480")
    assert ask() == {"CLOSED": 1}


@pytest.mark.parametrize(("zone", "midnight"), [(TOKYO, "15:00"), (NEW_YORK, "05:00"), (LOS_ANGELES, "08:00")])
@pytest.mark.parametrize(("minutes", "bucket"), [(0, "DOWN"), (-10, "CLOSED")])
def test_today_is_the_parks_own_day(ask, zone, midnight, minutes, bucket):
    """The ride ran for ten minutes at, or before, the midnight (UTC) of its park, and is down now."""
    ride = make_ride(open_park(timezone=zone))
    report(ride, local(TODAY, midnight, "UTC") + timedelta(minutes=minutes), "O10")
    report(ride, NOW - timedelta(minutes=30), "D30")
    assert ask() == {bucket: 1}


@pytest.mark.parametrize(("age", "is_counted"), [(10, True), (119, True), (120, True), (121, False), (600, False)])
def test_the_live_window_is_two_hours(ask, age, is_counted):
    """`age`: minutes since the end of the last observation."""
    park = open_park()
    ride = make_ride(park)
    report(ride, NOW - timedelta(minutes=age + 10), "O10")
    assert ask() == ({"OPERATING": 1} if is_counted else {})


def test_a_ride_that_was_never_seen_is_not_counted(ask):
    make_ride(open_park())
    assert ask() == {}


def test_every_ride_counts_once_however_often_it_and_its_park_were_seen(ask):
    park = open_park()
    for story in ("O480", "O240 D240", "O400 C80", "O10 R470", "+470 O10"):
        reported(park, story)
    assert ask() == {"OPERATING": 2, "DOWN": 1, "CLOSED": 1, "REFURBISHMENT": 1}


def test_only_active_attractions_of_active_parks_are_counted(ask):
    reported(open_park(is_active=False), "O480")
    park = open_park()
    for columns in ({"category": "SHOW"}, {"category": None}, {"is_active": False}):
        reported(park, "O480", **columns)
    assert ask() == {}
    reported(park, "O480")
    assert ask() == {"OPERATING": 1}


def test_the_filter_keeps_parks_with_either_flag(ask):
    reported(open_park(is_disney=True), "O480")
    reported(open_park(is_universal=True), "O400 D80")
    reported(open_park(), "C480")
    assert ask(filter="all-parks") == {"OPERATING": 1, "DOWN": 1, "CLOSED": 1}
    assert ask(filter="disney-universal") == {"OPERATING": 1, "DOWN": 1}


# -- one park ---------------------------------------------------------------------------------------------


def test_a_park_id_restricts_it_to_one_park(ask):
    first, second = open_park(is_disney=True), open_park()
    reported(first, "O480")
    reported(second, "O400 D80")
    assert ask(park_id=first.pk) == {"OPERATING": 1}
    assert ask(park_id=second.pk) == {"DOWN": 1}
    assert ask(park_id=second.pk, filter="disney-universal") == {}


@pytest.mark.parametrize("text", ["99999", "-1", "9999999999999999999999", " 99999 ", "+99999"])
def test_an_unknown_park_has_no_rides(ask, client, text):
    reported(open_park(), "O480")
    assert ask(park_id=text) == {}
    assert client.get(PATH, {"park_id": text}).json()["park_id"] == int(text)


def test_a_park_that_is_not_active_has_no_rides(ask):
    park = open_park(is_active=False)
    reported(park, "O480")
    assert ask(park_id=park.pk) == {}


@pytest.mark.parametrize("text", ["0", "-0", "abc", "5.5", "", " ", "\x01", "1e3"])
def test_what_is_no_park_id_is_ignored(ask, client, text):
    reported(open_park(), "O480")
    assert ask(park_id=text) == {"OPERATING": 1}
    assert "park_id" not in client.get(PATH, {"park_id": text}).json()


# -- shape ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filter_", ["all-parks", "disney-universal"])
def test_the_counters_are_integers_also_when_they_are_zero(client, filter_):
    park = open_park(is_disney=True)
    reported(park, "O480")
    expected = {
        "success": True,
        "filter": filter_,
        "status_summary": {**dict.fromkeys(BUCKETS, 0), "OPERATING": 1, "total": 1},
        "attribution": {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"},
    }
    body = client.get(PATH, {"filter": filter_}).json()
    assert body == expected
    assert {type(count) for count in body["status_summary"].values()} == {int}
    assert client.get(PATH, {"filter": filter_, "park_id": park.pk}).json() == {**expected, "park_id": park.pk}


def test_an_empty_database_counts_nothing(client):
    body = client.get(PATH).json()
    assert body["status_summary"] == {**dict.fromkeys(BUCKETS, 0), "total": 0}


def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(ask, django_assert_max_num_queries):
    def queries(rides: int) -> int:
        with django_assert_max_num_queries(7) as captured:
            assert ask() == {"DOWN": rides}
        return len(captured)

    reported(open_park(), "O300 D180")
    few = queries(1)
    for number in range(12):
        reported(open_park(timezone=f"Etc/GMT+{number % 5 + 3}"), "O300 D180")
    assert queries(13) == few


# -- parameters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["filter=disney", "filter=", "filter=All-Parks", "filter=x&park_id=x"])
def test_a_filter_that_is_wrong_is_reported(client, query):
    response = client.get(f"{PATH}?{query}")
    text = "Invalid filter. Must be 'disney-universal' or 'all-parks'"
    assert (response.status_code, response.json()) == (400, {"success": False, "error": text})


@pytest.mark.parametrize("query", ["period=x&limit=x", "filter=all-parks&filter=x", "park_id=1&park_id=x"])
def test_other_parameters_and_repetitions_are_accepted(client, query):
    assert client.get(f"{PATH}?{query}").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(PATH)
    assert (response.status_code, response.json()["success"]) == (405, False)
