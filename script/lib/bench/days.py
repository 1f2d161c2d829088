"""A made-up day of a ride, and of a park, drawn from a seed: nothing here touches a database or a file."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bench.parameters import OPENING_HOUR, SLOT_SECONDS, SLOTS_A_DAY, ParkSpec
from snapshots.score import shame_score
from snapshots.status import Status, is_down, is_operating

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
