"""Gives an entity of the archive to another ride, or to none, and moves what came in from it (R-26.4).

Snapshots do not name their entity. What a ride stored between an entity's first event and the next entity's is the
entity's, for at any instant at most one feeds a ride. Where two took turns nobody can say: these days are named, and
an import of them puts them right. Rows of live collection stay where they are, and go before archive rows.

Every batch is a transaction of its own, and the decision keeps `moving_from` until all is done: a move that was
interrupted goes on when it is asked for again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Max, Min, Q
from django.utils import timezone

from core import data_version
from core.database.querysets import columns_of, retried_on_lock
from core.instants import instant, seconds
from core.intervals import Interval, holding, merged, without
from core.jobs.requests import RecomputeDays, request
from core.zones import local_date
from importer.mapping.resolve import give_uuid
from importer.models import LONGEST_NOTES, SURE, ImportSlice, MappingDecision, MappingMethod, Span
from importer.storing.days import KEYS_PER_DELETE
from parks.models import CatalogCorrection, Park, Ride
from snapshots.last_operated import mend_last_operated
from snapshots.models import DataSource, QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.revisions import note_changed

ROWS_PER_BATCH = 500
LONGEST_ROW = timedelta(hours=25)  # a row ends at local midnight
EVER = instant(0), instant(7_258_118_400)


class RemappingRefused(Exception):
    """A decision cannot be changed as asked; the message says why and what to do."""


@dataclass
class Moved:
    """What a move did. `days`: park-local, first and last. `unclear`: spans in which two entities fed the ride."""

    rows: int = 0
    dropped: int = 0  # the other ride had its own rows there
    queues: int = 0
    changes: int = 0
    days: tuple[date, date] | None = None
    unclear: list[Span] = field(default_factory=list)


# -- the acts ---------------------------------------------------------------------------------------------


def remap(decision: MappingDecision, ride: Ride, by: str, notes: str = "", recompute: bool = True) -> Moved:
    """Say by hand that an entity is `ride`, and move its rows there. Raises RemappingRefused.

    `recompute`: have the daily statistics of the days computed. Asked again it does nothing, or ends what was begun.
    """
    if decision.park_id is not None and ride.park_id != decision.park_id:
        raise RemappingRefused(
            f"ride {ride.pk} ({ride.name}) stands in park {ride.park_id}, the entity in park {decision.park_id};"
            " an entity is mapped within its park"
        )
    finish(decision, recompute)
    decide(decision, ride, MappingMethod.MANUAL, by, notes)
    return finish(decision, recompute)


def unmap(decision: MappingDecision, by: str, notes: str = "", recompute: bool = True) -> Moved:
    """Say by hand that an entity is no ride we know. Imports leave it out; an inactive ride keeps its rows, out of
    every statistic, until the entity is mapped to another ride."""
    finish(decision, recompute)
    if decision.is_failed and decision.ride_id is None:
        decide(decision, None, MappingMethod.FAILED, by, notes)
        return Moved()
    if decision.is_failed:
        return Moved()
    with transaction.atomic():
        decide(decision, keeper(decision), MappingMethod.FAILED, by, notes)
    return finish(decision, recompute)


def keeper(decision: MappingDecision) -> Ride | None:
    """A new inactive ride for the rows of an unmapped entity; none when there are no rows to keep."""
    ride = decision.ride
    if ride is None or not any(own_rows(ride, stretch).exists() for stretch in own_stretches(decision, ride)):
        return None
    name = f"{decision.entity_name or decision.entity_uuid} (unmapped)"[:255]
    return Ride.objects.create(park=ride.park, name=name, is_active=False, tier=ride.tier)


def decide(decision: MappingDecision, ride: Ride | None, method: MappingMethod, by: str, notes: str) -> None:
    """Write the decision; from here on the move is due. Raises RemappingRefused when somebody else was first."""
    before = decision.ride
    moving = before if before is not None and ride is not None and before.pk != ride.pk else None
    with transaction.atomic():
        claimed = MappingDecision.objects.filter(pk=decision.pk, ride=before, moving_from=None).update(
            ride=ride,
            park=ride.park if ride else decision.park,
            method=method,
            edits=None,
            confidence=SURE if method == MappingMethod.MANUAL else 0,
            decided_at=timezone.now(),
            decided_by=by[:100],
            notes=notes[:LONGEST_NOTES],
            is_reviewed=True,
            reviewed_by=by[:100],
            moving_from=moving,
        )
        if not claimed:
            raise RemappingRefused(f"the mapping of {decision.entity_uuid} was changed meanwhile; look at it again")
        # What was imported by the old mapping is not as the same files would give it now.
        ImportSlice.forget(decision.destination_uuid or (decision.park and decision.park.destination_id) or "")
        if before is not None and before != ride and before.themeparks_wiki_id == decision.entity_uuid:
            hand_over_uuid(before, ride, decision.entity_uuid, method)
        elif ride is not None and method == MappingMethod.MANUAL:
            give_uuid(ride, decision.entity_uuid)
    decision.refresh_from_db()


def hand_over_uuid(before: Ride, ride: Ride | None, entity: str, method: MappingMethod) -> None:
    """The UUID follows the decision, so that live collection does too, unless the new ride has one of its own."""
    if method == MappingMethod.MANUAL and ride is not None and ride.themeparks_wiki_id is not None:
        return
    Ride.objects.filter(pk=before.pk).update(themeparks_wiki_id=None)
    if method == MappingMethod.MANUAL and ride is not None:
        give_uuid(ride, entity)


def finish(decision: MappingDecision, recompute: bool = True) -> Moved:
    """Do what is left of a decision's move; nothing when there is none."""
    moved = Moved()
    old, new = decision.moving_from, decision.ride
    if old is None or new is None:
        return moved
    stretches = own_stretches(decision, old, moved.unclear)
    moved.days = days_touched((old, new), stretches)
    for stretch in stretches:
        move_snapshots(old, new, stretch, moved)
        move_queues(old, new, stretch, moved)
    mend_last_operated((old.pk, new.pk))
    come_back(decision)  # the statistics are those of active rides
    data_version.move()
    if recompute and moved.days is not None:
        request(RecomputeDays(new.park_id, *moved.days), verbosity=0)
    retire(decision, old)
    MappingDecision.objects.filter(pk=decision.pk, moving_from=old).update(moving_from=None)
    decision.refresh_from_db()
    return moved


