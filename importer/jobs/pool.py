"""Several imports side by side, in processes of this machine.

Each process takes an import and does its slices in order; destinations know nothing of each other. A process that is
killed leaves a slice that is free again. A database that is restarted stops nobody: it is asked again for a while.
"""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any

from django.db import InterfaceError, OperationalError, connection, connections
from django.db.models import Sum
from tqdm import tqdm

from importer.jobs.running import FIRST_PAUSE, MOST_ATTEMPTS, Progress, one_line, run_slices
from importer.models import ACTIVE, ImportCheckpoint, ImportSlice, ImportStatus, TransitionRefused

log = logging.getLogger(__name__)

MOST_WORKERS = 64
TELLING_INTERVAL = 0.5  # seconds between two looks at the progress of the processes


def default_workers() -> int:
    """A process per core; one on SQLite, which has a single writer."""
    return min(MOST_WORKERS, os.cpu_count() or 1) if connection.vendor == "mysql" else 1


class Pool:
    """The imports of one command; `bar` shows files, with errors and rows beside them."""

    def __init__(self, jobs: Sequence[ImportCheckpoint], workers: int, bar: "tqdm[Any]") -> None:
        self.jobs = jobs
        # What an open transaction wrote no other process sees.
        self.workers = 1 if connection.in_atomic_block else min(workers, len(jobs))
        self.bar = bar
        self.done = self.sums()[0]
        bar.update(self.done)

    def run(self) -> None:
        """Do the imports; what goes wrong stands on them. After Ctrl-C those not done are PAUSED."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler) if is_main_thread() else None
        try:
            if self.workers == 1:
                for job in self.jobs:
                    run_patiently(job.pk, self.tell)
                self.make_up_for(())
            else:
                self.share_out()
        except BaseException:
            for job in self.jobs:
                pause(job)
            raise
        finally:
            if before is not None:
                signal.signal(signal.SIGTERM, before)

    def sums(self) -> tuple[int, int, int]:
        """Files done, rows, problems of all imports."""
        slices = ImportSlice.objects.filter(job__in=[job.pk for job in self.jobs])
        found = slices.aggregate(files=Sum("files_done"), rows=Sum("rows"), errors=Sum("errors"))
        return int(found["files"] or 0), int(found["rows"] or 0), int(found["errors"] or 0)

    def tell(self, files: int) -> None:
        if self.bar.disable:
            return
        self.bar.update(files)
        _, rows, errors = self.sums()
        self.bar.set_postfix(rows=f"{rows:,}", errors=f"{errors:,}", refresh=False)

    def share_out(self) -> None:
        connections.close_all()  # a connection must not be shared over a fork
        context = multiprocessing.get_context("fork")
        numbers = [job.pk for job in self.jobs]
        processes = [context.Process(target=work, args=(os.getpid(), numbers)) for _ in range(self.workers)]
        try:
            for process in processes:
                process.start()
            running = processes
            while running:
                wait([process.sentinel for process in running], TELLING_INTERVAL)
                running = [process for process in running if process.is_alive()]
                self.look()
        finally:
            stop(processes)
        self.make_up_for(processes)

    def look(self) -> None:
        """Tell what the processes did since the last look; nothing while the database is away."""
        try:
            files = self.sums()[0]
            self.tell(files - self.done)
            self.done = files
        except (OperationalError, InterfaceError) as error:
            log.info("progress cannot be told: %s", one_line(error))
            connection.close()

    def make_up_for(self, processes: Sequence[ForkProcess]) -> None:
        """The imports that nobody works on any more, though they are not done: FAILED, with the reason."""
        killed = [process for process in processes if process.exitcode]
        codes = ", ".join(str(process.exitcode) for process in killed)
        reason = (
            f"{len(killed)} of {len(processes)} worker processes broke off (exit code {codes})"
            if killed
            else "the database was away for too long"
        )
        for job in self.jobs:
            job.refresh_from_db()
            if job.status in ACTIVE and not job.is_finished() and not job.is_held():
                job.fail(reason)


def is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def pause(job: ImportCheckpoint) -> None:
    job.refresh_from_db()
    try:
        if job.status in ACTIVE:
            job.enter(ImportStatus.PAUSED)
    except TransitionRefused:
        pass  # it ended at this moment


def run_patiently(number: int, progress: Progress) -> None:
    """`run_slices`, which itself bears a database that goes away within a slice; here also between two slices."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            run_slices(ImportCheckpoint.objects.get(pk=number), progress=progress)
            return
        except (OperationalError, InterfaceError) as error:
            if attempt == MOST_ATTEMPTS or connection.in_atomic_block:
                raise
            log.warning("between two slices: %s; trying again", one_line(error))
            connection.close()
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))


def work(parent: int, numbers: Sequence[int]) -> None:
    """What a process does: one import after the other; whose next slice somebody else has, it leaves to them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def look(files: int) -> None:
        if os.getppid() != parent:
            raise SystemExit(1)

    for number in numbers:
        run_patiently(number, look)


def stop(processes: Sequence[ForkProcess]) -> None:
    """End what still runs, and wait until nothing does."""
    started = [process for process in processes if process.pid is not None]
    for process in started:
        process.terminate()
    for process in started:
        process.join()
