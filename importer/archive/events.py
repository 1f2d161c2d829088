"""One raw archive event, checked and typed (sources 2.2). What is wrong is reported, the rest is kept."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from core.upstream.payloads import LONGEST_NAME, brief, clean, uuid_of
from importer.archive import formats
from importer.archive.formats import Met, flat_data, flat_queue, preview_kind
from parks.models import EntityType
from snapshots.models import LogType
from snapshots.queues import QueueState, Report, queue_states, standby_wait
from snapshots.status import Status, parse_status

TEXTS_KEPT = 1 << 14  # a file repeats few texts many times: each is looked at once, and stored once
CLOCK_TOLERANCE = timedelta(seconds=60)  # an event that lies later than now is refused (N-14)
PARK = "PARK"
ENTITY_TYPES = frozenset(EntityType.values)


class Source(msgspec.Struct, frozen=True, gc=False):
    """Who an event speaks of, in the event's own words."""

    entity: str
    park: str | None
    kind: str
    name: str
    slug: str
    zone: str | None


class Event(msgspec.Struct, gc=False):
    """A full state of one entity from an instant on; `at` in whole seconds since 1970, UTC.

    `position`: which of the file's events it is.
    """

    source: Source
    at: int
    millis: int
    status: Status | None
    wait: int | None
    queues: tuple[QueueState, ...]
    position: int = 0

    @property
    def state(self) -> tuple[Status | None, int | None]:
        return self.status, self.wait

    def says_as(self, other: "Event") -> bool:
        """Does another event say the same, wherever it stands?"""
        mine, its = (self.source, self.state, self.queues), (other.source, other.state, other.queues)
        return mine == its


def parse_event(raw: Any, destination: str, now: datetime, report: Report, met: Met | None = None) -> Event | None:
    """The event, or None when it cannot be used; every problem is reported with its reason.

    Variations of the format are normalised and counted in `met`.
    """
    if not isinstance(raw, dict):
        report(LogType.PARSE_ERROR, "the event is not an object")
        return None
    try:
        return checked_event(raw, destination, now, report, Counter() if met is None else met)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        # Whatever else upstream thinks of: one event is lost, reported, and the file goes on.
        report(LogType.PARSE_ERROR, f"the event cannot be read: {type(error).__name__}")
        return None


@lru_cache(TEXTS_KEPT)
def known_uuid(value: str) -> str | None:
    return uuid_of(value)


@lru_cache(TEXTS_KEPT)
def known_text(value: str) -> str:
    return clean(value)


def uuid_in(value: Any) -> str | None:
    return known_uuid(value) if isinstance(value, str) and len(value) <= LONGEST_NAME else None


def text_in(value: Any) -> str:
    return known_text(value) if isinstance(value, str) and len(value) <= LONGEST_NAME else clean(value)


def checked_event(raw: dict[str, Any], destination: str, now: datetime, report: Report, met: Met) -> Event | None:
    entity = uuid_in(raw.get("entityId"))
    if entity is None:
        missing = raw.get("entityId") in (None, "")
        report(*missing_or_invalid(missing, "entityId", raw.get("entityId")))
        return None
    instant = parse_event_time(raw.get("eventTime"), now, report)
    if instant is None:
        return None
    data = raw.get("data")
    if data is None:
        data = flat_data(raw, met)
    if not isinstance(data, dict):
        report(*missing_or_invalid(data is None, "data", data))
        return None
    park = uuid_in(raw.get("parkId"))
    kind = entity_kind(raw, data, entity, park, destination)
    reported = data.get("destinationId")
    if isinstance(reported, str) and reported.lower() != destination:
        report(LogType.INVALID, f"data.destinationId {reported!r} is not the file's destination")
    note_formats(raw, entity, met)
    queue = queues_of(data, met, report)
    status = event_status(data, kind, report)
    if status is not None and data["status"] != status.value:
        met[formats.STATUS_CASE] += 1
    at = instant.timestamp()
    zone = text_in(raw["timezone"]) if isinstance(raw.get("timezone"), str) else None
    return Event(
        source=Source(entity, park, kind, text_in(raw.get("name")), text_in(raw.get("parkSlug")), zone),
        at=int(at),
        millis=round(at * 1000),
        status=status,
        wait=standby_wait(queue.get("STANDBY"), report),
        queues=tuple(queue_states(queue, report)),
    )


