"""`manage.py check_weather`: one line and an exit code for monitoring (R-22.3)."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.utils import timezone

from core.commands import CRITICAL, OK, WARNING, CheckCommand
from weather.freshness import LEAST_PARKS, MINUTES, SeenWeather, seen_weather

EXAMPLES = """
examples:
  check_weather                  as a check of Nagios, Icinga, Sensu, Zabbix or cron
  check_weather --minutes 40     where the weather is collected every half hour

It looks at the observations collected within the last minutes; backfills do not count. Where fewer parks than
--min-parks have coordinates, all of them have to be seen.
Exit code 0: OK. 1: WARNING, too few parks. 2: CRITICAL, nothing collected, no database, or an option that cannot be
used. The line ends with performance data.
"""


class Command(CheckCommand):
    examples = EXAMPLES
    help = "Say in one line whether the weather comes in, with an exit code that monitoring understands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_window(parser, MINUTES, parks=LEAST_PARKS)

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_window(options)
        now = timezone.now()
        self.report(lambda: verdict(seen_weather(now, options["minutes"], options["min_parks"]), now))


def verdict(found: SeenWeather, now: datetime) -> tuple[int, str]:
    """Exit code, and the line with its performance data."""
    numbers = f"parks={found.parks};{found.least_parks}:"
    if found.newest is None:
        if not found.least_parks:
            return OK, f"no park has to be seen | {numbers}"
        return CRITICAL, f"no weather was collected in the last {found.minutes} minutes | {numbers}"
    age = int((now - found.newest).total_seconds()) // 60
    text = (
        f"the weather of {found.parks} parks (at least {found.least_parks}) in the last {found.minutes} minutes,"
        f" the newest {age} minutes ago | {numbers} age={age}"
    )
    return (WARNING if found.is_thin else OK), text
