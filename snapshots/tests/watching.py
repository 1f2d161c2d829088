"""What live collection stored, in short: a cycle every five minutes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from parks.models import Park, Ride
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import Status

INTERVAL = timedelta(minutes=5)


def cycles(start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants of the cycles in [start, end)."""
    while start < end:
        yield start
        start += INTERVAL


def watch(
    park: Park,
    rides: Iterable[Ride],
    start: datetime,
    end: datetime,
    status: Status = Status.OPERATING,
    wait: int | None = 10,
    source: DataSource = DataSource.LIVE,
) -> None:
    """Cycles of a park that report these rides; none of them: the park is reported without."""
    rides = list(rides)
    reported = {"duration_seconds": 300, "park_appears_open": True, "data_source": source}
    for at in cycles(start, end):
        ParkActivitySnapshot.objects.create(park=park, recorded_at=at, total_rides_tracked=len(rides), **reported)
        running = status == Status.OPERATING
        RideStatusSnapshot.objects.bulk_create(
            RideStatusSnapshot(
                ride=ride,
                park=park,
                recorded_at=at,
                status=status,
                is_open=running,
                computed_is_open=running,
                wait_time=wait,
                **reported,
            )
            for ride in rides
        )
