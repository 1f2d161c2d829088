"""Several imports side by side, in processes of this machine.

Each process takes an import and does its slices in order; destinations know nothing of each other. A process that is
killed leaves a slice that is free again. A database that is restarted stops nobody: it is asked again for a while.
"""

import logging
import signal
import threading
import time
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Sum
from tqdm import tqdm

from core.jobs.forks import CheckParent, may_fork, run_forked
from importer.jobs.running import FIRST_PAUSE, MOST_ATTEMPTS, Progress, one_line, run_slices
from importer.models import ACTIVE, ImportCheckpoint, ImportSlice, ImportStatus, TransitionRefused

log = logging.getLogger(__name__)

TELLING_INTERVAL = 0.5  # seconds between two looks at the progress of the processes


class Pool:
    """The imports of one command; `bar` shows files, with errors and rows beside them."""

    def __init__(self, jobs: Sequence[ImportCheckpoint], workers: int, bar: "tqdm[Any]") -> None:
        self.jobs = jobs
        self.workers = min(workers, len(jobs)) if may_fork() else 1
        self.bar = bar
        self.done = self.sums()[0]
        bar.update(self.done)

    def run(self) -> None:
        """Do the imports; what goes wrong stands on them. After Ctrl-C those not done are PAUSED."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler) if is_main_thread() else None
        try:
            if self.workers == 1:
                for job in self.jobs:
                    run_patiently(job.pk, self.report)
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

    def report(self, files: int) -> None:
        if self.bar.disable:
            return
        self.bar.update(files)
        _, rows, errors = self.sums()
        self.bar.set_postfix(rows=f"{rows:,}", errors=f"{errors:,}", refresh=False)

    def share_out(self) -> None:
        numbers = [job.pk for job in self.jobs]

        def work(_: int, check_parent: CheckParent) -> None:
            """One import after the other; whose next slice somebody else has, it leaves to them."""
            for number in numbers:
                run_patiently(number, lambda files: check_parent())

        self.make_up_for(run_forked(work, self.workers, self.look, TELLING_INTERVAL))

    def look(self) -> None:
        """Say what the processes did since the last look; nothing while the database is away."""
        try:
            files = self.sums()[0]
            self.report(files - self.done)
            self.done = files
        except (OperationalError, InterfaceError) as error:
            log.info("progress cannot be reported: %s", one_line(error))
            connection.close()

    def make_up_for(self, codes: Sequence[int]) -> None:
        """The imports that nobody works on any more, though they are not done: FAILED, with the reason.

        `codes`: exit codes of the processes.
        """
        killed = [str(code) for code in codes if code]
        reason = (
            f"{len(killed)} of {len(codes)} worker processes broke off (exit code {', '.join(killed)})"
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