# -- which rows -------------------------------------------------------------------------------------------


def own_stretches(decision: MappingDecision, ride: Ride, unclear: list[Span] | None = None) -> list[Span]:
    """When rows of `ride` were this entity's: from its first event to the next entity's, less what is unclear.

    An entity whose events nobody noted has all rows if the ride had no other entity, else none.
    """
    others = MappingDecision.objects.filter(Q(ride=ride) | Q(moving_from=ride)).exclude(pk=decision.pk)
    spans = [(each.first_event_at, each.last_event_at) for each in others]
    known = [(first, last) for first, last in spans if first is not None and last is not None]
    if decision.first_event_at is None or decision.last_event_at is None:
        return [] if known else [EVER]
    mine = (decision.first_event_at, decision.last_event_at)
    end = min((first for first, _ in known if first > mine[1]), default=EVER[1])
    shared = merged(
        (seconds(max(first, mine[0])), seconds(min(last, mine[1])) + 1)
        for first, last in known
        if first <= mine[1] and last >= mine[0]
    )
    if unclear is not None:
        unclear += [(instant(a), instant(b)) for a, b in shared]
    return [(instant(a), instant(b)) for a, b in without([(seconds(mine[0]), seconds(end))], shared)]


def own_rows(ride: Ride, stretch: Span) -> models.QuerySet[RideStatusSnapshot]:
    return RideStatusSnapshot.objects.filter(
        ride=ride, data_source=DataSource.ARCHIVE, recorded_at__gte=stretch[0], recorded_at__lt=stretch[1]
    )


def days_touched(rides: Iterable[Ride], stretches: Sequence[Span]) -> tuple[date, date] | None:
    """First and last park-local day with rows of the stretches on either ride: also those already moved."""
    found: list[date] = []
    for ride in rides:
        for stretch in stretches:
            ends = own_rows(ride, stretch).aggregate(first=Min("recorded_at"), last=Max("recorded_at"))
            found += [local_date(at, ride.park.timezone) for at in ends.values() if at is not None]
    return (min(found), max(found)) if found else None


# -- the move ---------------------------------------------------------------------------------------------


def move_snapshots(old: Ride, new: Ride, stretch: Span, moved: Moved) -> None:
    """Rows and the status changes at their instants, batch by batch."""
    while True:
        rows = list(own_rows(old, stretch).order_by("recorded_at")[:ROWS_PER_BATCH])
        if not rows:
            return
        fitting, changes = move_batch(old, new, rows)
        moved.rows += fitting
        moved.changes += changes
        moved.dropped += len(rows) - fitting


@retried_on_lock
def move_batch(old: Ride, new: Ride, rows: Sequence[RideStatusSnapshot]) -> tuple[int, int]:
    """Move these rows of `old`; returns how many found room among those of `new`, and how many changes."""
    first, last = rows[0].recorded_at, rows[-1].recorded_at
    taken = intervals_of(new, first, last + LONGEST_ROW)
    fitting = [piece for row in rows for piece in pieces(row, new, taken)]
    RideStatusSnapshot.objects.bulk_create(fitting, ignore_conflicts=True)
    keys = {row.recorded_at for row in rows}
    kept = keys & {piece.recorded_at for piece in fitting}
    within = Q(changed_at__gte=first, changed_at__lte=last)
    changes = [each for each in RideStatusChange.objects.filter(within, ride=old) if each.changed_at in keys]
    known = set(RideStatusChange.objects.filter(within, ride=new).values_list("changed_at", flat=True))
    moving = [each.pk for each in changes if each.changed_at in kept - known]
    RideStatusChange.objects.filter(pk__in=moving).update(ride=new)
    RideStatusChange.objects.filter(pk__in=[each.pk for each in changes], ride=old).delete()
    for i in range(0, len(rows), KEYS_PER_DELETE):
        part = [row.recorded_at for row in rows[i : i + KEYS_PER_DELETE]]
        RideStatusSnapshot.objects.filter(ride=old, recorded_at__in=part, data_source=DataSource.ARCHIVE).delete()
    note_changed({row.park_id for row in rows} | {new.park_id}, last)
    return len(kept), len(moving)


