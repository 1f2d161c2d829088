"""When a ride last operated in the open park (`rides.last_operated_at`, R-5.5): what makes it count in scores."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from core.database.querysets import BATCH_SIZE
from parks.models import Ride
from snapshots.models import DataSource, RideStatusSnapshot
from snapshots.status import operating


def note_operation(rides: Sequence[int], at: datetime) -> None:
    """Move it forward to `at`, an instant of live collection, never back; after the score of this instant."""
    behind = Q(last_operated_at__isnull=True) | Q(last_operated_at__lt=at)
    for n in range(0, len(rides), BATCH_SIZE):
        Ride.objects.filter(behind, pk__in=rides[n : n + BATCH_SIZE]).update(last_operated_at=at)


def mend_last_operated(rides: Collection[int]) -> None:
    """What the rows say that the rides have now, after rows were moved, or their park was closed after all.

    The instant of a live row, the end of one of the archive. Two queries a ride.
    """
    for ride in rides:
        rows = RideStatusSnapshot.objects.filter(operating(), ride=ride, park_appears_open=True)
        last = rows.order_by("-recorded_at").first()
        Ride.objects.filter(pk=ride).update(last_operated_at=None if last is None else ran_until(last))


def ran_until(row: RideStatusSnapshot) -> datetime:
    archived = row.data_source == DataSource.ARCHIVE
    return row.recorded_at + timedelta(seconds=row.duration_seconds if archived else 0)
