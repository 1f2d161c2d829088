"""What the large set consists of. The same parameters give the same rows, byte for byte."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

# To be raised when the same parameters come to mean other rows: a kept set is then made anew.
GENERATOR_VERSION = 1
SLOT_SECONDS = 300
OPENING_HOUR = 9  # park-local; the last rows are those of the slot before OPENING_HOUR + OPEN_HOURS
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
        return (self.days * self.parks + self.history_days) * self.rides * SLOTS_A_DAY

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
