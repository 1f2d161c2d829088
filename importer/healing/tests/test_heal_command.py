"""`heal_gaps` on the command line: what it says, how it ends, and the statistics it asks for."""

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from core.jobs.requests import HANDLERS, RecomputeDays
from core.upstream.http import Reason
from importer.healing.tests.gap_world import DAY, NOW, World, rows_of
from importer.healing.tests.histories import refusal
from importer.healing.tests.test_heal_gaps import COASTER
from importer.models import HistoryCall
from parks.tests.factories import ParkFactory
from snapshots.models import RideStatusSnapshot

pytestmark = pytest.mark.django_db

COMMAND = "importer.management.commands.heal_gaps"


@pytest.fixture
def world():
    return World()


@pytest.fixture
def run(monkeypatch, capsys):
    """Exit code, stdout, stderr; `wiki` answers."""

    def run(wiki, *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr(f"{COMMAND}.history_client", lambda: wiki)
        code, message = 0, ""
        with time_machine.travel(NOW, tick=False):
            try:
                call_command("heal_gaps", *options)
            except CommandError as error:
                code, message = error.returncode, str(error)
        reported = capsys.readouterr()
        return code, reported.out + message, reported.err

    return run


def test_it_fills_and_says_so(world, run):
    code, out, _ = run(world.wiki())
    assert code == 0
    assert "Filled 1 gaps of 1 parks, 120 minutes, with 2 calls: 33 rows created, 0 updated" in out
    assert f"in 1 park-days of {world.park.name} from {DAY} to {DAY}" in out
    assert rows_of(world.coaster) == COASTER
    code, out, _ = run(world.wiki())
    assert (code, out.startswith("Filled 0 gaps of 0 parks, 0 minutes, with 0 calls")) == (0, True)


def test_what_is_left_is_reported_with_code_1(world, run, settings):
    settings.HISTORY_CALLS_PER_HOUR = 1
    code, out, _ = run(world.wiki())
    assert code == 1
    assert "Left for a later run:\n1 parks wait: the budget of 1 calls" in out


def test_gaps_that_cannot_be_filled_are_reported_and_nothing_is_left(world, run):
    gone = refusal(404, Reason.NOT_FOUND)
    code, out, _ = run(world.wiki(coaster=gone, flume=gone))
    assert code == 0
    assert "1 gaps cannot be filled; their records say why (WONTFIX)." in out


def test_a_dry_run_asks_and_writes_nothing(world, run, settings):
    settings.HISTORY_CALLS_PER_HOUR = 7
    wiki = world.wiki()
    code, out, _ = run(wiki, "--dry-run")
    assert code == 0
    assert out == (
        f"{world.park.name}: 1 gaps, 120 minutes from {DAY} to {DAY}, 2 calls\n"
        "2 calls are needed; the budget has 7 left now.\n"
    )
    assert wiki.asked == []
    assert not HistoryCall.objects.exists()
    assert not RideStatusSnapshot.objects.filter(data_source="ARCHIVE").exists()


def test_one_park_can_be_chosen(world, run):
    other = World()
    wiki = world.wiki()
    assert run(wiki, "--park-id", str(world.park.pk))[0] == 0
    assert len(wiki.asked) == 2
    other.gap.refresh_from_db()
    assert other.gap.raw_data is None


@pytest.mark.parametrize("columns", [None, {"themeparks_wiki_id": None}])
def test_a_park_that_cannot_be_is_refused_in_one_line(run, world, columns):
    number = ParkFactory.create(**columns).pk if columns else 999_999
    code, out, err = run(world.wiki(), "--park-id", str(number))
    assert (code, out.count("\n"), err) == (2, 0, "")
    assert out.startswith("--park-id: ")


def test_statistics_that_fail_leave_the_gap_for_the_next_run(world, run, monkeypatch):
    def fail(wanted, **output):
        raise CommandError("no")

    monkeypatch.setitem(HANDLERS, RecomputeDays, fail)
    code, out, _ = run(world.wiki())
    assert code == 1
    assert "filled, but its statistics are not computed" in out
    monkeypatch.undo()
    wiki = world.wiki()
    assert run(wiki)[0] == 0
    assert wiki.asked == []


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        call_command("heal_gaps", "--help")
    reported = capsys.readouterr().out
    for word in ("--dry-run", "HISTORY_CALLS_PER_HOUR", "WONTFIX", "Exit code 0"):
        assert word in reported
