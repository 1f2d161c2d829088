"""`GET /api/weather/parks/{id}`: observed hours and the latest forecast of each, over a range (R-23)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from parks.models import Park
from parks.tests.factories import ParkFactory
from weather.tests.factories import ForecastFactory, ObservationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOP = NOW.replace(minute=0)


@pytest.fixture
def park() -> Park:
    return ParkFactory.create(name="Wet Park")  # New York: four hours behind


def ask(park: Any, status: int = 200, **query: str) -> dict[str, Any]:
    with time_machine.travel(NOW, tick=False):
        response = APIClient().get(f"/api/weather/parks/{getattr(park, 'pk', park)}", query)
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    return body


def times(body: dict[str, Any], which: str) -> list[str]:
    return [row["time"] for row in body[which]]


def test_an_observed_hour_reports_numbers_in_both_systems(park):
    ObservationFactory(
        park=park, observation_time=TOP, temperature_c=Decimal("31.2"), temperature_f=Decimal("88.16"), weather_code=95
    )
    (row,) = ask(park)["observations"]
    assert (row["time"], row["temperature_c"], row["temperature_f"], row["weather_code"]) == (
        "2026-07-01T08:00:00-04:00",
        31.2,
        88.16,
        95,
    )
    assert row["snowfall_mm"] is None


def test_the_source_is_named_with_its_licence(park):
    assert ask(park)["attribution"] == {
        "data_source": "Open-Meteo.com",
        "text": "Weather data by Open-Meteo.com",
        "url": "https://open-meteo.com",
        "licence": "CC BY 4.0",
    }


def test_of_several_forecasts_of_an_hour_the_latest_is_reported(park):
    for hours, temperature in ((12, 20), (1, 30), (6, 25)):
        ForecastFactory(
            park=park, issued_at=TOP - hours * HOUR, forecast_time=TOP + HOUR, temperature_c=Decimal(temperature)
        )
    ForecastFactory(park=park, issued_at=TOP - 12 * HOUR, forecast_time=TOP + 2 * HOUR)
    body = ask(park)
    assert [(row["issued_at"], row["temperature_c"]) for row in body["forecast"]] == [
        ("2026-07-01T07:00:00-04:00", 30.0),
        ("2026-06-30T20:00:00-04:00", None),
    ]


def test_other_parks_do_not_count(park):
    ObservationFactory(observation_time=TOP)
    ForecastFactory(issued_at=TOP, forecast_time=TOP + HOUR)
    body = ask(park)
    assert (body["observations"], body["forecast"]) == ([], [])


def test_without_a_range_it_is_a_day_back_and_a_week_ahead(park):
    for hours in (-25, -24, 0):
        ObservationFactory(park=park, observation_time=TOP + hours * HOUR)
    for hours in (1, 168, 169):
        ForecastFactory(park=park, issued_at=TOP, forecast_time=TOP + hours * HOUR)
    body = ask(park)
    assert (body["start"], body["end"]) == ("2026-06-30T08:20:00-04:00", "2026-07-08T08:20:00-04:00")
    assert times(body, "observations") == ["2026-07-01T08:00:00-04:00"]
    assert times(body, "forecast") == ["2026-07-01T09:00:00-04:00", "2026-07-08T08:00:00-04:00"]


def test_dates_are_the_parks_own_and_both_included(park):
    first = datetime(2026, 6, 1, 4, tzinfo=UTC)  # midnight in New York
    for hours in (-1, 0, 47, 48):
        ObservationFactory(park=park, observation_time=first + hours * HOUR)
    body = ask(park, start="2026-06-01", end="2026-06-02")
    assert times(body, "observations") == ["2026-06-01T00:00:00-04:00", "2026-06-02T23:00:00-04:00"]


def test_the_end_of_instants_is_excluded_and_local_without_an_offset(park):
    for hours in (0, 1, 2):
        ObservationFactory(park=park, observation_time=TOP + hours * HOUR)
    body = ask(park, start="2026-07-01T08:00:00", end="2026-07-01T14:00:00Z")
    assert times(body, "observations") == ["2026-07-01T08:00:00-04:00", "2026-07-01T09:00:00-04:00"]


def test_a_month_is_answered_though_the_clock_is_changed_in_it(park):
    assert len(ask(park, start="2026-10-15", end="2026-11-14")["observations"]) == 0


def test_inactive_parks_are_answered():
    assert ask(ParkFactory(is_active=False))["success"] is True


def test_it_takes_three_queries_however_long_the_range(park, django_assert_num_queries):
    for hours in range(5):
        ObservationFactory(park=park, observation_time=TOP - hours * HOUR)
        ForecastFactory(park=park, issued_at=TOP - HOUR, forecast_time=TOP + hours * HOUR)
    with django_assert_num_queries(3):
        ask(park)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"start": "2026-06-01"}, "Invalid end. Give both start and end, or neither"),
        ({"end": "2026-06-01"}, "Invalid start. Give both start and end, or neither"),
        ({"start": "2026-06-02", "end": "2026-06-01"}, "Invalid start. Must lie before end"),
        ({"start": "2026-06-01T10:00:00Z", "end": "2026-06-01T10:00:00Z"}, "Invalid start. Must lie before end"),
        (
            {"start": "2026-06-01", "end": "2026-07-02"},
            "Invalid end. A range has 31 days at most; ask for shorter ones",
        ),
    ],
)
def test_a_range_that_cannot_be_is_refused(park, query, text):
    assert ask(park, 400, **query) == {"success": False, "error": text}


@pytest.mark.parametrize("bad", ["yesterday", "2026-02-30", "1969-01-01", ""])
def test_a_moment_that_is_none_is_refused(park, bad):
    error = ask(park, 400, start=bad, end="2026-06-01")["error"]
    assert error.startswith("Invalid start. It must ")


def test_an_unknown_park_is_not_found():
    assert ask(9_999, 404) == {"success": False, "error": "Park 9999 not found"}
