"""Instants as whole seconds since 1970, UTC, and back: what stored rows and intervals count in."""

from datetime import UTC, datetime


def instant(at: int) -> datetime:
    """The aware UTC datetime of `at` seconds since 1970."""
    return datetime.fromtimestamp(at, UTC)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970 of an aware datetime; fractions are cut."""
    return int(at.timestamp())
