"""Bad options end with one clear line and exit code 2; help shows how."""

import errno
from argparse import ArgumentParser
from datetime import date
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError

from core.commands import TeachingCommand, day_option, refuse, span_of_days
from parks.options import park_option
from parks.tests.factories import ParkFactory


def test_a_refusal_carries_its_line_and_exit_code_two():
    error = refuse("--park-id: park 7 is not known")
    assert (str(error), error.returncode) == ("--park-id: park 7 is not known", 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (None, None),
        ("2024-02-29", date(2024, 2, 29)),
        ("1970-01-02", date(1970, 1, 2)),
        ("2199-12-31", date(2199, 12, 31)),
    ],
)
def test_a_date_is_read(text, day):
    assert day_option(text, "--start-date") == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2023-02-29",
        "01/02/2024",
        "2024-1-2",
        "2024-01-02T00:00",
        " 2024-01-02",
        "1970-01-01",
        "2200-01-01",
        "9999-12-31",
    ],
)
def test_nonsense_is_refused_with_the_option_and_the_word(text):
    with pytest.raises(CommandError) as caught:
        day_option(text, "--end-date")
    assert caught.value.returncode == 2
    assert str(caught.value).startswith("--end-date: ")
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_span_may_be_open_or_one_day_but_not_backwards():
    day = date(2024, 7, 1)
    assert span_of_days(None, None) == (None, None)
    assert span_of_days("2024-07-01", None) == (day, None)
    assert span_of_days("2024-07-01", "2024-07-01") == (day, day)
    with pytest.raises(CommandError, match="2024-07-02 lies after --end-date 2024-07-01") as caught:
        span_of_days("2024-07-02", "2024-07-01")
    assert caught.value.returncode == 2


@pytest.mark.django_db
def test_a_park_is_found_by_its_id_or_refused():
    park = ParkFactory.create()
    assert park_option(park.pk) == park
    assert park_option(None) is None
    for unknown in (0, -1, park.pk + 1, 10**30):
        with pytest.raises(CommandError, match=f"--park-id: park {unknown} is not known") as caught:
            park_option(unknown)
        assert caught.value.returncode == 2


class Feed(TeachingCommand):
    """Feeds an animal, or fails with `error`."""

    help = "Feed an animal."
    examples = """
examples:
  feed --animal 4
      the fourth of them
"""
    requires_system_checks = []
    error: Exception | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--animal", type=int, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if self.error:
            raise self.error
        self.stdout.write(f"fed {options['animal']}")


def run(command: Feed, *arguments: str) -> int:
    """The exit code of the command line."""
    try:
        command.run_from_argv(["manage.py", "feed", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_good_command_line_runs(capsys):
    assert run(Feed(), "--animal", "4") == 0
    assert capsys.readouterr().out == "fed 4\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--animal", "x"], "'x'"), (["--animal", "1", "--food", "2"], "--food"), ([], "--animal"), (["4"], "--animal")],
)
def test_a_bad_option_costs_one_line_and_exit_code_two(arguments, says, capsys):
    assert run(Feed(), *arguments) == 2
    reported = capsys.readouterr()
    assert reported.out == ""
    (line,) = reported.err.splitlines()
    assert says in line


def test_help_ends_with_the_examples_line_by_line(capsys):
    assert run(Feed(), "--help") == 0
    assert capsys.readouterr().out.endswith("examples:\n  feed --animal 4\n      the fourth of them\n")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("no such table: parks"), "A new database needs `manage.py migrate`"),
        (ProgrammingError(1146, "Table 'ridewatch.parks' doesn't exist"), "A new database needs `manage.py migrate`"),
        (OperationalError("database or disk is full"), "The disk is full"),
        (OperationalError(1021, "Disk full (/tmp/#sql)"), "The disk is full"),
        (OperationalError(1114, "The table 'queue_data' is full"), "The disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OperationalError(2006, "Server has gone away"), "The database does not answer"),
        (OperationalError(2013, "Lost connection to server during query"), "The database does not answer"),
        (OperationalError("unable to open database file"), "The database does not answer"),
        (OperationalError("database is locked"), "Another process keeps the database locked"),
        (OperationalError(1045, "Access denied"), "The database refuses us"),
        (InterfaceError(0, ""), "The database failed"),
    ],
)
def test_what_is_the_matter_with_the_database_is_one_line_with_its_cause(error, cause, capsys):
    command = Feed()
    command.error = error
    assert run(command, "--animal", "4") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"CommandError: {cause}")
    assert ("migrate" in line) == ("migrate" in cause)


def test_any_other_error_is_not_hidden():
    command = Feed()
    command.error = IntegrityError("twice")
    with pytest.raises(IntegrityError):
        run(command, "--animal", "4")
    command.error = PermissionError(13, "denied")
    with pytest.raises(PermissionError):
        run(command, "--animal", "4")


def test_a_bar_is_silent_where_nobody_watches(capsys):
    for verbosity in (0, 1):
        with TeachingCommand.bar(3, "park", verbosity) as bar:
            bar.update(3)
    assert capsys.readouterr().err == ""
