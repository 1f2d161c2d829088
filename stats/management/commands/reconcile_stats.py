"""`manage.py reconcile_stats`: recompute a sample of days and compare them with the stored rows."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from parks.models import Park
from parks.options import park_option
from stats.audit.reconciliation import differing_days, reconcile_stats, sampled_days
from stats.models import LARGEST_VERSION

MOST_SAMPLED = 100_000
EXAMPLES = """
examples:
  reconcile_stats                            twenty days of parks, and all that differed before
  reconcile_stats --sample 1000 --seed all   another, larger sample

`reconcile` runs it every night. Each day is drawn from all that ended since the park's first observation; on one date
the sample is the same, so that a run that was killed can be run again. A day whose rows do not match its raw data
within the tolerances of the audit is filed in data_quality_log, once, and settled when the rows agree again;
recompute_daily_stats mends it.
Exit code 0, whatever was found.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Compare the daily rows of a sample of days with a fresh computation from raw data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=20, metavar="N", help="days of parks (default: %(default)s)")
        parser.add_argument("--seed", metavar="TEXT", help="draws the sample (default: today's date)")
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park (default: all active)")
        parser.add_argument("--metrics-version", type=int, default=settings.METRICS_VERSION, metavar="V")

    def handle(self, *args: Any, **options: Any) -> None:
        sample, version, now = options["sample"], options["metrics_version"], timezone.now()
        if not 0 <= sample <= MOST_SAMPLED:
            raise refuse(f"--sample must be between 0 and {MOST_SAMPLED}, not {sample}")
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"--metrics-version must be between 1 and {LARGEST_VERSION}, not {version}")
        park = park_option(options["park_id"])
        parks = [park] if park else list(Park.objects.active().order_by("pk"))
        drawn = sampled_days(parks, sample, now, options["seed"] or f"{now:%Y-%m-%d}")
        days = list(dict.fromkeys([*drawn, *differing_days(parks, version)]))
        with self.bar(len(days), "park-day", options["verbosity"]) as bar:
            result = reconcile_stats(days, version, now, bar.update)
        self.stdout.write(
            f"{result.days:,} park-days recomputed: {result.differing:,} differ from their daily rows;"
            f" {result.filed:,} findings new, {result.settled:,} settled."
        )
