"""`/api/analytics/rides` and `/api/analytics/parks`: shapes, order, comparisons, what is refused and how."""

import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
import yaml
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parks.models import Park, Ride
from stats.answers.analytics_rows import METRICS
from stats.api.analytics_serializers import DEFAULT_METRICS, RANGE_CAPS
from stats.measures.windows import Bucket
from stats.tests.builders import (
    DAY,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    recomputed,
    report,
    ride_day,
    show_park,
)

pytestmark = pytest.mark.django_db

RIDES, PARKS = "/api/analytics/rides", "/api/analytics/parks"
BOTH = pytest.mark.parametrize("path", [RIDES, PARKS])
NEXT = DAY + timedelta(days=1)
ONE_DAY = {"start": "2025-12-22", "end": "2025-12-22"}
PARAMETERS = {
    *("park_id", "ride_id", "start", "end", "timezone"),
    *("hours", "weekdays", "bucket", "metrics", "group_by", "compare"),
}
ATTRIBUTION = {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"}


@pytest.fixture(autouse=True)
def _three_days_later():
    with time_machine.travel(local(DAY + timedelta(days=3), "12:00"), tick=False):
        yield


@pytest.fixture
def kingdom() -> Park:
    """A park open from 9:00 to 19:00 with a ride that is down for an hour in the middle, and one that is not."""
    park = make_park(name="Kingdom")
    end = report(make_ride(park, 1, name="Mountain"), local(DAY, "09:00"), "O240", wait=30)
    report(park.rides.get(), end, "D60 O300", wait=60)
    report(make_ride(park, 3, name="Carousel"), local(DAY, "09:00"), "O600", wait=5)
    show_park(park, local(DAY, "09:00"), 600)
    return park


def ask(client: Client, path: str, **parameters: Any) -> Any:
    """The body of an answer to known good parameters."""
    response = client.get(path, {**ONE_DAY, **parameters})
    assert response.status_code == 200, response.content
    return response.json()


# -- shapes ----------------------------------------------------------------------------------------------


@BOTH
def test_an_answer_echoes_the_question_and_names_its_source(client, kingdom, path):
    body = ask(client, path, hours="11:30-13:45", weekdays="sun,mon", bucket="15m", metrics="wait_avg,wait_p90")
    assert {name: value for name, value in body.items() if name != "data"} == {
        "success": True,
        "start": "2025-12-22",
        "end": "2025-12-22",
        "hours": "11:30-13:45",
        "weekdays": ["mon", "sun"],
        "bucket": "15m",
        "metrics": ["wait_avg", "wait_p90"],
        "compare": None,
        "attribution": ATTRIBUTION,
    }


@BOTH
def test_what_is_not_asked_for_has_its_default(client, kingdom, path):
    body = ask(client, path)
    assert (body["hours"], body["weekdays"], body["bucket"], body["compare"]) == (None, [], "none", None)
    assert body["metrics"] == list(DEFAULT_METRICS)
    for row in body["data"]:
        assert list(row["total"]) == list(DEFAULT_METRICS)
        assert "buckets" not in row
        assert "comparison" not in row


def test_a_ride_is_reported_with_its_park(client, kingdom):
    carousel, mountain = ask(client, RIDES)["data"]
    ride = kingdom.rides.get(name="Mountain")
    assert {name: value for name, value in mountain.items() if name != "total"} == {
        "ride_id": ride.pk,
        "ride_name": "Mountain",
        "park_id": kingdom.pk,
        "park_name": "Kingdom",
        "timezone": "America/New_York",
        "start_date": "2025-12-22",
        "end_date": "2025-12-22",
        "is_complete": True,
    }
    assert mountain["total"] == {
        "wait_avg": 46.7,  # (240 × 30 + 300 × 60) / 540
        "uptime_percentage": 90.0,
        "downtime_minutes": 60,
        "unknown_minutes": 0,
        "shame_score": 1.0,
        "observations": 60,
    }
    assert carousel["ride_name"] == "Carousel"


def test_a_park_is_the_sum_of_its_rides(client, kingdom):
    (row,) = ask(client, PARKS, metrics=",".join([*METRICS, "wait_p50"]))["data"]
    assert (row["park_id"], row["park_name"], row["timezone"]) == (kingdom.pk, "Kingdom", "America/New_York")
    assert row["total"] == {
        "wait_avg": 24.7,  # (240 × 30 + 300 × 60 + 600 × 5) / 1140
        "wait_min": 5,
        "wait_max": 60,
        "walk_on_percentage": 0.0,
        "uptime_percentage": 95.0,
        "availability_percentage": 95.0,
        "uptime_minutes": 1140,
        "downtime_minutes": 60,
        "opening_delay_minutes": 0,
        "closed_minutes": 0,
        "unknown_minutes": 0,
        "open_minutes": 1200,
        "shame_score": 0.8,  # 1 h × 3 / ((3 + 1) × 10 h) × 10
        "observations": 120,
        "wait_p50": 5,
    }


@pytest.mark.parametrize(
    ("bucket", "labels"),
    [
        ("4h", ["2025-12-22T08:00:00-05:00", "2025-12-22T12:00:00-05:00", "2025-12-22T16:00:00-05:00"]),
        ("1d", ["2025-12-22"]),
        ("1w", ["2025-12-22"]),
        ("1mo", ["2025-12-01"]),
        ("weekday", ["mon"]),
        ("hour_of_day", [f"{hour:02}:00" for hour in range(9, 19)]),
    ],
)
def test_buckets_are_named_by_their_local_start_and_stand_in_order(client, kingdom, bucket, labels):
    for path in (RIDES, PARKS):
        for row in ask(client, path, bucket=bucket)["data"]:
            assert [each["bucket"] for each in row["buckets"]] == labels
            assert set(row["buckets"][0]) == {"bucket", *DEFAULT_METRICS}


def test_the_buckets_of_a_repeated_hour_are_reported_apart_by_their_offsets(client):
    autumn = date(2025, 11, 2)
    report(make_ride(make_park()), local(autumn, "00:00"), "O300")
    (row,) = ask(client, RIDES, start=str(autumn), end=str(autumn), hours="01:00-02:00", bucket="1h")["data"]
    assert [each["bucket"] for each in row["buckets"]] == ["2025-11-02T01:00:00-04:00", "2025-11-02T01:00:00-05:00"]


def test_lunch_in_quarters_of_an_hour(client, kingdom):
    found = ask(client, RIDES, ride_id=kingdom.rides.get(name="Mountain").pk, hours="12:30-14:15", bucket="15m")
    (row,) = found["data"]
    assert [each["downtime_minutes"] for each in row["buckets"]] == [0, 0, 15, 15, 15, 15, 0]
    assert row["total"]["downtime_minutes"] == 60


def test_a_window_of_instants_is_half_open_and_read_in_the_zone_that_is_named(client, kingdom):
    mountain = kingdom.rides.get(name="Mountain").pk

    def down(**parameters: str) -> int:
        (row,) = ask(client, RIDES, ride_id=mountain, **parameters)["data"]
        minutes: int = row["total"]["downtime_minutes"]
        return minutes

    assert down(start="2025-12-22T13:00", end="2025-12-22T13:30") == 30
    assert down(start="2025-12-22T18:00:00Z", end="2025-12-22T18:30:00Z") == 30
    assert down(start="2025-12-22T19:00:00+01:00", end="2025-12-22T19:30:00+01:00") == 30
    assert down(start="2025-12-22T19:00", end="2025-12-22T19:30", timezone=PARIS) == 30
    # a plus sign that was not escaped
    (row,) = client.get(
        f"{RIDES}?ride_id={mountain}&start=2025-12-22T19:00:00+01:00&end=2025-12-22T20:00:00+01:00"
    ).json()["data"]
    assert row["total"]["downtime_minutes"] == 60


def test_each_park_has_the_hours_of_its_own_clock(client):
    for zone in (TOKYO, PARIS):
        report(make_ride(make_park(timezone=zone)), local(DAY, "12:00", zone), "O60")
    rows = ask(client, RIDES, hours="12:00-13:00", metrics="uptime_minutes", bucket="1h")["data"]
    assert [row["total"]["uptime_minutes"] for row in rows] == [60, 60]
    assert {row["timezone"]: row["buckets"][0]["bucket"] for row in rows} == {
        TOKYO: "2025-12-22T12:00:00+09:00",
        PARIS: "2025-12-22T12:00:00+01:00",
    }


# -- who is reported --------------------------------------------------------------------------------------


def test_rows_stand_by_park_name_and_ride_name(client):
    for park_name in ("Bravo", "alpha", "Charlie"):
        park = make_park(name=park_name)
        for ride_name in ("Zipper", "Anvil"):
            report(make_ride(park, name=ride_name), local(DAY, "12:00"), "O60")
    parks = [row["park_name"] for row in ask(client, PARKS)["data"]]
    assert sorted(parks) == ["Bravo", "Charlie", "alpha"]
    rides = [(row["park_name"], row["ride_name"]) for row in ask(client, RIDES)["data"]]
    assert rides == [(park, ride) for park in parks for ride in ("Anvil", "Zipper")]


def test_ids_choose_parks_and_rides_and_may_be_repeated(client, kingdom):
    other = make_ride(make_park(name="Other"), name="Slide")
    report(other, local(DAY, "12:00"), "O60")
    mountain = kingdom.rides.get(name="Mountain")

    def names(**parameters: Any) -> list[str]:
        return [row["ride_name"] for row in ask(client, RIDES, **parameters)["data"]]

    assert names() == ["Carousel", "Mountain", "Slide"]
    assert names(park_id=other.park_id) == ["Slide"]
    assert names(park_id=[kingdom.pk, other.park_id, kingdom.pk]) == ["Carousel", "Mountain", "Slide"]
    assert names(ride_id=[other.pk, mountain.pk]) == ["Mountain", "Slide"]
    assert names(ride_id=mountain.pk, park_id=kingdom.pk) == ["Mountain"]
    assert [row["park_name"] for row in ask(client, PARKS, ride_id=other.pk)["data"]] == ["Other"]


def test_what_is_inactive_or_unseen_is_in_no_list_of_parks(client, kingdom):
    make_ride(kingdom, name="Unseen")
    gone = make_ride(make_park(is_active=False))
    report(gone, local(DAY, "09:00"), "O600")
    make_park(name="Empty")
    assert [row["ride_name"] for row in ask(client, RIDES)["data"]] == ["Carousel", "Mountain"]
    assert [row["park_name"] for row in ask(client, PARKS)["data"]] == ["Kingdom"]


def test_history_outlives_activity(client, kingdom):
    """N-15: a ride that is gone stays in the days that are over; a park that is gone is answered when it is named."""
    retired = make_ride(kingdom, name="Retired", is_active=False)
    report(retired, local(DAY, "09:00"), "O300 D300")
    gone = make_ride(make_park(name="Gone", is_active=False), name="Slide")
    report(gone, local(DAY, "09:00"), "O450 D150")
    minutes = {"metrics": "uptime_minutes,downtime_minutes"}
    assert [row["ride_name"] for row in ask(client, RIDES)["data"]] == ["Carousel", "Mountain", "Retired"]
    for asked, up, down in ((retired, 300, 300), (gone, 450, 150)):
        (row,) = ask(client, RIDES, ride_id=asked.pk, **minutes)["data"]
        assert row["total"] == {"uptime_minutes": up, "downtime_minutes": down}
    for bucket in ("none", "1h"):
        (row,) = ask(client, PARKS, **minutes, bucket=bucket)["data"]
        assert row["total"] == {"uptime_minutes": 1440, "downtime_minutes": 360}
    recomputed(kingdom)
    (row,) = ask(client, PARKS, **minutes)["data"]
    assert row["total"] == {"uptime_minutes": 1440, "downtime_minutes": 360}
    (row,) = ask(client, PARKS, park_id=gone.park_id, metrics="uptime_percentage")["data"]
    assert (row["park_name"], row["total"]) == ("Gone", {"uptime_percentage": 75.0})


def test_a_ride_that_is_gone_has_no_part_in_the_running_day_of_its_park(client, kingdom):
    """R-5.6, as in the lists of today."""
    today = DAY + timedelta(days=3)
    report(kingdom.rides.get(name="Carousel"), local(today, "09:00"), "O180")
    retired = make_ride(kingdom, name="Retired", is_active=False)
    report(retired, local(today, "09:00"), "O60 D120")
    asked = {"start": str(today), "end": str(today), "metrics": "uptime_minutes,downtime_minutes,observations"}
    (row,) = ask(client, PARKS, **asked, bucket="1h")["data"]
    assert row["total"] == {"uptime_minutes": 180, "downtime_minutes": 0, "observations": 18}
    (row,) = ask(client, PARKS, **asked, group_by="rain")["data"]
    assert row["groups"][0]["hours"] == 3
    (row,) = ask(client, PARKS, **asked, ride_id=retired.pk)["data"]
    assert row["total"]["downtime_minutes"] == 120


# -- what the figures mean -------------------------------------------------------------------------------


def test_uptime_counts_closures_and_availability_does_not(client):
    """N-3: of 10 h known in the open park 6 up, 2 down, 2 closed as planned; nothing was heard for another 2."""
    park = make_park(is_disney=True)
    show_park(park, local(DAY, "09:00"), 720)
    report(make_ride(park), local(DAY, "09:00"), "O360 D120 C120")
    names = "uptime_percentage,availability_percentage,uptime_minutes,downtime_minutes,closed_minutes,unknown_minutes"
    (row,) = ask(client, RIDES, metrics=f"{names},open_minutes")["data"]
    assert list(row["total"].values()) == [60.0, 75.0, 360, 120, 120, 120, 720]
    # A park's uptime is of the time its attractions were meant to run.
    (row,) = ask(client, PARKS, metrics=names)["data"]
    assert list(row["total"].values()) == [75.0, 75.0, 360, 120, 120, 120]


def test_a_parks_uptime_and_waits_are_those_of_its_attractions(client):
    """N-3, N-4: a show that is down counts in the park's downtime, not in its uptime, and posts no wait of its."""
    park = make_park()
    report(make_ride(park), local(DAY, "09:00"), "O540 D60", wait=40)
    report(make_ride(park, category="SHOW"), local(DAY, "09:00"), "O300 D300", wait=5)
    (row,) = ask(client, PARKS, metrics="wait_avg,uptime_percentage,downtime_minutes")["data"]
    assert list(row["total"].values()) == [40.0, 90.0, 360]


def test_the_average_wait_leaves_walk_ons_out_and_says_their_share(client):
    """N-4: 2 h at 0, 1 h at 30 and 3 h at 50: the mean of the four is 45, and a third of the time was a walk-on."""
    ride = make_ride(make_park())
    end = report(ride, local(DAY, "09:00"), "O120", wait=0)
    end = report(ride, end, "O60", wait=30)
    report(ride, end, "O180", wait=50)
    names = "wait_avg,wait_min,wait_max,wait_p50,walk_on_percentage"
    (row,) = ask(client, RIDES, metrics=names)["data"]
    assert list(row["total"].values()) == [45.0, 30, 50, 50, 33.3]
    (row,) = ask(client, RIDES, metrics=names, hours="09:00-10:00")["data"]
    assert list(row["total"].values()) == [None, None, None, None, 100.0]


def test_an_opening_delay_is_the_downtime_before_the_first_run_of_the_day(client):
    """N-12: down from 9:00 to 10:30, and again at noon; an hour of the delay lies in the first of two buckets."""
    park = make_park()
    ride = make_ride(park)
    report(ride, local(DAY, "09:00"), "D90 O90 D60 O360")
    for path in (RIDES, PARKS):
        asked = {"bucket": "1h", "hours": "09:00-13:00", "metrics": "downtime_minutes,opening_delay_minutes"}
        (row,) = ask(client, path, **asked)["data"]
        assert row["total"] == {"downtime_minutes": 150, "opening_delay_minutes": 90}
        delays = [(each["downtime_minutes"], each["opening_delay_minutes"]) for each in row["buckets"]]
        assert delays == [(60, 60), (30, 30), (0, 0), (60, 0)]
        # A window that begins amid the delay knows it too.
        (row,) = ask(client, path, hours="10:00-11:00", metrics="opening_delay_minutes")["data"]
        assert row["total"] == {"opening_delay_minutes": 30}


def test_what_broke_down_before_midnight_is_no_opening_delay(client):
    """N-11: the ride ran on the day before and is down from 23:00 to 2:00; then, apart from it, from 9:00 to 9:30."""
    ride = make_ride(make_park())
    end = report(ride, local(DAY, "20:00"), "O180 D60")
    report(ride, end, "D120")
    report(ride, local(NEXT, "09:00"), "D30 O300")
    asked = {"start": str(NEXT), "end": str(NEXT), "metrics": "downtime_minutes,opening_delay_minutes"}
    figures = {"downtime_minutes": 150, "opening_delay_minutes": 30}
    (row,) = ask(client, RIDES, **asked, bucket="1h")["data"]
    assert row["total"] == figures
    for day in (DAY, NEXT):
        recomputed(ride.park, day)
    (row,) = ask(client, RIDES, **asked)["data"]
    assert row["total"] == figures


def test_a_bucket_that_the_present_cuts_off_says_so(client):
    """N-16: it is 12:00 three days after DAY."""
    ride = make_ride(make_park())
    today = DAY + timedelta(days=3)
    report(ride, local(today - timedelta(days=1), "09:00"), "O600")
    report(ride, local(today, "09:00"), "O180")

    def partial(bucket: str, **how: str) -> list[str]:
        (row,) = ask(client, RIDES, **{"start": "2025-12-24", "end": "2025-12-31", "bucket": bucket, **how})["data"]
        assert all(each["is_partial"] for each in row["buckets"] if "is_partial" in each)
        return [each["bucket"] for each in row["buckets"] if "is_partial" in each]

    assert partial("1d") == ["2025-12-25"]
    assert partial("1w") == ["2025-12-22"]
    assert partial("1mo") == ["2025-12-01"]
    assert partial("8h") == ["2025-12-25T08:00:00-05:00"]
    assert partial("1h") == []  # 11:00 is over, 12:00 has not begun
    assert partial("1d", end="2025-12-24") == []
    assert partial("1d", hours="09:00-12:00") == []
    assert partial("1d", hours="09:00-12:30") == ["2025-12-25"]
    assert partial("weekday") == partial("hour_of_day") == []


def test_rows_say_their_own_dates_and_whether_they_are_over(client):
    """N-1: of one instant for all, each park has its own dates."""
    for zone in (TOKYO, PARIS):
        report(make_ride(make_park(timezone=zone)), local(DAY, "20:00", zone), "O120")
    rows = ask(client, PARKS, start="2025-12-22T10:00Z", end="2025-12-22T22:00Z")["data"]
    found = {row["timezone"]: (row["start_date"], row["end_date"], row["is_complete"]) for row in rows}
    assert found == {TOKYO: ("2025-12-22", "2025-12-23", True), PARIS: ("2025-12-22", "2025-12-22", True)}
    rows = ask(client, PARKS, start="2025-12-22", end="2025-12-25")["data"]
    # In Tokyo it is 2 o'clock of the 26th, in Paris 18 o'clock of the 25th.
    assert {row["timezone"]: row["is_complete"] for row in rows} == {TOKYO: True, PARIS: False}


def test_the_score_of_several_days_weighs_them_by_their_length(client):
    """N-2: down for 1 of 2 h (5.0), then for none of 8: 1 of 10 h is 1.0, and no mean of 5.0 and 0.0."""
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60 D60")
    report(ride, local(NEXT, "09:00"), "O480")
    asked = {"end": str(NEXT), "metrics": "shame_score"}
    for path in (RIDES, PARKS):
        (row,) = ask(client, path, **asked)["data"]
        assert row["total"]["shame_score"] == 1.0
    for day in (DAY, NEXT):
        recomputed(ride.park, day)
    for path in (RIDES, PARKS):
        (row,) = ask(client, path, **asked)["data"]
        assert row["total"]["shame_score"] == 1.0


@BOTH
def test_a_window_in_the_future_or_without_a_date_is_empty(client, kingdom, path):
    assert ask(client, path, start="2026-01-10", end="2026-01-11")["data"] == []
    assert ask(client, path, weekdays="sat")["data"] == []


def test_what_was_not_measured_is_null_and_what_was_zero_is_zero(client):
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "C600", park_open=False)
    (row,) = ask(client, RIDES, metrics=",".join([*METRICS, "wait_p50"]))["data"]
    waits = ("wait_avg", "wait_min", "wait_max", "wait_p50", "walk_on_percentage")
    nulls = (*waits, "uptime_percentage", "availability_percentage", "shame_score")
    assert {name for name, value in row["total"].items() if value is None} == set(nulls)
    assert row["total"]["downtime_minutes"] == row["total"]["open_minutes"] == 0


