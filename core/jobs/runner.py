"""Runs the jobs of the clock and what was handed over, each in a process of its own, until it is ended.

What is due follows from the ledger and now, so this process remembers nothing that matters: it may be killed at any
line, several may run, on one machine or many, and a clock that was set changes nothing but what is due.
"""

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess

from django.db import Error, connections
from django.utils import timezone

from core.commands import cause_of
from core.jobs import queue, running
from core.jobs.forks import end_with_parent
from core.jobs.grids import Job
from core.jobs.ledger import JobStatus
from core.jobs.requests import ClockStepped, request
from core.jobs.runners import runner_of

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at what is due
# So many jobs at a time; urgent ones run beside them, and one process does what was handed over.
TOGETHER = 2
# A job that ended without having done its slot waits for so many seconds; one whose process was killed, not as long.
PAUSE, PAUSE_AFTER_KILL = 120.0, 10.0
MISSED_EVERY = 300.0  # seconds between two looks for slots that nobody ran
# What is wrong with the database is logged so often, in seconds.
COMPLAINT_EVERY = 60.0
# So long the clock waits for an answer of MariaDB; one that says nothing more would stop it. Jobs may wait longer.
PATIENCE_SECONDS = 30
# Between two looks the clock moves by a tick and the time the look took. By more: it was set, or the machine slept.
STEP, LONGEST_LOOK = timedelta(seconds=60), 60.0

CONTEXT = multiprocessing.get_context("fork")


@dataclass
class Child:
    """A process that runs a slot of a job, or, without one, what was handed over."""

    process: BaseProcess
    runner: str
    job: Job | None = None
    slot: datetime | None = None
    kill_at: float = float("inf")  # on the monotonic clock

    def end(self) -> None:
        self.process.kill()
        self.process.join()


class Runner:
    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self.jobs = jobs
        self.children: list[Child] = []
        self.not_before: dict[tuple[str, datetime], float] = {}  # a slot that was tried, on the monotonic clock
        self.missed_at = 0.0
        self.complained_at = float("-inf")
        self.stopping = False
        self.looked_at, self.looked_monotonic = timezone.now(), time.monotonic()

    def stop(self, *_: object) -> None:
        self.stopping = True

    def run(self) -> None:
        wait_at_most(PATIENCE_SECONDS)
        try:
            while not self.stopping:
                self.look_and_complain()
                time.sleep(TICK)
        finally:
            for child in self.children:
                child.end()

    def look_and_complain(self) -> None:
        """A database that is away or not migrated, a full disk, no process left: each may be over at the next look."""
        try:
            self.look()
        except (Error, OSError) as error:
            if time.monotonic() - self.complained_at >= COMPLAINT_EVERY:
                self.complained_at = time.monotonic()
                log.error("jobs cannot be run: %s", " ".join(str(error).split()) or repr(error))
            for connection in connections.all(initialized_only=True):
                connection.close()

    def look(self) -> None:
        now = timezone.now()
        self.reap()
        self.watch_clock(now)
        if time.monotonic() >= self.missed_at:
            running.note_missed(self.jobs.values(), now)
            self.missed_at = time.monotonic() + MISSED_EVERY
        for job in self.jobs.values():
            if self.may_start(job, now) and (slot := running.due(job, now)) is not None:
                self.start(lambda job=job, slot=slot: run_slot(job, slot), job, slot)  # type: ignore[misc]
        if all(child.job for child in self.children) and queue.QueuedTask.free(now) is not None:
            self.start(run_queue)

    def may_start(self, job: Job, now: datetime) -> bool:
        at_work = [child.job for child in self.children if child.job]
        if job in at_work or time.monotonic() < self.not_before.get((job.name, job.grid.last(now)), 0):
            return False
        return job.urgent or sum(not each.urgent for each in at_work) < TOGETHER

    def start(self, work: Callable[[], None], job: Job | None = None, slot: datetime | None = None) -> None:
        connections.close_all()  # a connection must not be shared over a fork
        process = CONTEXT.Process(target=in_child, args=(os.getpid(), work))
        process.start()
        kill_at = time.monotonic() + job.limit if job else float("inf")
        self.children.append(Child(process, runner_of(process.pid or 0), job, slot, kill_at))

    def reap(self) -> None:
        """Forget the children that have ended, and end those that took too long."""
        for child in list(self.children):
            reason = f"its process ended with exit code {child.process.exitcode}"
            if child.process.is_alive():
                if time.monotonic() < child.kill_at:
                    continue
                child.end()
                reason = f"ended after {child.job.limit if child.job else 0} s, its limit"
            self.children.remove(child)
            code = child.process.exitcode
            if child.job and child.slot:
                now = time.monotonic()
                self.not_before = {slot: until for slot, until in self.not_before.items() if until > now}
                self.not_before[child.job.name, child.slot] = now + (PAUSE_AFTER_KILL if code else PAUSE)
                if code:
                    run = {"job": child.job.name, "slot": child.slot.isoformat(), "runner": child.runner}
                    log.error("%s of %s: %s", child.job.name, child.slot, reason, extra=run)
                    running.note_broken(child.job, child.slot, child.runner, reason)

    def watch_clock(self, now: datetime) -> None:
        """What a clock that was wrong ran is run again when its time comes; one issue reports it."""
        spent = min(time.monotonic() - self.looked_monotonic, LONGEST_LOOK)
        before, expected = self.looked_at, self.looked_at + timedelta(seconds=spent)
        self.looked_at, self.looked_monotonic = now, time.monotonic()
        has_stepped = abs(now - expected) > STEP
        forgotten = running.forget_future(now)
        if has_stepped or forgotten:
            self.not_before.clear()
            stepped = ClockStepped(before if has_stepped else now, now, forgotten)
            log.warning("%s", stepped)
            request(stepped)


def wait_at_most(seconds: int | None) -> None:
    """For an answer over connections to MariaDB that this process opens from now on; None: as long as it takes."""
    for connection in connections.all():
        if connection.vendor == "mysql":
            connection.close()
            options = connection.settings_dict["OPTIONS"]
            options.pop("read_timeout", None)
            if seconds is not None:
                options["read_timeout"] = seconds


def in_child(parent: int, work: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent(parent)
    wait_at_most(None)
    try:
        work()
    except (Error, OSError) as error:
        raise SystemExit(cause_of(error)) from None


def run_slot(job: Job, slot: datetime) -> None:
    row = running.run(job, slot)
    if row is not None:
        level = logging.INFO if row.status == JobStatus.SUCCESS else logging.WARNING
        with running.named(job, slot):
            log.log(level, "%s %.1f s: %s", row, row.seconds or 0, row.result.rpartition("\n")[2])


def run_queue() -> None:
    while queue.run_next():
        pass
