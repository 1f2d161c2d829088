"""Daily statistics of ranges of days, stored: any day, any time, the same rows again (R-14, R-26.1)."""

import logging
import multiprocessing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ParamSpec, TypeVar

from django.db.models import Max, Min, Q
from django.utils import timezone

from core import data_version
from core.database.querysets import retried_on_lock, upsert
from core.jobs.forks import CheckParent, may_fork, run_forked
from core.zones import day_range, local_date
from parks.models import Park
from snapshots.models import DataSource, ParkActivitySnapshot, ParkOperatingSession, RideStatusSnapshot
from snapshots.reconciliation.open_again import decide_open_again
from snapshots.status import has_state
from stats.daily.compute import ParkDay, compute_parks
from stats.models import (
    AggregationLog,
    AggregationStatus,
    AggregationType,
    ParkDailyStats,
    RecomputeRun,
    RideDailyStats,
)
from stats.running.days import keep_running_days

log = logging.getLogger(__name__)

RIDE_COLUMNS = (
    "uptime_minutes",
    "downtime_minutes",
    "opening_delay_minutes",
    "unknown_minutes",
    "uptime_percentage",
    "operating_hours_minutes",
    "avg_wait_time",
    "min_wait_time",
    "max_wait_time",
    "peak_wait_time",
    "status_changes",
    "longest_downtime_minutes",
    "snapshot_count",
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "unknown_seconds",
    "opening_delay_seconds",
    "wait_seconds",
    "wait_minute_seconds",
    "walk_on_seconds",
    "outages",
    "outages_carried",
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
    "ride_seconds",
    "down_seconds",
    "weighted_down_seconds",
    "attraction_up_seconds",
    "attraction_down_seconds",
    "wait_seconds",
    "wait_minute_seconds",
    "walk_on_seconds",
)
SESSION_COLUMNS = ("session_start_utc", "session_end_utc", "operating_minutes", "updated_at")
ONE_DAY = timedelta(days=1)
# A day is worth a warning when more than this share of its opening hours is unknown.
MUCH_UNKNOWN = 0.25
# How far back the hourly job looks for days that nobody computed.
CATCH_UP_DAYS = 14
# How often the progress of worker processes is reported. Seconds.
TELLING_INTERVAL = 0.2

# More would keep others from writing for longer, on SQLite all others.
PARKS_AT_ONCE = 15

P = ParamSpec("P")
T = TypeVar("T")
Progress = Callable[[int], object]
ParkSpans = Mapping[Park, tuple[date, date]]


# What higher rooms store of a park-day in the transaction of its rows, before them: their AppConfig adds it.
WRITTEN_WITH_DAYS: list[Callable[[ParkDay], object]] = []


def nothing(park_days: int) -> None:
    """Progress that nobody watches."""


# -- one day of one park ---------------------------------------------------------------------------------


def recompute_park_day(park: Park, day: date, version: int) -> ParkDay:
    """Compute one park-local day and replace its rows under their natural keys."""
    return recompute_parks([park], day, version)[0]


@retried_on_lock
def recompute_parks(parks: Sequence[Park], day: date, version: int) -> list[ParkDay]:
    """Compute one local date of several parks and replace their rows: all of them or, where one fails, none."""
    hold(parks, day)
    results = compute_parks(parks, day, version)
    gone = rows_gone(results, day, version)
    for result in results:
        for write in WRITTEN_WITH_DAYS:
            write(result)
    rides = [row for result in results for row in result.rides]
    upsert(RideDailyStats, rides, ("ride", "stat_date", "metrics_version"), RIDE_COLUMNS)
    if gone:
        RideDailyStats.objects.filter(pk__in=gone).delete()
    totals = [result.total for result in results if result.total is not None]
    upsert(ParkDailyStats, totals, ("park", "stat_date", "metrics_version"), PARK_COLUMNS)
    empty = [result.park for result in results if result.total is None]
    if empty:
        ParkDailyStats.objects.filter(park__in=empty, stat_date=day, metrics_version=version).delete()
    sessions = [result.session for result in results if result.session is not None]
    upsert(ParkOperatingSession, sessions, ("park", "session_date"), SESSION_COLUMNS)
    closed = [result.park for result in results if result.session is None]
    if closed:
        ParkOperatingSession.objects.filter(park__in=closed, session_date=day).delete()
    return results


