"""What the processes of the web server count: by the process that answers, for all of them (`/metrics`).

Each process adds to files of its own in `DATA_DIR/metrics`, named by a *slot* that it holds by a lock: a process that
takes the place of a dead one counts on in its files, so that no count falls and no file is left behind. A scrape, by
whichever process, adds the files up.
"""

import asyncio
import fcntl
import functools
import logging
import os
import re
from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger(__name__)

MOST_PROCESSES = 1_000
PENDING_SECONDS = 0.5
# Bytes of a process's files. They are mapped into memory: had the disk to give a page of theirs while it is full, the
# process would be killed, so they are whole from the beginning. A count takes about a hundred bytes.
FILES = {"histogram": 1 << 19, "counter": 1 << 20, "gauge_livesum": 1 << 12}
# Stored answers take under a millisecond, most others under a second, dear questions tens of them.
SECONDS = (0.001, 0.005, 0.02, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ProcessMetrics:
    """The counters of this process. In one that serves nothing they go nowhere."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self.seconds = Histogram(
            "ridewatch_request_seconds",
            "From head to answer.",
            ["route"],
            buckets=SECONDS,
            registry=own,
        )
        self.requests = Counter("ridewatch_requests", "Answers.", ["route", "method", "status"], registry=own)
        self.stored = Counter(
            "ridewatch_stored_answers", "Answers that may be stored: was one at hand?", ["result"], registry=own
        )
        self.pool = Gauge(
            "ridewatch_database_pool_in_use",
            "Connections of the pool that somebody uses.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self.pending: dict[tuple[str, str, str, bool | None], list[float]] = {}
        self.is_scheduled = False

    def count(self, route: str, method: str, status: str, stored: bool | None, seconds: float) -> None:
        """An answer. `stored`: was it at hand? None: it is none of those that are stored.

        To be called by an event loop. What it counts is added up twice a second: to write each answer into the files
        would cost a tenth of the time of a stored one.
        """
        self.pending.setdefault((route, method, status, stored), []).append(seconds)
        if not self.is_scheduled:
            self.is_scheduled = True
            asyncio.get_running_loop().call_later(PENDING_SECONDS, self.add_up)

    def add_up(self) -> None:
        self.is_scheduled = False
        pending, self.pending = self.pending, {}
        for (route, method, status, stored), seconds in pending.items():
            self.requests.labels(route, method, status).inc(len(seconds))
            if stored is not None:
                self.stored.labels("hit" if stored else "miss").inc(len(seconds))
            observe_all(self.seconds.labels(route), seconds)


def observe_all(histogram: Histogram, seconds: list[float]) -> None:
    """As `observe` for each, which would write two numbers a time."""
    histogram._sum.inc(sum(seconds))
    for bound, count in Counts(bisect_left(SECONDS, each) for each in seconds).items():
        histogram._buckets[bound].inc(count)


@functools.cache
def process_metrics() -> ProcessMetrics:
    return ProcessMetrics()


def directory() -> Path:
    path: Path = settings.DATA_DIR / "metrics"
    path.mkdir(exist_ok=True)
    return path


def count_for_all() -> None:
    """From now on this process counts in files; called before anything is counted. Where there is no room for them it
    counts for itself, and no scrape sees it."""
    try:
        slot = held_slot(directory())
        for name, size in FILES.items():
            with (directory() / f"{name}_{slot}.db").open("a+b") as file:
                os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        log.warning("requests are not counted for /metrics: %s", error)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory())
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
    process_metrics.cache_clear()
    process_metrics().pool.set(0)  # the process that had the slot before may have died with some


def held_slot(where: Path) -> int:
    """The first slot that no living process holds, ours until this process ends, however it does."""
    for slot in range(MOST_PROCESSES):
        file = (where / f"slot-{slot}").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        held.append(file)
        return slot
    raise OSError(f"{where} has {MOST_PROCESSES} slots, and all are held")


held: list[object] = []


def counted() -> CollectorRegistry:
    """What all processes of this machine counted, to be read."""
    forget_gauges_of_the_dead(directory())
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(directory()))  # type: ignore[no-untyped-call]
    return registry


def forget_gauges_of_the_dead(where: Path) -> None:
    """A process that has ended uses nothing any more; its counts stay."""
    for path in where.glob("gauge_live*.db"):
        found = re.search(r"_([0-9]+)\.db$", path.name)
        if found:
            with released(where / f"slot-{found[1]}") as is_dead:
                if is_dead:
                    path.unlink(missing_ok=True)


def living() -> int:
    """How many processes hold a slot."""
    found = 0
    for path in directory().glob("slot-*"):
        with released(path) as is_dead:
            found += not is_dead
    return found


@contextmanager
def released(path: Path) -> Iterator[bool]:
    """Is it held by nobody? If so, by us meanwhile."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
