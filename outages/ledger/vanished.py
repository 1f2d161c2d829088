"""What became of outages that a computation no longer finds."""

from collections.abc import Iterable
from datetime import datetime

from outages.models import Outage, Reason, State
from snapshots.models import RideStatusSnapshot
from snapshots.status import is_down, is_operating
from stats.daily.compute import ParkDay
from stats.measures.buckets import OBSERVED


def become_of(row: Outage, found: Iterable[Outage], result: ParkDay, now: datetime) -> None:
    """Merge a row into the outage of its day that has most of its time, else withdraw it and say why.

    It counts nothing from now on. A row that continued another stays part of that one. At most one query.
    """
    row.seconds, row.is_lasting, row.revised_at = 0, False, now.replace(microsecond=0)
    overlapping = [each for each in found if each.ride_id == row.ride_id and shared_seconds(row, each) > 0]
    if overlapping:
        home = max(overlapping, key=lambda each: (shared_seconds(row, each), each.started_at))
        row.state, row.reason = State.MERGED, Reason.SPELL_CHANGED
        row.belongs_to = home.belongs_to or home.started_at
    elif row.state == State.CONTINUES:
        row.state, row.reason = State.MERGED, Reason.SPELL_CHANGED
    else:
        row.state, row.reason, row.belongs_to = State.WITHDRAWN, reason_of(row, result), None


def shared_seconds(one: Outage, other: Outage) -> float:
    return (min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)).total_seconds()


def reason_of(row: Outage, result: ParkDay) -> Reason:
    """Of what the observations of its time say now, what speaks against it the most; one query."""
    rows = RideStatusSnapshot.objects.filter(
        OBSERVED, ride=row.ride_id, recorded_at__gte=row.started_at, recorded_at__lt=row.ended_at
    )
    columns = ("status", "computed_is_open", "park_appears_open")
    states = set(rows.values_list(*columns))
    before = RideStatusSnapshot.objects.filter(OBSERVED, ride=row.ride_id, recorded_at__lt=row.started_at)
    for at, lasting, *state in before.order_by("-recorded_at").values_list(
        "recorded_at", "duration_seconds", *columns
    )[:1]:
        if at.timestamp() + lasting > row.started_at.timestamp():
            states.add(tuple(state))
    if not states:
        return Reason.NOT_OBSERVED
    open_states = [(status, is_open) for status, is_open, park_is_open in states if park_is_open]
    if not open_states:
        return Reason.PARK_CLOSED
    if any(is_operating(*state) for state in open_states):
        return Reason.RAN
    if any(is_down(*state, result.park.reports_down) for state in open_states):
        return Reason.DID_NOT_OPERATE
    return Reason.CLOSED
