"""How a park's score of one day came about, ride by ride (R-24.4, R-10.3)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from core.rounding import half_up
from core.zones import day_range
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from snapshots.score import SHAME_SCORE_MULTIPLIER
from stats.daily.compute import ParkDay, compute_park_day, is_member
from stats.measures.buckets import OBSERVED
from stats.measures.ride_measures import RideMeasures
from stats.models import ParkDailyStats, RideDailyStats

TOLERANCE = Decimal("0.05")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RideTrace:
    """One ride's part of the day. Seconds and snapshots in all, of the open park, and of it up and down."""

    ride_id: int
    name: str
    total_seconds: int
    open_seconds: int
    up_seconds: int
    down_seconds: int
    total_snapshots: int
    open_snapshots: int
    up_snapshots: int
    down_snapshots: int
    counted_seconds: int  # of those down: none for a ride that did not operate that day
    weight: int
    counts: bool  # does it operate that day, so that its weight is in the denominator?

    @property
    def contribution(self) -> Decimal:
        """Weighted hours down, not rounded."""
        return Decimal(self.counted_seconds * self.weight) / 3600


@dataclass(frozen=True, slots=True)
class ScoreTrace:
    """A park's score of one day, computed now and as stored."""

    park: Park
    day: date
    version: int
    rides: list[RideTrace]
    score: Decimal | None  # as production computes it; None: nothing was observed
    stored_score: Decimal | None
    is_stored: bool

    @property
    def numerator(self) -> Decimal:
        """Σ weighted hours down."""
        return sum((ride.contribution for ride in self.rides), ZERO)

    @property
    def denominator(self) -> int:
        """Σ weight of the rides that operated."""
        return sum(ride.weight for ride in self.rides if ride.counts)

    @property
    def hours(self) -> Decimal:
        """Mean over the rides of the hours for which they were observed in the open park."""
        return Decimal(sum(ride.open_seconds for ride in self.rides)) / 3600 / len(self.rides) if self.rides else ZERO

    @property
    def rate(self) -> Decimal | None:
        """The score before rounding and cap; None when there is nothing to divide by."""
        capacity = self.denominator * self.hours
        return half_up(self.numerator / capacity * SHAME_SCORE_MULTIPLIER, 4) if capacity else None

    @property
    def difference(self) -> Decimal | None:
        """Stored less computed; None when one of the two does not exist."""
        if self.score is None or self.stored_score is None:
            return None
        return self.stored_score - self.score

    @property
    def agrees(self) -> bool:
        """Is the stored score the computed one, within 0.05? A day without observations must not be stored."""
        if self.score is None:
            return not self.is_stored
        return self.difference is not None and abs(self.difference) <= TOLERANCE


def trace_score(park: Park, day: date, version: int) -> ScoreTrace:
    """The computation of a park's day, from the functions that production stores it with, and three queries more."""
    computed = compute_park_day(park, day, version)
    stored = ParkDailyStats.objects.filter(park=park, stat_date=day, metrics_version=version).first()
    return ScoreTrace(
        park=park,
        day=day,
        version=version,
        rides=ride_traces(computed),
        score=computed.total.shame_score if computed.total else None,
        stored_score=stored.shame_score if stored else None,
        is_stored=stored is not None,
    )


def ride_traces(computed: ParkDay) -> list[RideTrace]:
    """The rides of the day, largest contribution first; two queries."""
    if not computed.rides:
        return []
    names = dict(Ride.objects.filter(pk__in=list(computed.measures)).values_list("pk", "name"))
    start, end = day_range(computed.day, computed.park.timezone)
    observed = RideStatusSnapshot.objects.filter(
        OBSERVED, ride__in=list(computed.measures), park=computed.park, recorded_at__gte=start, recorded_at__lt=end
    )
    totals = dict(observed.order_by().values_list("ride_id").annotate(Sum("duration_seconds")))
    rides = []
    for row in computed.rides:
        pk = row.ride_id or 0
        rides.append(ride_trace(row, computed.measures[pk], names[pk], int(totals[pk]), computed.weights[pk]))
    return sorted(rides, key=lambda ride: (-ride.contribution, ride.name, ride.ride_id))


def ride_trace(row: RideDailyStats, measures: RideMeasures, name: str, total_seconds: int, weight: int) -> RideTrace:
    return RideTrace(
        ride_id=measures.ride_id,
        name=name,
        total_seconds=total_seconds,
        open_seconds=measures.open_seconds,
        up_seconds=measures.up_seconds,
        down_seconds=measures.down_seconds,
        total_snapshots=measures.rows,
        open_snapshots=measures.open_rows,
        up_snapshots=measures.up_rows,
        down_snapshots=measures.down_rows,
        counted_seconds=row.down_seconds or 0,
        weight=weight,
        counts=is_member(measures),
    )
