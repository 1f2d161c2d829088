"""`manage.py import_historical`: reads the ThemeParks.wiki archive into snapshots."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from core.commands import SomeFailed, TeachingCommand, refuse, span_of_days
from core.jobs.forks import MOST_WORKERS, default_workers
from core.jobs.runners import this_process
from core.upstream.payloads import uuid_of
from importer.archive.files import LAYOUT, Archive, ArchiveError, DirectoryArchive, open_archive
from importer.jobs import actions
from importer.jobs.dry_run import rehearse
from importer.jobs.finishing import due, settle
from importer.jobs.planning import known_files, plan
from importer.jobs.pool import Pool
from importer.jobs.progress import figures, overview
from importer.jobs.running import complete, files_of, summary_of
from importer.jobs.summary import ImportSummary
from importer.models import ACTIVE, RESUMABLE, AlreadyRunning, ImportCheckpoint, ImportStatus, TransitionRefused
from parks.models import Park
from parks.options import park_option

EXAMPLES = """
examples:
  import_historical --source /archive --all-parks --workers 2
      everything a copied archive holds, two destinations at a time
  import_historical --destination e957da41-3552-4cf6-b636-5babc5cbc4e5 --start-date 2024-01-01
      Walt Disney World from the public bucket, from 2024 on
  import_historical --source /archive --park-id 4 --start-date 2024-07-01 --end-date 2024-07-31
      one park, one month of park-local days
  import_historical --source /archive --all-parks --dry-run
      what it would read, which names are unmapped, how the files differ from the usual format; stores nothing
  import_historical --resume
      go on with every import that was paused, failed or killed
  import_historical --status
      how far the imports are

