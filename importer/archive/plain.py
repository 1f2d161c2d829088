"""The usual form of an archive event, typed while it is decoded (sources 2.2): the quick way around `checked_event`.

Whatever is in any respect unusual is left to the careful way, which says what is wrong or normalises it. So both ways
give the same events, and no problem is ever reported here.
"""

import re
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from core.instants import seconds
from core.upstream.payloads import from_json
from core.zones import day_start
from importer.archive.events import CLOCK_TOLERANCE, TEXTS_KEPT, Event, Source, entity_kind, text_in, uuid_in
from snapshots.models import QueueType
from snapshots.queues import QueueState, queue_states, standby_wait
from snapshots.status import STATUSES

MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:", re.ASCII)
# Parts of an instant, in milliseconds.
SECONDS = {f"{second:02}.": second * 1_000 for second in range(60)}
MILLIS = {f"{millis:03}Z": millis for millis in range(1_000)}
DAY_SECONDS = 86_400
STANDBY = QueueType.STANDBY.value


class Data(msgspec.Struct, gc=False, rename="camel"):
    """A full state as usual. What is typed None must be missing or null: it changes how the rest is read."""

    status: str
    queue: dict[str, Raw] | None = None
    destination_id: str | None = None
    wait_time: Raw | UnsetType = UNSET
    meta: None = None
    entity_type: None = None
    showtimes: None = None
    dining_availability: None = None


class Reported(msgspec.Struct, gc=False, rename="camel"):
    """An event as usual."""

    entity_id: str
    event_time: str
    data: Data
    park_id: str | None = None
    name: str | None = None
    park_slug: str | None = None
    timezone: str | None = None
    internal_id: str | None = None
    entity_type: None = None


# Entity, park, name, slug, zone, the operator's own id, as an event says them.
Names = tuple[str, str | None, str | None, str | None, str | None, str | None]
# What a queue's text says: the standby wait, or the state of another queue.
Line = tuple[int | None, tuple[QueueState, ...]]
K = TypeVar("K")
V = TypeVar("V")
DECODER = msgspec.json.Decoder(Reported)


class PlainEvents:
    """Reads the usual events of one destination; a file repeats few texts many times, each is looked at once."""

    def __init__(self, destination: str) -> None:
        self.destination = destination
        self.sources: dict[Names, Source | None] = {}
        self.lines: dict[tuple[str, bytes], Line | None] = {}
        self.minutes: dict[str, int] = {}
        self.earliest = self.latest = 0

    def begin_file(self, day: date, now: datetime) -> None:
        """From here on the events are those of a file of the UTC day `day`, read at `now`."""
        start = seconds(day_start(day, "UTC"))
        self.earliest = max(0, start - DAY_SECONDS) * 1_000
        self.latest = min(start + 2 * DAY_SECONDS, seconds(now + CLOCK_TOLERANCE)) * 1_000 - 1

    def event(self, text: Raw, position: int = 0) -> Event | None:
        """The event, or None: the careful way has to look at it."""
        try:
            reported = DECODER.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        data = reported.data
        status = STATUSES.get(data.status)
        if status is None or (data.destination_id != self.destination and data.destination_id is not None):
            return None
        key = (
            reported.entity_id,
            reported.park_id,
            reported.name,
            reported.park_slug,
            reported.timezone,
            reported.internal_id,
        )
        source = self.sources.get(key) or self.source(key)
        millis = self.millis(reported.event_time)
        if source is None or not self.earliest <= millis <= self.latest:
            return None
        wait: int | None = None
        queues: tuple[QueueState, ...] = ()
        if not data.queue:
            if data.wait_time is not UNSET:
                return None
            return Event(source, millis // 1_000, millis, status, wait, queues, position)
        for name, members in data.queue.items():
            line = self.lines.get((name, bytes(members))) or self.line(name, bytes(members))
            if line is None:
                return None
            if name == STANDBY:
                wait = line[0]
            elif queues:
                queues += line[1]
            else:
                queues = line[1]
        return Event(source, millis // 1_000, millis, status, wait, queues, position)

    def millis(self, text: str) -> int:
        """Milliseconds since 1970 of an instant such as `2024-07-04T14:00:00.123Z`; -1: it is none."""
        minute = text[:17]
        try:
            found = self.minutes.get(minute) or kept(self.minutes, minute, minute_of(minute))
            return found + SECONDS[text[17:20]] + MILLIS[text[20:]]
        except KeyError:
            return -1

    def line(self, name: str, text: bytes) -> Line | None:
        """The standby wait or the other queue; None: not as usual."""
        if (name, text) not in self.lines:
            return kept(self.lines, (name, text), line_of(name, text))
        return self.lines[name, text]

    def source(self, key: Names) -> Source | None:
        if key not in self.sources:
            return kept(self.sources, key, source_of(key, self.destination))
        return self.sources[key]


def source_of(names: Names, destination: str) -> Source | None:
    """Who says an event, as `checked_event` reads it; None: not as usual."""
    entity_id, park_id, name, slug, zone, internal_id = names
    entity, park = uuid_in(entity_id), uuid_in(park_id)
    if entity is None or entity != entity_id:
        return None
    kind = entity_kind({"internalId": internal_id}, {}, entity, park, destination)
    return Source(entity, park, kind, text_in(name), text_in(slug), None if zone is None else text_in(zone))


def kept(known: dict[K, V], key: K, value: V) -> V:
    """`value`, kept for the next time; memory does not grow with what a file says."""
    if len(known) >= TEXTS_KEPT:
        known.clear()
    known[key] = value
    return value


def minute_of(text: str) -> int:
    """The milliseconds since 1970 at which a minute such as `2024-07-04T14:00:` begins, UTC; raises KeyError."""
    if not MINUTE.fullmatch(text):
        raise KeyError(text)
    try:
        return seconds(datetime.fromisoformat(f"{text}00+00:00")) * 1_000
    except ValueError:
        raise KeyError(text) from None


def line_of(name: str, text: bytes) -> Line | None:
    """What a queue's text says; None: something about it has to be reported."""
    reported: list[Any] = []

    def report(*problem: Any) -> None:
        reported.append(problem)

    try:
        members = from_json(text)
        if name == STANDBY:
            is_fraction = isinstance(members, dict) and isinstance(members.get("waitTime"), float)
            line: Line = standby_wait(members, report), ()
            return None if reported or is_fraction else line
        states = tuple(queue_states({name: members}, report))
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    return None if reported else (None, states)
