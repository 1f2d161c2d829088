"""What script/server does before it serves: an empty database gets sample history, a filled one nothing."""

import contextlib
import http.server
import json
import os
import threading

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from whitenoise.compress import Compressor

from parks.catalog.known import CATALOG
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from stats.models import AggregationLog, ParkDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    # Collected already, for all but the test of that.
    (settings.STATIC_ROOT / "staticfiles.json").write_text('{"paths": {}, "version": "1.1"}')
    settings.THEMEPARKS_WIKI_URL = "http://127.0.0.1:9"  # nobody answers at the discard port
    return tmp_path


def prepare(capsys):
    call_command("prepare_server", days=3, destinations=1)
    return capsys.readouterr().out


def test_an_empty_database_gets_the_catalogue_and_labelled_sample_history_with_its_statistics(data_dir, capsys):
    out = prepare(capsys)
    assert "SYNTHETIC" in out
    sample_parks = Park.objects.filter(name__endswith="(sample)")
    assert Park.objects.count() == len(CATALOG) + sample_parks.count()
    assert set(Ride.objects.values_list("park_id", flat=True)) <= set(sample_parks.values_list("pk", flat=True))
    assert set(RideStatusSnapshot.objects.values_list("park_id", flat=True)) == set(
        sample_parks.values_list("pk", flat=True)
    )
    assert ParkDailyStats.objects.filter(park__in=sample_parks, shame_score__isnull=False).exists()
    assert not AggregationLog.objects.exclude(status="success").exists()
    assert not (data_dir / "sample-archive").exists()


def test_a_second_start_goes_on_with_the_sample_and_begins_no_other(data_dir, capsys):
    prepare(capsys)
    parks = Park.objects.count()
    out = prepare(capsys)
    assert "SYNTHETIC" not in out
    assert "Continued the synthetic history of Walt Disney World Resort" in out
    assert Park.objects.count() == parks


def test_a_removed_sample_is_not_made_again_and_a_source_that_answers_offers_the_removal(
    data_dir, capsys, monkeypatch
):
    prepare(capsys)
    monkeypatch.setattr("urllib.request.urlopen", lambda *asked, **how: contextlib.nullcontext())
    assert "remove_sample_data" in prepare(capsys)
    call_command("remove_sample_data")
    out = prepare(capsys)
    assert "No sample history: it was removed" in out
    assert "remove_sample_data" not in out.splitlines()[-1]
    assert not RideStatusSnapshot.objects.exists()


def test_an_interrupted_first_start_is_taken_up_again(data_dir, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("config.sample.history.recompute", lambda *args, **how: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prepare(capsys)
    assert RideStatusSnapshot.objects.exists()
    assert not ParkDailyStats.objects.exists()
    assert "SYNTHETIC" in prepare(capsys)
    assert ParkDailyStats.objects.exists()
    assert not (data_dir / "sample-archive").exists()


def test_it_says_whether_the_upstream_can_be_reached(data_dir, capsys, settings):
    assert "cannot be reached" in prepare(capsys)

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        settings.THEMEPARKS_WIKI_URL = f"http://127.0.0.1:{server.server_port}"
        out = prepare(capsys)
    assert "can be reached" in out
    assert "a worker can collect" in out


def test_static_files_are_collected_under_hashed_names_when_one_is_newer_than_the_last_time(
    data_dir, capsys, settings, monkeypatch
):
    quick = staticmethod(lambda data: brotli.compress(data, quality=1))  # the best takes half a minute
    monkeypatch.setattr(Compressor, "compress_brotli", quick)
    report(make_ride(make_park()), local(DAY, "12:00"), "O10")  # something is stored, so no sample is made
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    os.utime(manifest, (0, 0))
    assert "static files" in prepare(capsys)
    names = json.loads(manifest.read_text())["paths"]
    assert (settings.STATIC_ROOT / names["dashboard/ridewatch.css"]).exists()
    assert names["dashboard/ridewatch.css"] != "dashboard/ridewatch.css"
    assert staticfiles_storage.url("dashboard/ridewatch.css") == f"/static/{names['dashboard/ridewatch.css']}"
    assert "static files" not in prepare(capsys)


def test_before_they_are_collected_static_files_have_their_own_names(data_dir, settings):
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    assert staticfiles_storage.url("dashboard/ridewatch.css") == "/static/dashboard/ridewatch.css"
