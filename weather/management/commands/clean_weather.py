"""`manage.py clean_weather`: delete weather that is older than it is to be kept (R-23.4)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.commands import TeachingCommand
from weather.retention import delete_bit_by_bit, outdated_forecasts, outdated_observations

EXAMPLES = """
examples:
  clean_weather
  clean_weather --dry-run
      only count

The schedule runs it daily at 04:00 UTC. Observations are kept for WEATHER_OBSERVATION_DAYS (730), forecasts for
WEATHER_FORECAST_DAYS (90) after they were fetched. It can be stopped and repeated at any time. Exit code 0.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Delete observed weather and forecasts that are older than they are to be kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = []
        for rows in (outdated_observations(now), outdated_forecasts(now)):
            count = rows.count()
            if not options["dry_run"]:
                with self.bar(count, "row", options["verbosity"]) as bar:
                    count = delete_bit_by_bit(rows, bar.update)
            found.append(count)
        self.stdout.write(
            f"{'Would delete' if options['dry_run'] else 'Deleted'} {found[0]:,} observed hours older than"
            f" {settings.WEATHER_OBSERVATION_DAYS} days and {found[1]:,} forecast hours fetched more than"
            f" {settings.WEATHER_FORECAST_DAYS} days ago."
        )