def intervals_of(ride: Ride, start: datetime, end: datetime, source: DataSource | None = None) -> list[Interval]:
    """What rows of a ride cover, from a day before `start` on."""
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start - LONGEST_ROW, recorded_at__lt=end)
    if source is not None:
        rows = rows.filter(data_source=source)
    spans = rows.values_list("recorded_at", "duration_seconds")
    return merged((seconds(at), seconds(at) + max(lasting, 1)) for at, lasting in spans)


def pieces(row: RideStatusSnapshot, ride: Ride, taken: Sequence[Interval]) -> list[RideStatusSnapshot]:
    """A row as `ride`'s, less what its own rows cover. What goes on behind them in the open park is a carried row."""
    start = seconds(row.recorded_at)
    if row.duration_seconds == 0:
        return [] if holding(taken, start) else [changed(row, ride)]
    found = []
    for begin, end in without([(start, start + row.duration_seconds)], taken):
        if begin == start or row.park_appears_open:
            is_carried = row.is_carried or begin != start
            found.append(changed(row, ride, instant(begin), end - begin, is_carried))
    return found


def changed(row: RideStatusSnapshot, ride: Ride, *place: Any) -> RideStatusSnapshot:
    """A copy of a row under another ride; `place`: instant, seconds and whether it is carried, if they differ."""
    values = {name: getattr(row, name) for name in columns_of(RideStatusSnapshot)} | {
        "ride_id": ride.pk,
        "park_id": ride.park_id,
    }
    if place:
        values |= dict(zip(("recorded_at", "duration_seconds", "is_carried"), place, strict=True))
    return RideStatusSnapshot(**values)


def move_queues(old: Ride, new: Ride, stretch: Span, moved: Moved) -> None:
    """Queue rows do not say their source: those that live rows of the old ride cover are live collection's."""
    at = stretch[0]
    while True:
        rows = QueueData.objects.filter(ride=old, recorded_at__gte=at, recorded_at__lt=stretch[1])
        # Up to six rows share an instant: a batch ends between two instants.
        instants = list(rows.order_by("recorded_at").values_list("recorded_at", flat=True)[:ROWS_PER_BATCH])
        if not instants:
            return
        end = instants[-1] + timedelta(seconds=1)
        moved.queues += move_queue_batch(old, new, list(rows.filter(recorded_at__lt=end)), end)
        at = end


@retried_on_lock
def move_queue_batch(old: Ride, new: Ride, rows: Sequence[QueueData], end: datetime) -> int:
    first = min(row.recorded_at for row in rows)
    live = intervals_of(old, first, end, DataSource.LIVE)
    ours = [row for row in rows if not holding(live, seconds(row.recorded_at))]
    taken = intervals_of(new, first, end, DataSource.LIVE)
    fitting = [
        QueueData(**{name: getattr(row, name) for name in columns_of(QueueData)} | {"ride_id": new.pk})
        for row in ours
        if not holding(taken, seconds(row.recorded_at))
    ]
    QueueData.objects.bulk_create(fitting, ignore_conflicts=True)
    for i in range(0, len(ours), KEYS_PER_DELETE):
        part = {row.recorded_at for row in ours[i : i + KEYS_PER_DELETE]}
        QueueData.objects.filter(ride=old, recorded_at__in=part).delete()
    return len(fitting)


def come_back(decision: MappingDecision) -> None:
    """A ride that left the lists and is reported again comes back."""
    if decision.ride_id is not None and not decision.is_failed and not is_said_by_hand(decision.ride_id):
        Ride.objects.filter(pk=decision.ride_id, themeparks_wiki_id=decision.entity_uuid).update(is_active=True)


def retire(decision: MappingDecision, old: Ride) -> None:
    """A ride that only this entity was, and that has nothing left, leaves the lists."""
    has_source = old.themeparks_wiki_id not in (None, decision.entity_uuid) or old.queue_times_id is not None
    is_fed = MappingDecision.objects.filter(ride=old).exists()
    has_rows = RideStatusSnapshot.objects.filter(ride=old).exists()
    if not has_source and not is_fed and not has_rows and not is_said_by_hand(old.pk):
        Ride.objects.filter(pk=old.pk).update(is_active=False)


def is_said_by_hand(ride: int) -> bool:
    """Has a person said whether the ride is active?"""
    return bool(CatalogCorrection.objects.filter(ride=ride, field="is_active").standing())


def unfinished(park: Park | None = None) -> models.QuerySet[MappingDecision]:
    """Decisions whose move was interrupted."""
    found = MappingDecision.objects.exclude(moving_from=None).select_related("ride__park", "moving_from__park")
    return found if park is None else found.filter(park=park)
