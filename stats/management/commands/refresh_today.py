"""`manage.py refresh_today`: the daily statistics of the days that are still running."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.commands import TeachingCommand
from stats.daily.recompute import refresh_today
from stats.models import RunningDay

EXAMPLES = """
examples:
  refresh_today
  refresh_today --rebuild      forget the running days, and build them from all raw rows of today and yesterday

Every cycle of live collection asks for it. The rows are those of the day so far; when the day has ended, it is
computed once more, for good.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Compute today's rows of ride_daily_stats and park_daily_stats, of every park that was observed today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--metrics-version", type=int, default=settings.METRICS_VERSION, metavar="V")
        parser.add_argument("--rebuild", action="store_true", help="build the running days again from their raw rows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            RunningDay.objects.all().delete()
        parks = refresh_today(timezone.now(), options["metrics_version"])
        self.stdout.write(f"Computed the day so far of {parks} parks.")
