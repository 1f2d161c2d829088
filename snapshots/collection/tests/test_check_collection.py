"""`check_collection`: a line, an exit code and a dead man's switch for monitoring (R-22.3)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from core.tests.stub_upstream import Answer, StubUpstream
from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.tests.watching import INTERVAL, watch

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stub(settings):
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as running:
        yield running


@pytest.fixture
def check(capsys):
    """Exit code, stdout and stderr."""

    def run(*options: str, at=NOON) -> tuple[int, str, str]:
        code = 0
        with time_machine.travel(at):
            try:
                call_command("check_collection", *options)
            except SystemExit as end:
                code = int(end.code or 0)
        reported = capsys.readouterr()
        return code, reported.out, reported.err

    return run


def collected(parks: int, rides: int, minutes_ago: float = 4.0, known: int = 0) -> None:
    """`rides` rides in each of `parks` parks, seen once; each park has `known` more."""
    for _ in range(parks):
        park = ParkFactory.create()
        seen = RideFactory.create_batch(rides, park=park)
        RideFactory.create_batch(known, park=park)
        at = NOON - minutes_ago * MINUTE
        watch(park, seen, at, at + INTERVAL)


def test_all_is_well(check):
    collected(5, 10)
    assert check() == (
        0,
        "OK: 5 parks (at least 5) and 50 rides (at least 25) in the last 30 minutes, the newest 4 minutes ago"
        " | parks=5;5: rides=50;25: age=4\n",
        "",
    )


@pytest.mark.parametrize("minutes_ago", [None, 30, 31])
def test_nothing_collected_is_critical(check, minutes_ago):
    if minutes_ago:
        collected(5, 10, minutes_ago)
    code, out, _ = check()
    assert code == 2
    assert out.startswith("CRITICAL: nothing was collected in the last 30 minutes | parks=0;")


@pytest.mark.parametrize(("parks", "code"), [(4, 1), (5, 0)])
def test_fewer_than_five_parks_of_many_are_a_warning(check, parks, code):
    collected(parks, 20)
    ParkFactory.create_batch(3)
    found, out, _ = check()
    assert found == code
    assert out.startswith(f"{['OK', 'WARNING'][code]}: {parks} parks (at least 5)")


@pytest.mark.parametrize(("rides", "code"), [(9, 1), (10, 0)])
def test_fewer_than_fifty_rides_of_many_are_a_warning(check, rides, code):
    collected(5, rides, known=30)
    assert check()[0] == code


def test_where_fewer_parks_are_collected_all_of_them_have_to_be_seen(check):
    collected(2, 40)
    ParkFactory.create(is_active=False)
    ParkFactory.create(themeparks_wiki_id=None, queue_times_id=None)
    assert check()[0] == 0
    ParkFactory.create()
    code, out, _ = check()
    assert code == 1
    assert "2 parks (at least 3)" in out


@pytest.mark.parametrize(("seen", "known", "code"), [(10, 10, 0), (10, 11, 0), (10, 12, 1)])
def test_where_there_are_few_rides_half_of_them_have_to_be_seen(check, seen, known, code):
    collected(1, seen, known=known)
    assert check()[0] == code


def test_what_an_import_wrote_does_not_count(check):
    park = ParkFactory.create()
    watch(park, RideFactory.create_batch(2, park=park), NOON - INTERVAL, NOON, source="ARCHIVE")
    assert check()[0] == 2


def test_the_thresholds_are_options(check):
    collected(2, 3, minutes_ago=50, known=3)
    assert check("--minutes", "60")[0] == 0
    assert check("--minutes", "60", "--min-parks", "2", "--min-rides", "6")[0] == 0
    ParkFactory.create_batch(9)
    assert check("--minutes", "60")[0] == 1
    assert check("--minutes", "60", "--min-parks", "0", "--min-rides", "0")[0] == 0
    assert check("--min-parks", "0", "--min-rides", "0")[0] == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--minutes", "0"),
        ("--minutes", "10081"),
        ("--min-parks", "-1"),
        ("--min-rides", "-1"),
        ("--ping", "ftp://x"),
        ("--ping", "http://"),
        ("--ping", "http://[::1"),
    ],
)
def test_an_option_that_cannot_be_used_costs_one_line_and_code_2(check, options):
    with pytest.raises(CommandError) as caught:
        check(*options)
    assert caught.value.returncode == 2
    assert options[0] in str(caught.value)


def test_a_database_that_does_not_answer_is_critical(check, monkeypatch):
    def fails(*_):
        raise OperationalError("server has gone away")

    monkeypatch.setattr("snapshots.management.commands.check_collection.seen", fails)
    code, out, _ = check()
    assert (code, out) == (2, "CRITICAL: The database does not answer: server has gone away\n")


def test_the_switch_is_reported_only_when_all_is_well(check, stub):
    stub.routes["/ping"] = Answer(b"OK")
    assert check("--ping", f"{stub.url}/ping")[0] == 2
    assert stub.requests == []
    collected(5, 10)
    assert check("--ping", f"{stub.url}/ping")[0] == 0
    assert stub.paths() == ["/ping"]
    assert check()[0] == 0
    assert len(stub.requests) == 1


def test_the_switch_of_the_settings_is_reported(check, stub, settings):
    collected(5, 10)
    settings.DEAD_MANS_SWITCH_URL = f"{stub.url}/uuid?rid=1"
    stub.routes["/uuid"] = Answer(status=202)
    assert check() == (0, check()[1], "")
    assert [(each.path, each.params) for each in stub.requests] == [("/uuid", {"rid": "1"})] * 2


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(status=404), None], ids=["500", "404", "nobody there"])
def test_a_switch_that_cannot_be_reported_fails_no_check(check, stub, answer):
    collected(5, 10)
    url = "http://127.0.0.1:9/ping"
    if answer:
        stub.routes["/ping"] = answer
        url = f"{stub.url}/ping"
    code, out, err = check("--ping", url)
    assert (code, out[:3]) == (0, "OK:")
    assert "the dead man's switch could not be reached: " in err


def test_a_switch_that_drips_does_not_hold_the_check_up(check, stub, monkeypatch):
    monkeypatch.setattr("snapshots.management.commands.check_collection.PING_SECONDS", 0.4)
    collected(5, 10)
    stub.routes["/ping"] = Answer(b"x" * 100, drip=0.1)
    code, _, err = check("--ping", f"{stub.url}/ping")
    assert (code, "TIMEOUT" in err) == (0, True)


def test_the_number_of_queries_does_not_grow(check, django_assert_max_num_queries):
    collected(7, 10)
    with django_assert_max_num_queries(5):
        check()


def test_the_help_reports_the_exit_codes(capsys):
    with pytest.raises(SystemExit):
        call_command("check_collection", "--help")
    assert "2: CRITICAL" in capsys.readouterr().out
