"""Does live collection do its work: what it saw of late, and what it should have seen (R-22.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, OuterRef

from parks.models import Park, Ride
from snapshots.collection.run import collected_parks
from snapshots.collection.vanished import reported_of
from snapshots.current import with_latest
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot

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
    known = Ride.objects.active().filter(reported_of(collected)).count()
    return Seen(
        minutes=minutes,
        parks=found["parks"],
        rides=observed.aggregate(rides=Count("ride", distinct=True))["rides"],
        least_parks=min(parks, len(collected)),
        least_rides=min(rides, int(EXPECTED_SHARE * known)),
        age=None if found["newest"] is None else now - found["newest"],
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """The last thing known of a park: until when it holds, and whether live collection or the archive said it."""

    until: datetime
    source: str


def last_heard(parks: Iterable[Park], now: datetime) -> dict[int, Heard]:
    """By park; those of which nothing was ever stored are missing. What holds beyond `now` holds until now.

    One query, an index seek per park.
    """
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"), recorded_at__lte=now).order_by("-recorded_at")
    owners = Park.objects.filter(pk__in=[park.pk for park in parks])
    columns = ("recorded_at", "duration_seconds", "data_source")
    return {
        pk: Heard(min(at + timedelta(seconds=seconds), now), source)
        for pk, at, seconds, source in with_latest(owners, rows, columns)
        if at is not None
    }
