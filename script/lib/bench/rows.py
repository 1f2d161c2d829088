"""The made-up set: its parameters, its days, its rows as tab-separated files. The same parameters, the same bytes."""

import json
import os
import random
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.instants import seconds
from snapshots.score import shame_score
from snapshots.status import Status, is_down, is_operating
from snapshots.storage.bulk import stamp
from snapshots.storage.partitions import months, next_month

# To be raised when the same parameters come to mean other rows: a kept set is then made anew.
GENERATOR_VERSION = 2
SLOT_SECONDS = 300
OPENING_HOUR = 9  # park-local; the last slot of a day is the one before OPENING_HOUR + OPEN_HOURS
OPEN_HOURS = 14
SLOTS_A_DAY = OPEN_HOURS * 3600 // SLOT_SECONDS
HISTORY_PARK = 1  # the one park with a long history before the range

# Zone, country, how many parks, Disney, Universal: all kinds of offsets, with and without summer time.
ZONES = (
    ("America/Los_Angeles", "US", 2, True, False),
    ("America/New_York", "US", 4, True, False),
    ("Europe/Paris", "FR", 2, True, False),
    ("Asia/Tokyo", "JP", 2, True, False),
    ("Asia/Hong_Kong", "HK", 1, True, False),
    ("Asia/Shanghai", "CN", 1, True, False),
    ("America/New_York", "US", 3, False, True),
    ("America/Los_Angeles", "US", 1, False, True),
    ("Asia/Tokyo", "JP", 1, False, True),
    ("Asia/Singapore", "SG", 1, False, True),
    ("America/New_York", "US", 6, False, False),
    ("America/Chicago", "US", 5, False, False),
    ("America/Denver", "US", 1, False, False),
    ("America/Los_Angeles", "US", 4, False, False),
    ("America/Toronto", "CA", 1, False, False),
    ("Europe/London", "GB", 3, False, False),
    ("Europe/Berlin", "DE", 3, False, False),
    ("Europe/Amsterdam", "NL", 1, False, False),
    ("America/Sao_Paulo", "BR", 1, False, False),
    ("Australia/Adelaide", "AU", 1, False, False),
    ("Asia/Kolkata", "IN", 1, False, False),
)


@dataclass(frozen=True, slots=True)
class ParkSpec:
    """A made-up park: its number from 1, its zone, and whether its feed distinguishes DOWN from CLOSED."""

    number: int
    zone: str
    country: str
    is_disney: bool
    is_universal: bool

    @property
    def reports_down(self) -> bool:
        return self.is_disney or self.is_universal


def park_specs(count: int) -> list[ParkSpec]:
    """The first `count` parks, numbered from 1; the list of zones repeats when it is too short."""
    every = [kind for kind in ZONES for _ in range(kind[2])]
    return [
        ParkSpec(n + 1, zone, country, is_disney, is_universal)
        for n in range(count)
        for zone, country, _, is_disney, is_universal in [every[n % len(every)]]
    ]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The size of the set. Days are park-local; `history_days` lie before the range, for one park."""

    parks: int = 45
    rides: int = 47
    days: int = 90
    history_days: int = 640
    last_day: str = "2026-11-15"  # the end of summer time in Europe and America falls into the range
    seed: int = 1
    version: int = GENERATOR_VERSION

    @property
    def last(self) -> date:
        return date.fromisoformat(self.last_day)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    def first_of(self, park: int) -> date:
        """The first day that this park has rows for."""
        return self.first - timedelta(days=self.history_days if park == HISTORY_PARK else 0)

    @property
    def ride_rows(self) -> int:
        """Those of whole days, without those that lie after the evening."""
        slots = (self.days * self.parks + self.history_days) * SLOTS_A_DAY
        return (slots - sum(slots_to_come(self, park) for park in park_specs(self.parks))) * self.rides

    def as_environ(self) -> dict[str, str]:
        """What `parameters_from` reads them from."""
        return {f"BENCH_{name.upper()}": str(value) for name, value in asdict(self).items()}

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def parameters_from(environ: Mapping[str, str] = os.environ) -> Parameters:
    """BENCH_PARKS, BENCH_RIDES, BENCH_DAYS, BENCH_HISTORY_DAYS, BENCH_LAST_DAY, BENCH_SEED; raises ValueError."""
    numbers: dict[str, Any] = {
        name: int(environ[f"BENCH_{name.upper()}"])
        for name in ("parks", "rides", "days", "history_days", "seed")
        if environ.get(f"BENCH_{name.upper()}")
    }
    chosen = replace(Parameters(), **numbers)
    if environ.get("BENCH_LAST_DAY"):
        chosen = replace(chosen, last_day=environ["BENCH_LAST_DAY"])
    if min(chosen.parks, chosen.rides, chosen.days) < 1 or chosen.history_days < 0:
        raise ValueError(f"there must be at least one park, ride and day: {chosen.as_json()}")
    date.fromisoformat(chosen.last_day)
    return chosen


SLOTS_BETWEEN_OUTAGES = 260  # on average: two outages in three days
LONGEST_OUTAGE = 36  # slots, three hours
WAIT_STEPS = (-10, -5, -5, 5, 5, 10)
TIERS = (1, 1, 2, 2, 2, 3, 3, 3)


@dataclass(frozen=True, slots=True)
class RideSpec:
    """A made-up ride and its habits. Numbers of a park's rides follow each other."""

    number: int
    tier: int
    usual_wait: int | None  # minutes; None: it never posts a wait
    in_refurbishment: bool  # for the whole range
    opens_late: bool  # on most days

    @property
    def weight(self) -> int:
        return 4 - self.tier


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slots [first, end) of a day in which a ride reported the same."""

    first: int
    end: int
    status: Status
    wait: int | None


def wiki_key(kind: int, number: int) -> str:
    """What the made-up upstream calls a park (kind 1) or a ride (kind 2)."""
    return str(UUID(int=kind << 96 | number))


def ride_specs(park: int, rides: int, seed: int) -> list[RideSpec]:
    specs = []
    for number in range((park - 1) * rides + 1, park * rides + 1):
        rng = random.Random(f"{seed} ride {number}")
        wait = None if rng.random() < 0.05 else rng.randrange(5, 75, 5)
        specs.append(RideSpec(number, rng.choice(TIERS), wait, rng.random() < 0.03, rng.random() < 0.08))
    return specs


def slot_starts(day: date, zone: str) -> list[datetime]:
    """The UTC instants of a park-local day's open slots, in order."""
    opening = datetime.combine(day, time(OPENING_HOUR), ZoneInfo(zone)).astimezone(UTC)
    return [opening + timedelta(seconds=SLOT_SECONDS * slot) for slot in range(SLOTS_A_DAY)]


