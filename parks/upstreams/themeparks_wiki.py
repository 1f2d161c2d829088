"""ThemeParks.wiki's live API (sources 1 and 3): what it is asked, and its answers as typed values.

The `read_` functions are total: an answer that is not what was asked for raises UpstreamError (NOT_JSON or INVALID),
a bad entry is left out and reported, unknown members and values are counted.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db.models import TextChoices

from core.upstream.http import Limits, Reason, Source, Upstream, UpstreamError
from core.upstream.payloads import (
    Problem,
    ProblemKind,
    Problems,
    brief,
    clean,
    degrees,
    instant_of,
    members,
    objects,
    parsed_object,
    uuid_of,
    zone_of,
)
from parks.upstreams.schedule_entries import Schedule, day_of, schedule_of

TIMEOUT_SECONDS = 15.0  # rules 2
PARK = "PARK"
ENTITY_TYPES = frozenset({"DESTINATION", PARK, "ATTRACTION", "RESTAURANT", "HOTEL", "SHOW"})
ATTRACTION_TYPES = frozenset({"UNKNOWN", "RIDE", "SHOW", "TRANSPORT", "PARADE", "MEET_AND_GREET", "OTHER"})
IDENTITY = frozenset({"id", "name", "entityType", "slug", "externalId"})
PLACE = frozenset({"parentId", "parkId", "destinationId", "timezone"})
DESTINATION_FIELDS = frozenset({"id", "name", "slug", "externalId", "parks"})
ENTITY_FIELDS = IDENTITY | PLACE | {"attractionType", "location", "tags"}
LIVE_FIELDS = (
    IDENTITY
    | PLACE
    | {"status", "queue", "lastUpdated", "showtimes", "operatingHours", "forecast", "diningAvailability"}
)
HISTORY_FIELDS = frozenset(
    {"time", "observedAt", "observedAtByKind", "changed", "status", "queue"}
    | {"showtimes", "operatingHours", "forecast", "diningAvailability"}
)


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=Identified)


@dataclass(frozen=True, slots=True)
class DestinationPark:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A resort and its parks, which may be none. Ids are UUIDs in lower case, here and below."""

    id: str
    name: str
    parks: tuple[DestinationPark, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    destinations: tuple[Destination, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """A park, or something in it. Degrees (WGS 84); `zone` is an IANA name; None: not reported."""

    id: str
    name: str
    entity_type: str
    attraction_type: str | None = None
    parent_id: str | None = None
    park_id: str | None = None
    destination_id: str | None = None
    timezone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    tags: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Children:
    """Everything below an entity, at any depth."""

    parent_id: str
    timezone: str | None
    entities: tuple[Entity, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """What one entity reports now. `status` is the upstream's own word; `queue` its map of queue type to members,
    as delivered; `last_updated` (UTC) says when the entry last changed, not when it was checked."""

    id: str
    name: str
    entity_type: str
    park_id: str | None
    status: str | None
    queue: dict[str, Any]
    last_updated: datetime | None


@dataclass(frozen=True, slots=True)
class LiveFeed:
    park_id: str
    name: str
    timezone: str | None
    entries: tuple[LiveEntry, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class HistoryState:
    """The full state of an entity from `time` (UTC) on; `status` and `queue` as in a LiveEntry.

    `observed_at`: when the state in force at an opening was last seen.
    """

    time: datetime
    status: str | None
    queue: dict[str, Any]
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The state in force at local midnight of the first day, then every change, by time."""

    entity_id: str
    name: str
    entity_type: str
    timezone: str | None
    opening: HistoryState | None
    states: tuple[HistoryState, ...]
    problems: tuple[Problem, ...]


# -- reading -----------------------------------------------------------------------------------------------


def read_destinations(body: bytes) -> Directory:
    """The answer of /destinations."""
    problems = Problems()
    found = []
    for reported in objects(members(parsed_object(body, problems), "destinations"), "destinations[]", problems):
        problems.unknown_fields("destinations[]", reported, DESTINATION_FIELDS)
        uuid = identified(reported, "destinations[]", problems)
        if uuid is None:
            continue
        parks = reported.get("parks")
        if not isinstance(parks, list):
            problems.unusable("destinations[].parks", parks, "a list", uuid)
            parks = []
        inside = [
            DestinationPark(park, clean(each.get("name")))
            for each in objects(parks, "destinations[].parks[]", problems)
            if (park := identified(each, "destinations[].parks[]", problems))
        ]
        found.append(
            Destination(uuid, clean(reported.get("name")), tuple(unique(inside, "destinations[].parks[]", problems)))
        )
    return Directory(tuple(unique(found, "destinations[]", problems)), problems.all())


def read_entity(body: bytes) -> tuple[Entity, tuple[Problem, ...]]:
    """The answer of /entity/{id}. Raises UpstreamError also when the entity itself cannot be used."""
    problems = Problems()
    entity = entity_of(parsed_object(body, problems), "entity", problems)
    if entity is None:
        raise UpstreamError(Reason.INVALID, "; ".join(map(str, problems.all())))
    return entity, problems.all()


def read_children(body: bytes) -> Children:
    """The answer of /entity/{id}/children."""
    problems = Problems()
    document = parsed_object(body, problems)
    parent, zone = envelope(document, problems)
    reported = objects(members(document, "children"), "children[]", problems)
    entities = [entity for each in reported if (entity := entity_of(each, "children[]", problems))]
    return Children(parent, zone, tuple(unique(entities, "children[]", problems)), problems.all())


def read_live(body: bytes) -> LiveFeed:
    """The answer of /entity/{id}/live."""
    problems = Problems()
    document = parsed_object(body, problems)
    park, zone = envelope(document, problems)
    reported = objects(members(document, "liveData"), "liveData[]", problems)
    entries = [entry for each in reported if (entry := live_entry(each, problems))]
    name = clean(document.get("name"))
    return LiveFeed(park, name, zone, tuple(unique(entries, "liveData[]", problems)), problems.all())


def read_schedule(body: bytes, zone: str) -> Schedule:
    """The answer of /entity/{id}/schedule. A time without offset is read in the answer's zone, else in `zone`."""
    problems = Problems()
    document = parsed_object(body, problems)
    park, reported_zone = envelope(document, problems)
    return schedule_of(park, reported_zone, members(document, "schedule"), reported_zone or zone, problems)


def read_history(body: bytes) -> History:
    """The answer of /entity/{id}/history."""
    problems = Problems()
    document = parsed_object(body, problems)
    entity, zone = envelope(document, problems)
    opening = document.get("opening")
    first = history_state(opening, "opening", problems) if isinstance(opening, dict) else None
    states: dict[datetime, HistoryState] = {}
    for reported in objects(members(document, "history"), "history[]", problems):
        state = history_state(reported, "history[]", problems)
        if state is None:
            continue
        if states.get(state.time, state) != state:
            text = f"two states at {state.time.isoformat()}; the last one counts"
            problems.add("history[]", text, ProblemKind.DUPLICATE, entity)
        states[state.time] = state
    return History(
        entity_id=entity,
        name=clean(document.get("name")),
        entity_type=clean(document.get("entityType")).upper(),
        timezone=zone,
        opening=first,
        states=tuple(states[at] for at in sorted(states)),
        problems=problems.all(),
    )


def envelope(document: dict[str, Any], problems: Problems) -> tuple[str, str | None]:
    """UUID and zone around a list. Without a UUID the answer speaks of nobody: raises UpstreamError."""
    uuid = uuid_of(document.get("id"))
    if uuid is None:
        raise UpstreamError(Reason.INVALID, f"id is not a UUID but {brief(document.get('id'))}")
    return uuid, zone_of(document.get("timezone"), problems)


def identified(reported: dict[str, Any], where: str, problems: Problems) -> str | None:
    uuid = uuid_of(reported.get("id"))
    if uuid is None:
        problems.unusable(f"{where}.id", reported.get("id"), "a UUID")
    return uuid


def unique(entries: Iterable[Entry], where: str, problems: Problems) -> Iterable[Entry]:
    """Of entries with one id the last one wins and is reported."""
    by_id: dict[str, Entry] = {}
    for entry in entries:
        if entry.id in by_id:
            problems.add(where, "is listed twice; the last one counts", ProblemKind.DUPLICATE, entry.id)
        by_id[entry.id] = entry
    return by_id.values()


def entity_type_of(reported: dict[str, Any], where: str, uuid: str, problems: Problems) -> str:
    """The type in capitals, "" when it is missing; one we do not know is counted and kept."""
    value = clean(reported.get("entityType")).upper()
    if not value:
        problems.unusable(f"{where}.entityType", reported.get("entityType"), "a type", uuid)
    elif value not in ENTITY_TYPES:
        problems.unknown_value(f"{where}.entityType", value)
    return value


def entity_of(reported: dict[str, Any], where: str, problems: Problems) -> Entity | None:
    problems.unknown_fields(where, reported, ENTITY_FIELDS)
    uuid = identified(reported, where, problems)
    if uuid is None:
        return None
    name = clean(reported.get("name"))
    if not name:
        problems.unusable(f"{where}.name", reported.get("name"), "a name", uuid)
    attraction_type = clean(reported.get("attractionType")).upper() or None
    if attraction_type and attraction_type not in ATTRACTION_TYPES:
        problems.unknown_value(f"{where}.attractionType", attraction_type)
    latitude, longitude = location_of(reported.get("location"), f"{where}.location", uuid, problems)
    tags = reported.get("tags")
    return Entity(
        id=uuid,
        name=name,
        entity_type=entity_type_of(reported, where, uuid, problems),
        attraction_type=attraction_type,
        parent_id=uuid_of(reported.get("parentId")),
        park_id=uuid_of(reported.get("parkId")),
        destination_id=uuid_of(reported.get("destinationId")),
        timezone=zone_of(reported["timezone"], problems, f"{where}.timezone") if reported.get("timezone") else None,
        latitude=latitude,
        longitude=longitude,
        tags=tuple(tag for tag in tags if isinstance(tag, dict)) if isinstance(tags, list) else (),
    )


def location_of(reported: Any, where: str, uuid: str, problems: Problems) -> tuple[float | None, float | None]:
    """Latitude and longitude, each None where it is not reported or no coordinate."""
    if reported is None:
        return None, None
    if not isinstance(reported, dict):
        problems.unusable(where, reported, "an object", uuid)
        return None, None
    found = []
    for name, limit in (("latitude", 90), ("longitude", 180)):
        value = reported.get(name)
        found.append(degrees(value, limit))
        if value is not None and found[-1] is None:
            problems.unusable(f"{where}.{name}", value, f"a coordinate within ±{limit}", uuid)
    return found[0], found[1]


def live_entry(reported: dict[str, Any], problems: Problems) -> LiveEntry | None:
    problems.unknown_fields("liveData[]", reported, LIVE_FIELDS)
    uuid = identified(reported, "liveData[]", problems)
    if uuid is None:
        return None
    status, queue = state_of(reported, "liveData[]", uuid, problems)
    updated = instant_of(reported.get("lastUpdated"))
    if updated is None:
        problems.unusable("liveData[].lastUpdated", reported.get("lastUpdated"), "an instant", uuid)
    return LiveEntry(
        id=uuid,
        name=clean(reported.get("name")),
        entity_type=entity_type_of(reported, "liveData[]", uuid, problems),
        park_id=uuid_of(reported.get("parkId")),
        status=status,
        queue=queue,
        last_updated=updated,
    )


def state_of(
    reported: dict[str, Any], where: str, uuid: str | None, problems: Problems
) -> tuple[str | None, dict[str, Any]]:
    """Status word and queues; both may be absent."""
    status = reported.get("status")
    if status is not None and not isinstance(status, str):
        problems.unusable(f"{where}.status", status, "a word", uuid)
    queue = reported.get("queue")
    if queue is not None and not isinstance(queue, dict):
        problems.unusable(f"{where}.queue", queue, "an object", uuid)
    return clean(status)[:50] or None, queue if isinstance(queue, dict) else {}


def history_state(reported: dict[str, Any], where: str, problems: Problems) -> HistoryState | None:
    problems.unknown_fields(where, reported, HISTORY_FIELDS)
    time = instant_of(reported.get("time"))
    if time is None:
        problems.unusable(f"{where}.time", reported.get("time"), "an instant")
        return None
    status, queue = state_of(reported, where, None, problems)
    return HistoryState(time, status, queue, instant_of(reported.get("observedAt")))


class HistoryRefusal(TextChoices):
    """What the history endpoint says besides what all endpoints do (sources 3)."""

    WINDOW_EXCEEDED = "HISTORY_WINDOW_EXCEEDED"
    RATE_LIMITED = "HISTORY_RATE_LIMITED"
    BACKEND_UNAVAILABLE = "HISTORY_BACKEND_UNAVAILABLE"


def history_refusal(error: UpstreamError) -> tuple[HistoryRefusal | None, date | None]:
    """The endpoint's own word for a refusal and the earliest date it allows, wherever in the answer they stand."""
    word = next((word for word in HistoryRefusal if word.encode() in error.body), None)
    earliest = re.search(rb'"earliestAllowedDate"\s*:\s*"(\d{4}-\d\d-\d\d)', error.body)
    return word, day_of(earliest[1].decode()) if earliest else None


# -- asking ------------------------------------------------------------------------------------------------


class ThemeParksWiki(Source):
    """The endpoints, as raw bytes for the `read_` functions; each raises UpstreamError."""

    def destinations(self) -> bytes:
        return self.upstream.get("/destinations")

    def entity(self, uuid: str) -> bytes:
        return self.upstream.get(f"/entity/{uuid}")

    def children(self, uuid: str) -> bytes:
        return self.upstream.get(f"/entity/{uuid}/children")

    def live(self, uuid: str) -> bytes:
        return self.upstream.get(f"/entity/{uuid}/live")

    def schedule(self, uuid: str, year: int | None = None, month: int | None = None) -> bytes:
        """About the next 30 days, or one month."""
        whole_month = f"/{year:04d}/{month:02d}" if year and month else ""
        return self.upstream.get(f"/entity/{uuid}/schedule{whole_month}")

    def history(self, uuid: str, first: date, last: date) -> bytes:
        """Park-local days, both ends inclusive: 31 at most for an attraction, the last 7 without a key."""
        return self.upstream.get(f"/entity/{uuid}/history", {"from": first.isoformat(), "to": last.isoformat()})


def client(limits: Limits | None = None) -> ThemeParksWiki:
    """ThemeParks.wiki as the settings name it. A pause the host asks for binds all requests of one client: give the
    history endpoint, which has a budget of its own, a client of its own."""
    key = settings.THEMEPARKS_WIKI_KEY
    headers = {"x-api-key": key} if key else None
    limits = limits or Limits(timeout_seconds=TIMEOUT_SECONDS)
    return ThemeParksWiki(Upstream(settings.THEMEPARKS_WIKI_URL, limits, headers))