def test_percentiles_are_exact_and_weighed_by_time(client):
    ride = make_ride(make_park())
    end = local(DAY, "09:00")
    for wait, minutes in ((10, 30), (20, 15), (70, 10), (35, 5)):
        end = report(ride, end, f"O{minutes}", None, wait)
    metrics = ["wait_p1", "wait_p50", "wait_p51", "wait_p75", "wait_p76", "wait_p83", "wait_p84", "wait_p99"]
    (row,) = ask(client, RIDES, metrics=",".join(metrics))["data"]
    assert list(row["total"].values()) == [10, 10, 20, 20, 35, 35, 70, 70]
    (row,) = ask(client, RIDES, metrics=",".join(metrics), bucket="5m")["data"]
    assert list(row["total"].values()) == [10, 10, 20, 20, 35, 35, 70, 70]


def test_whole_days_are_reported_from_daily_rows_and_say_the_same(client, kingdom):
    before = [ask(client, path, bucket="1d", compare="previous") for path in (RIDES, PARKS)]
    recomputed(kingdom)
    assert [ask(client, path, bucket="1d", compare="previous") for path in (RIDES, PARKS)] == before


# -- comparisons -----------------------------------------------------------------------------------------


def test_the_window_before_is_compared_in_percent(client, kingdom):
    mountain = kingdom.rides.get(name="Mountain")
    report(mountain, local(NEXT, "09:00"), "O480 D120", wait=56)
    metrics = "wait_avg,downtime_minutes,unknown_minutes,uptime_percentage"
    body = ask(
        client,
        RIDES,
        start=str(NEXT),
        end=str(NEXT),
        ride_id=mountain.pk,
        metrics=metrics,
        compare="previous",
        bucket="1d",
    )
    (row,) = body["data"]
    assert body["compare"] == "previous"
    assert row["comparison"] == {
        "start": "2025-12-22",
        "end": "2025-12-22",
        "total": {"wait_avg": 46.7, "downtime_minutes": 60, "unknown_minutes": 0, "uptime_percentage": 90.0},
        "buckets": [
            {
                "bucket": "2025-12-22",
                "wait_avg": 46.7,
                "downtime_minutes": 60,
                "unknown_minutes": 0,
                "uptime_percentage": 90.0,
            }
        ],
        "change": {"wait_avg": 19.9, "downtime_minutes": 100.0, "unknown_minutes": None, "uptime_percentage": -11.1},
    }