An import is cut into slices of some days. It can be interrupted, even killed, at any time; a slice is stored whole or
not at all. What is unchanged since its slice was done is skipped; --again reads it all the same.
Afterwards the daily statistics of the imported days are computed, unless nothing changed.
Exit code 0: done. 1: some of it failed or was interrupted. 2: an option that cannot be used.
"""
SHOWN = 20  # imports that --status lists


class Command(TeachingCommand):
    examples = EXAMPLES
    help = f"Import history from an archive laid out as {LAYOUT}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--source",
            default=settings.ARCHIVE_URL,
            metavar="DIR_OR_S3_URL",
            help="directory, or s3://bucket[/prefix] (default: %(default)s)",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--destination", metavar="UUID", help="only this ThemeParks.wiki destination")
        which.add_argument("--all-parks", action="store_true", help="every destination of the source")
        which.add_argument("--park-id", type=int, metavar="N", help="only this park of ours")
        which.add_argument(
            "--resume", nargs="?", const="", metavar="ID", help="go on with an import (default: all that can)"
        )
        which.add_argument("--status", action="store_true", help="report how far the latest imports are")
        parser.add_argument("--start-date", type=str, metavar="YYYY-MM-DD", help="first park-local day")
        parser.add_argument("--end-date", type=str, metavar="YYYY-MM-DD", help="last park-local day")
        parser.add_argument(
            "--workers",
            type=int,
            metavar="N",
            help="processes, each with a destination of its own (default: one per core on MariaDB, 1 on SQLite)",
        )
        parser.add_argument(
            "--celery", action="store_true", help="hand it over: to Celery's workers with Redis, else to run_jobs"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and report, store nothing")
        parser.add_argument("--again", action="store_true", help="also read what is unchanged")
        create = parser.add_mutually_exclusive_group()
        create.add_argument(
            "--auto-create",
            dest="auto_create",
            action="store_true",
            default=True,
            help="create unknown rides (default)",
        )
        create.add_argument(
            "--no-auto-create", dest="auto_create", action="store_false", help="report unknown rides instead"
        )
        parser.add_argument(
            "--no-recompute", action="store_true", help="leave the daily statistics to a later recompute_daily_stats"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"]:
            self.report_status()
            return
        workers = self.workers_of(options)
        try:
            if options["dry_run"]:
                self.rehearse(options)
                return
            jobs = self.resumed(options) if options["resume"] is not None else self.planned(options)
        except ArchiveError as error:
            raise refuse(" ".join(str(error).split())) from error
        except AlreadyRunning as error:
            raise refuse(f"{error}; wait, or cancel it first") from error
        if options["celery"]:
            self.hand_over(jobs)
            return
        self.run(jobs, workers, options)

    # -- which imports ------------------------------------------------------------------------------------

    @staticmethod
    def workers_of(options: dict[str, Any]) -> int:
        reported = options["workers"]
        if reported is None:
            return default_workers()
        if not 1 <= reported <= MOST_WORKERS:
            raise refuse(f"--workers must be between 1 and {MOST_WORKERS}, not {reported}")
        if reported > 1 and connection.vendor != "mysql":
            raise refuse(f"--workers {reported}: SQLite has a single writer; use 1, or MariaDB (DATABASE_URL)")
        return int(reported)

    def choice(self, options: dict[str, Any]) -> tuple[str, Archive, Park | None, list[str]]:
        """Source, archive, park and destinations; raises CommandError and ArchiveError."""
        source = options["source"]
        archive = open_archive(source, settings.ARCHIVE_REGION, settings.ARCHIVE_ENDPOINT_URL or None)
        if isinstance(archive, DirectoryArchive):
            source = str(Path(archive.root).resolve())  # whoever resumes may stand elsewhere
        park = park_option(options["park_id"])
        return source, archive, park, self.destinations(archive, park, options)

    def planned(self, options: dict[str, Any]) -> list[ImportCheckpoint]:
        start, end = span_of_days(options["start_date"], options["end_date"])
        source, archive, park, destinations = self.choice(options)
        jobs, refusals = [], []
        for destination in destinations:
            try:
                jobs.append(
                    plan(
                        archive,
                        destination,
                        source=source,
                        park=park,
                        start_date=start,
                        end_date=end,
                        auto_create=options["auto_create"],
                        is_again=options["again"],
                        runner="" if options["celery"] else this_process(),
                    )
                )
            except ArchiveError as error:
                refusals.append(error)
            except AlreadyRunning:
                for job in jobs:
                    job.enter(ImportStatus.CANCELLED)
                raise
        if not jobs:
            raise refusals[0]
        return jobs

    def rehearse(self, options: dict[str, Any]) -> None:
        start, end = span_of_days(options["start_date"], options["end_date"])
        _, archive, park, destinations = self.choice(options)
        files = sum(len(known_files(archive, each)) for each in destinations)
        with self.bar(files, "file", options["verbosity"]) as bar:
            lines = list(rehearse(archive, destinations, park, start, end, options["auto_create"], bar.update))
        for line in lines:
            self.stdout.write(line)

    @staticmethod
    def resumed(options: dict[str, Any]) -> list[ImportCheckpoint]:
        """The import of `--resume ID`; without an id, of each destination the latest one that can go on."""
        reported = options["resume"]
        if reported:
            found = ImportCheckpoint.objects.filter(import_id=reported).first()
            if found is None:
                raise refuse(f"--resume: import {reported!r} is not known; --status lists the imports")
            candidates = [found]
        else:
            latest = {job.destination_uuid: job for job in ImportCheckpoint.objects.order_by("pk")}
            candidates = list(latest.values())
        jobs = []
        runner = "" if options["celery"] else this_process()
        for job in candidates:
            if job.status in ACTIVE and not job.has_life():
                job.break_off()
                job.refresh_from_db()
            if reported and job.status in ACTIVE:
                raise AlreadyRunning(job)
            if job.status not in RESUMABLE:
                continue
            try:
                job.resume(runner)
            except AlreadyRunning:
                if reported:
                    raise
            except TransitionRefused:
                pass  # somebody else resumed it at this moment
            else:
                jobs.append(job)
        if not jobs:
            state = (
                f"{reported} is {candidates[0].status}" if reported else "no import is paused, failed or broken off"
            )
            raise refuse(f"--resume: {state}; nothing to resume")
        return jobs

    @staticmethod
    def destinations(archive: Archive, park: Park | None, options: dict[str, Any]) -> list[str]:
        reported = options["destination"]
        if reported is not None:
            if uuid_of(reported) is None:
                raise refuse(f"--destination: {reported!r} is not a UUID")
            return [reported.lower()]
        if park is not None and park.destination_id:
            return [park.destination_id]
        if park is None and not options["all_parks"] and not isinstance(archive, DirectoryArchive):
            raise refuse("say which part of the bucket: --destination, --park-id or --all-parks")
        found = archive.destinations()
        if not found:
            raise ArchiveError(f"{options['source']!r} holds no archive files; expected {LAYOUT}")
        return found

    # -- doing them ---------------------------------------------------------------------------------------

    def hand_over(self, jobs: list[ImportCheckpoint]) -> None:
        """Raises CommandError when the workers cannot be reported; what they were not reported waits for nobody."""
        away: actions.WorkersAway | None = None
        for job in jobs:
            otherwise = ImportStatus.CANCELLED if job.status == ImportStatus.PENDING else ImportStatus.PAUSED
            try:
                actions.hand_over(job, otherwise)
            except actions.WorkersAway as error:
                away = error
            else:
                self.stdout.write(f"{job.import_id}: handed over, {job.slices.count()} slices.")
        if away is not None:
            raise SomeFailed(f"{away}: is REDIS_URL right, and does Redis run?") from away

    def run(self, jobs: list[ImportCheckpoint], workers: int, options: dict[str, Any]) -> None:
        verbosity = options["verbosity"]
        total = sum(files_of(job) for job in jobs)
        try:
            with self.bar(total, "file", verbosity) as bar:
                Pool(jobs, workers, bar).run()
        except KeyboardInterrupt:
            names = ", ".join(job.import_id for job in jobs)
            raise SomeFailed(f"Interrupted ({names}); import_historical --resume goes on.") from None
        finished: dict[ImportCheckpoint, ImportSummary] = {}
        total_summary = ImportSummary()
        for job in jobs:
            job.refresh_from_db()
            summary = summary_of(job)
            total_summary.add(summary)
            if job.is_finished() and job.status == ImportStatus.IN_PROGRESS:
                finished[job] = summary
        self.report(total_summary, [job for job in jobs if job not in finished])
        try:
            if not options["no_recompute"]:
                # Of those cancelled too: what came in before stays.
                ended = [job for job in jobs if job in finished or job.status == ImportStatus.CANCELLED]
                destinations = [job.destination_uuid for job in ended]
                settle(due(destinations), verbosity=verbosity, stdout=self.stdout, stderr=self.stderr)
        except CommandError:
            complete_all(finished)
            raise
        complete_all(finished)
        self.report_unfinished([job for job in jobs if job.status != ImportStatus.COMPLETED])

    @staticmethod
    def report_unfinished(jobs: list[ImportCheckpoint]) -> None:
        """Raises CommandError for imports that failed, or that somebody stopped meanwhile."""
        if not jobs:
            return
        lines = []
        for job in jobs:
            remedy = f"; import_historical --resume {job.import_id} goes on" if job.can_resume else ""
            lines.append(f"{state_of(job)}{remedy}")
        raise SomeFailed("\n".join(lines))

    def report(self, summary: ImportSummary, stopped: list[ImportCheckpoint]) -> None:
        """What was done; `stopped`: the imports of which slices are left."""
        rows = summary.rows
        if stopped and not summary.files:
            # Slices that were not stored count for nothing, though files of them may have been read.
            self.stdout.write(f"Nothing was stored: {'; '.join(map(state_of, stopped))}.")
            return
        self.stdout.write(
            f"Read {summary.events:,} events from {summary.files:,} files"
            f" ({summary.duplicates:,} duplicates); created {summary.parks_created:,} parks and"
            f" {summary.rides_created:,} rides."
        )
        if summary.skipped:
            kinds = ", ".join(f"{count:,} {kind.lower()}" for kind, count in sorted(summary.skipped.items()))
            self.stdout.write(f"Events of what is no ride, not stored: {kinds}.")
        if summary.rows_written:
            self.stdout.write(
                f"Rows: {rows['created']:,} created, {rows['updated']:,} updated,"
                f" {rows['deleted']:,} replaced, {rows['unchanged']:,} unchanged."
            )
        elif rows["unchanged"]:
            self.stdout.write(f"Nothing changed: all {rows['unchanged']:,} rows were stored already.")
        elif summary.files:
            self.stdout.write("Nothing was stored: the files that were read contain nothing.")
        else:
            self.stdout.write("Nothing changed: no file is another than when it was imported.")
        if summary.live_days:
            days = summary.live_days.total()
            self.stdout.write(f"Live collection covers part of {days:,} park-days; its rows stay as they are.")
        if summary.problems:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(summary.problems.items()))
            self.stdout.write(f"Problems: {kinds}; {summary.problems_new:,} new in the data-quality log.")

    def report_status(self) -> None:
        jobs = ImportCheckpoint.objects.order_by("-pk")[:SHOWN]
        if not jobs:
            self.stdout.write("No imports yet.")
        for job in jobs:
            self.stdout.write(overview(job, figures(job)))


def state_of(job: ImportCheckpoint) -> str:
    reason = f" ({job.last_error})" if job.last_error else ""
    return f"{job.import_id} is {job.status}{reason}"


def complete_all(finished: dict[ImportCheckpoint, ImportSummary]) -> None:
    for job, summary in finished.items():
        complete(job, summary)
