"""Status changes around a gap that was filled afterwards (R-13).

The cycle that ended the gap compared with what it knew: the state before the gap. Now the states in between are
known, so the change it noted may be none, or a change may be missing, and the next one came after less time.
"""

from collections.abc import Iterable
from datetime import datetime

from core.database.querysets import columns_of, retried_on_lock, upsert
from snapshots.collection.feeds import minutes_between
from snapshots.collection.rows import changed_since, differs
from snapshots.models import DataSource, RideStatusChange, RideStatusSnapshot


@retried_on_lock
def mend_changes(rides: Iterable[int], end: datetime) -> None:
    """Make the change at each ride's first live row from `end` on right, and the length before the next change.

    About six queries a ride. Rides that live collection has not seen since are left alone.
    """
    for ride in rides:
        rows = RideStatusSnapshot.objects.filter(ride=ride)
        back = rows.filter(recorded_at__gte=end, data_source=DataSource.LIVE).order_by("recorded_at").first()
        before = back and rows.filter(recorded_at__lt=back.recorded_at).order_by("-recorded_at").first()
        if back is not None and before is not None:
            mend(before, back)


def mend(before: RideStatusSnapshot, back: RideStatusSnapshot) -> None:
    changes = RideStatusChange.objects.filter(ride=back.ride_id)
    at = back.recorded_at
    since = changed_since([back.ride_id], at)[back.ride_id]
    if differs(before, back):
        change = RideStatusChange(
            ride_id=back.ride_id,
            changed_at=at,
            previous_status=before.computed_is_open,
            new_status=back.computed_is_open,
            previous_status_enum=before.status,
            new_status_enum=back.status,
            duration_in_previous_status=minutes_between(since, at),
            wait_time_at_change=back.wait_time,
        )
        upsert(RideStatusChange, [change], ("ride", "changed_at"), columns_of(RideStatusChange)[2:])
        since = at
    else:
        changes.filter(changed_at=at).delete()
    following = changes.filter(changed_at__gt=at).order_by("changed_at").first()
    if following is not None:
        lasted = minutes_between(since, following.changed_at)
        changes.filter(pk=following.pk).update(duration_in_previous_status=lasted)
