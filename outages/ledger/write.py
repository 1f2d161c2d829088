"""The ledger of a park's local day, written with the day's rows: the same stretches, the same transaction.

What is stored of a ride-day is replaced by what was computed: Σ `seconds` is the ride's stored downtime, always. Rows
keep their key; what is found no longer stays as MERGED or WITHDRAWN. Written again, nothing changes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from django.db import models
from django.utils import timezone

from core.database.querysets import upsert
from core.zones import day_range
from outages.ledger.chains import attach_again, chain_starts, settle
from outages.ledger.corrections import note_corrections, published
from outages.ledger.evidence import Hours, Line, doubts_of, hours_of, lines_of, observed_until, source_of
from outages.ledger.incidents import mark_incidents
from outages.ledger.kinds import kind_of
from outages.ledger.vanished import become_of
from outages.models import COUNTED, LedgerDay, Outage, State
from snapshots.current import LIVE_WINDOW
from stats.daily.compute import ParkDay
from stats.measures.ride_measures import Stretch

KEY = ("ride", "started_at", "metrics_version")
# What one day alone decides, and what later days add where an outage reaches midnight.
OWN = (
    "park_id",
    "stat_date",
    "seconds",
    "kind",
    "state",
    "belongs_to",
    "reason",
    "observations",
    "doubts",
    "data_source",
)
ADDED = ("ended_at", "total_seconds", "is_lasting")
COLUMNS = tuple(name.removesuffix("_id") for name in (*OWN, *ADDED, "revised_at"))
RideStart = tuple[int, datetime]
M = TypeVar("M", bound=models.Model)


def write_outages(result: ParkDay) -> None:
    """Replace the ledger of the rides of a park-day; four to eight queries, more where an outage spans midnight."""
    start, end = day_range(result.day, result.park.timezone)
    now = timezone.now()
    rows = list(outages_of_day(result, start, end, now))
    mark_incidents(rows, result)
    wanted = {(row.ride_id, row.started_at): row for row in rows}
    rides = result.measures.keys() | result.gone
    stored = {
        (row.ride_id, row.started_at): row
        for row in Outage.objects.filter(
            metrics_version=result.version, ride__in=list(rides), started_at__gte=start, started_at__lt=end
        )
    }
    changed = [row for key, row in wanted.items() if key not in stored or differs(stored[key], row, end)]
    vanished = [row for key, row in stored.items() if key not in wanted and row.state in COUNTED]
    before = {key: published(row) for key, row in stored.items()}
    for row in vanished:
        become_of(row, wanted.values(), result, now)
    known = ledger_day(result)
    if known is not None and known.settled_at is not None:
        note_corrections(result, before, [*changed, *vanished], now)
    upsert(Outage, [*changed, *vanished], KEY, COLUMNS)
    starts = {key for key, row in wanted.items() if row.ended_at == end and row.belongs_to is None}
    starts |= {(row.ride_id, row.belongs_to) for row in wanted.values() if row.belongs_to is not None}
    starts |= {(row.ride_id, row.belongs_to) for row in vanished if row.belongs_to is not None}
    starts |= attach_again(vanished, wanted.values(), end, now)
    for ride, at in sorted(starts):
        settle(result, ride, at, now)
    note_day(result, known, bool(changed or vanished), now, is_over=end <= now)


def outages_of_day(result: ParkDay, start: datetime, end: datetime, now: datetime) -> Iterable[Outage]:
    """The unsaved rows of a day. Of an outage that goes on over a midnight, what lies in this day."""
    if not result.stretches:
        return
    until = min(end, now)
    unknown = {row.ride_id: row.unknown_seconds or 0 for row in result.rides}
    whole = {ride for ride in result.stretches if unknown[ride] or until < end}
    lines = lines_of(result.park, result.stretches, whole, start, until)
    hours = hours_of(result.park, result.day)
    began = chain_starts(result)
    for ride, stretches in result.stretches.items():
        for stretch in stretches:
            line = lines.get(ride) or Line()
            is_lasting = until < end and goes_on(stretch, line, until)
            row = outage_of(result, ride, stretch, line, hours, now)
            row.is_lasting = is_lasting
            row.doubts = doubts_of(stretch, line, hours, unknown[ride], is_lasting)
            if stretch.is_carried:
                row.state, row.belongs_to, row.total_seconds = State.CONTINUES, began[ride], 0
            yield row


def outage_of(result: ParkDay, ride: int, stretch: Stretch, line: Line, hours: Hours, now: datetime) -> Outage:
    part = line.inside(stretch)
    return Outage(
        ride_id=ride,
        started_at=stretch.start,
        metrics_version=result.version,
        park=result.park,
        stat_date=result.day,
        ended_at=stretch.end,
        seconds=stretch.seconds,
        total_seconds=stretch.seconds,
        kind=kind_of(stretch, result.measures[ride].first_up, hours, result.park),
        state=State.HOLDS,
        observations=part.stop - part.start,
        data_source=source_of(stretch, line),
        revised_at=now.replace(microsecond=0),
    )


def goes_on(stretch: Stretch, line: Line, until: datetime) -> bool:
    """Is it what was last heard of the ride, and within the live window?"""
    return stretch.end >= min(observed_until(line), until) and stretch.end >= until - LIVE_WINDOW


def differs(stored: Outage, wanted: Outage, end: datetime) -> bool:
    """Is a row to be written? What `settle` makes of the two rows of an outage over midnight is no difference."""
    names: tuple[str, ...] = OWN if wanted.ended_at == end and stored.ended_at >= end else OWN + ADDED
    if wanted.state == State.CONTINUES:
        names = tuple(name for name in names if name not in ("kind", "total_seconds"))
    return any(getattr(stored, name) != getattr(wanted, name) for name in names)


def ledger_day(result: ParkDay) -> LedgerDay | None:
    """One query."""
    days = LedgerDay.objects.filter(park=result.park, stat_date=result.day, metrics_version=result.version)
    return days.first()


def note_day(result: ParkDay, known: LedgerDay | None, has_changed: bool, now: datetime, is_over: bool) -> None:
    """That the ledger of the day is written, and its data revision; one query, none where nothing changed."""
    settled = known.settled_at if known else None
    if known and not has_changed and (settled or not is_over):
        return
    row = LedgerDay(
        park=result.park,
        stat_date=result.day,
        metrics_version=result.version,
        settled_at=settled or (now if is_over else None),
        revised_at=now if has_changed or not known else known.revised_at,
    )
    upsert(LedgerDay, [row], ("park", "stat_date", "metrics_version"), ("settled_at", "revised_at"))
