"""Readings that many answers have in common: read once per state of the data, then shared.

Today's observations of every ride are one scan of some hundred thousand rows, a month of daily rows is another. Lists,
awards, charts and heatmaps begin with them and differ in how they sort and cut, or are asked by many at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial, wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import redis
from django.conf import settings
from django.utils import timezone

from core import data_version
from core.periods import Days
from core.zones import local_date
from parks.models import Park

T = TypeVar("T")
P = ParamSpec("P")

# A question about fewer parks reads them itself.
MANY_PARKS = 3
MOST_KEPT = 200
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Reading:
    """What was read, and at which data version."""

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

    One thread of the process reads, the others wait for it. What comes back is `frozen`, shared or not.
    """
    try:
        version = data_version.current() if settings.SHARED_READING_SECONDS else ""
    except redis.RedisError:
        version = ""
    if not version:
        return frozen(read())
    reading = reading_of(key)
    with reading.lock:
        if not reading.is_good(version, now):
            reading.found = frozen(read())
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


def frozen(found: T) -> T:
    """The same as tuples, frozen sets and mappings that refuse a change, all the way down.

    Frozen rows stay what they are; so do model instances, of which Django knows no frozen kind.
    """
    unchangeable: Any = found
    if isinstance(found, dict):
        unchangeable = MappingProxyType({key: frozen(value) for key, value in found.items()})
    elif isinstance(found, list | tuple):
        unchangeable = tuple(map(frozen, found))
    elif isinstance(found, set):
        unchangeable = frozenset(found)
    return cast(T, unchangeable)


# -- of many parks ---------------------------------------------------------------------------------------


def over_days(read: Callable[Concatenate[list[Park], Days, P], T]) -> Callable[Concatenate[list[Park], Days, P], T]:
    """Share what a function of parks and dates reads of many parks over the dates of a closed period."""

    @wraps(read)
    def sharing(parks: list[Park], days: Days, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return of_parks(parks, lambda zone: days, timezone.now(), partial(read, parks, days, *args, **kwargs))

    return sharing


def over_many_parks(
    read: Callable[Concatenate[list[Park], datetime, P], T],
) -> Callable[Concatenate[list[Park], datetime, P], T]:
    """Share what a function of parks and `now` reads of many parks on the local dates of that moment."""

    @wraps(read)
    def sharing(parks: list[Park], now: datetime, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return of_parks(parks, partial(local_date, now), now, partial(read, parks, now, *args, **kwargs))

    return sharing


def of_parks(parks: list[Park], dates: Callable[[str], date | Days], now: datetime, read: partial[T]) -> T:
    """What `read`, called with the parks, their time and more arguments, says: shared if the parks are many."""
    if is_shared(parks):
        return shared(key_of(parks, dates, read), now, read)
    return frozen(read())


def key_of(parks: list[Park], dates: Callable[[str], date | Days], read: partial[Any]) -> Hashable:
    """A reading's name: what reads, by which rules, of which parks, over which of their dates, with which arguments.

    Dates and no periods: at a park's midnight the same period is another question. The site's dates head lists.
    """
    asked = tuple((park.pk, park.timezone) for park in parks)
    zones = sorted({settings.SITE_TIME_ZONE, *(zone for _, zone in asked)})
    spans = tuple((zone, dates(zone)) for zone in zones)
    name = read.func.__module__, read.func.__qualname__, settings.METRICS_VERSION
    return *name, asked, spans, read.args[2:], frozenset(read.keywords.items())
