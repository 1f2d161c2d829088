"""Outages over midnight: one outage, a row for each of its two local days, the first one the head (N-11).

Days are computed in any order and by several processes. A day finds the head's instant in the observations, not in the
ledger, and touches the head's row before it adds up: that row is the lock.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from core.database.querysets import upsert
from core.periods import ONE_DAY
from core.zones import day_range, local_date
from outages.models import Kind, Outage, State
from snapshots.models import RideStatusSnapshot
from stats.daily.compute import ParkDay
from stats.measures.ride_measures import down_stretches

RideStart = tuple[int, datetime]


def chain_starts(result: ParkDay) -> dict[int, datetime]:
    """When the outages began that the day carries over from the one before; one query, none without any.

    A ride that was down all day did not operate (R-5.3), so that none is carried over two midnights.
    """
    rides = [ride for ride, stretches in result.stretches.items() if stretches[0].is_carried]
    if not rides:
        return {}
    start, end = day_range(result.day - ONE_DAY, result.park.timezone)
    rows = RideStatusSnapshot.objects.filter(
        ride__in=rides, park=result.park, recorded_at__gte=start, recorded_at__lt=end
    )
    return {ride: stretches[-1].start for ride, stretches in down_stretches(rows, end).items()}


def settle(result: ParkDay, ride: int, at: datetime, now: datetime) -> None:
    """Add up an outage over its two days, in its head's row; three to five queries.

    Where the day on which it began is not computed, the head is made, with no seconds of that day.
    """
    day = local_date(at, result.park.timezone)
    midnight = day_range(day, result.park.timezone)[1]
    head = Outage(
        ride_id=ride,
        started_at=at,
        metrics_version=result.version,
        park=result.park,
        stat_date=day,
        ended_at=midnight,
        seconds=0,
        total_seconds=0,
        kind=Kind.BREAKDOWN,
        state=State.HOLDS,
        revised_at=now.replace(microsecond=0),
    )
    upsert(Outage, [head], ("ride", "started_at", "metrics_version"), ("park",))
    rows = Outage.objects.filter(metrics_version=result.version, ride=ride)
    stored = rows.get(started_at=at)
    later = rows.filter(state=State.CONTINUES, belongs_to=at).first()
    if later is None and stored.state != State.HOLDS:
        return
    total = stored.seconds + (later.seconds if later else 0)
    alike = {"kind": stored.kind, "total_seconds": total}  # both rows meet the same filters
    values = {
        **alike,
        "state": State.HOLDS,
        "belongs_to": None,
        "reason": None,
        "ended_at": later.ended_at if later else min(stored.ended_at, midnight),
        "is_lasting": (later or stored).is_lasting,
    }
    for row, wanted in ((stored, values), (later, alike)):
        if row is not None and any(getattr(row, name) != value for name, value in wanted.items()):
            rows.filter(started_at=row.started_at).update(**wanted, revised_at=now.replace(microsecond=0))


def attach_again(vanished: Iterable[Outage], wanted: Iterable[Outage], end: datetime, now: datetime) -> set[RideStart]:
    """What later days continue of heads that are no more: part of the day's new last outage, or outages of their own.

    Returns the heads to be added up anew. One query, and some where there is anything to attach.
    """
    heads = [row for row in vanished if row.state != State.CONTINUES]
    if not heads:
        return set()
    version = heads[0].metrics_version
    of_heads = Q()
    for row in heads:
        of_heads |= Q(ride=row.ride_id, belongs_to=row.started_at)
    parts = Outage.objects.filter(
        of_heads, metrics_version=version, state=State.CONTINUES, started_at__gte=end
    ).order_by("ride_id", "started_at")
    homes = {row.ride_id: row.belongs_to or row.started_at for row in wanted if row.ended_at == end}
    for part in parts:
        if part.ride_id not in homes:
            homes[part.ride_id] = part.started_at
            part.state, part.belongs_to = State.HOLDS, None
        else:
            part.belongs_to = homes[part.ride_id]
        part.revised_at = now.replace(microsecond=0)
        part.save(update_fields=["state", "belongs_to", "revised_at"])
    return {(part.ride_id, homes[part.ride_id]) for part in parts}
