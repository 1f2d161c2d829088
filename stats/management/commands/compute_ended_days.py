"""`manage.py compute_ended_days`: daily statistics of the days that are over and not computed yet."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand
from stats.daily.recompute import CATCH_UP_DAYS, compute_ended_days
from stats.models import AggregationStatus

EXAMPLES = f"""
example:
  compute_ended_days

The schedule runs it every hour: each park's day is computed once its own midnight has passed. It looks back
{CATCH_UP_DAYS} days; recompute_daily_stats computes any range.
Exit code 0: computed, or nothing to do. 1: some days failed.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Compute the daily statistics of every park's day that has ended and is not computed yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--metrics-version", type=int, default=settings.METRICS_VERSION, metavar="V")

    def handle(self, *args: Any, **options: Any) -> None:
        logs = compute_ended_days(timezone.now(), options["metrics_version"])
        failed = [row for row in logs if row.status == AggregationStatus.FAILED]
        self.stdout.write(f"Computed {len(logs) - len(failed)} park-days.")
        if failed:
            reported = "\n".join(str(row.error_message) for row in failed[:10])
            raise SomeFailed(reported) if len(failed) < len(logs) else CommandError(reported, returncode=1)
