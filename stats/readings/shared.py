"""Readings that many answers have in common: read once per state of the data, then shared.

Today's observations of every ride are one scan of some hundred thousand rows, a month of daily rows is another. Lists,
awards, charts and heatmaps begin with them and differ in how they sort and cut, or are asked by many at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import redis
from django.conf import settings
from django.utils import timezone

from core import data_version
from core.periods import Days
from parks.models import Park

T = TypeVar("T")
P = ParamSpec("P")
Dates = Callable[[str], Days]  # of a period in a zone

# A question about fewer parks reads them itself.
MANY_PARKS = 3
MOST_KEPT = 200
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Reading:
    """What was read, and in which state of the data."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: str = ""
    at: datetime = LONG_AGO
    found: Any = None

    def is_good(self, version: str, now: datetime) -> bool:
        """Have the data not moved since, and is it not too old? A clock that was set back makes everything too old."""
        age = (now - self.at).total_seconds()
        return self.version == version and 0 <= age < settings.SHARED_READING_SECONDS


kept: OrderedDict[Hashable, Reading] = OrderedDict()
guard = threading.Lock()


def is_shared(parks: Sized) -> bool:
    """Is a question about these parks answered from what all parks share?"""
    return len(parks) >= MANY_PARKS and settings.SHARED_READING_SECONDS > 0


def shared(key: Hashable, now: datetime, read: Callable[[], T]) -> T:
    """What `read` says at `now`, or said up to SHARED_READING_SECONDS ago while the data have not moved since.

    One thread of the process reads, the others wait for it. Nobody may change what comes back.
    """
    try:
        version = data_version.current() if settings.SHARED_READING_SECONDS else ""
    except redis.RedisError:
        version = ""
    if not version:
        return read()
    reading = reading_of(key)
    with reading.lock:
        if not reading.is_good(version, now):
            reading.found = read()
            reading.version, reading.at = version, now
        found: T = reading.found
    return found


def reading_of(key: Hashable) -> Reading:
    """The place of a reading; the one asked for longest ago makes room."""
    with guard:
        reading = kept.setdefault(key, Reading())
        kept.move_to_end(key)
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return reading


def over_days(read: Callable[Concatenate[list[Park], Dates, P], T]) -> Callable[Concatenate[list[Park], Dates, P], T]:
    """Share what a function reads of many parks over each park's own dates of a closed period."""

    @wraps(read)
    def sharing(parks: list[Park], dates: Dates, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not is_shared(parks):
            return read(parks, dates, *args, **kwargs)
        asked = tuple((park.pk, park.timezone) for park in parks)
        spans = tuple((zone, dates(zone)) for zone in sorted({park.timezone for park in parks}))
        key = (*name_of(read), asked, spans, *args, *kwargs.items())
        return shared(key, timezone.now(), lambda: read(parks, dates, *args, **kwargs))

    return sharing


def name_of(read: Callable[..., Any]) -> tuple[Hashable, ...]:
    return read.__module__, read.__qualname__, settings.METRICS_VERSION


def over_many_parks(read: Callable[Concatenate[list[Park], P], T]) -> Callable[Concatenate[list[Park], P], T]:
    """Share what a function reads of many parks. Its first argument are the parks, its last one is `now`."""

    @wraps(read)
    def sharing(parks: list[Park], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not is_shared(parks):
            return read(parks, *args, **kwargs)
        *rest, now = args
        key = (*name_of(read), *(park.pk for park in parks), *rest)
        return shared(key, now, lambda: read(parks, *args, **kwargs))  # type: ignore[arg-type]

    return sharing
