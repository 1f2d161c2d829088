"""An outage as answers show it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

from core.shapes import Shape, describe
from outages.ledger.kinds import CARRIED_RULE, RULES
from outages.models import Kind, Outage, Source, State
from outages.readings.selection import Selection
from snapshots.current import LIVE_WINDOW
from stats.readings.roster import zulu

Heads = dict[tuple[int, datetime], Outage]


class OutageRow(Shape):
    id: Annotated[str, describe("the address, the same whatever becomes of the outage")]
    ride_id: int
    ride_name: str
    park_id: int
    park_name: str
    timezone: str
    date: Annotated[str, describe("park-local, on which it began", format="date")]
    start: Annotated[str, describe("the first instant down", format="date-time")]
    end: Annotated[str | None, describe("null while it lasts", format="date-time")]
    last_seen: Annotated[str, describe("up to when it was seen down", format="date-time")]
    seconds: Annotated[int, describe("down in the open park, all of it")]
    seconds_in_range: Annotated[int, describe("of them those on the days asked for: they add up to the downtime")]
    kind: Annotated[str, describe(enum=Kind.values)]
    rule: Annotated[str, describe("the rule that decided the kind")]
    confidence: Annotated[str, describe("high: nothing speaks against it, medium: one thing, low: several")]
    doubts: Annotated[list[str], describe("what speaks against it")]
    observations: Annotated[int, describe("rows that say so, of its first day")]
    data_source: Annotated[str, describe(enum=Source.values)]
    metrics_version: int
    revision: Annotated[str, describe("data revision: the write that made it what it is", format="date-time")]


def rule_of(row: Outage) -> tuple[str, str]:
    """The id and the words of the rule that decided the kind."""
    return CARRIED_RULE if row.state == State.CONTINUES else RULES[Kind(row.kind)]


def heads_of(rows: Iterable[Outage]) -> Heads:
    """The rows with which outages began that the given ones continue; one query, none without any."""
    keys = [(row.ride_id, row.belongs_to, row.metrics_version) for row in rows if row.state == State.CONTINUES]
    found = Outage.objects.filter(pk__in=keys).select_related("ride", "park") if keys else ()
    return {(row.ride_id, row.started_at): row for row in found}


def shown(rows: Sequence[Outage], selection: Selection, now: datetime, heads: Heads | None = None) -> list[OutageRow]:
    """The rows of a list, in their order; at most one query, none where the `heads` are at hand."""
    heads = heads_of(rows) if heads is None else heads
    found = []
    for row in rows:
        head = row if row.belongs_to is None else heads.get((row.ride_id, row.belongs_to), row)
        inside = row.seconds
        if head is row and row.stat_date < selection.last:
            inside = row.total_seconds
        found.append(outage_row(head, inside, now))
    return found


def outage_row(row: Outage, seconds_in_range: int, now: datetime) -> OutageRow:
    return OutageRow(
        id=row.address,
        ride_id=row.ride_id,
        ride_name=row.ride.name,
        park_id=row.park_id,
        park_name=row.park.name,
        timezone=row.park.timezone,
        date=row.stat_date.isoformat(),
        start=zulu(row.started_at),
        end=None if row.lasts(now - LIVE_WINDOW) else zulu(row.ended_at),
        last_seen=zulu(row.ended_at),
        seconds=row.total_seconds,
        seconds_in_range=seconds_in_range,
        kind=row.kind,
        rule=rule_of(row)[0],
        confidence=row.confidence,
        doubts=row.doubts_in_words,
        observations=row.observations,
        data_source=row.data_source,
        metrics_version=row.metrics_version,
        revision=zulu(row.revised_at),
    )


class Neighbour(Shape):
    id: str
    ride_id: int
    ride_name: str
    start: Annotated[str, describe(format="date-time")]
    end: Annotated[str, describe("up to when it was seen down", format="date-time")]
    seconds: int
    kind: str


def neighbour(row: Outage) -> Neighbour:
    return Neighbour(
        id=row.address,
        ride_id=row.ride_id,
        ride_name=row.ride.name,
        start=zulu(row.started_at),
        end=zulu(row.ended_at),
        seconds=row.total_seconds,
        kind=row.kind,
    )
