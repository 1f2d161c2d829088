"""`manage.py collect_weather`: what is asked for whom, what is stored, and when a run is given up (R-23)."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from core import data_version
from core.commands import SomeFailed
from core.tests.stub_upstream import HTML_PAGE, Answer, Request, StubUpstream, answer
from parks.tests.factories import ParkFactory
from weather.models import WeatherForecast, WeatherObservation
from weather.tests.answers import archive_route, for_each_place, limited, place, places_of
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 12, 20, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
MIDNIGHT = NOW.replace(hour=0, minute=0)
FORECAST, ARCHIVE = "/v1/forecast", "/v1/archive"


@pytest.fixture(autouse=True)
def stub(settings, tmp_path) -> Iterator[StubUpstream]:
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    settings.OPEN_METEO_CALLS_PER_MINUTE = 1_000_000
    settings.REDIS_URL = ""
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    with StubUpstream() as stub, time_machine.travel(NOW):
        settings.OPEN_METEO_URL = settings.OPEN_METEO_ARCHIVE_URL = f"{stub.url}/v1"
        stub.routes[FORECAST] = for_each_place(place(MIDNIGHT, 168))
        stub.routes[ARCHIVE] = archive_route
        yield stub


def located_park(number: int = 0, **columns: Any) -> Any:
    return ParkFactory(latitude=Decimal("28.4") + number, longitude=Decimal("-81.5"), **columns)


def observed(park: Any) -> list[datetime]:
    return list(park.weather_observations.order_by("observation_time").values_list("observation_time", flat=True))


# -- now -------------------------------------------------------------------------------------------------


def test_the_running_hour_is_observed_and_never_the_first_one_of_the_answer(stub):
    park = located_park()
    stub.routes[FORECAST] = answer(place(MIDNIGHT, 24, temperature_2m=[60.0 + hour for hour in range(24)]))
    call_command("collect_weather", "--current")
    row = park.weather_observations.get()
    assert (row.observation_time, row.temperature_f, row.temperature_c) == (HOUR, Decimal("72"), Decimal("22.22"))
    assert not WeatherForecast.objects.exists()


def test_values_are_converted_from_the_units_of_the_answer(stub):
    located_park()
    reported = place(HOUR, 2, wind_speed_10m=10, precipitation=0.5, visibility=1000, weather_code=95)
    stub.routes[FORECAST] = answer(reported)
    call_command("collect_weather", "--current")
    row = WeatherObservation.objects.get()
    assert (row.wind_speed_kmh, row.wind_speed_mph) == (Decimal("16.09"), Decimal("10"))
    assert (row.precipitation_mm, row.visibility_meters, row.weather_code) == (Decimal("12.70"), 305, 95)


def test_the_same_hour_again_is_one_row_with_the_newer_values(stub):
    located_park()
    call_command("collect_weather", "--current")
    stub.routes[FORECAST] = answer(place(MIDNIGHT, 24, temperature_2m=86.0))
    call_command("collect_weather", "--current")
    assert WeatherObservation.objects.get().temperature_c == 30


def test_collected_at_reports_the_last_collection():
    park = located_park()
    earlier = ObservationFactory(park=park, observation_time=HOUR)
    WeatherObservation.objects.filter(pk=earlier.pk).update(collected_at=NOW - timedelta(hours=1))
    call_command("collect_weather", "--current")
    assert abs(WeatherObservation.objects.get().collected_at - NOW) < timedelta(minutes=1)


def test_all_parks_share_a_request_and_each_gets_its_own_answer(stub):
    parks = [located_park(n) for n in range(3)]
    stub.routes[FORECAST] = answer([place(MIDNIGHT, 24, temperature_2m=50.0 + n) for n in range(3)])
    call_command("collect_weather", "--current")
    assert len(stub.requests) == 1
    assert [park.weather_observations.get().temperature_f for park in parks] == [50, 51, 52]


def test_parks_at_one_place_are_asked_for_once_and_stored_each(stub):
    one = located_park()
    other = ParkFactory(latitude=Decimal("28.400049"), longitude=Decimal("-81.500049"))
    call_command("collect_weather", "--current")
    assert places_of(stub.requests[0]) == [("28.4000", "-81.5000")]
    assert observed(one) == observed(other) == [HOUR]


def test_more_places_than_a_request_takes_are_asked_for_in_several(stub, monkeypatch):
    monkeypatch.setattr("weather.collection.PLACES_A_REQUEST", 2)
    parks = [located_park(n) for n in range(5)]
    call_command("collect_weather", "--current")
    assert [len(places_of(request)) for request in stub.requests] == [2, 2, 1]
    assert all(observed(park) == [HOUR] for park in parks)


def test_parks_without_a_place_are_skipped_and_reported_inactive_ones_are_not_asked_for(stub, capsys):
    located_park()
    ParkFactory(name="Nowhere", latitude=None)
    located_park(1, is_active=False)
    call_command("collect_weather", "--current")
    assert "Nowhere" in capsys.readouterr().err
    assert len(places_of(stub.requests[0])) == 1


def test_without_any_place_nobody_is_asked(stub, capsys):
    call_command("collect_weather", "--current")
    assert "nothing was asked" in capsys.readouterr().out
    assert stub.requests == []


def test_the_attribution_is_printed(capsys):
    located_park()
    call_command("collect_weather", "--current")
    assert "Weather data by Open-Meteo.com (https://open-meteo.com), CC BY 4.0" in capsys.readouterr().out


def test_stored_answers_are_dropped():
    located_park()
    before = data_version.current()
    call_command("collect_weather", "--current")
    assert data_version.current() != before


# -- ahead -----------------------------------------------------------------------------------------------


def test_the_hours_ahead_are_forecasts_of_this_hours_issue():
    park = located_park()
    call_command("collect_weather", "--forecast")
    rows = park.weather_forecasts.order_by("forecast_time")
    assert {row.issued_at for row in rows} == {HOUR}
    assert [row.forecast_time for row in rows] == [MIDNIGHT + timedelta(hours=n) for n in range(13, 168)]
    assert not WeatherObservation.objects.exists()


def test_a_later_issue_stands_beside_the_earlier_one(stub):
    located_park()
    call_command("collect_weather", "--forecast")
    with time_machine.travel(NOW + timedelta(hours=6)):
        call_command("collect_weather", "--forecast")
        call_command("collect_weather", "--forecast")
    assert WeatherForecast.objects.count() == 155 + 149


def test_now_and_ahead_come_from_one_request(stub):
    park = located_park()
    call_command("collect_weather", "--current", "--forecast")
    assert len(stub.requests) == 1
    assert observed(park) == [HOUR]
    assert park.weather_forecasts.count() == 155


# -- past ------------------------------------------------------------------------------------------------


def test_past_days_are_asked_for_by_month_and_stored_by_the_hour(stub):
    park = located_park()
    call_command("collect_weather", "--backfill", "2026-04-30", "2026-06-01")
    assert [(each.params["start_date"], each.params["end_date"]) for each in stub.requests] == [
        ("2026-04-30", "2026-04-30"),
        ("2026-05-01", "2026-05-31"),
        ("2026-06-01", "2026-06-01"),
    ]
    found = observed(park)
    assert (len(found), found[0], found[-1]) == (
        33 * 24,
        datetime(2026, 4, 30, tzinfo=UTC),
        datetime(2026, 6, 1, 23, tzinfo=UTC),
    )
    assert park.weather_observations.first().precipitation_mm == Decimal("2.54")


def test_hours_that_are_not_over_and_hours_of_which_nothing_is_known_are_left_out(stub):
    park = located_park()
    temperatures = [68.0, None, *[70.0] * 22]
    stub.routes[ARCHIVE] = for_each_place(place(MIDNIGHT, 24, temperature_2m=temperatures))
    call_command("collect_weather", "--backfill", "2026-07-01", "2026-07-01")
    assert observed(park) == [MIDNIGHT + timedelta(hours=n) for n in range(12) if n != 1]


def test_what_the_archive_does_not_know_of_a_stored_hour_stays():
    park = located_park()
    at = datetime(2026, 6, 1, 5, tzinfo=UTC)
    ObservationFactory(park=park, observation_time=at, visibility_meters=9_000, temperature_c=1)
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-01")
    row = park.weather_observations.get(observation_time=at)
    assert (row.visibility_meters, row.temperature_c) == (9_000, 20)


def test_the_same_days_again_change_nothing():
    located_park()
    for _ in range(2):
        call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-02")
    assert WeatherObservation.objects.count() == 48


def test_only_months_that_lack_hours_are_asked_for_when_wanted(stub):
    one, other = located_park(), located_park(1)
    call_command("collect_weather", "--backfill", "2026-05-01", "2026-06-02")
    other.weather_observations.filter(observation_time__month=6).first().delete()
    stub.requests.clear()
    call_command("collect_weather", "--backfill", "2026-05-01", "2026-06-02", "--missing")
    assert [(request.params["start_date"], len(places_of(request))) for request in stub.requests] == [
        ("2026-06-01", 1)
    ]
    assert len(observed(other)) == len(observed(one)) == 33 * 24


def test_a_month_in_which_one_value_is_missing_is_asked_for_again(stub):
    park = located_park()
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-02")
    park.weather_observations.filter(observation_time__hour=5).update(precipitation_mm=None)
    stub.requests.clear()
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-02", "--missing")
    assert len(stub.requests) == 1
    assert not park.weather_observations.filter(precipitation_mm=None).exists()
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-02", "--missing")
    assert len(stub.requests) == 1, "now it is whole; the archive has no wind there"


def test_a_value_that_is_not_reported_erases_none_that_is_known(stub):
    park = located_park()
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-01")
    before = list(park.weather_observations.order_by("observation_time").values_list("precipitation_mm", flat=True))
    start = datetime(2026, 6, 1, tzinfo=UTC)
    stub.routes[ARCHIVE] = for_each_place(place(start, 24, temperature_2m=[50.0] * 24, precipitation=[None] * 24))
    call_command("collect_weather", "--backfill", "2026-06-01", "2026-06-01")
    rows = park.weather_observations.order_by("observation_time")
    assert list(rows.values_list("precipitation_mm", flat=True)) == before
    assert set(rows.values_list("temperature_c", flat=True)) == {Decimal("10.00")}


def test_a_forecast_of_the_same_hour_erases_nothing_either(stub):
    park = located_park()
    stub.routes[FORECAST] = for_each_place(place(MIDNIGHT, 48, precipitation=0.1))
    call_command("collect_weather", "--forecast")
    stub.routes[FORECAST] = for_each_place(place(MIDNIGHT, 48, precipitation=[None] * 48))
    call_command("collect_weather", "--forecast")
    assert park.weather_forecasts.exists()
    assert set(park.weather_forecasts.values_list("precipitation_mm", flat=True)) == {Decimal("2.54")}


def test_days_that_will_be_deleted_are_reported(capsys, settings):
    located_park()
    settings.WEATHER_OBSERVATION_DAYS = 30
    call_command("collect_weather", "--backfill", "2026-05-01", "2026-05-01")
    assert "raise the setting to keep them" in capsys.readouterr().err


def test_a_limit_of_the_upstream_ends_the_run_and_keeps_what_is_stored(stub, capsys):
    park = located_park()
    reported = archive_route
    stub.routes[ARCHIVE] = lambda request: (
        reported(request) if request.params["start_date"] < "2026-05" else limited("Daily")
    )
    with pytest.raises(CommandError, match=r"2026-05: the daily limit.*2026-07-02 00:00Z") as caught:
        call_command("collect_weather", "--backfill", "2026-04-01", "2026-06-30")
    assert caught.value.returncode == 1
    assert len(observed(park)) == 30 * 24


# -- failures --------------------------------------------------------------------------------------------


def spoilt_by(latitude: str, reported: Any) -> Any:
    """A route that refuses every request with that place in it."""

    def route(request: Request) -> Answer:
        if latitude in request.params["latitude"].split(","):
            return answer({"error": True, "reason": "Latitude is bad"}, status=400)
        return for_each_place(reported)(request)

    return route


def test_a_place_that_spoils_the_request_costs_only_its_own_park(stub, capsys):
    parks = [located_park(n) for n in range(3)]
    stub.routes[FORECAST] = spoilt_by("29.4000", place(MIDNIGHT, 24))
    with pytest.raises(SomeFailed) as caught:
        call_command("collect_weather", "--current")
    assert caught.value.returncode == 1
    assert [observed(park) for park in parks] == [[HOUR], [], [HOUR]]
    assert "HTTP 400: Latitude is bad" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reported", "why"),
    [
        ({"hourly": {}}, "no series"),
        ({"error": True, "reason": "No data"}, "No data"),
        (place(MIDNIGHT - timedelta(days=3), 24), r"hour that is running \(12:00Z\)"),
        ({**place(MIDNIGHT, 24), "hourly_units": {"temperature_2m": "K"}}, "a unit we do not know"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_park_that_failed(stub, capsys, reported, why):
    parks = [located_park(n) for n in range(3)]
    stub.routes[FORECAST] = answer([place(MIDNIGHT, 24), reported, place(MIDNIGHT, 24)])
    with pytest.raises(SomeFailed):
        call_command("collect_weather", "--current")
    assert [len(observed(park)) for park in parks] == [1, 0, 1]
    assert re.search(why, capsys.readouterr().err)


def test_a_run_that_lost_half_of_its_parks_asks_no_more(stub, monkeypatch):
    monkeypatch.setattr("weather.collection.PLACES_A_REQUEST", 1)
    parks = [located_park(n) for n in range(4)]
    stub.routes[FORECAST] = [answer(place(MIDNIGHT, 24)), *[answer({"reason": "broken"})] * 3]
    with pytest.raises(CommandError, match="given up: 2 of 4 parks failed") as caught:
        call_command("collect_weather", "--current")
    assert not isinstance(caught.value, SomeFailed)
    assert len(stub.requests) == 3
    assert observed(parks[0]) == [HOUR]


@pytest.mark.parametrize("reported", [HTML_PAGE, Answer(b"[]"), Answer(b"[1, 2]"), Answer(b'"x"'), Answer(b"")])
def test_no_json_of_weather_is_never_more_than_a_failure(stub, reported):
    located_park()
    stub.routes[FORECAST] = reported
    with pytest.raises(CommandError, match="1 of 1 parks failed"):
        call_command("collect_weather", "--current")
    assert not WeatherObservation.objects.exists()


# -- options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "--current, --forecast or --backfill"),
        (("--current", "--backfill", "2026-01-01", "2026-01-02"), "another run"),
        (("--current", "--missing"), "--missing is about --backfill"),
        (("--backfill", "2026-01-02", "2026-01-01"), "lies after"),
        (("--backfill", "2026-01-02", "2026-07-02"), "yet to come"),
        (("--backfill", "yesterday", "2026-07-02"), "'yesterday' is not a date"),
        (("--backfill", "2026-01-02", ""), "is not a date"),
        (("--current", "--park-id", "9999"), "park 9999 is not known"),
    ],
)
def test_an_option_that_cannot_be_used_costs_a_line_and_asks_nobody(stub, options, why):
    located_park()
    with pytest.raises(CommandError, match=why) as caught:
        call_command("collect_weather", *options)
    assert caught.value.returncode == 2
    assert stub.requests == []


def test_one_park_can_be_asked_for(stub):
    located_park()
    other = located_park(1)
    call_command("collect_weather", "--current", "--park-id", str(other.pk))
    assert WeatherObservation.objects.get().park == other


# -- recordings ------------------------------------------------------------------------------------------


def test_a_recorded_metric_answer_is_stored_in_our_units(stub, shared_data_dir):
    park = located_park()
    recorded = json.loads((shared_data_dir / "real/open_meteo/forecast_berlin_2026-03_hourly.json").read_text())
    stub.routes[FORECAST] = answer(recorded)
    with time_machine.travel(datetime(2026, 3, 2, 0, 30, tzinfo=UTC)):
        call_command("collect_weather", "--current", "--forecast")
    # 1:00 in Berlin, an hour ahead of UTC.
    row = park.weather_observations.get()
    reported = {name: series[1] for name, series in recorded["hourly"].items()}
    assert row.observation_time == datetime(2026, 3, 2, tzinfo=UTC)
    assert float(row.temperature_c) == reported["temperature_2m"] == 2.3
    assert (row.temperature_f, row.wind_speed_kmh, row.wind_speed_mph) == (
        Decimal("36.14"),
        Decimal("4.6"),
        Decimal("2.86"),
    )
    assert (row.visibility_meters, row.pressure_hpa) == (18_000, Decimal("989.7"))
    assert park.weather_forecasts.count() == 72 - 2


def test_a_recorded_imperial_answer_is_stored_in_our_units(stub, shared_data_dir):
    park = located_park()
    recorded = json.loads((shared_data_dir / "real/open_meteo/forecast_toronto_imperial.json").read_text())
    stub.routes[FORECAST] = answer(recorded)
    with time_machine.travel(datetime(2026, 3, 4, 5, 30, tzinfo=UTC)):
        call_command("collect_weather", "--current", "--forecast")
    # Midnight in Toronto, five hours behind UTC.
    row = park.weather_observations.get()
    assert row.observation_time == datetime(2026, 3, 4, 5, tzinfo=UTC)
    assert (row.temperature_f, row.temperature_c) == (Decimal("32"), Decimal("0"))
    assert (row.wind_speed_mph, row.wind_speed_kmh) == (Decimal("4"), Decimal("6.44"))
    wettest = max(range(192), key=lambda n: recorded["hourly"]["precipitation"][n])
    inches = Decimal(str(recorded["hourly"]["precipitation"][wettest]))
    stored = park.weather_forecasts.order_by("-precipitation_mm").first().precipitation_mm
    assert abs(stored - inches * Decimal("25.4")) <= Decimal("0.005")


def test_a_recorded_answer_of_the_archive_with_its_zone_set_right_is_stored_in_our_units(stub, shared_data_dir):
    """It was recorded in Adelaide's clock, whose hours are no UTC hours; we ask for GMT."""
    park = located_park()
    recorded = json.loads((shared_data_dir / "real/open_meteo/archive_2025-01_hourly.json").read_text())
    stub.routes[ARCHIVE] = answer({**recorded, "utc_offset_seconds": 0})
    call_command("collect_weather", "--backfill", "2025-01-10", "2025-01-12")
    row = park.weather_observations.get(observation_time=datetime(2025, 1, 10, tzinfo=UTC))
    assert (row.wind_speed_kmh, row.wind_speed_mph) == (Decimal("4.57"), Decimal("2.84"))  # 1.27 m/s
    assert (row.temperature_c, row.humidity_percent) == (Decimal("20.3"), 33)
    assert len(observed(park)) == 72
