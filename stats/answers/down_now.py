"""Since when the rides that are down have been down."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Min, OuterRef, Q, Subquery

from parks.models import Ride
from snapshots.current import LONGEST_ROW
from snapshots.models import RideStatusSnapshot
from snapshots.status import down, has_state
from stats.measures.buckets import LASTING
from stats.measures.ride_measures import OPEN

# Rides in one condition: SQLite takes no expression deeper than a thousand.
RIDES_A_QUERY = 200


def down_since(rides: Iterable[int], now: datetime) -> dict[int, datetime]:
    """The start of the unbroken row of observations, down in the open park (R-5.1, R-5.2), that lasts until now.

    Where a ride was down all day, that is the opening of the park. Rides that are not down are missing. Two queries
    for each 200 rides.
    """
    wanted = list(rides)
    found: dict[int, datetime] = {}
    for n in range(0, len(wanted), RIDES_A_QUERY):
        found |= starts_of(wanted[n : n + RIDES_A_QUERY], now)
    return found


def starts_of(rides: list[int], now: datetime) -> dict[int, datetime]:
    """`down_since` of a few rides: the first observation after the last one of another kind."""
    outage, oldest = down() & has_state() & Q(**OPEN), now - LONGEST_ROW
    history = RideStatusSnapshot.objects.filter(ride=OuterRef("pk"), recorded_at__lte=now, recorded_at__gte=oldest)
    # What has no length ends no outage (N-10).
    others = history.filter(LASTING).exclude(outage).order_by("-recorded_at").values("recorded_at")
    asked = Ride.objects.filter(pk__in=rides).order_by().annotate(other=Subquery(others[:1]))
    after = Q(pk__in=[])
    for pk, other in asked.values_list("pk", "other"):
        after |= Q(ride=pk, recorded_at__gt=other or oldest, recorded_at__lte=now)
    rows = RideStatusSnapshot.objects.filter(after, outage).order_by()
    return dict(rows.values("ride_id").annotate(start=Min("recorded_at")).values_list("ride_id", "start"))
