"""Does live collection do its work: what it saw of late, and what it should have seen (R-22.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from parks.models import Ride
from snapshots.collection import collected_parks
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.vanished import told_of

MINUTES, LEAST_PARKS, LEAST_RIDES = 30, 5, 50
# Feeds leave rides out for a while, and some for good.
EXPECTED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """What live collection stored within the last `minutes`, beside the least it should have."""

    minutes: int
    parks: int
    rides: int
    least_parks: int
    least_rides: int
    age: timedelta | None  # of the newest observation in the window

    @property
    def is_thin(self) -> bool:
        return self.parks < self.least_parks or self.rides < self.least_rides


def seen(now: datetime, minutes: int = MINUTES, parks: int = LEAST_PARKS, rides: int = LEAST_RIDES) -> Seen:
    """Compare the last minutes with `parks` and `rides` to be seen; five queries.

    Where fewer parks are collected, all of them; where they have few rides, half of the active ones that the
    upstream knows.
    """
    since = now - timedelta(minutes=minutes)
    window = {"data_source": DataSource.LIVE, "recorded_at__gt": since, "recorded_at__lte": now}
    activity = ParkActivitySnapshot.objects.filter(**window)
    found = activity.aggregate(parks=Count("park", distinct=True), newest=Max("recorded_at"))
    observed = RideStatusSnapshot.objects.filter(**window, park__in=activity.values("park"))
    collected = collected_parks()
    known = Ride.objects.active().filter(told_of(collected)).count()
    return Seen(
        minutes=minutes,
        parks=found["parks"],
        rides=observed.aggregate(rides=Count("ride", distinct=True))["rides"],
        least_parks=min(parks, len(collected)),
        least_rides=min(rides, int(EXPECTED_SHARE * known)),
        age=None if found["newest"] is None else now - found["newest"],
    )
