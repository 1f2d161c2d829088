"""`manage.py reconcile`: look every night for what contradicts itself, and file it in the quality log."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand, refuse
from core.jobs.requests import CompareStats, request
from core.zones import local_date
from parks.models import Park
from parks.options import park_option
from snapshots.reconciliation.days import Reconciled, reconcile_day
from snapshots.reconciliation.orphans import reconcile_orphans

MOST_DAYS, MOST_SAMPLED = 366, 100_000
EXAMPLES = """
examples:
  reconcile                                  what the schedule runs every night
  reconcile --days 30 --park-id 4            the last thirty days of one park
  reconcile --sample 500                     compare more daily rows with their raw data

It looks for rows whose ride or park does not exist; for status changes that the observations show and nobody stored;
for rides without observations while their open park was observed (a GAP of the ride); and, through reconcile_stats,
for daily rows that do not match their raw data, on a sample of all days.
What it finds goes to data_quality_log, once: see /api/admin/quality/issues. What is no longer found is resolved; what
was resolved and is found again is under investigation again; WONTFIX stands. Nothing else is changed.
Exit code 0, whatever was found. 1: some of it could not be checked.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Look for orphans, missing status changes, holes of rides and daily rows that do not match raw data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=1, metavar="N", help="ended days of each park to check (default: %(default)s)"
        )
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park (default: all active)")
        parser.add_argument(
            "--sample", type=int, default=20, metavar="N", help="days of parks to recompute (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days, sample = options["days"], options["sample"]
        if not 0 <= days <= MOST_DAYS:
            raise refuse(f"--days must be between 0 and {MOST_DAYS}, not {days}")
        if not 0 <= sample <= MOST_SAMPLED:
            raise refuse(f"--sample must be between 0 and {MOST_SAMPLED}, not {sample}")
        park = park_option(options["park_id"])
        parks = [park] if park else list(Park.objects.active().order_by("pk"))
        orphans, rescued = reconcile_orphans()
        self.stdout.write(f"Orphans: {orphans:,} new, {rescued:,} gone.")
        self.check_days(parks, days, options["verbosity"])
        try:
            request(CompareStats(sample, park.pk if park else None), stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            raise SomeFailed(str(error)) from error

    def check_days(self, parks: list[Park], days: int, verbosity: int) -> None:
        now = timezone.now()
        total = Reconciled()
        with self.bar(len(parks) * days, "park-day", verbosity) as bar:
            for park in parks:
                today = local_date(now, park.timezone)
                for n in range(days, 0, -1):
                    found = reconcile_day(park, today - timedelta(days=n))
                    total.missing_changes += found.missing_changes
                    total.holes += found.holes
                    total.filed += found.filed
                    total.settled += found.settled
                    bar.update(1)
        self.stdout.write(
            f"{len(parks) * days:,} park-days: {total.missing_changes:,} missing status changes, {total.holes:,} holes"
            f" of rides; {total.filed:,} findings new, {total.settled:,} settled."
        )
