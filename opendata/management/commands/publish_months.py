"""`manage.py publish_months`: closed months as Parquet files that do not change."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from opendata import mirror
from opendata.manifest import PublicationError, month_of
from opendata.publishing import due_months, publish_month
from opendata.sources import SOURCES

EXAMPLES = """
examples:
  publish_months                     every final month that is not published, or was computed anew since
  publish_months --month 2025-11     this month
  publish_months --to /srv/open      into another directory than PUBLISHED_DIR
  publish_months --to s3://bucket/ridewatch
      into PUBLISHED_DIR, and then what the bucket lacks into the bucket

A month is final seven days after its end. Published files are never changed: what a later computation makes of a month
is a new revision beside them. Only sources named in PUBLISHED_SOURCES go out.
Exit code 0: done, or nothing to do. 1: it could not be done. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Publish closed months as Parquet files, with manifest, checksums and descriptions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", metavar="YYYY-MM", help="only this month (UTC)")
        parser.add_argument("--to", metavar="PLACE", help="a directory, or s3://bucket/prefix")

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := sorted(set(settings.PUBLISHED_SOURCES) - SOURCES.keys()):
            raise refuse(f"PUBLISHED_SOURCES: {', '.join(unknown)} is no source; there are {', '.join(SOURCES)}")
        place = options["to"] or ""
        is_bucket = place.startswith("s3://")
        directory = Path(place) if place and not is_bucket else Path(settings.PUBLISHED_DIR)
        now = timezone.now()
        try:
            months = [month_of(options["month"])] if options["month"] else due_months(directory, now)
        except PublicationError as error:
            raise refuse(str(error)) from error
        try:
            for month in months:
                self.publish(month, directory, options["verbosity"])
            if is_bucket:
                sent = mirror.send(directory, mirror.bucket_of(place))
                self.stdout.write(f"{place}: {sent} files sent")
        except mirror.NoBucket as error:
            raise refuse(str(error)) from error
        except PublicationError as error:
            raise CommandError(str(error), returncode=2 if options["month"] else 1) from error
        if not months:
            self.stdout.write("Nothing to publish: every final month is published as it was last computed.")

    def publish(self, month: date, directory: Path, verbosity: int) -> None:
        with self.bar(0, "rows", verbosity) as bar:
            bar.set_description(f"{month:%Y-%m}")
            files = publish_month(month, directory, timezone.now(), lambda table, rows: bar.update(rows))
        if not files:
            self.stdout.write(f"{month:%Y-%m}: says what is published already")
        for file in files:
            self.stdout.write(f"{file.path}: {file.rows:,} rows, {file.bytes:,} bytes")
