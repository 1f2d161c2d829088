"""Queue-Times.com (sources 4): what it is asked, and its answers as typed values.

The `read_` functions are total, as those of `parks.upstreams.themeparks_wiki` are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings

from core.upstream.http import Limits, Reason, Source, Upstream, UpstreamError
from core.upstream.payloads import (
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
SINGLE_RIDER = "single rider"

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
    problems = Problems()
    document = parsed(body, problems)
    if not isinstance(document, list):
        raise UpstreamError(Reason.INVALID, f"a list of groups was expected, not {type(document).__name__}")
    parks: dict[int, QueueTimesPark] = {}
    for group in objects(document, "[]", problems):
        problems.unknown_fields("[]", group, GROUP_FIELDS)
        for reported in listed(group, "parks", "[].parks", problems):
            park = directory_park(reported, clean(group.get("name")), problems)
            if park is None:
                continue
            if park.id in parks:
                text = "is listed twice; the last one counts"
                problems.add("[].parks[]", text, ProblemKind.DUPLICATE, str(park.id))
            parks[park.id] = park
    return QueueTimesDirectory(tuple(parks.values()), problems.all())


def read_queue_times(body: bytes) -> QueueTimesFeed:
    """The answer of /parks/{id}/queue_times.json: the rides of all lands and of none. Raises UpstreamError."""
    problems = Problems()
    document = parsed_object(body, problems)
    if not document.keys() & FEED_FIELDS:
        raise UpstreamError(Reason.INVALID, "neither lands nor rides")
    problems.unknown_fields("", document, FEED_FIELDS)
    entries: dict[int, QueueTimesEntry] = {}
    for land, reported in reported_rides(document, problems):
        entry = feed_entry(reported, land, problems)
        if entry is None:
            continue
        known = entries.get(entry.id)
        if known is not None and known.land is not None and land is None:
            continue  # a ride of a land that is listed among the landless too (sources 4.2)
        if known is not None:
            problems.add("rides[]", "is listed twice; the last one counts", ProblemKind.DUPLICATE, str(entry.id))
        entries[entry.id] = entry
    return QueueTimesFeed(tuple(entries.values()), problems.all())


def reported_rides(document: dict[str, Any], problems: Problems) -> Iterator[tuple[str | None, dict[str, Any]]]:
    for land in listed(document, "lands", "lands", problems):
        problems.unknown_fields("lands[]", land, LAND_FIELDS)
        for reported in listed(land, "rides", "lands[].rides", problems):
            yield clean(land.get("name"))[:100] or None, reported
    for reported in listed(document, "rides", "rides", problems):
        yield None, reported


def listed(reported: dict[str, Any], name: str, where: str, problems: Problems) -> Iterator[dict[str, Any]]:
    """The objects of a list that may be missing."""
    value = reported.get(name)
    if isinstance(value, list):
        return objects(value, f"{where}[]", problems)
    if value is not None:
        problems.unusable(where, value, "a list")
    return iter(())


def numbered(reported: dict[str, Any], where: str, problems: Problems) -> int | None:
    number = whole(reported.get("id"))
    if number is None or not 0 < number <= LARGEST_ID:
        problems.unusable(f"{where}.id", reported.get("id"), "an id")
        return None
    return number


def directory_park(reported: dict[str, Any], operator: str, problems: Problems) -> QueueTimesPark | None:
    problems.unknown_fields("[].parks[]", reported, PARK_FIELDS)
    number = numbered(reported, "[].parks[]", problems)
    if number is None:
        return None
    name = clean(reported.get("name"))
    if not name:
        problems.unusable("[].parks[].name", reported.get("name"), "a name", str(number))
        return None
    return QueueTimesPark(
        id=number,
        name=name,
        operator=operator[:100],
        country=clean(reported.get("country")),
        latitude=degrees(reported.get("latitude"), 90),
        longitude=degrees(reported.get("longitude"), 180),
        timezone=zone_of(reported.get("timezone"), problems, "[].parks[].timezone"),
    )


def feed_entry(reported: dict[str, Any], land: str | None, problems: Problems) -> QueueTimesEntry | None:
    problems.unknown_fields("rides[]", reported, RIDE_FIELDS)
    number = numbered(reported, "rides[]", problems)
    if number is None:
        return None
    return QueueTimesEntry(
        id=number,
        name=clean(reported.get("name")),
        land=land,
        is_open=checked(reported, "is_open", flag, "true or false", problems),
        wait_time=checked(reported, "wait_time", whole, "a number of minutes", problems),
        last_updated=checked(reported, "last_updated", instant_of, "an instant", problems),
    )


def is_single_rider(name: str) -> bool:
    """A single-rider line is another line of a ride, and reported as a ride of its own (R-4.3)."""
    return SINGLE_RIDER in name.lower()


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def checked(
    reported: dict[str, Any], name: str, read: Callable[[Any], Value | None], what: str, problems: Problems
) -> Value | None:
    """A member that may be null; one that is neither null nor `what` is reported."""
    value = reported.get(name)
    found = read(value)
    if found is None and value is not None:
        problems.unusable(f"rides[].{name}", value, what, str(reported.get("id")))
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
