"""What an answer of Open-Meteo says, and when it is refused (R-23.1 to R-23.3, sources 5)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from parks.tests.factories import ParkFactory
from weather.models import WeatherForecast, WeatherHour, WeatherObservation
from weather.open_meteo import (
    VARIABLES,
    HourOfWeather,
    InvalidResponse,
    forecasts_of,
    full_hour,
    must_abort,
    observation_of,
    read_hours,
    usable,
)

MIDNIGHT = datetime(2025, 12, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLUMNS = {column.name for variable in VARIABLES.values() for column in variable.columns}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def answer(units: dict[str, str] | None = None, hours: int = 1, **series: Any) -> dict[str, Any]:
    """An answer for the first hours of a day, in metric units, with a temperature of 20 °C throughout."""
    times = [f"2025-12-17T{hour:02}:00" for hour in range(hours)]
    hourly = {"time": times, "temperature_2m": [20.0] * hours, **series}
    labels = {"time": "iso8601", "temperature_2m": "°C", **(units or {})}
    return {"utc_offset_seconds": 0, "hourly_units": labels, "hourly": hourly}


def only_hour(units: dict[str, str] | None = None, **series: Any) -> dict[str, Any]:
    (found,) = read_hours(answer(units, **series))
    return found.values


# -- golden cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", golden_cases("weather", "response_validation"))
def test_the_golden_answers_are_used_or_refused(case):
    try:
        usable(case["response"])
        found = True
    except InvalidResponse:
        found = False
    assert found is case["expected"]


@pytest.mark.parametrize("case", golden_cases("weather", "parse"))
def test_the_golden_hours_are_read(case):
    hours = read_hours(case["input"])
    assert len(hours) == len(case["expected"])
    for hour, expected in zip(hours, case["expected"], strict=True):
        assert hour.time == at(expected["observation_time"])
        assert hour.values == {name: value for name, value in expected.items() if name != "observation_time"}


@pytest.mark.parametrize("case", golden_cases("weather", "pick_current"))
def test_the_golden_observation_is_the_running_hour(case):
    times = case["input"]["times"]
    hours = read_hours({"hourly": {"time": times, "temperature_2m": [70.0] * len(times)}})
    now, expected = at(case["input"]["now"]), at(case["expected_observation_time"])
    found = observation_of(hours, now)
    assert found is not None
    assert found.time == expected
    assert [hour.time for hour in forecasts_of(hours, now)] == [hour.time for hour in hours if hour.time > expected]


@pytest.mark.parametrize("case", golden_cases("weather", "failure_limit"))
def test_the_golden_failures_abort_a_run_or_do_not(case):
    assert must_abort(case["failed"], case["total"]) is case["expected_abort"]


# -- recorded answers ------------------------------------------------------------------------------------


def recorded(shared_data_dir, name: str) -> Any:
    return json.loads((shared_data_dir / "real" / "open_meteo" / f"{name}.json").read_text())


def test_a_recorded_metric_answer_is_read(shared_data_dir):
    hours = read_hours(recorded(shared_data_dir, "forecast_berlin_2026-03_hourly"))
    assert len(hours) == 72
    first = hours[0]
    assert first.time == datetime(2026, 3, 1, 23, tzinfo=UTC), "Berlin's midnight"
    assert first.values == {
        "temperature_c": Decimal("3.20"),
        "temperature_f": Decimal("37.76"),
        "apparent_temperature_c": Decimal("0.70"),
        "apparent_temperature_f": Decimal("33.26"),
        "wind_speed_kmh": Decimal("4.30"),
        "wind_speed_mph": Decimal("2.67"),
        "wind_gusts_kmh": Decimal("8.30"),
        "wind_gusts_mph": Decimal("5.16"),
        "wind_direction_degrees": 95,
        "precipitation_mm": 0,
        "precipitation_probability": 0,
        "rain_mm": 0,
        "snowfall_mm": 0,
        "cloud_cover_percent": 0,
        "visibility_meters": 23940,
        "humidity_percent": 89,
        "pressure_hpa": Decimal("989.80"),
        "weather_code": 0,
    }


def test_a_recorded_imperial_answer_keeps_one_offset_over_the_clock_change(shared_data_dir):
    hours = read_hours(recorded(shared_data_dir, "forecast_toronto_imperial"))
    times = [hour.time for hour in hours]
    assert times == [datetime(2026, 3, 4, 5, tzinfo=UTC) + n * HOUR for n in range(192)]
    assert hours[0].values["temperature_c"] == 0
    assert hours[0].values["wind_speed_kmh"] == Decimal("6.44")
    assert hours[0].values["visibility_meters"] is None, "not asked for"
    assert any((hour.values["precipitation_mm"] or 0) > 0 for hour in hours)


def test_a_recorded_answer_of_half_hours_is_refused(shared_data_dir):
    """Adelaide, nine and a half hours ahead: none of its times is a full UTC hour."""
    with pytest.raises(InvalidResponse, match="34200 seconds are no full UTC hours"):
        read_hours(recorded(shared_data_dir, "archive_2025-01_hourly"))


# -- refused answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "not an object but NoneType"),
        ([{"hourly": {}}], "not an object but list"),  # several places: one object each
        ("{}", "not an object but str"),
        ({}, "no hourly object"),
        ({"error": True, "reason": "Daily API request limit exceeded"}, "Daily API request limit exceeded"),
        ({"hourly": None}, "no hourly object"),
        ({"hourly": {}}, "no series of times and temperatures"),
        ({"hourly": {"time": ["2025-12-17T00:00"]}}, "no series of times and temperatures"),
        ({"hourly": {"temperature_2m": [20]}}, "no series of times and temperatures"),
        ({"hourly": {"time": "2025", "temperature_2m": [1]}}, "no series of times and temperatures"),
        ({"hourly": {"time": [], "temperature_2m": []}}, "0 times and 0 temperatures"),
        ({"hourly": {"time": ["2025-12-17T00:00"], "temperature_2m": []}}, "1 times and 0 temperatures"),
        ({"hourly": {"time": ["soon"], "temperature_2m": [1]}}, "unreadable times"),
        ({"hourly": {"time": [None], "temperature_2m": [1]}}, "unreadable times"),
        ({"hourly": {"time": [1765929600], "temperature_2m": [1]}}, "unreadable times"),
        ({"hourly": {"time": ["2025-12-17T00:00Z"], "temperature_2m": [1]}}, "unreadable times"),
        ({"hourly": {"time": ["2025-12-17T00:30"], "temperature_2m": [1]}}, "no full UTC hours"),
        (answer() | {"utc_offset_seconds": 1800}, "no full UTC hours"),
        (answer() | {"utc_offset_seconds": "GMT"}, "unreadable times"),
        (answer() | {"utc_offset_seconds": 1e300}, "unreadable times"),
        (answer({"temperature_2m": "K"}), "temperature_2m is in K, a unit we do not know"),
        (answer(rain=[1]), "rain is in None, a unit we do not know"),  # units, but not of this
        (answer({"visibility": "mi"}, visibility=[5]), "visibility is in mi"),
        (answer({"weather_code": ""}, weather_code=[5]), "weather_code is in "),
    ],
)
def test_an_answer_that_cannot_be_trusted_is_refused_with_its_reason(response, reason):
    with pytest.raises(InvalidResponse, match=reason):
        read_hours(response)


# -- values ----------------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_tables_and_every_hour_has_all_of_them():
    assert {field.name for field in WeatherHour._meta.get_fields()} == COLUMNS
    assert only_hour().keys() == COLUMNS


def test_series_that_are_missing_are_no_values():
    found = only_hour()
    assert (found.pop("temperature_c"), found.pop("temperature_f")) == (20, 68)
    assert set(found.values()) == {None}


@pytest.mark.parametrize("series", [[], [1, 2], None, "1", {"0": 1}], ids=str)
def test_a_series_of_another_length_belongs_to_no_hour(series):
    assert only_hour({"cloud_cover": "%"}, cloud_cover=series)["cloud_cover_percent"] is None


def test_without_any_units_the_answer_is_in_those_that_were_requested():
    response = answer(precipitation=[0.1], snowfall=[0.2], visibility=[10000], wind_speed_10m=[10])
    del response["hourly_units"]
    found = read_hours(response)[0].values
    assert found["temperature_f"] == 20
    assert (found["precipitation_mm"], found["snowfall_mm"]) == (Decimal("2.54"), Decimal("5.08"))
    assert (found["visibility_meters"], found["wind_speed_kmh"]) == (10000, Decimal("16.09"))


@pytest.mark.parametrize(
    ("unit", "value", "metres"),
    [("m", 23940.0, 23940), ("ft", 78543.3, 23940), ("ft", 1, 0), ("ft", 5, 2), ("m", 1.4999, 1)],
)
def test_visibility_is_whole_metres_also_when_it_came_in_feet(unit, value, metres):
    assert only_hour({"visibility": unit}, visibility=[value])["visibility_meters"] == metres


@pytest.mark.parametrize(("unit", "depth"), [("cm", "7.00"), ("mm", "0.70"), ("inch", "17.78")])
def test_snowfall_is_the_depth_of_snow(unit, depth):
    assert only_hour({"snowfall": unit}, snowfall=[0.7])["snowfall_mm"] == Decimal(depth)


@pytest.mark.parametrize("value", [3, 3.0, Decimal("3"), Decimal("2.5")])
def test_whole_numbers_come_in_every_spelling(value):
    code = only_hour({"weather_code": "wmo code"}, weather_code=[value])["weather_code"]
    assert code == 3
    assert isinstance(code, int)


@pytest.mark.parametrize("value", [None, "3", True, [], {}, float("nan"), float("-inf"), 1e300, -(10**40)], ids=str)
def test_what_is_no_number_is_no_value(value):
    assert only_hour(visibility=[value], units={"visibility": "ft"})["visibility_meters"] is None
    assert only_hour({"weather_code": "wmo code"}, weather_code=[value])["weather_code"] is None


@pytest.mark.parametrize(
    ("name", "unit", "value", "column", "stored"),
    [
        ("wind_direction_10m", "°", 360, "wind_direction_degrees", 360),
        ("wind_direction_10m", "°", 361, "wind_direction_degrees", None),
        ("wind_direction_10m", "°", -1, "wind_direction_degrees", None),
        ("relative_humidity_2m", "%", 100, "humidity_percent", 100),
        ("relative_humidity_2m", "%", 101, "humidity_percent", None),
        ("cloud_cover", "%", 0, "cloud_cover_percent", 0),
        ("precipitation_probability", "%", -1, "precipitation_probability", None),
        ("weather_code", "wmo code", 99, "weather_code", 99),
        ("weather_code", "wmo code", 100, "weather_code", None),
        ("temperature_2m", "°C", 999.99, "temperature_c", Decimal("999.99")),
        ("temperature_2m", "°C", 1000, "temperature_c", None),
        ("temperature_2m", "°C", -99.99, "temperature_c", Decimal("-99.99")),
        ("temperature_2m", "°C", -100, "temperature_c", None),
        ("wind_speed_10m", "km/h", -0.1, "wind_speed_kmh", None),
        ("wind_gusts_10m", "km/h", 999.99, "wind_gusts_kmh", Decimal("999.99")),
        ("wind_gusts_10m", "mp/h", 700, "wind_gusts_kmh", None),  # fits as it came, not as it is stored
        ("wind_gusts_10m", "mp/h", 700, "wind_gusts_mph", Decimal("700.00")),
        ("rain", "inch", 393.7, "rain_mm", Decimal("9999.98")),
        ("rain", "inch", 393.8, "rain_mm", None),
        ("surface_pressure", "hPa", 1013.25, "pressure_hpa", Decimal("1013.25")),
        ("surface_pressure", "hPa", 10000, "pressure_hpa", None),
        ("visibility", "m", 2**31, "visibility_meters", None),
    ],
)
def test_a_value_that_could_not_be_stored_is_no_value(name, unit, value, column, stored):
    assert only_hour({name: unit}, **{name: [value]})[column] == stored


@pytest.mark.django_db
@pytest.mark.parametrize("edge", [0, 1], ids=["lowest", "highest"])
def test_what_is_read_can_be_stored_in_both_tables(edge):
    values = {
        column.name: (column.low, column.high)[edge] for variable in VARIABLES.values() for column in variable.columns
    }
    park = ParkFactory.create()
    seen = WeatherObservation.objects.create(park=park, observation_time=MIDNIGHT, **values)
    reported = WeatherForecast.objects.create(park=park, issued_at=MIDNIGHT, forecast_time=MIDNIGHT + HOUR, **values)
    for row in (seen, reported):
        row.full_clean()
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in COLUMNS} == values


@given(st.integers(-14, 14), st.integers(1, 48))
def test_the_hours_are_utc_whatever_zone_the_labels_are_in(offset, count):
    labels = [(MIDNIGHT + (n + offset) * HOUR).strftime("%Y-%m-%dT%H:%M") for n in range(count)]
    response = {
        "utc_offset_seconds": offset * 3600,
        "hourly": {"time": labels, "temperature_2m": [20] * count},
    }
    assert [hour.time for hour in read_hours(response)] == [MIDNIGHT + n * HOUR for n in range(count)]


# -- which hours -----------------------------------------------------------------------------------------


def hours_from(start: datetime, count: int) -> list[HourOfWeather]:
    return [HourOfWeather(start + n * HOUR, {}) for n in range(count)]


@pytest.mark.parametrize(
    ("now", "observed", "ahead"),
    [
        ("00:00:00", 0, 23),
        ("00:59:59", 0, 23),
        ("01:00:00", 1, 22),
        ("23:59:59", 23, 0),
    ],
)
def test_the_running_hour_is_observed_and_the_following_ones_are_forecast(now, observed, ahead):
    hours, instant = hours_from(MIDNIGHT, 24), at(f"2025-12-17T{now}+00:00")
    assert observation_of(hours, instant) == hours[observed]
    assert forecasts_of(hours, instant) == hours[observed + 1 :]
    assert len(forecasts_of(hours, instant)) == ahead


def test_an_answer_without_the_running_hour_has_no_observation():
    hours = hours_from(MIDNIGHT, 24)
    assert observation_of(hours, MIDNIGHT + 24 * HOUR) is None
    assert observation_of(hours, MIDNIGHT - HOUR) is None
    assert observation_of([], MIDNIGHT) is None
    assert forecasts_of(hours, MIDNIGHT - HOUR) == hours


def test_a_forecast_reaches_a_week_ahead_in_order():
    hours = hours_from(MIDNIGHT, 400)
    found = forecasts_of(hours[::-1], MIDNIGHT)
    assert len(found) == 168
    assert (found[0].time, found[-1].time) == (MIDNIGHT + HOUR, MIDNIGHT + 168 * HOUR)


def test_a_forecast_lies_after_its_issue():
    now = MIDNIGHT + timedelta(minutes=59)
    assert all(hour.time > full_hour(now) for hour in forecasts_of(hours_from(MIDNIGHT, 3), now))


def test_the_clock_may_be_read_in_any_zone():
    now = at("2025-12-16T20:25:00-05:00")
    assert full_hour(now) == MIDNIGHT + HOUR
    found = observation_of(hours_from(MIDNIGHT, 3), now)
    assert found is not None
    assert found.time == MIDNIGHT + HOUR


@pytest.mark.parametrize(
    ("failed", "total", "aborts"), [(1, 2, True), (1, 3, False), (2, 3, True), (0, 5, False), (499, 1000, False)]
)
def test_a_run_that_lost_half_of_its_parks_is_given_up(failed, total, aborts):
    assert must_abort(failed, total) is aborts
