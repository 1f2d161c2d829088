"""`check_weather`: a line and an exit code for monitoring (R-22.3)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from parks.tests.factories import NOON, ParkFactory
from weather.models import WeatherObservation
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HERE = {"latitude": 28, "longitude": -81}


@pytest.fixture
def check(capsys):
    """Exit code and line."""

    def run(*options: str) -> tuple[int, str]:
        code = 0
        with time_machine.travel(NOON, tick=False):
            try:
                call_command("check_weather", *options)
            except SystemExit as end:
                code = int(end.code or 0)
        return code, capsys.readouterr().out

    return run


def collected(parks: int, minutes_ago: int, hour=None) -> None:
    """The running hour of so many parks, collected so long ago."""
    at = NOON - minutes_ago * MINUTE
    hour = hour or at.replace(minute=0, second=0, microsecond=0)
    for _ in range(parks):
        row = ObservationFactory.create(park=ParkFactory.create(**HERE), observation_time=hour)
        WeatherObservation.objects.filter(pk=row.pk).update(collected_at=at)


def test_all_is_well(check):
    collected(5, 20)
    assert check() == (
        0,
        "OK: the weather of 5 parks (at least 5) in the last 90 minutes, the newest 20 minutes ago"
        " | parks=5;5: age=20\n",
    )


@pytest.mark.parametrize(("minutes", "code"), [(89, 0), (90, 2), (600, 2)])
def test_weather_that_is_older_than_an_hour_and_a_half_is_critical(check, minutes, code):
    collected(5, minutes)
    found, line = check()
    assert found == code
    if code:
        assert line == "CRITICAL: no weather was collected in the last 90 minutes | parks=0;5:\n"


@pytest.mark.parametrize(("parks", "code"), [(4, 1), (5, 0)])
def test_fewer_than_five_parks_of_many_are_a_warning(check, parks, code):
    collected(parks, 20)
    ParkFactory.create_batch(3, **HERE)
    assert check()[0] == code


def test_where_fewer_parks_have_coordinates_all_of_them_have_to_be_seen(check):
    collected(2, 20)
    ParkFactory.create(latitude=None, longitude=None)
    ParkFactory.create(is_active=False, **HERE)
    assert check()[0] == 0
    ParkFactory.create(**HERE)
    assert check()[0] == 1


def test_what_a_backfill_wrote_now_does_not_count(check):
    collected(5, 5, hour=NOON - 6 * 24 * HOUR)
    assert check()[0] == 2


def test_without_parks_to_ask_for_all_is_well(check):
    ParkFactory.create(latitude=None, longitude=None)
    assert check() == (0, "OK: no park has to be seen | parks=0;0:\n")


def test_the_thresholds_are_options(check):
    collected(2, 100)
    ParkFactory.create(**HERE)
    assert check("--minutes", "120")[0] == 1
    assert check("--minutes", "120", "--min-parks", "2")[0] == 0


@pytest.mark.parametrize("options", [("--minutes", "0"), ("--minutes", "10081"), ("--min-parks", "-1")])
def test_an_option_that_cannot_be_used_costs_one_line_and_code_2(check, options):
    with pytest.raises(CommandError) as caught:
        check(*options)
    assert caught.value.returncode == 2
    assert options[0] in str(caught.value)


def test_a_database_that_does_not_answer_is_critical(check, monkeypatch):
    def fails(*_):
        raise OperationalError("server has gone away")

    monkeypatch.setattr("weather.management.commands.check_weather.seen_weather", fails)
    assert check() == (2, "CRITICAL: The database does not answer: server has gone away\n")
