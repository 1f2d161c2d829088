"""What is reported a ride or a park over a bucket: sums, and the published numbers that follow from them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from core.rounding import half_up
from stats.measures.ride_measures import (
    RideMeasures,
    Waits,
    WaitTotals,
    greatest,
    least,
    merge_waits,
    minute_seconds,
    minutes,
    percentage,
    wait_percentile,
)

ZERO = Decimal(0)


@dataclass(slots=True)
class Figures:
    """Sums of one ride, or of one park's rides, over one bucket. All seconds are of the open park."""

    open_seconds: int = 0  # observed
    up_seconds: int = 0
    down_seconds: int = 0  # of rides that operated that day
    operated_seconds: int = 0  # observed of rides that operated that day
    unknown_seconds: int = 0
    rows: int = 0
    wait_seconds: int = 0
    wait_minute_seconds: int = 0
    wait_min: int | None = None
    wait_max: int | None = None
    waits: list[Waits] = field(default_factory=list)  # only from raw observations, wait by wait
    scores: list[Decimal] = field(default_factory=list)  # one per day the park was open
    hours: frozenset[int] = frozenset()  # of a group: UTC hours (since 1970) with observations in the open park

    def add(self, other: "Figures") -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wait_min = least(self.wait_min, other.wait_min)
        self.wait_max = greatest(self.wait_max, other.wait_max)
        self.waits += other.waits
        self.scores += other.scores
        self.hours |= other.hours

    def take(self, measures: RideMeasures, down_seconds: int, operated: bool) -> None:
        """Add what was observed of a ride on one day; `down_seconds` as they count."""
        self.open_seconds += measures.open_seconds
        self.up_seconds += measures.up_seconds
        self.down_seconds += down_seconds
        self.operated_seconds += measures.open_seconds if operated else 0
        self.rows += measures.rows
        if measures.summed is not None:
            self.take_waits(measures.summed)
        if measures.held and (waits := measures.waits):
            self.take_waits(WaitTotals(sum(waits.values()), minute_seconds(waits), min(waits), max(waits)))
            self.waits.append(waits)

    def take_waits(self, totals: WaitTotals) -> None:
        self.wait_seconds += totals.seconds
        self.wait_minute_seconds += totals.minute_seconds
        self.wait_min = least(self.wait_min, totals.least)
        self.wait_max = greatest(self.wait_max, totals.greatest)

    @property
    def wait_avg(self) -> Decimal | None:
        """Minutes, time-weighted over the operating rides, zeros included (R-11)."""
        return half_up(Decimal(self.wait_minute_seconds) / self.wait_seconds, 1) if self.wait_seconds else None

    @property
    def uptime_percentage(self) -> Decimal | None:
        """R-8.2, over the rides that operated; None when none did."""
        return percentage(self.up_seconds, self.operated_seconds)

    @property
    def shame_score(self) -> Decimal | None:
        """Mean of the days' scores (R-10.2 inside a day, R-10.4 over days); None: never open."""
        return half_up(sum(self.scores, ZERO) / len(self.scores), 1) if self.scores else None

    @property
    def observations(self) -> int:
        return self.rows

    def percentile(self, percent: int) -> int | None:
        """Of the waits, exact; from raw observations alone."""
        pooled: Waits = {}
        for waits in self.waits:
            merge_waits(pooled, waits)
        return wait_percentile(pooled, percent)

    def metrics(self, names: Collection[str]) -> dict[str, Decimal | int | None]:
        """Published numbers by their names; `wait_pNN` is a percentile."""
        found: dict[str, Decimal | int | None] = {}
        minutes = {} if MINUTES.isdisjoint(names) else self.minutes
        for name in names:
            if name in minutes:
                found[name] = minutes[name]
            elif name.startswith(PERCENTILE):
                found[name] = self.percentile(int(name.removeprefix(PERCENTILE)))
            else:
                found[name] = getattr(self, name)
        return found

    def metric(self, name: str) -> Decimal | int | None:
        return self.metrics((name,))[name]

    @property
    def minutes(self) -> dict[str, int]:
        """Whole minutes; up, down, other and unknown add up to open exactly."""
        open_minutes = minutes(self.open_seconds + self.unknown_seconds)
        unknown = min(minutes(self.unknown_seconds), open_minutes)
        up = min(minutes(self.up_seconds), open_minutes - unknown)
        down = min(minutes(self.down_seconds), open_minutes - unknown - up)
        return {
            "open_minutes": open_minutes,
            "uptime_minutes": up,
            "downtime_minutes": down,
            "unknown_minutes": unknown,
            "other_minutes": open_minutes - unknown - up - down,
        }


SUMS = (
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "operated_seconds",
    "unknown_seconds",
    "rows",
    "wait_seconds",
    "wait_minute_seconds",
)


PERCENTILE = "wait_p"
MINUTES = frozenset(Figures().minutes)
