"""Incidents of parks over days, and one by its address (ADR 37): outages of their kinds, put together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from core.shapes import Shape, describe
from outages.addresses import address_of
from outages.ledger.incidents import MEMBER_KINDS, WITHIN, incidents_among
from outages.models import Kind, Outage, State
from outages.readings.rows import Neighbour, neighbour
from outages.readings.selection import Selection
from stats.readings.roster import zulu

MOST_OF_A_DAY = timedelta(days=1)


class IncidentRow(Shape):
    id: Annotated[str, describe("park and first instant; the page is /incidents/{id}")]
    park_id: int
    park_name: str
    timezone: str
    kind: Annotated[str, describe("weather: it was bad near the time", enum=[kind.value for kind in MEMBER_KINDS])]
    start: Annotated[str, describe("the first ride went down", format="date-time")]
    end: Annotated[str, describe("the last one was seen down", format="date-time")]
    rides: int
    seconds: Annotated[int, describe("of all members together")]
    members: Annotated[list[Neighbour], describe("the outages that make it, in order")]


def incident_row(members: list[Outage]) -> IncidentRow:
    first = members[0]
    is_weather = any(row.kind == Kind.WEATHER for row in members)
    return IncidentRow(
        id=address_of(first.park_id, first.started_at),
        park_id=first.park_id,
        park_name=first.park.name,
        timezone=first.park.timezone,
        kind=Kind.WEATHER if is_weather else Kind.INCIDENT,
        start=zulu(first.started_at),
        end=zulu(max(row.ended_at for row in members)),
        rides=len({row.ride_id for row in members}),
        seconds=sum(row.total_seconds for row in members),
        members=[neighbour(row) for row in members],
    )


def incidents_of(selection: Selection, now: datetime) -> list[IncidentRow]:
    """Those that began on the days, the newest first; one query."""
    rows = replace(selection, kinds=tuple(MEMBER_KINDS)).counted(now).filter(state=State.HOLDS)
    found = incidents_of_parks(rows.select_related("ride", "park").order_by("started_at", "ride_id"))
    return [incident_row(each) for each in sorted(found, key=lambda each: each[0].started_at, reverse=True)]


def incidents_of_parks(rows: Iterable[Outage]) -> list[list[Outage]]:
    by_park: dict[int, list[Outage]] = defaultdict(list)
    for row in rows:
        by_park[row.park_id].append(row)
    return [each for own in by_park.values() for each in incidents_among(own)]


def incident_at(park: int, at: datetime, version: int) -> IncidentRow | None:
    """The incident that a park has or had from an instant on, also where a later computation moved its first instant
    by up to ten minutes; None: it has none any more. One query.
    """
    rows = Outage.objects.filter(
        park=park,
        metrics_version=version,
        state=State.HOLDS,
        kind__in=MEMBER_KINDS,
        started_at__gte=at - MOST_OF_A_DAY,
        started_at__lt=at + MOST_OF_A_DAY,
    )
    for members in incidents_among(rows.select_related("ride", "park")):
        if members[0].started_at - WITHIN <= at <= members[-1].started_at + WITHIN:
            return incident_row(members)
    return None


def incident_of(row: Outage) -> str | None:
    """The address of the incident an outage is a member of; one query for a member, else none."""
    if row.state != State.HOLDS or row.kind not in MEMBER_KINDS:
        return None
    found = incident_at(row.park_id, row.started_at, row.metrics_version)
    return found.id if found else None
