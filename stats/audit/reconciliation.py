"""Daily rows against their raw data, on a sample of all days (R-24.3); what does not match goes to the quality log."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min, OuterRef, Subquery

from core.zones import day_range, local_date
from parks.models import Park
from snapshots.models import DataQualityLog, LogType, Resolution, RideStatusSnapshot
from snapshots.reconciliation.filing import external_id, file_findings, park_finding, settle_missing
from stats.audit.scope import Scope
from stats.audit.verification import verify_day

REASON = "daily rows"
ParkDate = tuple[Park, date]


@dataclass(slots=True)
class Compared:
    """How many days of parks were compared, and the result."""

    days: int = 0
    differing: int = 0
    filed: int = 0
    settled: int = 0


def reconcile_stats(
    days: Iterable[ParkDate], version: int, now: datetime, progress: Callable[[int], object] = lambda days: None
) -> Compared:
    """Recompute each day and compare. What was filed of it before is settled when the rows agree."""
    result = Compared()
    for park, day in days:
        found = finding(park, day, version, now)
        result.days += 1
        result.differing += len(found)
        known = DataQualityLog.objects.filter(
            fingerprint=key(park, day, version), resolution_status__in=(Resolution.OPEN, Resolution.INVESTIGATING)
        )
        result.settled += settle_missing(known, found)
        result.filed += file_findings(found)
        progress(1)
    return result


def finding(park: Park, day: date, version: int, now: datetime) -> list[DataQualityLog]:
    """The unsaved row of a day that does not match; empty when it does."""
    verified = verify_day(Scope(day, version, park.pk), [park], now)
    tables = [table for table in (verified.rides, verified.parks) if table.severity]
    if not tables:
        return []
    start, end = day_range(day, park.timezone)
    reported = "; ".join(
        f"{each.table}: {each.mismatches:,} rows differ, {each.missing:,} are missing" for each in tables
    )
    description = f"the daily rows of {day} do not match the raw data ({reported}); recompute_daily_stats mends it"
    found = {
        "reason": REASON,
        "stat_date": day.isoformat(),
        "metrics_version": version,
        "sample": [row for table in tables for row in table.sample],
    }
    return [park_finding(park, start, end, key(park, day, version), description, found)]


def key(park: Park, day: date, version: int) -> str:
    start = day_range(day, park.timezone)[0]
    return DataQualityLog.natural_key(LogType.INVALID, "park", external_id(park), start, f"{REASON} {version}")


# -- which days ------------------------------------------------------------------------------------------


def sampled_days(parks: Iterable[Park], number: int, now: datetime, seed: str) -> list[ParkDate]:
    """That many days of parks, drawn evenly from all ended days since each park's first observation; the same ones
    for the same seed. One query."""
    spans = list(observed_spans(parks, now))
    total = sum(length for _, _, length in spans)
    drawn = sorted(random.Random(seed).sample(range(total), min(number, total)))
    found: list[ParkDate] = []
    offset, n = 0, 0
    for park, first, length in spans:
        while n < len(drawn) and drawn[n] < offset + length:
            found.append((park, first + timedelta(days=drawn[n] - offset)))
            n += 1
        offset += length
    return found


def observed_spans(parks: Iterable[Park], now: datetime) -> Iterator[tuple[Park, date, int]]:
    """(park, first day, number of ended days) of each park that was observed."""
    rows = RideStatusSnapshot.objects.filter(park=OuterRef("pk")).order_by()
    first = rows.values("park").annotate(first=Min("recorded_at")).values("first")
    begun = dict(Park.objects.annotate(first=Subquery(first)).values_list("pk", "first"))
    for park in parks:
        at = begun.get(park.pk)
        if at is not None:
            day = local_date(at, park.timezone)
            length = (local_date(now, park.timezone) - day).days
            if length > 0:
                yield park, day, length


def differing_days(parks: Iterable[Park], version: int) -> list[ParkDate]:
    """The days that earlier runs found differing and nobody settled: they are compared again. One query."""
    by_id = {park.pk: park for park in parks}
    rows = DataQualityLog.objects.filter(
        entity_type="park",
        entity_id__in=by_id,
        issue_type=LogType.INVALID,
        resolution_status__in=(Resolution.OPEN, Resolution.INVESTIGATING),
        raw_data__reason=REASON,
        raw_data__metrics_version=version,
    )
    return [
        (by_id[park], local_date(at, by_id[park].timezone))
        for park, at in rows.order_by("entity_id", "timestamp_start").values_list("entity_id", "timestamp_start")
        if park is not None
    ]
