"""Which group an hour belongs to by its weather (sources 5.3: sums are of the hour before)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from weather.groupings import RAIN, STORM, TEMPERATURE_BAND, Grouping
from weather.tests.factories import ObservationFactory

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NUMBER = int(NOON.timestamp()) // 3600


def name_of(grouping: Grouping, *reported: Any) -> str | None:
    number = grouping.number_of(*(None if value is None else Decimal(value) for value in reported))
    return None if number is None else grouping.names[number]


@pytest.mark.parametrize(
    ("millimetres", "snow", "group"),
    [
        ("0", None, "dry"),
        ("0.09", "0", "dry"),
        ("0.1", "0", "light"),
        ("2.49", "0", "light"),
        ("2.5", "0", "moderate"),
        ("7.59", "0", "moderate"),
        ("7.6", "0", "heavy"),
        ("120", None, "heavy"),
        ("0.5", "0.7", "snow"),
        (None, "3", None),
        (None, None, None),
    ],
)
def test_rain_is_reported_by_what_fell_in_the_hour(millimetres, snow, group):
    assert name_of(RAIN, millimetres, snow) == group


@pytest.mark.parametrize(
    ("degrees", "group"),
    [
        ("-12", "below_0c"),
        ("-0.01", "below_0c"),
        ("0", "0c_to_10c"),
        ("9.99", "0c_to_10c"),
        ("10", "10c_to_20c"),
        ("20", "20c_to_30c"),
        ("30", "30c_and_more"),
        (None, None),
    ],
)
def test_a_band_begins_with_its_first_degree(degrees, group):
    assert name_of(TEMPERATURE_BAND, degrees) == group


@pytest.mark.parametrize(
    ("code", "group"), [(95, "storm"), (96, "storm"), (99, "storm"), (82, "no_storm"), (0, "no_storm"), (None, None)]
)
def test_a_storm_is_a_thunderstorm(code, group):
    assert name_of(STORM, code) == group


@pytest.mark.django_db
def test_what_fell_is_reported_at_the_end_of_its_hour_and_the_rest_at_its_beginning():
    row = ObservationFactory(observation_time=NOON, precipitation_mm=5, temperature_c=25, weather_code=95)
    span = [row.park_id], NOON - 2 * HOUR, NOON + 2 * HOUR
    assert RAIN.hours(*span) == {row.park_id: {NUMBER - 1: 2}}
    assert TEMPERATURE_BAND.hours(*span) == {row.park_id: {NUMBER: 3}}
    assert STORM.hours(*span) == {row.park_id: {NUMBER: 1}}


@pytest.mark.django_db
@pytest.mark.parametrize("grouping", [RAIN, TEMPERATURE_BAND])
def test_the_hours_of_a_range_are_reported_and_no_others(grouping, django_assert_num_queries):
    park = ObservationFactory(observation_time=NOON - 10 * HOUR, precipitation_mm=0, temperature_c=1).park
    for hours in range(-3, 5):
        ObservationFactory(park=park, observation_time=NOON + hours * HOUR, precipitation_mm=0, temperature_c=1)
    ObservationFactory(observation_time=NOON, precipitation_mm=0, temperature_c=1)
    with django_assert_num_queries(1):
        found = grouping.hours([park.pk], NOON - timedelta(minutes=30), NOON + timedelta(minutes=30))
    assert found.keys() == {park.pk}
    assert sorted(found[park.pk]) == [NUMBER - 1, NUMBER]
