"""Instants as whole seconds since 1970, UTC, and back: what stored rows and intervals count in."""

from datetime import UTC, date, datetime

from core.zones import day_range


def instant(at: int) -> datetime:
    """The aware UTC datetime of `at` seconds since 1970."""
    return datetime.fromtimestamp(at, UTC)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970 of an aware datetime; fractions are cut."""
    return int(at.timestamp())


def day_seconds(day: date, zone: str) -> tuple[int, int]:
    """[start, end) of a local day in a zone (R-3.2), in seconds since 1970."""
    start, end = day_range(day, zone)
    return seconds(start), seconds(end)
