"""`manage.py recompute_daily_stats`: daily statistics of any range of days, from raw observations."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from parks.commands import TeachingCommand, park_option, refuse, span_of_days
from parks.models import Park
from stats.recompute import observed_span, parks_with_data, recompute

LARGEST_VERSION = 1_000_000
EXAMPLES = """
examples:
  recompute_daily_stats --start-date 2024-07-01 --end-date 2024-07-31
  recompute_daily_stats --start-date 2024-07-04 --end-date 2024-07-04 --park-id 4
  recompute_daily_stats --start-date 2024-01-01 --end-date 2024-12-31 --metrics-version 2
      beside the rows of version 1, to compare before the switch

Dates are the parks' own days. Rows are replaced under their natural key: running it again is harmless.
"""


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

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = span_of_days(options["start_date"], options["end_date"])
        if first is None or last is None:
            raise refuse("--start-date and --end-date are needed")
        version = options["metrics_version"]
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"--metrics-version must be between 1 and {LARGEST_VERSION}, not {version}")
        chosen = park_option(options["park_id"])
        candidates = [chosen] if chosen else list(Park.objects.active().order_by("pk"))
        span = observed_span(candidates, first, last)
        if span is None:
            self.stdout.write(f"No observations from {first} to {last}: nothing to compute.")
            return
        first, last = span
        parks = parks_with_data(candidates, first, last)
        days = (last - first).days + 1
        with self.bar(days * len(parks), "park-day", options["verbosity"]) as bar:
            result = recompute(parks, first, last, version, bar.update, chosen)
        self.stdout.write(
            f"Computed {result.ride_days:,} ride-days in {result.park_days:,} park-days"
            f" from {first} to {last} (metrics version {version})."
        )
        if result.failed:
            raise CommandError(f"{result.failed} days failed; aggregation_log tells why.", returncode=1)
