"""Recomputing the range's daily statistics twice, by the command an operator would use."""

import hashlib
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connections, models

from bench.parameters import HISTORY_PARK, Parameters
from snapshots.models import ParkOperatingSession
from stats.models import ParkDailyStats, RideDailyStats

COMPUTED: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (RideDailyStats, ("ride_id", "stat_date", "metrics_version")),
    (ParkDailyStats, ("park_id", "stat_date", "metrics_version")),
    (ParkOperatingSession, ("park_id", "session_date")),
)


def run_command(*options: str) -> float:
    """Run the command; returns the seconds it took, raises CalledProcessError."""
    connections.close_all()
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "recompute_daily_stats", *options]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, stdout=sys.stderr)  # noqa: S603
    return time.perf_counter() - began


def recompute_range(parameters: Parameters, workers: int) -> float:
    """Seconds for all parks and all days of the range."""
    dates = ("--start-date", parameters.first.isoformat(), "--end-date", parameters.last.isoformat())
    return run_command(*dates, "--workers", str(workers))


def compute_history(parameters: Parameters) -> None:
    """The daily rows of the one park with a long history, unless they are there."""
    if not parameters.history_days:
        return
    first, before = parameters.first_of(HISTORY_PARK), parameters.first - timedelta(days=1)
    if ParkDailyStats.objects.filter(park=HISTORY_PARK, stat_date=first).exists():
        return
    dates = ("--start-date", first.isoformat(), "--end-date", before.isoformat())
    run_command(*dates, "--park-id", str(HISTORY_PARK))


def forget(parameters: Parameters) -> None:
    """Delete what was computed of the range, so that the first run starts from nothing."""
    for model in (RideDailyStats, ParkDailyStats):
        model._default_manager.filter(stat_date__gte=parameters.first).delete()
    ParkOperatingSession.objects.filter(session_date__gte=parameters.first).delete()


def stored_columns(model: type[models.Model]) -> list[str]:
    """The columns that say something: without surrogate keys and the times of writing."""
    written = (models.DateTimeField,)
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not field.primary_key and not (isinstance(field, written) and (field.auto_now or field.auto_now_add))
    ]


def checksum() -> str:
    """A hash over every value of every computed row, in the order of the natural keys."""
    digest = hashlib.sha256()
    for model, key in COMPUTED:
        rows: Any = model._default_manager.order_by(*key).values_list(*stored_columns(model))
        for row in rows.iterator():
            digest.update(repr(row).encode())
    return digest.hexdigest()