@pytest.mark.parametrize(
    ("compare", "window", "expected"),
    [
        ("previous", ("2025-12-01", "2025-12-07"), ("2025-11-24", "2025-11-30")),
        ("last_year", ("2025-12-01", "2025-12-07"), ("2024-12-01", "2024-12-07")),
        ("last_year", ("2024-02-29", "2024-02-29"), ("2023-02-28", "2023-02-28")),
        ("previous", ("2025-12-22T10:00", "2025-12-22T12:00"), ("2025-12-22T08:00:00", "2025-12-22T10:00:00")),
        (
            "last_year",
            ("2025-12-22T10:00Z", "2025-12-22T12:00Z"),
            ("2024-12-22T10:00:00+00:00", "2024-12-22T12:00:00+00:00"),
        ),
    ],
)
def test_a_comparison_names_its_window(client, compare, window, expected):
    start, end = window
    ride = make_ride(make_park())
    report(ride, local(datetime.fromisoformat(start).date(), "00:00"), "O1440")
    (row,) = ask(client, RIDES, start=start, end=end, compare=compare)["data"]
    assert (row["comparison"]["start"], row["comparison"]["end"]) == expected


@BOTH
def test_what_was_seen_in_only_one_of_the_two_windows_is_reported_without_a_change(client, kingdom, path):
    metrics = {"metrics": "wait_avg,downtime_minutes"}
    (first, *_) = ask(client, path, **metrics, compare="previous")["data"]
    assert first["comparison"]["total"] == {"wait_avg": None, "downtime_minutes": 0}
    assert first["comparison"]["change"] == {"wait_avg": None, "downtime_minutes": None}
    (first, *_) = ask(client, path, start=str(NEXT), end=str(NEXT), **metrics, compare="previous")["data"]
    assert first["total"] == {"wait_avg": None, "downtime_minutes": 0}
    assert first["comparison"]["total"]["wait_avg"] is not None


