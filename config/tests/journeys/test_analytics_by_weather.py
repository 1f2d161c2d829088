"""`group_by` of the analytics: waits and downtime by the weather of the hour, with the size of each sample."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from parks.models import Park, Ride
from stats.answers.groups import groupings
from stats.tests.builders import local, make_park, make_ride, recomputed, report
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db
DAY = date(2025, 7, 1)
HOUR = timedelta(hours=1)
DRY, WET = 0, 10


@pytest.fixture(autouse=True)
def _later():
    with time_machine.travel(local(date(2025, 7, 20), "12:00"), tick=False):
        yield


@pytest.fixture
def park() -> Park:
    return make_park(is_disney=True)


@pytest.fixture
def ride(park: Park) -> Ride:
    """Ten open hours from 9:00: down from 13:00 to 14:00, else operating with 30 minutes, from 14:00 on with 60."""
    ride = make_ride(park, classified=1)
    at = report(ride, local(DAY, "09:00"), "O240", wait=30)
    at = report(ride, at, "D60")
    report(ride, at, "O300", wait=60)
    return ride


def weather(park: Park, first: datetime, *values: Any, column: str = "temperature_c") -> None:
    """One hour after the other, from `first` on; None: no observation."""
    for n, value in enumerate(values):
        if value is not None:
            ObservationFactory(park=park, observation_time=first + n * HOUR, **{column: value})


def ask(kind: str = "rides", status: int = 200, **query: Any) -> dict[str, Any]:
    given = {"start": DAY.isoformat(), "end": DAY.isoformat(), "group_by": "temperature_band", **query}
    response = APIClient().get(f"/api/analytics/{kind}", {name: value for name, value in given.items() if value})
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    return body


def groups(kind: str = "rides", **query: Any) -> dict[str, dict[str, Any]]:
    (row,) = ask(kind, **query)["data"]
    return {each["group"]: each for each in row["groups"]}


# -- sums ------------------------------------------------------------------------------------------------


def test_each_hour_counts_in_the_group_of_its_weather(park, ride):
    weather(park, local(DAY, "09:00"), 15, 15, 15, 15, 25, 35, 35, 35, 35, 35)
    found = groups(metrics="wait_avg,uptime_minutes,downtime_minutes")
    assert found == {
        "10c_to_20c": {
            "group": "10c_to_20c",
            "hours": 4,
            "observations": 24,
            "wait_avg": 30.0,
            "uptime_minutes": 240,
            "downtime_minutes": 0,
        },
        "20c_to_30c": {
            "group": "20c_to_30c",
            "hours": 1,
            "observations": 6,
            "wait_avg": None,
            "uptime_minutes": 0,
            "downtime_minutes": 60,
        },
        "30c_and_more": {
            "group": "30c_and_more",
            "hours": 5,
            "observations": 30,
            "wait_avg": 60.0,
            "uptime_minutes": 300,
            "downtime_minutes": 0,
        },
    }


def test_rain_is_that_of_the_hour_though_the_upstream_reports_it_at_its_end(park, ride):
    # What fell between 13:00 and 14:00 stands in the row of 14:00.
    weather(park, local(DAY, "10:00"), 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, column="precipitation_mm")
    found = groups(group_by="rain", metrics="downtime_minutes")
    assert {name: (each["hours"], each["downtime_minutes"]) for name, each in found.items()} == {
        "dry": (9, 0),
        "moderate": (1, 60),
    }


def test_storms_are_reported_apart(park, ride):
    weather(park, local(DAY, "09:00"), 0, 0, 0, 0, 96, 3, 3, 3, 3, 3, column="weather_code")
    found = groups(group_by="storm", metrics="uptime_percentage")
    assert {name: each["uptime_percentage"] for name, each in found.items()} == {"no_storm": 100.0, "storm": 0.0}


def test_hours_without_weather_are_a_group_of_their_own_and_the_last(park, ride):
    weather(park, local(DAY, "09:00"), 15, None, 15, None, 25)
    assert [(name, each["hours"]) for name, each in groups().items()] == [
        ("10c_to_20c", 2),
        ("20c_to_30c", 1),
        ("unknown", 7),
    ]


def test_without_any_weather_all_is_unknown(ride):
    assert {name: each["hours"] for name, each in groups().items()} == {"unknown": 10}


def test_the_groups_add_up_to_the_total_and_the_total_is_that_without_groups(park, ride):
    weather(park, local(DAY, "09:00"), 15, 25, 35, None, 25, 15)
    metrics = "uptime_minutes,downtime_minutes,unknown_minutes,open_minutes,observations,wait_avg,wait_max,shame_score"
    (row,) = ask(metrics=metrics)["data"]
    (plain,) = ask(metrics=metrics, group_by=None)["data"]
    assert row["total"] == plain["total"]
    for name in ("uptime_minutes", "downtime_minutes", "unknown_minutes", "open_minutes", "observations"):
        assert sum(each[name] for each in row["groups"]) == row["total"][name]
    assert sum(each["hours"] for each in row["groups"]) == 10


def test_daily_rows_change_nothing(park, ride):
    weather(park, local(DAY, "09:00"), 15, 15, 15, 15, 25, 35, 35)
    before = ask()["data"], ask("parks")["data"]
    recomputed(park, DAY)
    assert (ask()["data"], ask("parks")["data"]) == before


def test_percentiles_are_reported_by_group(park, ride):
    weather(park, local(DAY, "09:00"), *[15] * 4, *[25] * 6)
    found = groups(metrics="wait_p50")
    assert {name: each["wait_p50"] for name, each in found.items()} == {"10c_to_20c": 30, "20c_to_30c": 60}


def test_the_score_of_a_group_is_the_mean_of_its_days(park, ride):
    """13:00 to 14:00 alone: down throughout, so ten; the other hours nothing."""
    weather(park, local(DAY, "09:00"), *[15] * 4, 25, *[15] * 5)
    found = groups("parks", metrics="shame_score")
    assert {name: each["shame_score"] for name, each in found.items()} == {"10c_to_20c": 0.0, "20c_to_30c": 10.0}


# -- parks -----------------------------------------------------------------------------------------------


def test_an_hour_of_a_park_counts_once_however_many_rides_it_has(park, ride):
    other = make_ride(park)
    report(other, local(DAY, "09:00"), "O600", wait=10)
    weather(park, local(DAY, "09:00"), *[15] * 4, *[25] * 6)
    found = groups("parks", metrics="uptime_minutes")
    assert {name: (each["hours"], each["observations"], each["uptime_minutes"]) for name, each in found.items()} == {
        "10c_to_20c": (4, 48, 480),
        "20c_to_30c": (6, 72, 660),
    }


def test_each_park_has_its_own_weather(park, ride):
    neighbour = make_park()
    report(make_ride(neighbour), local(DAY, "09:00"), "O600")
    weather(park, local(DAY, "09:00"), *[15] * 10)
    weather(neighbour, local(DAY, "09:00"), *[35] * 10)
    rows = {row["park_id"]: [each["group"] for each in row["groups"]] for row in ask("parks")["data"]}
    assert rows == {park.pk: ["10c_to_20c"], neighbour.pk: ["30c_and_more"]}


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe"])
def test_zones_that_are_not_whole_hours_from_utc_are_cut_at_utc_hours(zone):
    """The weather changes at a full UTC hour, which lies within an hour of the local clock."""
    park = make_park(timezone=zone)
    ride = make_ride(park)
    start = local(DAY, "10:00", zone)
    report(ride, start, "O300", grain=300)
    change = start.replace(minute=0) + 2 * HOUR
    weather(park, change - 6 * HOUR, *[15] * 6, *[25] * 12)
    found = groups(metrics="uptime_minutes")
    before = round((change - start).total_seconds() / 60)
    assert {name: each["uptime_minutes"] for name, each in found.items()} == {
        "10c_to_20c": before,
        "20c_to_30c": 300 - before,
    }


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 9), 23), (date(2024, 11, 3), 25)])
def test_days_of_other_lengths_lose_and_double_no_hour(park, day, hours):
    report(make_ride(park), local(day, "00:00"), f"O{hours * 60}")
    weather(park, local(day, "00:00"), *[15] * hours)
    found = groups(start=day.isoformat(), end=day.isoformat(), metrics="uptime_minutes")
    assert [(each["hours"], each["uptime_minutes"]) for each in found.values()] == [(hours, hours * 60)]


def test_hours_weekdays_and_comparison_go_together_with_groups(park, ride):
    weather(park, local(DAY, "09:00"), *[15] * 4, *[25] * 6)
    (row,) = ask(hours="12:30-13:30", weekdays="tue", compare="previous", metrics="open_minutes")["data"]
    assert [(each["group"], each["hours"], each["open_minutes"]) for each in row["groups"]] == [
        ("10c_to_20c", 1, 30),
        ("20c_to_30c", 1, 30),
    ]
    assert row["comparison"]["groups"] == []


# -- the question ----------------------------------------------------------------------------------------


def test_the_grouping_and_its_source_are_reported(ride):
    body = ask()
    assert body["group_by"] == "temperature_band"
    assert body["group_attribution"]["url"] == "https://open-meteo.com"
    assert "group_by" not in ask(group_by=None)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"group_by": "moon"}, "group_by: 'moon' is not known; choose from rain, temperature_band, storm"),
        ({"bucket": "1d"}, "bucket: must be none with group_by; ask for one of the two"),
        ({"start": "2023-01-01"}, "group_by: allows a range of 732 days at most, not 913; ask for a shorter range"),
    ],
)
def test_a_question_that_cannot_be_is_refused(query, text):
    assert ask(status=400, **query) == {"success": False, "error": text}


@pytest.mark.parametrize("kind", ["rides", "parks"])
def test_the_schema_shows_the_keys_of_a_real_answer(ride, kind):
    operation = SchemaGenerator().get_schema(request=None, public=True)["paths"][f"/api/analytics/{kind}"]["get"]
    _, shown = operation["responses"]["200"]["content"]["application/json"]["examples"].values()
    real = ask(kind, group_by="rain", metrics=",".join(shown["value"]["metrics"]))
    assert shown["value"].keys() == real.keys()
    assert shown["value"]["group_attribution"] == real["group_attribution"]
    assert shown["value"]["data"][0].keys() == real["data"][0].keys()
    assert shown["value"]["data"][0]["groups"][0].keys() == real["data"][0]["groups"][0].keys()


def test_every_grouping_of_the_settings_can_be_asked_for(ride):
    assert set(groupings()) == set(settings.ANALYTICS_GROUPINGS) == {"rain", "temperature_band", "storm"}
    for name, grouping in groupings().items():
        assert set(groups(group_by=name)) <= {*grouping.names, "unknown"}