def note_formats(raw: dict[str, Any], entity: str, met: Met) -> None:
    if raw["entityId"] != entity:
        met[formats.UUID_CASE] += 1
    if isinstance(raw.get("name"), dict):
        met[formats.NAME_MAP] += 1


def queues_of(data: dict[str, Any], met: Met, report: Report) -> dict[str, Any]:
    """The queues by type, as the live API says them; what is no object is reported."""
    queue = data.get("queue")
    if queue is not None and not isinstance(queue, dict):
        report(LogType.INVALID, f"data.queue is not an object: {brief(queue)}")
        return {}
    if not queue and ("waitTime" in data or "meta" in data):
        queue = flat_queue(data, met)
    queue = queue or {}
    standby = queue.get("STANDBY")
    if isinstance(standby, dict) and isinstance(standby.get("waitTime"), float):
        met[formats.FLOAT_WAIT] += 1
    return queue


def missing_or_invalid(missing: bool, field: str, value: Any) -> tuple[LogType, str]:
    if missing:
        return LogType.MISSING_FIELD, f"{field} is missing"
    return LogType.INVALID, f"{field} is not usable: {brief(value)}"


def parse_event_time(value: Any, now: datetime, report: Report) -> datetime | None:
    """The instant in UTC; another offset is converted and reported, a time without one is refused."""
    if value in (None, ""):
        report(LogType.MISSING_FIELD, "eventTime is missing")
        return None
    try:
        instant = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        report(LogType.INVALID, f"eventTime is not an ISO instant: {brief(value)}")
        return None
    if instant.tzinfo is None:
        report(LogType.INVALID, f"eventTime has no zone: {brief(value)}")
        return None
    if instant.utcoffset():
        report(LogType.INVALID, f"eventTime is not in UTC: {brief(value)}; converted")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        report(LogType.INVALID, f"eventTime is out of range: {brief(value)}")
        return None
    if instant > now + CLOCK_TOLERANCE:
        report(LogType.INVALID, f"eventTime lies in the future: {brief(value)}")
        return None
    if instant.year < 1970:
        report(LogType.INVALID, f"eventTime is out of range: {brief(value)}")
        return None
    return instant


def entity_kind(raw: dict[str, Any], data: dict[str, Any], entity: str, park: str | None, home: str) -> str:
    """PARK, ATTRACTION, SHOW or RESTAURANT. Archive events carry no type, so their content decides."""
    if entity in (park, home):
        return PARK
    reported = str(raw.get("entityType") or data.get("entityType") or preview_kind(data) or "").upper()
    if reported in ENTITY_TYPES or reported in (PARK, "HOTEL", "DESTINATION"):
        return reported if reported in ENTITY_TYPES else PARK
    operator_id = str(raw.get("internalId") or "").lower()
    if data.get("diningAvailability") or "entitytype=restaurant" in operator_id:
        return EntityType.RESTAURANT
    if data.get("showtimes") or "entitytype=entertainment" in operator_id or "entitytype=show" in operator_id:
        return EntityType.SHOW
    return EntityType.ATTRACTION


def event_status(data: dict[str, Any], kind: str, report: Report) -> Status | None:
    reported = data.get("status")
    status = parse_status(reported)
    if status is None and kind == EntityType.ATTRACTION:
        missing = reported is None
        report(
            LogType.MISSING_FIELD if missing else LogType.INVALID,
            "data.status is missing" if missing else f"data.status is unknown: {brief(reported)}",
        )
    return status
