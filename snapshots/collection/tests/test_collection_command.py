"""`collect_snapshots`: one cycle of the present slot, or one after the other; its words and its exit codes."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from core.commands import SomeFailed
from core.jobs.requests import RefreshToday
from core.tests.shared_database import shared_database
from core.tests.stub_upstream import HTML_PAGE, Answer, StubUpstream
from parks.catalog.known import CATALOG, sample_twin
from parks.models import Ride
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.run import collected_parks, slot_of
from snapshots.management.commands import collect_snapshots
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.tests.live_answers import AT, entry, live, wiki_ride

pytestmark = pytest.mark.django_db


@pytest.fixture
def rides(settings) -> Iterator[tuple[StubUpstream, list[Ride]]]:
    """An upstream that reports two parks with a ride each."""
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL = settings.QUEUE_TIMES_URL = stub.url
        known = [wiki_ride(), wiki_ride()]
        for ride in known:
            stub.routes[path(ride)] = Answer(live(ride.park, entry(ride, "OPERATING", 5)))
        yield stub, known


def path(ride: Ride) -> str:
    return f"/entity/{ride.park.themeparks_wiki_id}/live"


def run(*arguments: Any, at: datetime = AT + timedelta(seconds=100), **options: Any) -> tuple[str, str]:
    """What it printed on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with time_machine.travel(at, tick=False):
        call_command("collect_snapshots", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


# -- which instant, which parks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "now", "slot"),
    [
        (300, "12:00:00", "12:00"),
        (300, "12:04:59", "12:00"),
        (300, "12:05:00", "12:05"),
        (60, "12:04:59", "12:04"),
        (900, "12:14:59", "12:00"),
    ],
)
def test_a_cycle_belongs_to_an_instant_of_the_grid(settings, interval, now, slot):
    settings.COLLECTION_INTERVAL_SECONDS = interval
    found = slot_of(datetime.fromisoformat(f"2026-07-01T{now}.9+00:00"))
    assert found == datetime.fromisoformat(f"2026-07-01T{slot}:00+00:00")


def test_active_parks_that_a_source_knows_are_collected():
    wiki, times = ParkFactory.create(queue_times_id=None), ParkFactory.create(themeparks_wiki_id=None)
    ParkFactory.create(is_active=False)
    ParkFactory.create(queue_times_id=None, themeparks_wiki_id=None)
    ParkFactory.create(queue_times_id=None, themeparks_wiki_id=sample_twin(CATALOG[0]).themeparks_wiki_id)
    assert collected_parks() == [wiki, times]


def test_a_run_stores_the_cycle_of_its_slot_and_says_what_came_of_it(rides):
    out, err = run()
    assert out == "2026-07-01 12:00:00Z: 2 parks, 2 rides, 0 queues, 0 changes\n"
    assert err == ""
    assert set(RideStatusSnapshot.objects.values_list("recorded_at", flat=True)) == {AT}


def test_a_second_run_in_the_slot_asks_nobody(rides):
    stub, _ = rides
    run()
    asked = len(stub.requests)
    out, _ = run(at=AT + timedelta(seconds=299))
    assert "2 parks stored before" in out
    assert len(stub.requests) == asked
    assert RideStatusSnapshot.objects.count() == 2


def test_one_park_can_be_asked_alone(rides):
    stub, (_, second) = rides
    run("--park-id", str(second.park_id))
    assert stub.paths() == [path(second)]
    assert list(RideStatusSnapshot.objects.values_list("ride", flat=True)) == [second.pk]


def test_nothing_to_collect_is_no_failure():
    out, _ = run()
    assert "0 parks" in out


# -- exit codes ------------------------------------------------------------------------------------------


def test_some_parks_that_fail_are_named_and_the_exit_code_is_one(rides):
    stub, (good, bad) = rides
    stub.routes[path(bad)] = HTML_PAGE
    err = io.StringIO()
    with pytest.raises(SomeFailed) as error, time_machine.travel(AT, tick=False):
        call_command("collect_snapshots", stdout=io.StringIO(), stderr=err)
    assert error.value.returncode == 1
    assert f"{bad.park.name}: NOT_JSON" in err.getvalue()
    assert list(ParkActivitySnapshot.objects.values_list("park", flat=True)) == [good.park_id]


def test_all_parks_that_fail_are_a_failure_of_the_whole(rides):
    stub, _ = rides
    stub.routes.clear()
    with pytest.raises(CommandError) as error:
        run()
    assert (error.value.returncode, isinstance(error.value, SomeFailed)) == (1, False)
    assert "No park was stored" in str(error.value)


def test_many_failures_are_reported_in_few_lines(rides):
    stub, _ = rides
    stub.routes.clear()
    ParkFactory.create_batch(20)
    err = io.StringIO()
    with pytest.raises(CommandError), time_machine.travel(AT, tick=False):
        call_command("collect_snapshots", stdout=io.StringIO(), stderr=err)
    assert len(err.getvalue().splitlines()) == 11
    assert "and 12 more" in err.getvalue()


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (["--park-id", "4711"], "--park-id"),
        (["--replay", "/nowhere/at/all"], "--replay"),
        (["--replay", "docs"], "--replay"),
        (["--replay", "docs", "--watch"], "--watch"),
        (["--replay", "docs", "--record", "docs"], "--record"),
        (["--record", "/proc/no/such/place"], "--record"),
    ],
)
def test_an_option_that_cannot_be_used_costs_a_line_and_exit_code_two(options, reported):
    with pytest.raises(CommandError) as error:
        run(*options)
    assert error.value.returncode == 2
    assert reported in str(error.value)
    assert not ParkActivitySnapshot.objects.exists()


