"""What was odd about an answer with opening hours, in the quality log: a row for each repair, once (N-9)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from django.db.models import Max

from core.database.querysets import retried_on_lock
from core.zones import day_range
from parks.models import DECIDING, Park, ParkSchedule
from parks.sync.schedules import Refreshed
from parks.upstreams.schedule_entries import Repair
from snapshots.models import DataQualityLog, LogType, Resolution

# A repair without a date is the same whenever it is met.
ONCE = datetime(1970, 1, 1, tzinfo=UTC)
ENTITY, SCHEDULE = "park", "schedule"
REPAIR, DRY = "hours repaired", "planned hours ran dry"
PLANNED_AGAIN = "hours are planned again"


@retried_on_lock
def log_refreshed(done: Iterable[Refreshed], now: datetime) -> int:
    """Write what was not written before; settle what is over. Returns how many rows are new; at most five statements a
    park."""
    fresh = 0
    for refreshed in done:
        if refreshed.error is not None:
            continue
        rows = {row.fingerprint: row for each in refreshed.repairs for row in [repair_row(refreshed.park, each, now)]}
        last = last_planned(refreshed.park) if refreshed.ran_dry else None
        if last is not None:
            row = dry_row(refreshed.park, last, now)
            rows[row.fingerprint] = row
        fresh += written(rows)
        if not refreshed.ran_dry and refreshed.month is None:
            settle_dry(refreshed.park)
    return fresh


def written(rows: dict[str, DataQualityLog]) -> int:
    if not rows:
        return 0
    known = set(DataQualityLog.objects.filter(fingerprint__in=rows).values_list("fingerprint", flat=True))
    new = [row for fingerprint, row in rows.items() if fingerprint not in known]
    DataQualityLog.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def repair_row(park: Park, repair: Repair, now: datetime) -> DataQualityLog:
    """The park, the date and what was done make it the same repair."""
    external = external_id(park)
    day = repair.day and day_range(repair.day, park.timezone)
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(
            LogType.INVALID, SCHEDULE, external, day[0] if day else ONCE, repair.text
        ),
        issue_type=LogType.INVALID,
        entity_type=ENTITY,
        entity_id=park.pk,
        external_id=external,
        timestamp_start=min(day[0], now) if day else now,
        timestamp_end=day[1] if day and day[1] <= now else None,
        description=f"hours of {park.name}, {repair.day}: {repair.text}" if day else f"{park.name}: {repair.text}",
        raw_data={"reason": REPAIR, "date": repair.day and repair.day.isoformat()},
    )


def last_planned(park: Park) -> date | None:
    """The last date whose hours are known; None: the park never had any."""
    rows = ParkSchedule.objects.filter(park=park, schedule_type__in=DECIDING)
    return rows.aggregate(last=Max("schedule_date"))["last"]  # type: ignore[no-any-return]


def dry_row(park: Park, last: date, now: datetime) -> DataQualityLog:
    """The last planned date makes it the same drought."""
    external = external_id(park)
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(LogType.MISSING_FIELD, SCHEDULE, external, ONCE, f"{DRY} {last}"),
        issue_type=LogType.MISSING_FIELD,
        entity_type=ENTITY,
        entity_id=park.pk,
        external_id=external,
        timestamp_start=now,
        description=f"{DRY}: {park.name} plans no day from today on, the last known one is {last}",
        raw_data={"reason": DRY, "last": last.isoformat()},
    )


def settle_dry(park: Park) -> int:
    open_rows = DataQualityLog.objects.filter(
        entity_type=ENTITY, entity_id=park.pk, raw_data__reason=DRY, resolution_status=Resolution.OPEN
    )
    return open_rows.move_to(Resolution.RESOLVED, PLANNED_AGAIN)


def external_id(park: Park) -> str:
    return park.themeparks_wiki_id or f"park {park.pk}"