def rows_gone(results: Sequence[ParkDay], day: date, version: int) -> list[int]:
    """The rows of rides that no longer have an observation on this day, which each result names as `gone`.

    Inactive rides keep their history.
    """
    parks = {result.park.pk: result for result in results}
    stored = RideDailyStats.objects.filter(
        ride__park__in=parks, ride__is_active=True, stat_date=day, metrics_version=version
    )
    measured = [ride for result in results for ride in result.measures]
    stale = list(stored.exclude(ride__in=measured).values_list("ride__park_id", "ride_id", "pk"))
    found: list[int] = []
    for of_park in {park for park, _, _ in stale}:
        rows = {ride: pk for park, ride, pk in stale if park == of_park}
        result = parks[of_park]
        # A ride that stood in another park that day has its row from there.
        start, end = day_range(day, result.park.timezone)
        elsewhere = RideStatusSnapshot.objects.filter(
            has_state(), ride__in=rows, recorded_at__gte=start, recorded_at__lt=end
        )
        kept = set(elsewhere.exclude(park=of_park).values_list("ride_id", flat=True).distinct())
        result.gone = rows.keys() - kept
        found += [rows[ride] for ride in result.gone]
    return found


def decide_and_compute(parks: Sequence[Park], day: date, version: int) -> list[ParkDay]:
    """First when the parks were open, as all that is known now says (N-8, N-9), then the figures of the day."""
    for park in collected_live(parks, day):
        decide_open_again(park, day)
    return recompute_parks(parks, day, version)


def collected_live(parks: Sequence[Park], day: date) -> list[Park]:
    """Those of which a cycle stored anything on the day: of others nothing is decided again. A query for each zone."""
    found: set[int] = set()
    for zone in {park.timezone for park in parks}:
        start, end = day_range(day, zone)
        there = [park for park in parks if park.timezone == zone]
        rows = ParkActivitySnapshot.objects.filter(
            park__in=there, data_source=DataSource.LIVE, recorded_at__gte=start, recorded_at__lt=end
        )
        found.update(rows.order_by().values_list("park_id", flat=True).distinct())
    return [park for park in parks if park.pk in found]


def results_of(parks: Sequence[Park], day: date, version: int) -> Iterator[tuple[Park, ParkDay | Exception]]:
    """Some parks at a time; where that fails one after the other, so that one park's fault is not the others'."""
    for n in range(0, len(parks), PARKS_AT_ONCE):
        some = parks[n : n + PARKS_AT_ONCE]
        try:
            yield from zip(some, decide_and_compute(some, day, version), strict=True)
        except Exception:
            for park in some:
                try:
                    [result] = decide_and_compute([park], day, version)
                except Exception as error:
                    log.exception("park %s, %s", park.pk, day)
                    yield park, error
                else:
                    yield park, result


def hold(parks: Iterable[Park], day: date) -> None:
    """Let nobody else compute this day of the parks, under whatever version, until the transaction ends.

    Who waits here reads the observations afterwards: what is stored last is never the older knowledge. The
    sessions' rows are the lock, always taken in the same order; where there is none yet, an empty one that nobody
    else sees.
    """
    rows = [ParkOperatingSession(park=park, session_date=day) for park in sorted(parks, key=lambda park: park.pk)]
    upsert(ParkOperatingSession, rows, ("park", "session_date"), ("park",))


def warning_of(result: ParkDay) -> str | None:
    """What a reader of the day's figures should know; None when nothing is missing."""
    if not result.rides:
        return f"{result.day} {result.park.name}: no observations"
    unknown = sum(row.unknown_minutes or 0 for row in result.rides)
    known = sum(row.operating_hours_minutes for row in result.rides)
    if unknown > MUCH_UNKNOWN * (unknown + known):
        share = 100 * unknown / (unknown + known)
        return f"{result.day} {result.park.name}: {share:.0f} % of the opening hours are unknown"
    return None


