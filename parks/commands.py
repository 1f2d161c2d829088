"""What every command of ours does with bad options: one clear line, exit code 2."""

from datetime import date

from django.core.management.base import CommandError

FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2199, 12, 31)


def refuse(message: str) -> CommandError:
    """The error to raise for an option that cannot be used."""
    return CommandError(message, returncode=2)


def day_option(text: str | None, option: str) -> date | None:
    """A YYYY-MM-DD option, or None when it was not given; raises CommandError."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
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
