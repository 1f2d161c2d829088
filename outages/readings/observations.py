"""The raw rows of a ride: what was reported when, and where it came from. The end of every question (design §4)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from core.shapes import Shape, describe
from parks.models import Park
from snapshots.models import DataSource, RideStatusSnapshot
from snapshots.status import Status
from stats.readings.roster import zulu

# A row stays inside its park-local day: what reaches into a range begins at most so long before it.
LONGEST_ROW = timedelta(hours=25)


class Observation(Shape):
    """From `at`, for `seconds`, the ride reported this."""

    at: Annotated[str, describe(format="date-time")]
    seconds: int
    status: Annotated[str | None, describe("null: the feed has no status, see `is_open`", enum=Status.values)]
    is_open: Annotated[bool, describe("what the open flag and a posted wait say together")]
    wait_time: Annotated[int | None, describe("minutes, as posted; 480 and more are in no statistic")]
    park_open: Annotated[bool, describe("whether the park was open then")]
    is_carried: Annotated[bool, describe("a state reported earlier that was taken to hold on")]
    source: Annotated[str, describe(enum=DataSource.values)]
    reported_at: Annotated[str, describe("when the upstream reported the state", format="date-time")]
    origin: Annotated[str, describe("the cycle of live collection, or the file of the archive")]


def observations_of(ride: int, start: datetime, end: datetime, limit: int) -> list[RideStatusSnapshot]:
    """The first rows that begin in [start, end), in order; one query."""
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end)
    return list(rows.order_by("recorded_at")[:limit])


def one_before(ride: int, at: datetime) -> RideStatusSnapshot | None:
    """The last row that begins before an instant, not more than a day; one query."""
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__lt=at, recorded_at__gte=at - LONGEST_ROW)
    return rows.order_by("-recorded_at").first()


def observation(row: RideStatusSnapshot, park: Park) -> Observation:
    return Observation(
        at=zulu(row.recorded_at),
        seconds=row.duration_seconds,
        status=row.status,
        is_open=row.computed_is_open,
        wait_time=row.wait_time,
        park_open=row.park_appears_open,
        is_carried=row.is_carried,
        source=row.data_source,
        reported_at=zulu(row.last_updated_at_source),
        origin=origin_of(row, park),
    )


def shown(rows: Iterable[RideStatusSnapshot], park: Park) -> list[Observation]:
    return [observation(row, park) for row in rows]


def origin_of(row: RideStatusSnapshot, park: Park) -> str:
    """Files of the archive hold a UTC date each, by when the upstream reported."""
    if row.data_source == DataSource.LIVE:
        return f"cycle of {zulu(row.recorded_at)}"
    day = row.last_updated_at_source.astimezone(UTC)
    return f"archive {park.destination_id or 'file'}/{day:%Y/%m/%d}.json.gz"