# -- what there is to compute ----------------------------------------------------------------------------


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def observed_span(park: Park) -> tuple[date, date] | None:
    """The local dates from a park's first to its last observation or statistic; None: it has neither."""
    rows = RideStatusSnapshot.objects.filter(park=park).aggregate(first=Min("recorded_at"), last=Max("recorded_at"))
    known = ParkDailyStats.objects.filter(park=park).aggregate(first=Min("stat_date"), last=Max("stat_date"))
    firsts = [local_date(rows["first"], park.timezone)] if rows["first"] else []
    lasts = [local_date(rows["last"], park.timezone)] if rows["last"] else []
    firsts += [known["first"]] if known["first"] else []
    lasts += [known["last"]] if known["last"] else []
    return (min(firsts), max(lasts)) if firsts else None


def spans_with_data(parks: Iterable[Park], first: date, last: date) -> dict[Park, tuple[date, date]]:
    """The parks that have anything to compute in a range of local dates, and which part of it."""
    found = {}
    for park in parks:
        span = observed_span(park)
        if span and max(first, span[0]) <= min(last, span[1]):
            found[park] = max(first, span[0]), min(last, span[1])
    return found


# -- runs ------------------------------------------------------------------------------------------------


def start_run(first: date, last: date, version: int, park: Park | None = None) -> RecomputeRun:
    """The ledger row of a new recomputation; `park` None stands for all."""
    RecomputeRun.fail_abandoned()
    return RecomputeRun.objects.create(
        first_date=first, last_date=last, park=park, metrics_version=version, started_at=timezone.now()
    )


def parks_of(run: RecomputeRun) -> dict[Park, tuple[date, date]]:
    parks = [run.park] if run.park else Park.objects.active().order_by("pk")
    return spans_with_data(parks, run.first_date, run.last_date)


def days_of(spans: ParkSpans) -> list[date]:
    """The dates on which any of the parks has anything to compute."""
    return sorted({day for first, last in spans.values() for day in days_between(first, last)})


def parks_on(day: date, spans: ParkSpans) -> list[Park]:
    return [park for park, (first, last) in spans.items() if first <= day <= last]


def days_to_compute(spans: ParkSpans, done: Collection[date] = ()) -> int:
    """Park-days, for a progress bar; without those of the dates that are done."""
    total = sum((last - first).days + 1 for first, last in spans.values())
    return total - sum(len(parks_on(day, spans)) for day in done)


def recompute(run: RecomputeRun, workers: int = 1, progress: Progress = nothing) -> RecomputeRun:
    """Compute the days of a run that are not done; `progress` gets the park-days as they are done.

    A park that fails stops nobody else; the run's row says. May be killed at any line and called again.
    """
    spans = parks_of(run)
    days = days_of(spans)
    workers = min(workers, len(days))
    error = ""
    try:
        if workers > 1 and may_fork():
            error = share_out(run, spans, workers, progress)
        else:
            compute_days(run, spans, timezone.now(), progress)
    except BaseException as interruption:
        run.finish(f"interrupted: {interruption!r}", days)
        raise
    run.finish(error, days)
    return run


def compute_days(run: RecomputeRun, spans: ParkSpans, since: datetime, progress: Progress = nothing) -> None:
    """Claim and compute one day after the other until none is left."""
    for day in days_of(spans):
        claimed = run.claim(day, since)
        if claimed is not None:
            compute_day(claimed, parks_on(day, spans), progress)


def compute_day(claimed: AggregationLog, parks: Sequence[Park], progress: Progress = nothing) -> None:
    """Compute one local date of the parks and note the result."""
    day = claimed.aggregation_date
    errors: list[str] = []
    warnings: list[str] = []
    claimed.parks_processed = claimed.rides_processed = 0
    for park, result in results_of(parks, day, claimed.metrics_version):
        if isinstance(result, Exception):
            errors.append(f"park {park.pk} ({park.name}): {result!r}")
        else:
            claimed.rides_processed += len(result.rides)
            claimed.parks_processed += result.total is not None
            warnings += filter(None, [warning_of(result)])
        progress(1)
    claimed.status = AggregationStatus.FAILED if errors else AggregationStatus.SUCCESS
    claimed.error_message = "\n".join(errors) or None
    claimed.warnings = "\n".join(warnings)
    claimed.completed_at = timezone.now()
    ends = [day_range(day, park.timezone)[1] for park in parks]
    claimed.aggregated_until_ts = min(max(ends), claimed.started_at)  # of a running day, so far
    claimed.save()
    data_version.move()


