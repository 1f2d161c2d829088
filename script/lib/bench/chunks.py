"""Tab-separated files of one park and one UTC month, in primary-key order, as LOAD DATA and DuckDB read them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.days import RideSpec, Stretch, activity_columns, park_day, ride_specs, slot_starts
from bench.parameters import SLOT_SECONDS, Parameters, ParkSpec, park_specs
from core.instants import seconds
from snapshots.status import is_operating
from snapshots.storage.bulk import stamp
from snapshots.storage.partitions import months, next_month

TABLES = ("ride_status_snapshots", "park_activity_snapshots", "ride_status_changes")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One park's rows of one UTC month; `month` is its first day."""

    month: date
    park: ParkSpec

    def path(self, directory: Path, table: str) -> Path:
        return directory / f"{table}-{self.month:%Y%m}-{self.park.number:03}.tsv"


def chunks_of(parameters: Parameters) -> list[Chunk]:
    """All chunks, month by month: partition by partition, each in primary-key order."""
    found = []
    for park in park_specs(parameters.parks):
        first = slot_starts(parameters.first_of(park.number), park.zone)[0].date().replace(day=1)
        last = slot_starts(parameters.last, park.zone)[-1].date().replace(day=1)
        found += [Chunk(month, park) for month in months(first, last)]
    return sorted(found, key=lambda chunk: (chunk.month, chunk.park.number))


@dataclass(frozen=True, slots=True)
class DayOfChunk:
    """A day as far as it falls into the month: its slots [low, high)."""

    stamps: list[str]
    starts: list[datetime]
    low: int
    high: int
    rides: list[list[Stretch]]


def days_of(chunk: Chunk, rides: Sequence[RideSpec], parameters: Parameters) -> Iterator[DayOfChunk]:
    """The local days around the month, beginning with one that lies before it (for the state to change from)."""
    start = datetime(chunk.month.year, chunk.month.month, 1, tzinfo=UTC)
    following = next_month(chunk.month)
    end = datetime(following.year, following.month, 1, tzinfo=UTC)
    day = max(parameters.first_of(chunk.park.number), chunk.month - timedelta(days=2))
    while day <= min(parameters.last, following):
        starts = slot_starts(day, chunk.park.zone)
        stamps = [stamp(seconds(at)) for at in starts]
        low, high = bisect_left(starts, start), bisect_left(starts, end)
        yield DayOfChunk(stamps, starts, low, high, park_day(chunk.park, rides, day, parameters.seed))
        day += timedelta(days=1)


def ride_lines(park: int, ride: int, day: DayOfChunk, index: int) -> Iterator[str]:
    """One ride's rows of a day, in the order of the table's INSERT."""
    for stretch in day.rides[index]:
        is_open = int(is_operating(stretch.status, False))
        wait = "\\N" if stretch.wait is None else stretch.wait
        head = f"{ride}\t"
        tail = (
            f"\t{park}\t{SLOT_SECONDS}\t{is_open}\t{stretch.status.value}\t{wait}\t{is_open}\t1\t0"
            f"\t{day.stamps[stretch.first]}\tLIVE\n"
        )
        stamps = day.stamps[max(stretch.first, day.low) : min(stretch.end, day.high)]
        yield "".join([head + at + tail for at in stamps])


def change_lines(ride: int, index: int, days: Sequence[DayOfChunk]) -> Iterator[str]:
    """One ride's changes of status within the month (R-13), in the order of the table's INSERT."""
    before: Stretch | None = None
    since = days[0].starts[0]
    for day in days:
        for stretch in day.rides[index]:
            if before is None or before.status == stretch.status:
                before = stretch
                continue
            at = day.starts[stretch.first]
            if day.low <= stretch.first < day.high:
                minutes = int((at - since).total_seconds()) // 60
                wait = "\\N" if stretch.wait is None else stretch.wait
                yield (
                    f"{ride}\t{day.stamps[stretch.first]}\t{int(is_operating(before.status, False))}"
                    f"\t{int(is_operating(stretch.status, False))}\t{before.status.value}\t{stretch.status.value}"
                    f"\t{minutes}\t{wait}\n"
                )
            before, since = stretch, at


def activity_lines(park: ParkSpec, rides: Sequence[RideSpec], day: DayOfChunk) -> Iterator[str]:
    columns = activity_columns(park, rides, day.rides)
    for slot in range(day.low, day.high):
        yield f"{park.number}\t{day.stamps[slot]}\t{SLOT_SECONDS}\t{columns[slot]}\tLIVE\n"


def write_chunk(chunk: Chunk, parameters: Parameters, directory: Path) -> int:
    """Write the files of a chunk, one for each table; returns the number of ride rows."""
    rides = ride_specs(chunk.park.number, parameters.rides, parameters.seed)
    every_day = list(days_of(chunk, rides, parameters))
    days = [day for day in every_day if day.low < day.high]
    with chunk.path(directory, "ride_status_snapshots").open("w") as out:
        for index, ride in enumerate(rides):
            for day in days:
                out.writelines(ride_lines(chunk.park.number, ride.number, day, index))
    with chunk.path(directory, "ride_status_changes").open("w") as out:
        for index, ride in enumerate(rides):
            out.writelines(change_lines(ride.number, index, every_day))
    with chunk.path(directory, "park_activity_snapshots").open("w") as out:
        for day in days:
            out.writelines(activity_lines(chunk.park, rides, day))
    return len(rides) * sum(day.high - day.low for day in days)
