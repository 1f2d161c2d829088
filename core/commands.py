"""What all commands of ours share: help that teaches, bars on terminals, one clear line for a bad option."""

import argparse
import errno
import os
import select
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import Error, InterfaceError, OperationalError, ProgrammingError
from tqdm import tqdm

# Exit codes of checks, as Nagios and its kin read them, and the word each line begins with.
OK, WARNING, CRITICAL = 0, 1, 2
WORDS = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL"}
MOST_CHECKED_MINUTES = 7 * 24 * 60
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2199, 12, 31)


# What the databases say, by number (MySQL, MariaDB) or in words (SQLite), and what is the matter then.
FULL = "The disk is full; make room, then run it again"
CAUSES = (
    (FULL, {1021, 1114}, ("disk is full", "no space left", "disk i/o error")),
    (
        "The database does not answer",
        {1053, 1152, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2055},
        ("unable to open database", "gone away", "lost connection"),
    ),
    ("Another process keeps the database locked", {1205, 1213}, ("locked",)),
    (
        "The database refuses us; check user, password, name and TLS in DATABASE_URL",
        {1044, 1045, 1049, 1698, 2026},
        (),
    ),
    ("A new database needs `manage.py migrate`", {1054, 1146}, ("no such table", "no such column")),
)


def cause_of(error: BaseException) -> str:
    """In one line what is the matter with the database, in our words and its own."""
    words = " ".join(str(error).split())
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    for cause, numbers, phrases in CAUSES:
        if number in numbers or any(phrase in words.lower() for phrase in phrases):
            return f"{cause}: {words}"
    return f"The database failed: {words}"


class HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the examples as they are."""


class TeachingCommand(BaseCommand):
    """A command whose `--help` ends with `examples`; a bad option costs one line and exit code 2."""

    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=HelpFormatter, epilog=self.examples, **kwargs
        )
        # argparse would print twelve lines of usage above the one that matters.
        parser.print_usage = lambda file=None: None  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError, InterfaceError) as error:
            raise CommandError(cause_of(error)) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise CommandError(f"{FULL}: {error}") from error

    @staticmethod
    def bar(total: int, unit: str, verbosity: int) -> "tqdm[Any]":
        """A progress bar with rate and ETA; silent when stderr is not a terminal or verbosity is 0."""
        return tqdm(total=total, unit=unit, disable=True if verbosity == 0 else None)


class CheckCommand(TeachingCommand):
    """One line and an exit code for monitoring: does something still come in?"""

    def add_window(self, parser: argparse.ArgumentParser, minutes: int, **least: int) -> None:
        """`--minutes` and, for each of `least` (such as `parks=5`), `--min-parks`."""
        parser.add_argument(
            "--minutes", type=int, default=minutes, metavar="N", help="look back (default: %(default)s)"
        )
        for name, number in least.items():
            parser.add_argument(f"--min-{name}", type=int, default=number, metavar="N", help="(default: %(default)s)")

    def check_window(self, options: Mapping[str, Any]) -> None:
        """Raises CommandError."""
        if not 1 <= options["minutes"] <= MOST_CHECKED_MINUTES:
            raise refuse(f"--minutes must be between 1 and {MOST_CHECKED_MINUTES}, not {options['minutes']}")
        for name, number in options.items():
            if name.startswith("min_") and number < 0:
                raise refuse(f"--{name.replace('_', '-')} must not be negative, but is {number}")

    def report(self, verdict: Callable[[], tuple[int, str]]) -> None:
        """Print the verdict (exit code, text); all but OK ends the command with its code."""
        try:
            code, text = verdict()
        except Error as error:
            code, text = CRITICAL, cause_of(error)
        self.stdout.write(f"{WORDS[code]}: {text}")
        if code != OK:
            self.stdout.flush()
            sys.exit(code)


class SomeFailed(CommandError):
    """The command did its work, but for some of it; exit code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=1)


def refuse(message: str) -> CommandError:
    """The error to raise for an option that cannot be used."""
    return CommandError(message, returncode=2)


def day_option(text: str | None, option: str) -> date | None:
    """A YYYY-MM-DD option, or None when it was not given; raises CommandError."""
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a calendar date)
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError(text)
    except ValueError:
        raise refuse(f"{option}: {text!r} is not a date (YYYY-MM-DD)") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise refuse(f"{option}: {text!r} is out of range")
    return day


def span_of_days(start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """`--start-date` and `--end-date`; raises CommandError when they are no dates or in the wrong order."""
    first, last = day_option(start, "--start-date"), day_option(end, "--end-date")
    if first and last and first > last:
        raise refuse(f"--start-date {first} lies after --end-date {last}")
    return first, last


def reader_is_gone() -> bool:
    """Has whoever reads our output ended, as `head` does? What is left of it then goes nowhere, without a word."""
    gone = [stream for stream in (sys.stdout, sys.stderr) if is_broken(stream.fileno())]
    for stream in gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return bool(gone)


def is_broken(pipe: int) -> bool:
    asked = select.poll()
    asked.register(pipe, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))
