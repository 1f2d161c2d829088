"""Minutes, uptime, waits and scores from observations with durations: each defined once (design §3).

`rules.md` counts snapshots of one interval; here every "count × I" is a sum of seconds, rounded once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import (
    BigIntegerField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Least

from parks.models import DEFAULT_TIER_WEIGHT
from snapshots.models import RideStatusSnapshot
from snapshots.score import half_up, shame_score
from snapshots.status import down, operating, plausible_wait

OPEN = Q(park_appears_open=True)


@dataclass(frozen=True, slots=True)
class RideMeasures:
    """One ride over one window inside a park-local day. Seconds are of the open park (R-5.2, R-8)."""

    ride_id: int
    park_id: int  # where it stood then
    open_seconds: int
    up_seconds: int
    down_seconds: int
    avg_wait: Decimal | None  # minutes, time-weighted, ride open, zeros included; not rounded
    min_wait: int | None
    max_wait: int | None
    peak_wait: int | None  # whatever the status
    avg_posted_wait: Decimal | None  # minutes, time-weighted, park open, zeros left out (rankings); not rounded
    peak_posted_wait: int | None

    def operated(self, evidence_by_down: bool = False) -> bool:
        """R-5.3: did the ride run while the park was open? Inside a day a DOWN reading of a park that tells
        breakdowns from closures is evidence too (`evidence_by_down`)."""
        return self.up_seconds > 0 or (evidence_by_down and self.down_seconds > 0)


def seconds_until(end: datetime) -> Combinable:
    """How much of an observation lies before `end`, for rows that begin before it (design §4: windows clip)."""
    left = ExpressionWrapper(
        Value(end.replace(microsecond=0), output_field=DateTimeField()) - F("recorded_at"),
        output_field=BigIntegerField(),  # the difference is counted in microseconds on both databases
    )
    return Least(F("duration_seconds"), left / 1_000_000, output_field=BigIntegerField())


def weighted_wait(condition: Q, seconds: Combinable) -> tuple[Sum, Sum]:
    """Σ wait × seconds and Σ seconds over the rows of `condition` with a usable wait."""
    usable = condition & plausible_wait()
    product = ExpressionWrapper(F("wait_time") * seconds, output_field=BigIntegerField())
    return Sum(product, filter=usable), Sum(seconds, filter=usable)


def mean(total: int | None, seconds: int | None) -> Decimal | None:
    """A time-weighted mean, not rounded; None when there was nothing to average."""
    return Decimal(total or 0) / Decimal(seconds) if seconds else None


def measure_rides(rows: QuerySet[RideStatusSnapshot], end: datetime) -> list[RideMeasures]:
    """Measures of every ride in `rows`, the ride snapshots of one window that ends at `end`; one query."""
    seconds = seconds_until(end)
    ride_wait, ride_wait_seconds = weighted_wait(operating(), seconds)
    posted = OPEN & Q(wait_time__gt=0)
    posted_wait, posted_wait_seconds = weighted_wait(posted, seconds)
    found = (
        rows.order_by()
        .values("ride_id", "park_id")
        .annotate(
            open_seconds=Sum(seconds, filter=OPEN, default=0),
            up_seconds=Sum(seconds, filter=OPEN & operating(), default=0),
            down_seconds=Sum(seconds, filter=OPEN & down(), default=0),
            ride_wait=ride_wait,
            ride_wait_seconds=ride_wait_seconds,
            min_wait=Min("wait_time", filter=operating() & plausible_wait()),
            max_wait=Max("wait_time", filter=operating() & plausible_wait()),
            peak_wait=Max("wait_time", filter=plausible_wait()),
            posted_wait=posted_wait,
            posted_wait_seconds=posted_wait_seconds,
            peak_posted_wait=Max("wait_time", filter=posted & plausible_wait()),
        )
    )
    return [measures_from(dict(row)) for row in found]


def measures_from(row: dict[str, Any]) -> RideMeasures:
    return RideMeasures(
        ride_id=row["ride_id"],
        park_id=row["park_id"],
        open_seconds=int(row["open_seconds"]),
        up_seconds=int(row["up_seconds"]),
        down_seconds=int(row["down_seconds"]),
        avg_wait=mean(row["ride_wait"], row["ride_wait_seconds"]),
        min_wait=row["min_wait"],
        max_wait=row["max_wait"],
        peak_wait=row["peak_wait"],
        avg_posted_wait=mean(row["posted_wait"], row["posted_wait_seconds"]),
        peak_posted_wait=row["peak_posted_wait"],
    )


def longest_outages(rows: QuerySet[RideStatusSnapshot]) -> dict[int, int]:
    """Seconds of the longest unbroken stretch down in the open park, by ride."""
    columns = ("ride_id", "recorded_at", "duration_seconds")
    stretches = rows.filter(OPEN, down()).order_by("ride_id", "recorded_at").values_list(*columns)
    longest = {}
    for ride, group in groupby(stretches, key=lambda row: row[0]):
        best = current = 0
        until: datetime | None = None
        for _, at, seconds in group:
            current = current + seconds if at == until else seconds
            until = at + timedelta(seconds=seconds)
            best = max(best, current)
        longest[ride] = best
    return longest


# -- numbers from sums -----------------------------------------------------------------------------------


def minutes(seconds: int) -> int:
    """Whole minutes, half-up."""
    return int(half_up(Decimal(seconds) / 60, 0))


def hours(seconds: int) -> Decimal:
    """Hours with two decimals (R-8.1)."""
    return half_up(Decimal(seconds) / 3600, 2)


def percentage(part: int | Decimal, whole: int | Decimal, digits: int = 1) -> Decimal | None:
    """`part` of `whole` in percent (R-8.2); None when there is no whole."""
    return half_up(Decimal(100) * part / whole, digits) if whole > 0 else None


def weight_of(tier_weight: int | None) -> int:
    """A ride's weight; unclassified rides weigh 2 (R-9.1)."""
    return tier_weight or DEFAULT_TIER_WEIGHT


def percent_change(current: Decimal | None, previous: Decimal | None) -> Decimal | None:
    """Change in percent, one decimal (R-8.3); None without a previous value to compare with."""
    if not previous:
        return None
    return half_up(((current or Decimal(0)) - previous) / previous * 100, 1)


@dataclass(frozen=True, slots=True)
class WindowScore:
    """A park's score over a window inside one local day (R-10.2), with what it is made of."""

    score: Decimal | None  # None: the park was never open in the window
    down_seconds: int
    weighted_down_seconds: int
    weight: int
    rides_down: int
    up_seconds: int


def window_score(members: list[tuple[RideMeasures, int]], open_seconds: int) -> WindowScore:
    """R-10.2 over the members (rides that operated that day) and their weights.

    `open_seconds` is the time the park was open and observed.
    """
    weight = sum(weight for _, weight in members)
    weighted = sum(ride.down_seconds * weight for ride, weight in members)
    return WindowScore(
        score=shame_score(weighted, weight * open_seconds) if open_seconds else None,
        down_seconds=sum(ride.down_seconds for ride, _ in members),
        weighted_down_seconds=weighted,
        weight=weight,
        rides_down=sum(ride.down_seconds > 0 for ride, _ in members),
        up_seconds=sum(ride.up_seconds for ride, _ in members),
    )
