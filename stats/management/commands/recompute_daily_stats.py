"""`manage.py recompute_daily_stats`: daily statistics of any range of days, from raw observations."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core.commands import TeachingCommand, refuse, span_of_days
from core.jobs.forks import MOST_WORKERS, default_workers
from parks.options import park_option
from stats.daily.recompute import Progress, days_to_compute, parks_of, recompute, start_run
from stats.models import LARGEST_VERSION, AggregationStatus, RecomputeRun

INTERRUPTED = 130  # the exit code of a command ended by Ctrl-C
WARNINGS_SHOWN = 10
EXAMPLES = """
examples:
  recompute_daily_stats --start-date 2024-07-01 --end-date 2024-07-31
  recompute_daily_stats --start-date 2024-07-04 --end-date 2024-07-04 --park-id 4
  recompute_daily_stats --start-date 2024-01-01 --end-date 2024-12-31 --metrics-version 2
      beside the rows of version 1; compare_metrics_versions shows what would change
  recompute_daily_stats --start-date 2024-01-01 --end-date 2024-12-31 --resume
      goes on with the days that an interrupted run of the same range left

Dates are the parks' own days. Rows are replaced under their natural key: running it again, or twice at once,
is harmless. Each run leaves a row in recompute_runs.
Exit code 0: computed. 1: some days failed. 2: an option that cannot be used. 130: interrupted.
"""


@contextmanager
def interruptible(progress: Progress) -> Iterator[Progress]:
    """A progress that raises KeyboardInterrupt after Ctrl-C or SIGTERM.

    So a run breaks off between two park-days, never in the middle of a transaction, and can still write its ledger
    row. The second signal ends it wherever it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield progress  # only the main thread gets signals
        return
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, signal.default_int_handler)

    def reported(park_days: int) -> None:
        progress(park_days)
        if asked:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield reported
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Recompute ride_daily_stats and park_daily_stats from the stored observations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start-date", required=True, metavar="YYYY-MM-DD", help="first park-local day")
        parser.add_argument("--end-date", required=True, metavar="YYYY-MM-DD", help="last park-local day")
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park (default: all active)")
        parser.add_argument(
            "--metrics-version",
            type=int,
            default=settings.METRICS_VERSION,
            metavar="V",
            help="rule set the rows are stored under (default: %(default)s)",
        )
        parser.add_argument(
            "--workers", type=int, metavar="N", help="processes (default: one per core on MariaDB, 1 on SQLite)"
        )
        parser.add_argument("--resume", action="store_true", help="go on with an unfinished run of the same range")

    def handle(self, *args: Any, **options: Any) -> None:
        run, workers = self.checked(options)
        spans = parks_of(run)
        if not spans:
            run.finish()
            self.stdout.write(f"No observations from {run.first_date} to {run.last_date}: nothing to compute.")
            return
        total = days_to_compute(spans, run.done())
        try:
            with self.bar(total, "park-day", options["verbosity"]) as bar, interruptible(bar.update) as progress:
                recompute(run, workers, progress)
        except KeyboardInterrupt:
            message = f"Interrupted (run {run.pk}); --resume goes on with the days that are left."
            raise CommandError(message, returncode=INTERRUPTED) from None
        self.report(run)

    def checked(self, options: dict[str, Any]) -> tuple[RecomputeRun, int]:
        """The run to do and its number of processes; raises CommandError."""
        first, last = span_of_days(options["start_date"], options["end_date"])
        if first is None or last is None:
            raise refuse("--start-date and --end-date are needed")
        version = options["metrics_version"]
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"--metrics-version must be between 1 and {LARGEST_VERSION}, not {version}")
        workers = default_workers() if options["workers"] is None else options["workers"]
        if not 1 <= workers <= MOST_WORKERS:
            raise refuse(f"--workers must be between 1 and {MOST_WORKERS}, not {workers}")
        park = park_option(options["park_id"])
        if not options["resume"]:
            return start_run(first, last, version, park), workers
        run = RecomputeRun.unfinished(first, last, park, version)
        if run is None:
            raise refuse("--resume: there is no unfinished run of this range, park and version")
        run.go_on()
        return run, workers

    def report(self, run: RecomputeRun) -> None:
        self.stdout.write(
            f"Computed {run.rides_processed:,} ride-days in {run.parks_processed:,} park-days"
            f"{f' of {run.park}' if run.park else ''}"
            f" from {run.first_date} to {run.last_date} (metrics version {run.metrics_version})."
        )
        warnings = run.warnings.splitlines()
        for warning in warnings[:WARNINGS_SHOWN]:
            self.stderr.write(f"warning: {warning}")
        if len(warnings) > WARNINGS_SHOWN:
            self.stderr.write(f"warning: {len(warnings) - WARNINGS_SHOWN} more; recompute_runs has them all")
        if run.status == AggregationStatus.FAILED:
            raise CommandError(
                f"Some days failed (run {run.pk}); --resume tries them again.\n{run.error_message}", returncode=1
            )
