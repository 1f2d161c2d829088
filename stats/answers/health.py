"""Is the service up, are its data fresh, did the daily job run (public-api 4.2 with its later thresholds)."""

import shutil
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from core.shapes import Shape, describe
from parks.models import Park
from snapshots.collection.schedule_freshness import schedule_states
from snapshots.models import DataSource, ParkActivitySnapshot
from stats.models import AggregationLog, AggregationType

API_VERSION = "1.0.0"
STALE_MINUTES = 30
CRITICAL_MINUTES = 60
DISK_WARNING_PERCENT = 80
DISK_CRITICAL_PERCENT = 90
GIB = 1 << 30
Checks = dict[str, dict[str, Any]]  # by name: `status`, and what the check knows


class Health(Shape):
    status: Annotated[str, describe(enum=("healthy", "degraded", "critical", "unhealthy"))]
    timestamp: datetime
    api_version: str = API_VERSION
    checks: Checks


def health() -> tuple[int, Health]:
    """HTTP status and body of `/api/health`."""
    now = timezone.now()
    try:
        checks = all_checks(now)
    except Error:
        checks = {"database": {"status": "unhealthy", "message": "Database connection failed"}}
    code, overall = verdict(checks)
    return code, Health(status=overall, timestamp=now, checks=checks)


def verdict(checks: Checks) -> tuple[int, str]:
    """The overall state. There is no hourly job by design, so its block decides nothing (Q54)."""
    states = {check["status"] for name, check in checks.items() if name != "hourly_aggregation"}
    for state in ("unhealthy", "critical"):
        if state in states:
            return 503, state
    return 200, "degraded" if states & {"stale", "no_data"} else "healthy"


def all_checks(now: datetime) -> Checks:
    """Every check of a database that answers; raises django.db.Error when it does not."""
    connection.ensure_connection()
    return {
        "database": {"status": "healthy", "message": "Database connection successful"},
        "data_collection": collection_check(now),
        "daily_aggregation": aggregation_check(),
        "hourly_aggregation": {
            "status": "no_data",
            "message": "No hourly aggregation runs in last 24 hours",
        },
        "disk_space": disk_check(),
        **schedule_check(now),
    }


def collection_check(now: datetime) -> dict[str, Any]:
    latest = newest_observation(now)
    if latest is None:
        return {"status": "no_data", "message": "No data collected yet"}
    age = max(0, int((now - latest).total_seconds() // 60))
    if age >= CRITICAL_MINUTES:
        status, message = "critical", f"CRITICAL: Data is {age} minutes stale - check collection pipeline"
    elif age >= STALE_MINUTES:
        status, message = "stale", f"Warning: Data is {age} minutes stale"
    else:
        status, message = "healthy", f"Data fresh ({age} min old)"
    return {
        "status": status,
        "last_collection": latest,
        "age_minutes": age,
        "message": message,
        "stale_threshold_minutes": STALE_MINUTES,
        "critical_threshold_minutes": CRITICAL_MINUTES,
    }


def newest_observation(now: datetime) -> datetime | None:
    """The newest instant, not after now (N-14), that live collection stored: one index seek per park.

    What an import or a healed gap wrote is no sign that anybody is watching.
    """
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"), data_source=DataSource.LIVE, recorded_at__lte=now)
    rows = rows.order_by("-recorded_at")
    parks = Park.objects.annotate(newest=Subquery(rows.values("recorded_at")[:1]))
    newest: datetime | None = parks.aggregate(at=Max("newest"))["at"]
    return newest


def schedule_check(now: datetime) -> dict[str, dict[str, Any]]:
    """Planned hours that were not confirmed for 48 hours or end within 2 days (N-9); none without any planned hours.

    A warning leaves the overall state as it is: parks that close for the winter plan no hours.
    """
    states = schedule_states(now)
    if not states:
        return {}
    late, ending = sum(state.is_late for state in states), sum(state.ends_soon for state in states)
    warned = [state for state in states if state.is_warning]
    text = f"{len(states)} parks have planned hours"
    return {
        "schedules": {
            "status": "warning" if warned else "healthy",
            "parks": len(states),
            "parks_late": late,
            "parks_ending": ending,
            "park_ids": [state.park.pk for state in warned],
            "message": f"{text}: {late} not confirmed for 48 hours, {ending} end within 2 days" if warned else text,
        }
    }


def aggregation_check() -> dict[str, Any]:
    runs = AggregationLog.objects.filter(aggregation_type=AggregationType.DAILY)
    latest = runs.order_by("-aggregation_date", "-completed_at", "-pk").first()
    if latest is None:
        return {"status": "no_data", "message": "No daily aggregation runs yet"}
    return {
        "status": latest.status,
        "aggregation_date": latest.aggregation_date,
        "completed_at": latest.completed_at,
    }


def disk_check() -> dict[str, Any]:
    """The disk that holds the data directory."""
    try:
        usage = shutil.disk_usage(settings.DATA_DIR)
        percent = round(100 * usage.used / usage.total, 1)
    except (OSError, ZeroDivisionError):
        return {"status": "unknown", "message": "Disk check failed"}
    status = "healthy"
    if percent > DISK_CRITICAL_PERCENT:
        status = "critical"
    elif percent > DISK_WARNING_PERCENT:
        status = "warning"
    return {
        "status": status,
        "usage_percent": percent,
        "total_gb": round(usage.total / GIB, 2),
        "used_gb": round(usage.used / GIB, 2),
        "free_gb": round(usage.free / GIB, 2),
        "message": f"Disk {percent}% full",
    }