def test_a_park_without_any_source_cannot_be_asked():
    park = ParkFactory.create(queue_times_id=None, themeparks_wiki_id=None)
    with pytest.raises(CommandError) as error:
        run("--park-id", str(park.pk))
    assert error.value.returncode == 2
    assert park.name in str(error.value)


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as end:
        call_command("collect_snapshots", "--help")
    assert end.value.code == 0
    reported = capsys.readouterr().out
    for word in ("--watch", "--replay", "--record", "--park-id", "Exit code 0", "examples:"):
        assert word in reported


# -- record, refresh -------------------------------------------------------------------------------------


def test_answers_can_be_kept_and_played_again(rides, tmp_path):
    run("--record", str(tmp_path / "new" / "raw"))
    rows = list(RideStatusSnapshot.objects.order_by("ride").values())
    assert len(list((tmp_path / "new" / "raw").iterdir())) == 2
    RideStatusSnapshot.objects.all().delete()
    ParkActivitySnapshot.objects.all().delete()
    run("--replay", str(tmp_path / "new" / "raw"), at=AT + timedelta(days=9))
    assert list(RideStatusSnapshot.objects.order_by("ride").values()) == rows


@pytest.mark.parametrize(("options", "expected"), [((), 1), (("--no-refresh",), 0)])
def test_what_was_stored_brings_todays_statistics_up_to_date(rides, monkeypatch, options, expected):
    called = []
    monkeypatch.setattr(collect_snapshots, "request", lambda wanted, **_: called.append(wanted))
    run(*options)
    assert called == [RefreshToday()] * expected
    run(*options)
    assert called == [RefreshToday()] * expected, "the second run of the slot stored nothing"


def test_statistics_that_fail_do_not_hide_what_was_stored(rides, monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise CommandError("database: gone")

    monkeypatch.setattr(collect_snapshots, "request", fail)
    out = io.StringIO()
    with pytest.raises(CommandError), time_machine.travel(AT, tick=False):
        call_command("collect_snapshots", stdout=out, stderr=io.StringIO())
    assert "2 parks" in out.getvalue()
    assert ParkActivitySnapshot.objects.count() == 2


# -- watch -----------------------------------------------------------------------------------------------


@pytest.fixture
def handlers() -> Iterator[None]:
    """Signals are handled as before when the test is over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def watched(settings, monkeypatch, cycle, seconds: float = 10) -> None:
    """Watch on a grid of one second until `cycle` stops it."""
    settings.COLLECTION_INTERVAL_SECONDS = 1
    monkeypatch.setattr(collect_snapshots, "close_old_connections", lambda: None)
    monkeypatch.setattr(collect_snapshots.Command, "cycle", cycle)
    began = time.monotonic()
    call_command("collect_snapshots", "--watch", stdout=io.StringIO(), stderr=io.StringIO())
    assert time.monotonic() - began < seconds


def stop(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watching_runs_one_cycle_per_slot_until_it_is_stopped(settings, monkeypatch, handlers, number):
    slots = []

    def cycle(*_: Any) -> None:
        slots.append(slot_of(datetime.now(UTC)))
        if len(slots) == 2:
            stop(number)

    watched(settings, monkeypatch, cycle)
    assert slots == [slots[0], slots[0] + timedelta(seconds=1)]


@pytest.mark.parametrize(
    "error",
    [OperationalError("the server has gone away"), CommandError("database: gone"), OSError("disk"), ValueError("bug")],
)
def test_watching_survives_whatever_goes_wrong_and_tries_the_slot_again(settings, monkeypatch, handlers, error):
    monkeypatch.setattr(collect_snapshots, "RETRY_SECONDS", 0.05)
    slots = []

    def cycle(*_: Any) -> None:
        slots.append(slot_of(datetime.now(UTC)))
        if len(slots) < 3:
            raise error
        stop()

    watched(settings, monkeypatch, cycle)
    assert len(slots) == 3
    assert slots[-1] - slots[0] <= timedelta(seconds=1)


@pytest.mark.django_db(transaction=True)
def test_a_watching_process_stores_its_slot_and_ends_well_when_reported_to(tmp_path):
    ride = wiki_ride()
    with shared_database(tmp_path) as url, StubUpstream() as stub:
        stub.routes[path(ride)] = Answer(live(ride.park, entry(ride)))
        process = subprocess.Popen(
            [sys.executable, "manage.py", "collect_snapshots", "--watch", "--no-refresh"],
            cwd=Path(django_settings.BASE_DIR),
            env={
                "PATH": os.environ["PATH"],
                "DATABASE_URL": url,
                "DATA_DIR": str(tmp_path / "data"),
                "THEMEPARKS_WIKI_URL": stub.url,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        reported = process.stdout.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert time.monotonic() - began < 5
        assert (process.returncode, "1 parks, 1 rides" in reported, errors) == (0, True, "")
        connection.close()
        row = ParkActivitySnapshot.objects.get()
        assert row.recorded_at == slot_of(row.recorded_at)


def test_a_ride_that_is_new_in_the_feed_is_stored_by_a_live_cycle(rides):
    stub, (first, _) = rides
    stranger = RideFactory.build(park=first.park)
    stub.routes[path(first)] = Answer(live(first.park, entry(first), entry(stranger)))
    out, _ = run()
    assert "1 new rides" in out
    assert Ride.objects.count() == 3
