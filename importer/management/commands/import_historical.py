"""`manage.py import_historical`: reads the ThemeParks.wiki archive into snapshots."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from importer.archive import LAYOUT, Archive, ArchiveError, DirectoryArchive, open_archive
from importer.importing import DestinationImport, ImportSummary
from parks.commands import TeachingCommand, park_option, refuse, span_of_days
from parks.models import Park
from parks.payloads import uuid_of

EXAMPLES = """
examples:
  import_historical --source /archive --all-parks
      everything a copied archive holds
  import_historical --destination e957da41-3552-4cf6-b636-5babc5cbc4e5 --start-date 2024-01-01
      Walt Disney World from the public bucket, from 2024 on
  import_historical --source /archive --park-id 4 --start-date 2024-07-01 --end-date 2024-07-31
      one park, one month of park-local days

An import can be interrupted and run again at any time: what is stored already stays as it is.
Afterwards the daily statistics of the imported days are computed, unless nothing changed.
"""
RECOMPUTE = "recompute_daily_stats"  # asked for by name: what observations mean is no business of the importer
SOME_FAILED = 1  # its exit code


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
        parser.add_argument("--start-date", type=str, metavar="YYYY-MM-DD", help="first park-local day")
        parser.add_argument("--end-date", type=str, metavar="YYYY-MM-DD", help="last park-local day")
        parser.add_argument(
            "--no-recompute", action="store_true", help=f"leave the daily statistics to a later {RECOMPUTE}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        start, end = span_of_days(options["start_date"], options["end_date"])
        try:
            archive = open_archive(options["source"], settings.ARCHIVE_REGION, settings.ARCHIVE_ENDPOINT_URL or None)
            park = park_option(options["park_id"])
            imports = [
                DestinationImport(archive, destination, park=park, start=start, end=end)
                for destination in self.destinations(archive, park, options)
            ]
            summary = self.run_all(imports, options["verbosity"])
        except ArchiveError as error:
            raise refuse(" ".join(str(error).split())) from error
        self.tell(summary)
        if summary.rows_written and not options["no_recompute"]:
            self.recompute(summary, options["verbosity"])

    @staticmethod
    def destinations(archive: Archive, park: Park | None, options: dict[str, Any]) -> list[str]:
        told = options["destination"]
        if told is not None:
            if uuid_of(told) is None:
                raise refuse(f"--destination: {told!r} is not a UUID")
            return [told.lower()]
        if park is not None and park.destination_id:
            return [park.destination_id]
        if park is None and not options["all_parks"] and not isinstance(archive, DirectoryArchive):
            raise refuse("say which part of the bucket: --destination, --park-id or --all-parks")
        found = archive.destinations()
        if not found:
            raise ArchiveError(f"{options['source']!r} holds no archive files; expected {LAYOUT}")
        return found

    @classmethod
    def run_all(cls, imports: list[DestinationImport], verbosity: int) -> ImportSummary:
        total = ImportSummary()
        files = [len(each.files()) for each in imports]
        if not sum(files):
            raise ArchiveError(f"no archive files for this choice; expected {LAYOUT}")
        with cls.bar(sum(files), "file", verbosity) as bar:
            for each in imports:
                total.add(each.run(bar.update))
        return total

    def tell(self, summary: ImportSummary) -> None:
        rows = summary.rows
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
        else:
            self.stdout.write(f"Nothing changed: all {rows['unchanged']:,} rows were stored already.")
        if summary.problems:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(summary.problems.items()))
            self.stdout.write(f"Problems: {kinds}; {summary.problems_new:,} new in the data-quality log.")

    def recompute(self, summary: ImportSummary, verbosity: int) -> None:
        """Have the statistics of the imported days computed, park after park; raises CommandError.

        A park that fails stops no other; an interruption does. The error tells how to make up for it.
        """
        left = {
            park: ("--start-date", str(first), "--end-date", str(last), "--park-id", str(park))
            for park, (first, last) in sorted(summary.days.items())
        }
        code = 0
        for park, options in list(left.items()):
            try:
                call_command(RECOMPUTE, *options, verbosity=verbosity, stdout=self.stdout, stderr=self.stderr)
            except CommandError as error:
                self.stderr.write(str(error))
                code = error.returncode
                if code != SOME_FAILED:
                    break
            else:
                del left[park]
        if left:
            commands = "\n".join(" ".join(["  manage.py", RECOMPUTE, *options]) for options in left.values())
            raise CommandError(f"The import is complete, but not all statistics are. Run\n{commands}", returncode=code)
