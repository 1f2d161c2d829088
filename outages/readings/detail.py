"""One outage with everything that says so: its days, its observations, its neighbours, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from core.shapes import Shape, describe
from outages.models import COUNTED, Outage, Reason, State
from outages.readings.incidents import incident_of
from outages.readings.observations import Observation, observation, observations_of, one_before
from outages.readings.rows import Neighbour, OutageRow, neighbour, outage_row, rule_of
from snapshots.models import RideStatusSnapshot
from stats.measures.buckets import OBSERVED
from stats.readings.roster import zulu

AROUND = timedelta(hours=1)
MOST_OBSERVATIONS = 1_000  # of those inside, in one answer
MOST_NEIGHBOURS = 50
MOST_STEPS = 10  # from an address to the outage that has its time now


class DayPart(Shape):
    date: Annotated[str, describe("park-local", format="date")]
    seconds: Annotated[int, describe("in the downtime of this day")]


class Evidence(Shape):
    """The observations that make an outage, and those on either side of it; the first and the last are its proof."""

    observations: Annotated[int, describe("rows inside")]
    before: Annotated[Observation | None, describe("the last one before it; null: none for a day")]
    first: Observation | None
    last: Observation | None
    after: Annotated[Observation | None, describe("the first one after it; null: none for a day")]


class OutageDetail(OutageRow):
    success: bool = True
    state: Annotated[str, describe("what does not hold any more counts no seconds", enum=State.values)]
    reason: Annotated[str | None, describe("why it does not hold", enum=Reason.values)]
    reason_text: str | None
    since: Annotated[str | None, describe("when it ceased to hold", format="date-time")]
    merged_into: Annotated[str | None, describe("the address of the outage that has its time now")]
    incident: Annotated[str | None, describe("the address of the park incident it is a member of")]
    rule_text: Annotated[str, describe("the rule in words")]
    days: list[DayPart]
    evidence: Evidence
    neighbours: Annotated[list[Neighbour], describe("outages of the park that shared a moment with it")]


def find_outage(ride: int, started_at: datetime, version: int) -> Outage | None:
    """The row of an address, whatever became of it; one query."""
    rows = Outage.objects.filter(ride=ride, started_at=started_at, metrics_version=version)
    return rows.select_related("ride", "park").first()


def home_of(row: Outage) -> Outage | None:
    """The outage that has the time of one that does not hold, or continues it; None: there is none. A query a step."""
    found: Outage | None = row
    for _ in range(MOST_STEPS):
        if found is None or found.state == State.HOLDS:
            return found
        if found.belongs_to is None:
            return None
        found = find_outage(found.ride_id, found.belongs_to, found.metrics_version)
    return None


def outage_detail(row: Outage, now: datetime) -> OutageDetail:
    """At most ten queries, whatever the size of the ledger."""
    holds = row.state == State.HOLDS
    home = None if holds else home_of(row)
    text = rule_of(row)[1]
    values = {name: getattr(outage_row(row, row.total_seconds, now), name) for name in OutageRow.__struct_fields__}
    return OutageDetail(
        **values,
        state=row.state,
        reason=row.reason,
        reason_text=Reason(row.reason).label if row.reason else None,
        since=None if row.state in COUNTED else zulu(row.revised_at),
        merged_into=home.address if home else None,
        incident=incident_of(row),
        rule_text=text,
        days=days_of(row),
        evidence=evidence_of(row),
        neighbours=[neighbour(each) for each in neighbours_of(row)],
    )


def days_of(row: Outage) -> list[DayPart]:
    rows = Outage.objects.filter(
        ride=row.ride_id, metrics_version=row.metrics_version, state=State.CONTINUES, belongs_to=row.started_at
    )
    parts = [(row.stat_date, row.seconds), *rows.values_list("stat_date", "seconds")]
    return [DayPart(date=day.isoformat(), seconds=length) for day, length in parts]


def evidence_of(row: Outage) -> Evidence:
    inside = RideStatusSnapshot.objects.filter(
        OBSERVED, ride=row.ride_id, recorded_at__gte=row.started_at, recorded_at__lt=row.ended_at
    )
    before = one_before(row.ride_id, row.started_at)
    after = observations_of(row.ride_id, row.ended_at, row.ended_at + timedelta(days=1), 1)

    def seen(found: Any) -> Observation | None:
        return observation(found, row.park) if found else None

    return Evidence(
        observations=inside.count(),
        before=seen(before),
        first=seen(inside.order_by("recorded_at").first()),
        last=seen(inside.order_by("-recorded_at").first()),
        after=seen(after[0] if after else None),
    )


def around(row: Outage) -> list[RideStatusSnapshot]:
    """Every observation from an hour before to an hour after, with the one that reaches into it; two queries."""
    begin = row.started_at - AROUND
    first = one_before(row.ride_id, begin)
    return [
        *([first] if first is not None else []),
        *observations_of(row.ride_id, begin, row.ended_at + AROUND, MOST_OBSERVATIONS),
    ]


def neighbours_of(row: Outage) -> Sequence[Outage]:
    """Other outages of the park that overlap with it, the nearest beginning first; one query."""
    rows = Outage.objects.filter(
        park=row.park_id,
        metrics_version=row.metrics_version,
        state=State.HOLDS,
        started_at__gte=row.started_at - timedelta(days=2),
        started_at__lt=row.ended_at,
        ended_at__gt=row.started_at,
    )
    found = rows.exclude(ride=row.ride_id).select_related("ride", "park").order_by("started_at", "ride_id")
    return sorted(found[:MOST_NEIGHBOURS], key=lambda each: abs(each.started_at - row.started_at))
