"""Since when the rides that are down have been down."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from parks.models import Ride
from snapshots.current import LONGEST_ROW
from snapshots.models import RideStatusSnapshot
from snapshots.status import down
from stats.measures import OPEN


def down_since(rides: Iterable[int], now: datetime) -> dict[int, datetime]:
    """The start of the unbroken row of observations, down in the open park (R-5.1, R-5.2), that lasts until now.

    Where a ride was down all day, that is the opening of the park. Rides that are not down are missing. One query.
    """
    history = RideStatusSnapshot.objects.filter(
        ride=OuterRef("pk"), recorded_at__lte=now, recorded_at__gte=now - LONGEST_ROW
    )
    outage = down() & Q(**OPEN)
    newest_first, oldest_first = history.order_by("-recorded_at"), history.order_by("recorded_at")
    asked = Ride.objects.filter(pk__in=list(rides)).order_by()
    ends = asked.annotate(other=Subquery(newest_first.exclude(outage).values("recorded_at")[:1]))
    later = oldest_first.filter(outage, recorded_at__gt=OuterRef("other"))
    found = ends.annotate(
        after=Subquery(later.values("recorded_at")[:1]),
        first=Subquery(oldest_first.filter(outage).values("recorded_at")[:1]),
    ).values_list("pk", "other", "after", "first")
    starts = {pk: first if other is None else after for pk, other, after, first in found}
    return {pk: start for pk, start in starts.items() if start is not None}
