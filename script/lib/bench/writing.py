"""Recomputing and importing, by the commands an operator would use."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connections, models

from bench.report import Figure
from bench.rows import HISTORY_PARK, Parameters, evening
from importer.sample.write import write_sample_archive
from snapshots.models import (
    ParkActivitySnapshot,
    ParkOperatingSession,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)
from stats.models import ParkDailyStats, RideDailyStats

COMPUTED: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (RideDailyStats, ("ride_id", "stat_date", "metrics_version")),
    (ParkDailyStats, ("park_id", "stat_date", "metrics_version")),
    (ParkOperatingSession, ("park_id", "session_date")),
)


def run_command(*options: str, url: str | None = None) -> float:
    """Run the command; returns the seconds it took, raises CalledProcessError."""
    connections.close_all()
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "recompute_daily_stats", *options]
    environ = {**os.environ, "DATABASE_URL": url or os.environ["DATABASE_URL"]}
    subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True, stdout=sys.stderr)  # noqa: S603
    return time.perf_counter() - began


def recompute_range(parameters: Parameters, workers: int, url: str | None = None) -> float:
    """Seconds for all parks and all days of the range. `url`: of another database."""
    dates = ("--start-date", parameters.first.isoformat(), "--end-date", parameters.last.isoformat())
    return run_command(*dates, "--workers", str(workers), url=url)


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


def undo_cycles(parameters: Parameters) -> None:
    """Take away what cycles stored after the evening at which the set ends."""
    since = evening(parameters)
    for model in (RideStatusSnapshot, ParkActivitySnapshot, QueueData):
        model._default_manager.filter(recorded_at__gte=since).delete()
    RideStatusChange.objects.filter(changed_at__gte=since).delete()
    for daily in (RideDailyStats, ParkDailyStats):
        daily._default_manager.filter(stat_date__gt=parameters.last).delete()
    ParkOperatingSession.objects.filter(session_date__gt=parameters.last).delete()


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


DESTINATIONS = 6  # of different sizes; two workers share them
ENDS_AT = datetime(2026, 11, 15, tzinfo=UTC)
TARGETS = {"MariaDB": 100_000, "SQLite": 40_000}  # events per second
MEMORY_MB = 150
AGAIN_TIMES = 20
LOOK_EVERY = 0.2  # seconds between two looks at the memory of the processes


def archive_of(directory: Path, events: int) -> tuple[Path, int]:
    """An archive of at least so many events, kept for the next time; and how many there are."""
    root = directory / f"archive-{events}"
    reported = root / "events.txt"
    if not reported.exists():
        with TemporaryDirectory(dir=directory) as trial:
            write = partial(write_sample_archive, destinations=DESTINATIONS, seed=1, ends_at=ENDS_AT, workers=2)
            a_week = write(Path(trial) / "week", days=7)
        days = max(7, -(-events * 7 // a_week.events) + 1)
        made = write(root, days=days)
        reported.write_text(str(made.events))
    return root, int(reported.read_text())


def high_water(pid: int) -> int:
    """The most memory, in kB, that a process or one of its children has had; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
    return max([own, *(high_water(int(child)) for child in children)])


def run_import(root: Path, url: str, workers: int) -> tuple[float, float]:
    """Seconds that the command took, and the most memory of one of its processes in MB; raises CalledProcessError."""
    command = [
        sys.executable,
        "manage.py",
        "import_historical",
        "--source",
        str(root),
        "--all-parks",
        "--no-recompute",
    ]
    environment = {**os.environ, "DATABASE_URL": url}
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, env=environment, stdout=sys.stderr
    )
    peak = 0
    ended = threading.Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(LOOK_EVERY):
            peak = max(peak, high_water(process.pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    code = process.wait()
    took = time.perf_counter() - began
    ended.set()
    watcher.join()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return took, peak / 1_024


def import_figures(directory: Path, events: int, urls: dict[str, str], workers: int) -> Iterator[Figure]:
    """`urls`: an empty, migrated database by the name of its kind."""
    root, there = archive_of(directory, events)
    for kind, url in urls.items():
        processes = workers if kind == "MariaDB" else 1
        note = f"{there:,} events, {processes} workers"
        try:
            took, memory = run_import(root, url, processes)
            again, _ = run_import(root, url, processes)
        except subprocess.CalledProcessError as error:
            yield Figure(f"import, {kind}", "events/s", TARGETS[kind], None, None, f"it ended with {error.returncode}")
            continue
        yield Figure(f"import, {kind}", "events/s", TARGETS[kind], there / took, None, note, at_least=True)
        yield Figure(f"import, {kind}, memory of a process", "MB", MEMORY_MB, memory)
        yield Figure(f"import, {kind}, again", "times faster", AGAIN_TIMES, took / again, None, note, at_least=True)