@pytest.mark.parametrize(
    ("down", "wait", "change"),
    [
        (29, 4, {"wait_avg": None, "downtime_minutes": None, "shame_score": None}),
        (30, 5, {"wait_avg": 900.0, "downtime_minutes": 100.0, "shame_score": 100.0}),
    ],
)
def test_a_change_from_next_to_nothing_is_no_change(client, down, wait, change):
    """N-5: under 30 minutes of downtime or 5 of wait; both values are given."""
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), f"O{600 - down} D{down}", None, wait=wait)
    report(ride, local(NEXT, "09:00"), "O540 D60", wait=50)
    asked = {"start": str(NEXT), "end": str(NEXT), "metrics": ",".join(change), "compare": "previous"}
    (row,) = ask(client, RIDES, **asked)["data"]
    assert row["comparison"]["change"] == change
    assert row["comparison"]["total"] == {"wait_avg": float(wait), "downtime_minutes": down, "shame_score": 0.5}
    assert row["total"] == {"wait_avg": 50.0, "downtime_minutes": 60, "shame_score": 1.0}


# -- cost ------------------------------------------------------------------------------------------------

LUNCH = {"hours": "11:30-13:45", "bucket": "15m"}


def count_queries(client: Client, path: str, parameters: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert ask(client, path, **parameters)["data"]
    return len(queries)


@BOTH
@pytest.mark.parametrize(
    ("parameters", "most"), [(LUNCH, 13), ({"metrics": "wait_p90"}, 10), ({"compare": "previous"}, 16)]
)
def test_raw_observations_cost_few_queries_however_many_rides_there_are(client, path, parameters, most):
    park = make_park()
    counts = []
    for more in (2, 10):
        for _ in range(more):
            report(make_ride(park), local(DAY, "09:07"), "O540 D60", None)  # reaches into every window of the day
        counts.append(count_queries(client, path, parameters))
    assert counts[0] == counts[1] <= most


@BOTH
def test_daily_rows_cost_few_queries_however_many_rides_there_are(client, path):
    park = make_park()
    park_day(park, DAY)
    counts = []
    for more in (2, 10):
        for _ in range(more):
            ride_day(make_ride(park), DAY)
        counts.append(count_queries(client, path, {"compare": "last_year"}))
    assert counts[0] == counts[1] <= 16


def test_the_number_of_queries_does_not_depend_on_the_number_of_parks_of_a_zone(client):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            report(make_ride(make_park()), local(DAY, "09:07"), "O600", None)
        counts.append(count_queries(client, PARKS, LUNCH))
    assert counts[0] == counts[1]


# -- documentation ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> Any:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


@BOTH
def test_the_schema_documents_every_parameter_with_its_values(schema, path):
    operation = schema["paths"][path]["get"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    assert set(parameters) == PARAMETERS
    assert {name for name, each in parameters.items() if each.get("required")} == {"start", "end"}
    assert parameters["bucket"]["schema"]["enum"] == [bucket.value for bucket in Bucket]
    assert parameters["bucket"]["schema"]["default"] == "none"
    assert all(f"{bucket.value} {days}" in parameters["bucket"]["description"] for bucket, days in RANGE_CAPS.items())
    assert set(parameters["compare"]["schema"]["enum"]) == {"previous", "last_year"}
    assert parameters["group_by"]["schema"]["enum"] == list(settings.ANALYTICS_GROUPINGS)
    assert all(metric in parameters["metrics"]["description"] for metric in METRICS)
    assert parameters["park_id"]["schema"]["type"] == "array"
    assert operation["summary"]


@BOTH
def test_the_schema_has_an_example_with_the_keys_of_a_real_answer(schema, client, kingdom, path):
    operation = schema["paths"][path]["get"]
    assert set(operation["responses"]) - {"429", "503"} == {"200", "400"}
    example, *_ = operation["responses"]["200"]["content"]["application/json"]["examples"].values()
    reported = example["value"]
    body = ask(
        client,
        path,
        start=reported["start"],
        end=reported["end"],
        hours=reported["hours"],
        weekdays=",".join(reported["weekdays"]),
        bucket=reported["bucket"],
        metrics=",".join(reported["metrics"]),
    )
    assert {name: value for name, value in body.items() if name != "data"} == {
        name: value for name, value in reported.items() if name != "data"
    }
    (real, *_) = ask(client, path, bucket="15m", metrics=",".join(reported["metrics"]))["data"]
    assert set(reported["data"][0]) == set(real)
    assert set(reported["data"][0]["total"]) == set(real["total"])
    assert set(reported["data"][0]["buckets"][0]) == set(real["buckets"][0])


def test_the_rides_of_a_classified_park_weigh_by_their_tier(client, kingdom):
    assert Ride.objects.filter(classification__tier_weight=3).count() == 1
    (row,) = ask(client, PARKS, hours="13:00-14:00", metrics="shame_score")["data"]
    assert row["total"]["shame_score"] == 7.5  # 3 / (3 + 1) × 10
