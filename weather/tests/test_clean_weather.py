"""`manage.py clean_weather`: weather is kept for two years, forecasts for ninety days (R-23.4)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from parks.tests.factories import NOON
from weather.models import WeatherForecast, WeatherObservation
from weather.tests.factories import ForecastFactory, ObservationFactory

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_observations_are_kept_for_two_years():
    kept = ObservationFactory(observation_time=NOON - 730 * DAY)
    ObservationFactory(observation_time=NOON - 730 * DAY - timedelta(hours=1))
    call_command("clean_weather")
    assert WeatherObservation.objects.get() == kept


def test_forecasts_are_kept_for_ninety_days_after_they_were_fetched():
    kept = ForecastFactory(issued_at=NOON - 90 * DAY, forecast_time=NOON - 84 * DAY)
    ForecastFactory(issued_at=NOON - 90 * DAY - SECOND, forecast_time=NOON - 84 * DAY)
    call_command("clean_weather")
    assert WeatherForecast.objects.get() == kept


def test_how_long_is_a_setting(settings):
    settings.WEATHER_OBSERVATION_DAYS = 3_650
    ObservationFactory(observation_time=NOON - 3_649 * DAY)
    ObservationFactory(observation_time=NOON - 3_651 * DAY)
    call_command("clean_weather")
    assert WeatherObservation.objects.count() == 1


def test_a_dry_run_only_counts(capsys):
    ObservationFactory(observation_time=NOON - 800 * DAY)
    call_command("clean_weather", "--dry-run")
    assert "Would delete 1 observed hours" in capsys.readouterr().out
    assert WeatherObservation.objects.exists()


def test_many_rows_go_bit_by_bit(monkeypatch, capsys):
    monkeypatch.setattr("weather.retention.ROWS_AT_A_TIME", 2)
    old = ObservationFactory(observation_time=NOON - 800 * DAY)
    for n in range(1, 5):
        ObservationFactory(park=old.park, observation_time=NOON - 800 * DAY - n * timedelta(hours=1))
    call_command("clean_weather")
    assert "Deleted 5 observed hours older than 730 days and 0 forecast hours" in capsys.readouterr().out
    assert not WeatherObservation.objects.exists()
