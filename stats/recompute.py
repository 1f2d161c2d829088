"""Daily statistics from raw observations (R-12, R-14): any park-local day, any time, the same rows again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone

from parks.models import Park, Ride
from parks.querysets import retried_on_lock, upsert
from parks.zones import day_range
from snapshots.models import ParkOperatingSession, RideStatusChange, RideStatusSnapshot
from snapshots.score import half_up, shame_score
from snapshots.status import operating
from stats.measures import RideMeasures, longest_outages, measure_rides, minutes, percentage, weight_of
from stats.models import AggregationLog, AggregationStatus, ParkDailyStats, RideDailyStats

ZERO = Decimal(0)
RIDE_COLUMNS = (
    "uptime_minutes",
    "downtime_minutes",
    "uptime_percentage",
    "operating_hours_minutes",
    "avg_wait_time",
    "min_wait_time",
    "max_wait_time",
    "peak_wait_time",
    "status_changes",
    "longest_downtime_minutes",
)
PARK_COLUMNS = (
    "total_rides_tracked",
    "avg_uptime_percentage",
    "shame_score",
    "total_downtime_hours",
    "weighted_downtime_hours",
    "effective_park_weight",
    "rides_with_downtime",
    "avg_wait_time",
    "peak_wait_time",
    "operating_hours_minutes",
)


@dataclass(slots=True)
class RecomputeResult:
    """How much a recomputation covered."""

    days: int = 0
    park_days: int = 0
    ride_days: int = 0
    failed: int = 0


# -- rows of one day --------------------------------------------------------------------------------------


def ride_row(
    measures: RideMeasures, day: date, version: int, changes: int, longest_down: int | None
) -> RideDailyStats:
    """R-14.1 for one ride. Minutes are rounded half-up, and together never exceed the open minutes."""
    operated = measures.operated()
    open_minutes = minutes(measures.open_seconds)
    up = minutes(measures.up_seconds)
    down = min(minutes(measures.down_seconds), open_minutes - up) if operated else 0
    share = percentage(measures.up_seconds, measures.open_seconds, 2) if operated else None
    return RideDailyStats(
        ride_id=measures.ride_id,
        stat_date=day,
        uptime_minutes=up,
        downtime_minutes=down,
        uptime_percentage=share or ZERO,
        operating_hours_minutes=open_minutes,
        avg_wait_time=None if measures.avg_wait is None else half_up(measures.avg_wait, 2),
        min_wait_time=measures.min_wait,
        max_wait_time=measures.max_wait,
        peak_wait_time=measures.peak_wait,
        status_changes=changes,
        longest_downtime_minutes=min(minutes(longest_down), down) if operated and longest_down else None,
        metrics_version=version,
    )


def park_row(park: Park, day: date, version: int, rows: Sequence[RideDailyStats]) -> ParkDailyStats:
    """R-14.2 and R-10.3 over the ride rows of one version."""
    rides = Ride.objects.filter(pk__in=[row.ride_id for row in rows])
    weights = rides.values_list("pk", "classification__tier_weight")
    weight_by_ride = {pk: weight_of(weight) for pk, weight in weights}
    weighed = [(row, weight_by_ride[row.ride_id or 0]) for row in rows]
    down = sum(row.downtime_minutes for row in rows)
    weighted = sum(row.downtime_minutes * weight for row, weight in weighed)
    # A ride that ran for a moment only rounds to 0 % but did operate: its downtime tells.
    weight = sum(weight for row, weight in weighed if row.uptime_percentage > 0 or row.downtime_minutes > 0)
    open_minutes = Decimal(sum(row.operating_hours_minutes for row in rows)) / len(rows)
    averages = [row.avg_wait_time for row in rows if row.avg_wait_time is not None]
    return ParkDailyStats(
        park=park,
        stat_date=day,
        total_rides_tracked=len(rows),
        avg_uptime_percentage=half_up(sum((row.uptime_percentage for row in rows), ZERO) / len(rows), 2),
        shame_score=shame_score(weighted, weight * open_minutes),
        total_downtime_hours=half_up(Decimal(down) / 60, 2),
        weighted_downtime_hours=half_up(Decimal(weighted) / 60, 2),
        effective_park_weight=weight,
        rides_with_downtime=sum(row.downtime_minutes > 0 for row in rows),
        avg_wait_time=half_up(sum(averages, ZERO) / len(averages), 2) if averages else None,
        peak_wait_time=max((row.peak_wait_time for row in rows if row.peak_wait_time is not None), default=None),
        operating_hours_minutes=int(open_minutes),
        metrics_version=version,
    )


# -- one day of one park ----------------------------------------------------------------------------------


@retried_on_lock
def recompute_park_day(park: Park, day: date, version: int) -> int:
    """Write the ride rows, the park row and the session of one park-local day; returns the ride rows."""
    start, end = day_range(day, park.timezone)
    rows = RideStatusSnapshot.objects.filter(
        park=park, recorded_at__gte=start, recorded_at__lt=end, ride__is_active=True
    )
    changes = dict(
        RideStatusChange.objects.filter(ride__park=park, changed_at__gte=start, changed_at__lt=end)
        .order_by()
        .values_list("ride_id")
        .annotate(count=Count("pk"))
    )
    longest = longest_outages(rows)
    ride_rows = [
        ride_row(measures, day, version, changes.get(measures.ride_id, 0), longest.get(measures.ride_id))
        for measures in measure_rides(rows, end)
    ]
    upsert(RideDailyStats, ride_rows, ("ride", "stat_date", "metrics_version"), RIDE_COLUMNS)
    # Rides that no longer have an observation on this day lose their row; inactive ones keep their history.
    stale = RideDailyStats.objects.filter(
        ride__park=park, ride__is_active=True, stat_date=day, metrics_version=version
    )
    stale.exclude(ride__in=[row.ride_id for row in ride_rows]).delete()
    if ride_rows:
        row = park_row(park, day, version, ride_rows)
        upsert(ParkDailyStats, [row], ("park", "stat_date", "metrics_version"), PARK_COLUMNS)
    else:
        ParkDailyStats.objects.filter(park=park, stat_date=day, metrics_version=version).delete()
    write_session(park, day, rows)
    return len(ride_rows)


def write_session(park: Park, day: date, rows: QuerySet[RideStatusSnapshot]) -> None:
    """R-12: from the first to the last moment of activity; without activity no row."""
    instants = list(rows.filter(operating()).values_list("recorded_at", "duration_seconds"))
    if not instants:
        ParkOperatingSession.objects.filter(park=park, session_date=day).delete()
        return
    first = min(at for at, _ in instants)
    last = max(at + timedelta(seconds=seconds) for at, seconds in instants)
    session = ParkOperatingSession(
        park=park,
        session_date=day,
        session_start_utc=first,
        session_end_utc=last,
        operating_minutes=int((last - first).total_seconds()) // 60,
    )
    columns = ("session_start_utc", "session_end_utc", "operating_minutes", "updated_at")
    upsert(ParkOperatingSession, [session], ("park", "session_date"), columns)


# -- ranges ----------------------------------------------------------------------------------------------


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def observed_span(parks: Iterable[Park], first: date, last: date) -> tuple[date, date] | None:
    """The part of a range of dates that has observations or statistics of the parks; None: it has neither."""
    ids = [park.pk for park in parks]
    rows = RideStatusSnapshot.objects.filter(park__in=ids).aggregate(first=Min("recorded_at"), last=Max("recorded_at"))
    known = ParkDailyStats.objects.filter(park__in=ids).aggregate(first=Min("stat_date"), last=Max("stat_date"))
    # A day more at both ends: the local date may be the one before or after the UTC date.
    firsts = [rows["first"].date() - timedelta(days=1)] if rows["first"] else []
    lasts = [rows["last"].date() + timedelta(days=1)] if rows["last"] else []
    firsts += [known["first"]] if known["first"] else []
    lasts += [known["last"]] if known["last"] else []
    if not firsts:
        return None
    first, last = max(first, min(firsts)), min(last, max(lasts))
    return (first, last) if first <= last else None


def parks_with_data(parks: Iterable[Park], first: date, last: date) -> list[Park]:
    """The parks that have any observation, or any statistics to correct, in the range of local dates."""
    found = []
    for park in parks:
        start, end = day_range(first, park.timezone)[0], day_range(last, park.timezone)[1]
        rows = RideStatusSnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lt=end)
        stats = ParkDailyStats.objects.filter(park=park, stat_date__range=(first, last))
        if rows.exists() or stats.exists():
            found.append(park)
    return found


def recompute_day(
    parks: Sequence[Park],
    day: date,
    version: int,
    progress: Callable[[int], object] = lambda park_days: None,
    scope: Park | None = None,
) -> AggregationLog:
    """Recompute one local date of the parks, with its row in the ledger; a park that fails stops nobody else."""
    log = AggregationLog.objects.create(
        aggregation_date=day,
        park=scope,
        metrics_version=version,
        started_at=timezone.now(),
    )
    errors = []
    for park in parks:
        try:
            log.rides_processed += recompute_park_day(park, day, version)
            log.parks_processed += 1
        except Exception as error:
            errors.append(f"park {park.pk} ({park.name}): {error!r}")
        progress(1)
    log.status = AggregationStatus.FAILED if errors else AggregationStatus.SUCCESS
    log.error_message = "\n".join(errors) or None
    log.completed_at = timezone.now()
    log.aggregated_until_ts = max(day_range(day, park.timezone)[1] for park in parks)
    log.save()
    return log


def recompute(
    parks: Sequence[Park],
    first: date,
    last: date,
    version: int,
    progress: Callable[[int], object] = lambda park_days: None,
    scope: Park | None = None,
) -> RecomputeResult:
    """Recompute the daily rows of a range of park-local dates. `progress` gets the park-days done.

    `scope`: the one park that was asked for; None stands for all.
    """
    result = RecomputeResult()
    if not parks:
        return result
    for day in days_between(first, last):
        log = recompute_day(parks, day, version, progress, scope)
        result.days += 1
        result.park_days += log.parks_processed
        result.ride_days += log.rides_processed
        result.failed += log.status == AggregationStatus.FAILED
    return result
