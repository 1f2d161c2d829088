"""The sample goes on as if the server had run all the time, says what it is, and can be taken out again."""

from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core.management import call_command

from config.sample import history
from config.sample.removal import pointing_at
from core import data_version
from core.web.tests.production_client import ProductionClient
from importer.healing.heal import works
from importer.models import ImportCheckpoint
from importer.sample.weather import THUNDERSTORM, hours_of_day
from parks.catalog.known import CATALOG
from parks.catalog.sample import real_parks, sample_parks
from parks.models import Park, ParkSchedule, Ride
from parks.sync.entity_metadata import wiki_parks
from parks.sync.parks import watched_countries
from parks.sync.schedules import parks_with_schedule
from snapshots.collection.run import collected_parks
from snapshots.models import DataQualityLog, LogType, QueueData, RideStatusSnapshot
from stats.models import ParkDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, report, show_park
from weather.models import WeatherForecast, WeatherObservation

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = datetime(2026, 3, 20, 18, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=30)


@pytest.fixture(autouse=True)
def _data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def bars(total, unit):
    return nullcontext(mock.Mock())


def begin(at, time_machine, days=2):
    time_machine.move_to(at, tick=False)
    history.write_beginning(at, days=days, destinations=1)
    history.import_beginning(bars)
    history.compute_beginning(at, days, bars)


def rows_since(day):
    """What is stored of days that both histories hold whole, by the rides' own keys."""
    rides = RideStatusSnapshot.objects.filter(recorded_at__gte=day).order_by("ride__themeparks_wiki_id", "recorded_at")
    columns = ("ride__themeparks_wiki_id", "recorded_at", "duration_seconds", "status", "wait_time")
    queues = QueueData.objects.filter(recorded_at__gte=day).values_list("queue_type", flat=True)
    return list(rides.values_list(*columns)), Counter(queues)


@pytest.mark.on_sqlite
def test_a_sample_that_is_continued_is_the_one_that_had_run_all_the_time(time_machine):
    begin(EARLIER, time_machine, days=5)
    first_count = RideStatusSnapshot.objects.count()
    time_machine.move_to(NOW, tick=False)
    assert list(history.continue_sample(NOW)) == ["Walt Disney World Resort"]
    since = datetime(2026, 3, 19, 12, tzinfo=UTC)
    continued, stats = rows_since(since), ParkDailyStats.objects.filter(stat_date="2026-03-19").count()
    assert RideStatusSnapshot.objects.count() > first_count
    assert continued[0][-1][1] > NOW - timedelta(hours=12)
    assert stats == 4
    call_command("remove_sample_data", verbosity=0)
    history.removed_marker().unlink()
    begin(NOW, time_machine, days=6)
    whole = rows_since(since)
    assert len(whole[0]) > 500
    assert continued == whole


@pytest.mark.on_sqlite
def test_to_continue_twice_changes_nothing_and_keeps_one_import(time_machine):
    begin(EARLIER, time_machine)
    for minutes in (0, 0):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        history.continue_sample(NOW + timedelta(minutes=minutes))
    assert ImportCheckpoint.objects.filter(source__endswith=history.CONTINUED).count() == 1
    before = RideStatusSnapshot.objects.count()
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    history.continue_sample(NOW + timedelta(minutes=5))
    assert ImportCheckpoint.objects.filter(source__endswith=history.CONTINUED).count() == 1
    assert RideStatusSnapshot.objects.count() >= before


def test_the_sample_has_hours_weather_tiers_and_a_name_to_search_for(time_machine):
    begin(NOW, time_machine)
    park = sample_parks().get(name="Magic Kingdom Park (sample)")
    dates = ParkSchedule.objects.filter(park=park).order_by("schedule_date").values_list("schedule_date", flat=True)
    assert (dates[len(dates) - 1] - NOW.date()).days == 35
    newest = WeatherObservation.objects.filter(park=park).latest("observation_time")
    assert newest.observation_time == NOW.replace(minute=0)
    assert newest.temperature_c is not None
    assert WeatherForecast.objects.filter(park=park).count() > 7 * 24
    assert set(Ride.objects.filter(park=park).values_list("classification__tier", flat=True)) == {1, 2, 3}
    assert ProductionClient().get("/search?q=spcae+mountan").content.count(b"Space Mountain Orbiter") >= 1


def test_no_upstream_is_asked_about_sample_parks(time_machine):
    begin(NOW, time_machine)
    samples = set(sample_parks())
    real = make_park(name="Real", themeparks_wiki_id="75ea578a-adc8-4116-a54d-dccb60765ef9", country="BE")
    assert samples
    for park in samples:
        DataQualityLog.objects.create(
            issue_type=LogType.GAP, entity_type="park", entity_id=park.pk, description=f"gap {park.pk}",
            timestamp_start=NOW - timedelta(hours=5), timestamp_end=NOW - timedelta(hours=3),
        )  # fmt: skip
    assert list(real_parks()) == [real]
    for asked in (collected_parks(), parks_with_schedule(), wiki_parks()):
        assert asked == [real]
    assert not works(NOW)
    assert watched_countries() == {"US", "BE"}


def test_removing_the_sample_leaves_what_is_real_and_it_is_not_made_again(time_machine, capsys):
    begin(NOW, time_machine)
    real = make_ride(make_park(name="Real"))
    report(real, local(DAY, "12:00"), "O10")
    call_command("remove_sample_data")
    assert "ride_status_snapshots" in capsys.readouterr().out
    assert list(Park.objects.all()) == [real.park]
    for target, left in ((Park, {real.park_id, None}), (Ride, {real.pk, None})):
        for model, name in pointing_at(target):
            assert set(model.objects.values_list(f"{name}_id", flat=True)) <= left, model
    assert not ImportCheckpoint.objects.exists()
    assert not DataQualityLog.objects.exists()
    assert RideStatusSnapshot.objects.count() == 1
    assert history.continue_sample(NOW + timedelta(hours=1)) == {}
    call_command("remove_sample_data")
    assert "There is no sample data" in capsys.readouterr().out


def test_an_archive_that_somebody_made_by_hand_is_not_continued(time_machine):
    begin(EARLIER, time_machine)
    ImportCheckpoint.objects.update(source="/srv/sample-archive-of-mine")
    assert history.continue_sample(NOW) == {}


def test_pages_say_that_the_sample_is_synthetic_until_it_is_removed(time_machine):
    begin(NOW, time_machine)
    client = ProductionClient(headers={"accept": "text/html"})
    for address in ("/", "/downtime/rides?period=yesterday", "/awards", "/trust", "/outages"):
        assert b"Synthetic sample." in client.get(address).content, address
    assert b"Real parks are recorded here" not in client.get("/").content
    show_park(make_park(name="Real"), local(DAY, "12:00"), 60)
    data_version.move()
    assert b"Real parks are recorded here" in client.get("/").content
    call_command("remove_sample_data", verbosity=0)
    assert b"Synthetic sample." not in client.get("/").content


def test_storms_are_in_the_weather_at_the_hour_in_which_they_stop_rides():
    hours = [hour for n in range(60) for hour in hours_of_day(1, CATALOG[0], (NOW - timedelta(days=n)).date())]
    storms = [hour for hour in hours if hour.code == THUNDERSTORM]
    assert 2 < len(storms) < 40
    assert all(hour.rain >= 3 for hour in storms)
