"""Hours of the park-local clock: which of them a chart of a day shows, and what they are called (R-6.6, R-20.1)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.periods import Days

HOURS_OF_DAY = range(24)
HEATMAP_HOURS = range(6, 24)
# What lasts longer touches every hour of the clock.
ALL_BUT_ONE_HOUR = timedelta(hours=23)


def local_hour(instant: datetime, zone: str) -> int:
    """The hour, 0 to 23, that the clock in `zone` shows."""
    return instant.astimezone(ZoneInfo(zone)).hour


def hours_between(open_hour: int, close_hour: int) -> list[int]:
    """R-6.6: the hours of a day from the opening hour until before the closing hour, in the day's order.

    A closing hour at or before the opening hour lies past midnight: the night's hours stand at both ends of the
    day, and a park that closes at 0 has none in the morning.
    """
    if close_hour > open_hour:
        return list(range(open_hour, close_hour))
    return [hour for hour in HOURS_OF_DAY if hour >= open_hour or hour < close_hour]


def window_hours(opening: datetime, closing: datetime, zone: str) -> list[int]:
    """R-6.6 of a schedule window: an hour that the park was open for only a part of is kept."""
    if closing - opening > ALL_BUT_ONE_HOUR:
        return list(HOURS_OF_DAY)
    last = closing.astimezone(ZoneInfo(zone))
    # The hour the clock shows at closing is past it, unless the park closes inside that hour.
    close_hour = last.hour if last.minute == last.second == 0 else last.hour + 1
    return hours_between(local_hour(opening, zone), close_hour)


def chart_hours(
    windows: Sequence[tuple[datetime, datetime]], zone: str, is_today: bool, active_hours: Collection[int]
) -> list[int]:
    """R-6.6: the local hours that the chart of a day shows.

    `windows` are the planned ones cut to that local day, so they begin with the night of the date before;
    `active_hours` those in which the park was open: they decide when the date has no schedule (N-9). Today is not
    filtered.
    """
    if is_today:
        return list(HOURS_OF_DAY)
    if not windows:
        return sorted(active_hours)
    return sorted({hour for opening, closing in windows for hour in window_hours(opening, closing, zone)})


def hour_label(hour: int) -> str:
    """ "8:00" (R-20.1)."""
    return f"{hour}:00"


def daily_labels(days: Days) -> list[str]:
    """One column for each date of a period, "Dec 01" (R-20.1)."""
    length = (days.last - days.first).days + 1
    return [f"{days.first + timedelta(days=n):%b %d}" for n in range(length)]
