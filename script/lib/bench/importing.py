"""Importing a made-up archive by the command an operator would use: events per second, memory, and a second run."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from bench.report import Figure
from importer.sample.write import write_sample_archive

DESTINATIONS = 6  # of different sizes; two workers share them
ENDS_AT = datetime(2026, 11, 15, tzinfo=UTC)
TARGETS = {"MariaDB": 60_000, "SQLite": 20_000}  # events per second
MEMORY_MB = 250
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
