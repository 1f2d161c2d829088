"""What is reported a ride or a park over a bucket: sums, and the published numbers that follow from them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from core.rounding import half_up
from snapshots.score import ScoredTime, score_over
from stats.measures.ride_measures import (
    RideMeasures,
    Waits,
    WaitTotals,
    availability,
    merge_waits,
    minutes,
    uptime,
    wait_percentile,
)


@dataclass(slots=True)
class Figures:
    """Sums of one ride, or of one park's rides, over one bucket. All seconds are of the open park."""

    open_seconds: int = 0  # observed
    up_seconds: int = 0
    down_seconds: int = 0  # of rides that operated that day
    unknown_seconds: int = 0
    opening_delay_seconds: int = 0  # part of the downtime
    rows: int = 0
    # Of a park: what its attractions alone did, which its uptime is made of (N-3).
    attraction_up_seconds: int = 0
    attraction_down_seconds: int = 0
    operated: bool = False  # a ride did on one of the days
    is_of_park: bool = False
    waits: WaitTotals = field(default_factory=WaitTotals)  # of a park's attractions (N-4)
    posted: list[Waits] = field(default_factory=list)  # only from raw observations, wait by wait
    scores: list[ScoredTime] = field(default_factory=list)  # one per day the park was open
    hours: frozenset[int] = frozenset()  # of a group: UTC hours (since 1970) with observations in the open park

    def add(self, other: "Figures") -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.operated |= other.operated
        self.is_of_park |= other.is_of_park
        self.waits.add(other.waits)
        self.posted += other.posted
        self.scores += other.scores
        self.hours |= other.hours

    def add_ride(self, measures: RideMeasures, down_seconds: int, operated: bool) -> None:
        """Add what was observed of a ride on one day; `down_seconds` as they count."""
        self.open_seconds += measures.open_seconds
        self.up_seconds += measures.up_seconds
        self.down_seconds += down_seconds
        self.operated |= operated
        self.rows += measures.rows

    def add_waits(self, measures: RideMeasures) -> None:
        if measures.summed is not None or measures.held:
            self.waits.add(measures.waits)
        if posted := measures.posted:
            self.posted.append(posted)

    @property
    def wait_avg(self) -> Decimal | None:
        """Minutes, weighted by time, of posted waits above zero (N-4)."""
        average = self.waits.average
        return None if average is None else half_up(average, 1)

    @property
    def wait_min(self) -> int | None:
        return self.waits.least

    @property
    def wait_max(self) -> int | None:
        return self.waits.greatest

    @property
    def walk_on_percentage(self) -> Decimal | None:
        return self.waits.walk_on_percentage

    @property
    def uptime_percentage(self) -> Decimal | None:
        """Of a ride: operating of known open time; of a park: of the time its attractions were meant to run (N-3)."""
        if self.is_of_park:
            return availability(self.attraction_up_seconds, self.attraction_down_seconds)
        return uptime(self.up_seconds, self.open_seconds, self.operated)

    @property
    def availability_percentage(self) -> Decimal | None:
        """N-3: operating of the time it was meant to run."""
        return self.uptime_percentage if self.is_of_park else availability(self.up_seconds, self.down_seconds)

    @property
    def shame_score(self) -> Decimal | None:
        """R-10.2 inside a day; over days weighted by their open time (R-10.4, N-2). None: never open."""
        return score_over(self.scores)

    @property
    def observations(self) -> int:
        return self.rows

    def percentile(self, percent: int) -> int | None:
        """Of the waits, exact; from raw observations alone."""
        pooled: Waits = {}
        for waits in self.posted:
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
        """Whole minutes; up, down, closed and unknown add up to open exactly. What is down, and the opening delay as a
        part of it, are rounded as everywhere (N-2); the others give way."""
        open_minutes = minutes(self.open_seconds + self.unknown_seconds)
        down = minutes(self.down_seconds)
        up = min(minutes(self.up_seconds), open_minutes - down)
        unknown = min(minutes(self.unknown_seconds), open_minutes - down - up)
        return {
            "open_minutes": open_minutes,
            "uptime_minutes": up,
            "downtime_minutes": down,
            "unknown_minutes": unknown,
            "closed_minutes": open_minutes - unknown - up - down,
            "opening_delay_minutes": minutes(self.opening_delay_seconds),
        }


SUMS = (
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "unknown_seconds",
    "opening_delay_seconds",
    "rows",
    "attraction_up_seconds",
    "attraction_down_seconds",
)


PERCENTILE = "wait_p"
MINUTES = frozenset(Figures().minutes)
