"""Stored statistics against a fresh computation from the raw observations (R-24.3, R-2.2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.conf import settings
from django.db.models import Q

from core.zones import day_range
from parks.models import Park
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import has_state
from stats.audit.comparison import Comparison, shown
from stats.audit.hours import compare_hours
from stats.audit.scope import Row, Scope
from stats.daily.compute import ParkDay, compute_park_day
from stats.models import ParkDailyStats, RideDailyStats

# How far a stored figure may be from the computed one; more is a mismatch.
RIDE_TOLERANCES = {
    "uptime_minutes": Decimal(10),
    "downtime_minutes": Decimal(10),
    "operating_hours_minutes": Decimal(10),
}
PARK_TOLERANCES = {
    "total_downtime_hours": Decimal("0.17"),
    "shame_score": Decimal("0.2"),
    "rides_with_downtime": Decimal(1),
}
# Downtime (seconds) that cannot have been lost by rounding or tolerance.
NOTICEABLE_DOWNTIME = 600
INTERVAL_TOLERANCE = Decimal("0.2")
LEAST_GAPS = 3  # a median of fewer says nothing


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Something wrong with a setting or a rule itself; always critical."""

    name: str
    park_id: int
    park_name: str
    message: str


@dataclass(slots=True)
class Verification:
    """A day's stored rows against its raw rows."""

    day: date
    rides: Comparison = field(default_factory=lambda: Comparison("ride_daily_stats", (10, 5)))
    parks: Comparison = field(default_factory=lambda: Comparison("park_daily_stats", (5, 2)))
    ride_hours: Comparison = field(default_factory=lambda: Comparison("ride hours"))
    park_hours: Comparison = field(default_factory=lambda: Comparison("park hours"))
    problems: list[RuleProblem] = field(default_factory=list)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return self.rides, self.parks, self.ride_hours, self.park_hours


def verify_day(
    scope: Scope, parks: Iterable[Park], now: datetime, progress: Callable[[int], object] = lambda parks: None
) -> Verification:
    """Compute every park's day again and compare; a park whose local day has not ended is passed over.

    A park-day costs what `compute_park_day` costs, its hours, and three queries (a fourth for rows that nothing
    observed accounts for).
    """
    result = Verification(scope.day)
    for park in parks:
        if day_range(scope.day, park.timezone)[1] <= now:
            verify_park_day(result, park, scope, now)
        progress(1)
    return result


def verify_park_day(result: Verification, park: Park, scope: Scope, now: datetime) -> None:
    computed = compute_park_day(park, scope.day, scope.version)
    stored = stored_rides(computed)
    compare_rides(result.rides, computed, stored)
    compare_park(result.parks, computed)
    compare_hours(result.ride_hours, result.park_hours, computed, now)
    result.problems += interval_problems(park, scope.day, now)
    result.problems += downtime_problems(computed, stored)


# -- rows ------------------------------------------------------------------------------------------------


def stored_rides(computed: ParkDay) -> dict[int, RideDailyStats]:
    """Stored rows of the computed rides, and of the park's other active rides; one query."""
    belongs = Q(ride__in=list(computed.measures)) | Q(ride__park=computed.park, ride__is_active=True)
    rows = RideDailyStats.objects.filter(belongs, stat_date=computed.day, metrics_version=computed.version)
    return {row.ride_id or 0: row for row in rows.select_related("ride")}


def compare_rides(found: Comparison, computed: ParkDay, stored: dict[int, RideDailyStats]) -> None:
    for row in computed.rides:
        known = stored.get(row.ride_id or 0)
        place = {"park_name": computed.park.name, "ride_id": row.ride_id, "stat_date": computed.day.isoformat()}
        found.compared += 1
        if known is None:
            found.lacks(place)
        elif different := differences(known, row, RIDE_TOLERANCES):
            found.differs({**place, **different})
    for ride, row in without_evidence(computed, stored).items():
        place = {"park_name": computed.park.name, "ride_id": ride, "stat_date": computed.day.isoformat()}
        found.compared += 1
        found.differs({**place, "stored": row.downtime_minutes, "computed": None, "column": "downtime_minutes"})


