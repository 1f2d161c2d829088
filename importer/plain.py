"""The usual form of an archive event, typed while it is decoded (sources 2.2): the quick way around `checked_event`.

Whatever is in any respect unusual is left to the careful way, which tells what is wrong or normalises it. So both ways
give the same events, and no problem is ever told here.
"""

import re
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
import orjson
from msgspec import UNSET, Raw, UnsetType

from importer.events import CLOCK_TOLERANCE, TEXTS_KEPT, Event, entity_kind, text_in, uuid_in
from snapshots.models import QueueType
from snapshots.queues import QueueState, queue_states, standby_wait
from snapshots.status import STATUSES

MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:", re.ASCII)
SECONDS = {f"{second:02}.": second for second in range(60)}
MILLIS = {f"{millis:03}Z": millis for millis in range(1000)}
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


class Told(msgspec.Struct, gc=False, rename="camel"):
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


# Entity, park, kind, name, slug, zone of an Event.
Source = tuple[str, str | None, str, str, str, str | None]
# What a queue's text says: the standby wait, or the state of another queue.
Line = tuple[int | None, tuple[QueueState, ...]]
K = TypeVar("K")
V = TypeVar("V")
DECODER = msgspec.json.Decoder(Told)


class PlainEvents:
    """Reads the usual events of one destination; a file repeats few texts many times, each is looked at once."""

    def __init__(self, destination: str) -> None:
        self.destination = destination
        self.sources: dict[tuple[str | None, ...], Source | None] = {}
        self.lines: dict[tuple[str, bytes], Line | None] = {}
        self.minutes: dict[str, int | None] = {}
        self.earliest = self.latest = 0

    def begin_file(self, day: date, now: datetime) -> None:
        """From here on the events are those of a file of the UTC day `day`, read at `now`."""
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        self.earliest = max(0, start - DAY_SECONDS)
        self.latest = min(start + 2 * DAY_SECONDS - 1, int((now + CLOCK_TOLERANCE).timestamp()) - 1)

    def event(self, text: Raw) -> Event | None:
        """The event, or None: the careful way has to look at it."""
        try:
            told = DECODER.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return None
        data = told.data
        status = STATUSES.get(data.status)
        if status is None or (data.destination_id != self.destination and data.destination_id is not None):
            return None
        key = (told.entity_id, told.park_id, told.name, told.park_slug, told.timezone, told.internal_id)
        source = self.sources.get(key, UNSET)
        if source is UNSET:
            source = kept(self.sources, key, self.source(*key))
        time = told.event_time
        minute = self.minutes.get(time[:17], UNSET)
        if minute is UNSET:
            minute = kept(self.minutes, time[:17], minute_of(time[:17]))
        second, millis = SECONDS.get(time[17:20]), MILLIS.get(time[20:])
        if source is None or minute is None or second is None or millis is None:
            return None
        at = minute + second
        if not self.earliest <= at <= self.latest:
            return None
        line = self.line(data)
        if line is None:
            return None
        wait, queues = line
        entity, park, kind, name, slug, zone = source
        return Event(entity, park, at, at * 1000 + millis, kind, name, slug, zone, status, wait, queues)

    def line(self, data: Data) -> Line | None:
        """The standby wait and the other queues; None: not as usual."""
        wait: int | None = None
        queues: tuple[QueueState, ...] = ()
        if not data.queue:
            return (wait, queues) if data.wait_time is UNSET else None
        for name, raw in data.queue.items():
            key = (name, bytes(raw))
            line = self.lines.get(key, UNSET)
            if line is UNSET:
                line = kept(self.lines, key, line_of(*key))
            if line is None:
                return None
            if name == STANDBY:
                wait = line[0]
            else:
                queues += line[1]
        return wait, queues

    def source(
        self,
        entity_id: str,
        park_id: str | None,
        name: str | None,
        slug: str | None,
        zone: str | None,
        internal_id: str | None,
    ) -> Source | None:
        """Who tells an event, as `checked_event` reads it; None: not as usual."""
        entity, park = uuid_in(entity_id), uuid_in(park_id)
        if entity is None or entity != entity_id:
            return None
        kind = entity_kind({"internalId": internal_id}, {}, entity, park, self.destination)
        return entity, park, kind, text_in(name), text_in(slug), None if zone is None else text_in(zone)


def kept(known: dict[K, V], key: K, value: V) -> V:
    """`value`, kept for the next time; memory does not grow with what a file says."""
    if len(known) >= TEXTS_KEPT:
        known.clear()
    known[key] = value
    return value


def minute_of(text: str) -> int | None:
    """The seconds since 1970 at which a minute such as `2024-07-04T14:00:` begins, UTC; None: it is no minute."""
    if not MINUTE.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(f"{text}00+00:00").timestamp())
    except ValueError:
        return None


def line_of(name: str, text: bytes) -> Line | None:
    """What a queue's text says; None: something about it has to be told."""
    told: list[Any] = []

    def report(*problem: Any) -> None:
        told.append(problem)

    try:
        members = orjson.loads(text)
        if name == STANDBY:
            is_fraction = isinstance(members, dict) and isinstance(members.get("waitTime"), float)
            line: Line = standby_wait(members, report), ()
            return None if told or is_fraction else line
        states = tuple(queue_states({name: members}, report))
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    return None if told else (None, states)