def share_out(run: RecomputeRun, spans: ParkSpans, workers: int, progress: Progress) -> str:
    """Let several processes claim the days; returns what went wrong with the processes themselves."""
    counts = multiprocessing.RawArray("q", workers)  # a slot each: a lock would stay held when its holder is killed
    since = timezone.now()
    reported = 0

    def work(number: int, check_parent: CheckParent) -> None:
        def count(park_days: int) -> None:
            counts[number] += park_days
            check_parent()

        compute_days(run, spans, since, count)

    def look() -> None:
        nonlocal reported
        done = sum(counts)
        progress(done - reported)
        reported = done

    return failures_of(run_forked(work, workers, look, TELLING_INTERVAL))


def failures_of(codes: Sequence[int]) -> str:
    """In words, which processes ended before their work did; "" when none."""
    ends = [f"killed by signal {-code}" if code < 0 else f"exit code {code}" for code in codes if code]
    return f"{len(ends)} of {len(codes)} worker processes broke off: {', '.join(ends)}" if ends else ""


# -- days that have ended --------------------------------------------------------------------------------


def ended_days(park: Park, now: datetime, version: int) -> list[date]:
    """The local dates of a park that are over, have data, and were not computed since (R-26.2)."""
    yesterday = local_date(now, park.timezone) - ONE_DAY
    span = observed_span(park)
    if span is None:
        return []
    first, last = max(span[0], yesterday - CATCH_UP_DAYS * ONE_DAY), min(span[1], yesterday)
    days = days_between(first, last)
    done = AggregationLog.objects.filter(
        # A row without park is one of a run over all parks; without a run, of a park that was deleted.
        Q(park=park) | Q(park=None, run__isnull=False),
        aggregation_type=AggregationType.DAILY,
        metrics_version=version,
        status=AggregationStatus.SUCCESS,
        aggregation_date__range=(first, last),
    )
    final = {
        day
        for day, started in done.values_list("aggregation_date", "started_at")
        if started >= day_range(day, park.timezone)[1]
    }
    return [day for day in days if day not in final]


def compute_ended_days(now: datetime, version: int, progress: Progress = nothing) -> list[AggregationLog]:
    """Compute every park-day that ended and was not computed since; what the hourly schedule calls.

    Each gets its row in the ledger. A park whose day is still running is left for a later hour.
    """
    logs = []
    for park in Park.objects.active().order_by("pk"):
        for day in ended_days(park, now, version):
            claimed = AggregationLog.objects.create(
                aggregation_date=day, park=park, metrics_version=version, started_at=now
            )
            compute_day(claimed, [park], progress)
            logs.append(claimed)
    return logs


# -- days that are running -------------------------------------------------------------------------------


def refresh_today(now: datetime, version: int) -> int:
    """Bring the days that are running up to `now`: first their state (`stats/running`), which live and today are
    answered from, then the daily rows of every park that was observed in its day; returns how many.

    No row of the ledger: the day is computed again when it has ended.
    """
    parks = list(Park.objects.active().order_by("pk"))
    days = {park: day for park in parks if (day := attempted(decide_today, park, now))}
    if days:
        keep_running_days(parks, now)
        data_version.move()
    done = sum(attempted(recompute_park_day, park, day, version) is not None for park, day in days.items())
    if done:
        data_version.move()
    return done


def decide_today(park: Park, now: datetime) -> date | None:
    """The park's present day, decided again when it was open; None: nothing was observed in it yet."""
    day = local_date(now, park.timezone)
    start, _ = day_range(day, park.timezone)
    if not RideStatusSnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lte=now).exists():
        return None
    decide_open_again(park, day)
    return day


def attempted(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What it returns; None where it went wrong, which is noted: one park's fault is not the others'."""
    try:
        return act(*args, **kwargs)
    except Exception:
        log.exception("%s%s", act.__name__, args)
        return None