def without_evidence(computed: ParkDay, stored: dict[int, RideDailyStats]) -> dict[int, RideDailyStats]:
    """Stored rows of rides of which nothing was observed that day, in any park; a query if there are candidates."""
    candidates = {ride: row for ride, row in stored.items() if ride not in computed.measures}
    if not candidates:
        return {}
    start, end = day_range(computed.day, computed.park.timezone)
    seen = RideStatusSnapshot.objects.filter(
        has_state(), ride__in=list(candidates), recorded_at__gte=start, recorded_at__lt=end
    )
    elsewhere = set(seen.order_by().values_list("ride_id", flat=True).distinct())
    return {ride: row for ride, row in candidates.items() if ride not in elsewhere}


def compare_park(found: Comparison, computed: ParkDay) -> None:
    """One query."""
    known = ParkDailyStats.objects.filter(
        park=computed.park, stat_date=computed.day, metrics_version=computed.version
    ).first()
    place = {"park_id": computed.park.pk, "park_name": computed.park.name, "stat_date": computed.day.isoformat()}
    found.compared += known is not None or computed.total is not None
    if computed.total is None:
        if known is not None:
            found.differs({**place, "stored": shown(known.shame_score), "computed": None, "column": "shame_score"})
    elif known is None:
        found.lacks(place)
    elif different := differences(known, computed.total, PARK_TOLERANCES):
        found.differs({**place, **different})


def differences(
    stored: RideDailyStats | ParkDailyStats,
    computed: RideDailyStats | ParkDailyStats,
    tolerances: dict[str, Decimal],
) -> Row | None:
    """The first column beyond its tolerance, with both values; None when the rows agree."""
    for column, tolerance in tolerances.items():
        here, there = getattr(stored, column), getattr(computed, column)
        if here is None and there is None:
            continue
        if here is None or there is None or abs(Decimal(here) - Decimal(there)) > tolerance:
            return {"column": column, "stored": shown(here), "computed": shown(there)}
    return None


# -- settings and rules ----------------------------------------------------------------------------------


def interval_problems(park: Park, day: date, now: datetime) -> list[RuleProblem]:
    """R-2.2: is live collection as frequent as the setting says? One query.

    A day that ended more than a day ago is held against the durations its own rows were given: the setting may
    have been changed since (R-2.1).
    """
    start, end = day_range(day, park.timezone)
    rows = ParkActivitySnapshot.objects.filter(
        park=park, recorded_at__gte=start, recorded_at__lt=end, data_source=DataSource.LIVE
    )
    observed = list(rows.order_by("recorded_at").values_list("recorded_at", "duration_seconds"))
    gaps = [(after - before).total_seconds() for (before, _), (after, _) in pairwise(observed)]
    if len(gaps) < LEAST_GAPS:
        return []
    is_recent = end >= now - timedelta(days=1)
    nominal = settings.COLLECTION_INTERVAL_SECONDS if is_recent else median(seconds for _, seconds in observed)
    typical = median(gaps)
    if abs(Decimal(typical) - Decimal(nominal)) <= INTERVAL_TOLERANCE * Decimal(nominal):
        return []
    message = f"collected every {typical:g} s, but the interval is {nominal:g} s"
    return [RuleProblem("interval_consistency", park.pk, park.name, message)]


def downtime_problems(computed: ParkDay, stored: dict[int, RideDailyStats]) -> list[RuleProblem]:
    """Is what counts as down (R-5.1) recognised as downtime?

    The rule exists as a query expression and as a predicate: both must have counted the same seconds. And where
    the feed distinguishes DOWN from CLOSED (Disney, Universal), a ride with such seconds has downtime in its stored
    row.
    """
    problems = []
    for ride, stretches in computed.stretches.items():
        queried = sum(stretch.seconds for stretch in stretches)
        measured = computed.measures[ride].down_seconds
        row = stored.get(ride)
        if queried != measured:
            message = f"ride {ride}: {queried} s down by the query, {measured} s by the measures"
        elif computed.park.reports_down and queried >= NOTICEABLE_DOWNTIME and row and row.downtime_minutes <= 0:
            message = f"ride {ride}: {queried} s DOWN in the open park, stored as no downtime"
        else:
            continue
        problems.append(RuleProblem("down_recognised", computed.park.pk, computed.park.name, message))
    return problems
