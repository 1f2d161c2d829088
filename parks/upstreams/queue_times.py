"""Queue-Times.com (sources 4): what it is asked, and its answers as typed values.

The `read_` functions are total, as those of `parks.upstreams.themeparks_wiki` are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings

from core.http import Limits, Reason, Source, Upstream, UpstreamError
from core.payloads import (
    Problem,
    ProblemKind,
    Problems,
    clean,
    degrees,
    instant_of,
    objects,
    parsed,
    parsed_object,
    whole,
    zone_of,
)

TIMEOUT_SECONDS = 10.0  # rules 2
AT_A_TIME = 1  # sources 4: politely one after the other
LARGEST_ID = 2_147_483_647  # what the column holds
GROUP_FIELDS = frozenset({"id", "name", "parks"})
PARK_FIELDS = frozenset({"id", "name", "country", "continent", "latitude", "longitude", "timezone"})
FEED_FIELDS = frozenset({"lands", "rides"})
LAND_FIELDS = frozenset({"id", "name", "rides"})
RIDE_FIELDS = frozenset({"id", "name", "is_open", "wait_time", "last_updated"})

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class QueueTimesPark:
    """A park of the directory. `operator` is its group's name, `country` an English name, degrees are WGS 84."""

    id: int
    name: str
    operator: str
    country: str
    latitude: float | None
    longitude: float | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class QueueTimesDirectory:
    parks: tuple[QueueTimesPark, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class QueueTimesEntry:
    """What one ride reports now. `land` None: the ride is in no land; `wait_time` in minutes, as delivered."""

    id: int
    name: str
    land: str | None
    is_open: bool | None
    wait_time: int | None
    last_updated: datetime | None


@dataclass(frozen=True, slots=True)
class QueueTimesFeed:
    entries: tuple[QueueTimesEntry, ...]
    problems: tuple[Problem, ...]


# -- reading -----------------------------------------------------------------------------------------------


def read_parks(body: bytes) -> QueueTimesDirectory:
    """The answer of /parks.json. Raises UpstreamError."""
    document = parsed(body)
    if not isinstance(document, list):
        raise UpstreamError(Reason.INVALID, f"a list of groups was expected, not {type(document).__name__}")
    problems = Problems()
    parks: dict[int, QueueTimesPark] = {}
    for group in objects(document, "[]", problems):
        problems.unknown_fields("[]", group, GROUP_FIELDS)
        for told in listed(group, "parks", "[].parks", problems):
            park = directory_park(told, clean(group.get("name")), problems)
            if park is None:
                continue
            if park.id in parks:
                text = "is told twice; the last one counts"
                problems.add("[].parks[]", text, ProblemKind.DUPLICATE, str(park.id))
            parks[park.id] = park
    return QueueTimesDirectory(tuple(parks.values()), problems.all())


def read_queue_times(body: bytes) -> QueueTimesFeed:
    """The answer of /parks/{id}/queue_times.json: the rides of all lands and of none. Raises UpstreamError."""
    document = parsed_object(body)
    if not document.keys() & FEED_FIELDS:
        raise UpstreamError(Reason.INVALID, "neither lands nor rides")
    problems = Problems()
    problems.unknown_fields("", document, FEED_FIELDS)
    entries: dict[int, QueueTimesEntry] = {}
    for land, told in told_rides(document, problems):
        entry = feed_entry(told, land, problems)
        if entry is None:
            continue
        known = entries.get(entry.id)
        if known is not None and known.land is not None and land is None:
            continue  # a ride of a land that is listed among the landless too (sources 4.2)
        if known is not None:
            problems.add("rides[]", "is told twice; the last one counts", ProblemKind.DUPLICATE, str(entry.id))
        entries[entry.id] = entry
    return QueueTimesFeed(tuple(entries.values()), problems.all())


def told_rides(document: dict[str, Any], problems: Problems) -> Iterator[tuple[str | None, dict[str, Any]]]:
    for land in listed(document, "lands", "lands", problems):
        problems.unknown_fields("lands[]", land, LAND_FIELDS)
        for told in listed(land, "rides", "lands[].rides", problems):
            yield clean(land.get("name"))[:100] or None, told
    for told in listed(document, "rides", "rides", problems):
        yield None, told


def listed(told: dict[str, Any], name: str, where: str, problems: Problems) -> Iterator[dict[str, Any]]:
    """The objects of a list that may be missing."""
    value = told.get(name)
    if isinstance(value, list):
        return objects(value, f"{where}[]", problems)
    if value is not None:
        problems.unusable(where, value, "a list")
    return iter(())


def numbered(told: dict[str, Any], where: str, problems: Problems) -> int | None:
    number = whole(told.get("id"))
    if number is None or not 0 < number <= LARGEST_ID:
        problems.unusable(f"{where}.id", told.get("id"), "an id")
        return None
    return number


def directory_park(told: dict[str, Any], operator: str, problems: Problems) -> QueueTimesPark | None:
    problems.unknown_fields("[].parks[]", told, PARK_FIELDS)
    number = numbered(told, "[].parks[]", problems)
    if number is None:
        return None
    name = clean(told.get("name"))
    if not name:
        problems.unusable("[].parks[].name", told.get("name"), "a name", str(number))
        return None
    return QueueTimesPark(
        id=number,
        name=name,
        operator=operator[:100],
        country=clean(told.get("country")),
        latitude=degrees(told.get("latitude"), 90),
        longitude=degrees(told.get("longitude"), 180),
        timezone=zone_of(told.get("timezone"), problems, "[].parks[].timezone"),
    )


def feed_entry(told: dict[str, Any], land: str | None, problems: Problems) -> QueueTimesEntry | None:
    problems.unknown_fields("rides[]", told, RIDE_FIELDS)
    number = numbered(told, "rides[]", problems)
    if number is None:
        return None
    return QueueTimesEntry(
        id=number,
        name=clean(told.get("name")),
        land=land,
        is_open=checked(told, "is_open", flag, "true or false", problems),
        wait_time=checked(told, "wait_time", whole, "a number of minutes", problems),
        last_updated=checked(told, "last_updated", instant_of, "an instant", problems),
    )


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def checked(
    told: dict[str, Any], name: str, read: Callable[[Any], Value | None], what: str, problems: Problems
) -> Value | None:
    """A member that may be null; one that is neither null nor `what` is told."""
    value = told.get(name)
    found = read(value)
    if found is None and value is not None:
        problems.unusable(f"rides[].{name}", value, what, str(told.get("id")))
    return found


# -- asking ------------------------------------------------------------------------------------------------


class QueueTimes(Source):
    """The endpoints, as raw bytes for the `read_` functions; each raises UpstreamError."""

    def parks(self) -> bytes:
        return self.upstream.get("/parks.json")

    def queue_times(self, park_id: int) -> bytes:
        return self.upstream.get(f"/parks/{park_id}/queue_times.json")


def client(limits: Limits | None = None) -> QueueTimes:
    """Queue-Times as the settings name it."""
    limits = limits or Limits(timeout_seconds=TIMEOUT_SECONDS, at_a_time=AT_A_TIME)
    return QueueTimes(Upstream(settings.QUEUE_TIMES_URL, limits))
