"""What goes wrong at a sample park on a local day, in the kinds that real parks know.

Late openings, short breakdowns and now and then one of hours, storms that stop what is outdoors, rides that start and
stop all afternoon, rides that are out for the rest of a day and the morning after, power cuts that take several rides
at once, and feeds that fall silent. Spans are milliseconds after the park's local midnight where nothing else is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from importer.sample.rides import SampleRide
from importer.sample.text import HOUR, MINUTE, Clock, epoch
from parks.catalog.known import CatalogPark

Span = tuple[int, int]

OUTAGE_EVERY_DAYS = 24
_POWER_CUTS = 0.04  # of a park's days
_HIT_BY_A_CUT = 0.4  # of its rides
_FITFUL = 0.012  # of a ride's days
_OUT_FOR_THE_DAY = 0.012


@dataclass(frozen=True, slots=True)
class ParkDay:
    """One local day of a sample park that is open: its span, crowd factor, storm and power cut (a span or None)."""

    twin: CatalogPark
    texts: Clock
    today: date
    opens: int
    closes: int
    crowd: float
    storm: Span | None
    cut: Span | None
    reports_down: bool


def wall(zone: str, day: date, minutes: int) -> datetime:
    """The instant at which the park's clock shows `minutes` (may pass 1,440) after midnight of `day`."""
    shown = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    return shown.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def outage(seed: int, destination_id: str, zone: str, day: date) -> Span | None:
    """A destination's feed outage on a local day, epoch milliseconds: about 3 hours every few weeks."""
    block, index = divmod(day.toordinal(), OUTAGE_EVERY_DAYS)
    rng = Random(f"{seed}|outage|{destination_id}|{block}")
    if index != rng.randrange(OUTAGE_EVERY_DAYS):
        return None
    begins = epoch(wall(zone, day, 11 * 60 + 30)) + rng.randrange(3 * HOUR)
    return begins, begins + 150 * MINUTE + rng.randrange(70 * MINUTE)


def power_cut(seed: int, park_id: str, day: date, opens: int, closes: int) -> Span | None:
    """A cut in the middle of the park's day, of 20 to 100 minutes."""
    rng = Random(f"{seed}|power|{park_id}|{day.toordinal()}")
    if rng.random() >= _POWER_CUTS:
        return None
    begins = opens + int(rng.uniform(0.25, 0.75) * (closes - opens))
    return begins, min(closes, begins + rng.randrange(20 * MINUTE, 100 * MINUTE))


def stops(seed: int, ride: SampleRide, day: ParkDay, opens: int, closes: int, rng: Random) -> list[Span]:
    """The spans in [opens, closes) in which the ride stands still, in order and apart from each other."""
    raw = [*_everyday(ride, day, opens, closes, rng), *_rare(seed, ride, day, opens, closes)]
    found: list[Span] = []
    for begins, ends in sorted(raw):
        start, end = max(begins, found[-1][1] + 3 * MINUTE if found else opens), min(ends, closes)
        if start < end:
            found.append((start, end))
    return found


def _breakdown_length(rng: Random) -> int:
    """Milliseconds: mostly a lognormal around 20 minutes, now and then a Pareto tail of hours."""
    if rng.random() < 0.06:
        return int(60 * MINUTE * rng.paretovariate(1.2))
    return int(MINUTE * rng.lognormvariate(3.0, 0.8))


def _everyday(ride: SampleRide, day: ParkDay, opens: int, closes: int, rng: Random) -> Iterator[Span]:
    """A late opening, the storm, breakdowns."""
    if rng.random() < 0.1 and ride.temper.breakdowns > 0:
        yield opens, opens + int(rng.expovariate(1 / (35 * MINUTE))) + 2 * MINUTE
    if day.storm is not None and ride.temper.outdoors:
        shift = rng.randrange(8 * MINUTE)
        yield day.storm[0] + shift, day.storm[1] + shift + rng.randrange(15 * MINUTE)
    rate = ride.temper.breakdowns / (12 * HOUR)
    at = opens + int(rng.expovariate(rate)) if rate else closes
    while at < closes:
        ends = at + _breakdown_length(rng)
        yield at, ends
        at = ends + int(rng.expovariate(rate))


def _rare(seed: int, ride: SampleRide, day: ParkDay, opens: int, closes: int) -> Iterator[Span]:
    """A power cut, an afternoon of starts and stops, a breakdown that lasts into the next morning."""
    if ride.temper.breakdowns == 0:
        return
    rng = Random(f"{seed}|rare|{ride.uuid}|{day.today.toordinal()}")
    if day.cut is not None and rng.random() < _HIT_BY_A_CUT:
        yield day.cut[0] + rng.randrange(2 * MINUTE), day.cut[1] + rng.randrange(25 * MINUTE)
    if rng.random() < _FITFUL:
        at = opens + int(rng.uniform(0.2, 0.6) * (closes - opens))
        for _ in range(rng.randrange(4, 9)):
            yield at, at + rng.randrange(3 * MINUTE, 9 * MINUTE)
            at += rng.randrange(14 * MINUTE, 30 * MINUTE)
    if (at_share := _out_from(seed, ride, day.today)) is not None:
        yield opens + int(at_share * (closes - opens)), closes
    if _out_from(seed, ride, day.today - timedelta(days=1)) is not None:
        yield opens, opens + rng.randrange(40 * MINUTE, 4 * HOUR)


def _out_from(seed: int, ride: SampleRide, day: date) -> float | None:
    """From which share of its day on a ride stands still until closing, if it does."""
    rng = Random(f"{seed}|out|{ride.uuid}|{day.toordinal()}")
    return rng.uniform(0.3, 0.8) if rng.random() < _OUT_FOR_THE_DAY else None