def evening(parameters: Parameters) -> datetime:
    """When the history ends: the last day at 20:00 in New York, when all American parks are open."""
    return datetime.combine(parameters.last, time(20), ZoneInfo("America/New_York"))


def slots_to_come(parameters: Parameters, park: ParkSpec) -> int:
    """How many slots of the last day nobody has seen yet."""
    starts = slot_starts(parameters.last, park.zone)
    return len(starts) - bisect_left(starts, evening(parameters))


def ride_day(rng: random.Random, ride: RideSpec, reports_down: bool) -> list[Stretch]:
    """One day of a ride: stretches in order that cover all its slots, neighbours differing."""
    if ride.in_refurbishment:
        return [Stretch(0, SLOTS_A_DAY, Status.REFURBISHMENT, None)]
    found: list[Stretch] = []
    slot = 0
    if ride.opens_late and rng.random() < 0.7:
        slot = rng.randint(1, 24)
        found.append(Stretch(0, slot, Status.CLOSED, None))
    wait = ride.usual_wait
    outage = slot + int(rng.expovariate(1 / SLOTS_BETWEEN_OUTAGES))
    while slot < SLOTS_A_DAY:
        if slot >= outage:
            end = min(slot + rng.randint(2, LONGEST_OUTAGE), SLOTS_A_DAY)
            status = Status.DOWN if rng.random() < (0.85 if reports_down else 0.4) else Status.CLOSED
            found.append(Stretch(slot, end, status, None))
            outage = end + 1 + int(rng.expovariate(1 / SLOTS_BETWEEN_OUTAGES))
        else:
            end = min(slot + rng.randint(2, 9), outage, SLOTS_A_DAY)
            found.append(Stretch(slot, end, Status.OPERATING, wait))
            if wait is not None and ride.usual_wait is not None:
                wait = max(5, min(2 * ride.usual_wait, wait + rng.choice(WAIT_STEPS)))
        slot = end
    return merged(found)


def merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same day with neighbours joined that report the same."""
    found = [stretches[0]]
    for stretch in stretches[1:]:
        last = found[-1]
        if (stretch.status, stretch.wait) == (last.status, last.wait):
            found[-1] = Stretch(last.first, stretch.end, last.status, last.wait)
        else:
            found.append(stretch)
    return found


def park_day(park: ParkSpec, rides: Sequence[RideSpec], day: date, seed: int) -> list[list[Stretch]]:
    """The day of each ride. It depends on the seed, the park and the date alone, so that any day can be drawn."""
    rng = random.Random(f"{seed} park {park.number} {day}")
    return [ride_day(rng, ride, park.reports_down) for ride in rides]


score_text = lru_cache(maxsize=None)(lambda down, whole: str(shame_score(down, whole)))


def activity_columns(park: ParkSpec, rides: Sequence[RideSpec], day: Sequence[Sequence[Stretch]]) -> list[str]:
    """By slot, tab-separated: rides tracked, open, not open, mean and longest wait, park open, score (R-7.2)."""
    opened, posted, waits, longest, down = ([0] * SLOTS_A_DAY for _ in range(5))
    for ride, stretches in zip(rides, day, strict=True):
        for stretch in stretches:
            slots = range(stretch.first, stretch.end)
            if is_operating(stretch.status, False):
                for slot in slots:
                    opened[slot] += 1
                if stretch.wait is not None:
                    for slot in slots:
                        posted[slot] += 1
                        waits[slot] += stretch.wait
                        longest[slot] = max(longest[slot], stretch.wait)
            elif is_down(stretch.status, False, park.reports_down):
                for slot in slots:
                    down[slot] += ride.weight
    whole = sum(ride.weight for ride in rides if not ride.in_refurbishment)
    return [
        f"{len(rides)}\t{opened[n]}\t{len(rides) - opened[n]}\t"
        + (f"{waits[n] / posted[n]:.2f}\t{longest[n]}" if posted[n] else "\\N\t\\N")
        + f"\t1\t{score_text(down[n], whole)}"
        for n in range(SLOTS_A_DAY)
    ]


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
        low, high = bisect_left(starts, start), bisect_left(starts, min(end, evening(parameters)))
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
