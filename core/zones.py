"""Time zones: park-local days as UTC ranges (R-3.2)."""

import functools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_zone(name: str) -> bool:
    """Is `name` an IANA time zone this machine knows?"""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError, TypeError):
        return False
    return True


@functools.lru_cache(maxsize=65_536)
def day_start(day: date, zone: str) -> datetime:
    """UTC instant of the local midnight that begins `day` in `zone`."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_range(day: date, zone: str) -> tuple[datetime, datetime]:
    """[start, end) of a park-local day in UTC: 23, 24 or 25 hours (R-3.2)."""
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)


def local_date(instant: datetime, zone: str) -> date:
    """The calendar date in `zone` at `instant`."""
    return instant.astimezone(ZoneInfo(zone)).date()
