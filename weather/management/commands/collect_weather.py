"""`manage.py collect_weather`: weather at the parks from Open-Meteo, now, ahead, and of past days (R-23)."""

from argparse import ArgumentParser
from datetime import UTC, date, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand, day_option, refuse
from parks.catalog.sample import real_parks
from parks.models import Park
from parks.options import park_option
from weather.asking import archive_client, forecast_client
from weather.attribution import ATTRIBUTION
from weather.collection import WeatherRun, backfill, collect, located

MOST_TOLD = 20
EXAMPLES = """
examples:
  collect_weather --current
      the hour that is running, of every active park; the schedule does it every hour
  collect_weather --forecast
      the next seven days, by the hour; the schedule does it every six hours
  collect_weather --backfill 2025-01-01 2025-12-31
      a year of past hours (UTC days, both included), month by month
  collect_weather --backfill 2025-01-01 2025-12-31 --missing
      the same, but only the months of which hours or values are missing: goes on where a run broke off
  collect_weather --current --park-id 4
      one park

Every row is an upsert, so that everything can be repeated. The archive ends some days before today; what it does not
know yet is left out. It knows no visibility and no probability of rain, and leaves those of stored hours alone.
clean_weather deletes observations that are older than WEATHER_OBSERVATION_DAYS.
Exit code 0: all parks are up to date. 1: some failed; when half of them did, or a limit of the upstream is reached,
the rest was not asked. 2: an option that cannot be used. Weather data by Open-Meteo.com, CC BY 4.0.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Collect the weather at the parks from Open-Meteo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--current", action="store_true", help="the hour that is running")
        parser.add_argument("--forecast", action="store_true", help="the hours of the next seven days")
        parser.add_argument("--backfill", nargs=2, metavar=("START", "END"), help="past UTC days (YYYY-MM-DD)")
        parser.add_argument(
            "--missing", action="store_true", help="with --backfill: only months that lack hours or values"
        )
        parser.add_argument("--park-id", type=int, help="only this park")

    def handle(self, *args: Any, **options: Any) -> None:
        current, forecast, span = options["current"], options["forecast"], options["backfill"]
        if not (current or forecast or span):
            raise refuse("say what to collect: --current, --forecast or --backfill START END")
        if span and (current or forecast):
            raise refuse("--backfill is about past days; --current and --forecast are another run")
        if options["missing"] and not span:
            raise refuse("--missing is about --backfill")
        days = span_option(*span) if span else None
        park = park_option(options["park_id"])
        parks, skipped = located([park] if park else real_parks().order_by("name", "pk"))
        for each in skipped:
            self.stderr.write(f"{each.name} (park {each.pk}) has no coordinates; it is skipped")
        if not parks:
            self.stdout.write("No active park has coordinates; nothing was asked.")
            return
        if days:
            run = self.past(parks, *days, options)
        else:
            with (
                forecast_client() as source,
                self.bar(len(parks), "park", options["verbosity"]) as bar,
            ):
                run = collect(source, parks, timezone.now(), current, forecast, bar.update)
        self.report(run, len(parks))

    def past(self, parks: list[Park], first: date, last: date, options: dict[str, Any]) -> WeatherRun:
        kept = timezone.now().astimezone(UTC).date() - timedelta(days=settings.WEATHER_OBSERVATION_DAYS)
        if first < kept:
            self.stderr.write(
                f"days before {kept} are older than WEATHER_OBSERVATION_DAYS ({settings.WEATHER_OBSERVATION_DAYS}):"
                " clean_weather will delete them; raise the setting to keep them"
            )
        total = len(parks) * ((last - first).days + 1)
        with archive_client() as source, self.bar(total, "park-day", options["verbosity"]) as bar:
            return backfill(source, parks, first, last, timezone.now(), options["missing"], bar.update)

    def report(self, run: WeatherRun, parks: int) -> None:
        for park, why in run.failed[:MOST_TOLD]:
            self.stderr.write(f"{park.name} (park {park.pk}): {why}")
        if len(run.failed) > MOST_TOLD:
            self.stderr.write(f"… and {len(run.failed) - MOST_TOLD:,} more")
        self.stdout.write(
            f"Stored {run.observations:,} observed and {run.forecasts:,} forecast hours of {parks:,} parks;"
            f" {len(run.failed):,} failed. {ATTRIBUTION.text} ({ATTRIBUTION.url}), {ATTRIBUTION.licence}."
        )
        if run.aborted:
            raise CommandError(f"given up: {run.aborted}; what was stored stays, and the command can be repeated")
        if run.failed:
            raise SomeFailed(f"{len(run.failed):,} could not be had")


def span_option(start: str, end: str) -> tuple[date, date]:
    """The days of `--backfill`; raises CommandError."""
    first, last = day_option(start, "--backfill"), day_option(end, "--backfill")
    if first is None or last is None:
        raise refuse("--backfill: two dates are needed (YYYY-MM-DD YYYY-MM-DD)")
    if first > last:
        raise refuse(f"--backfill: {first} lies after {last}")
    if last > timezone.now().astimezone(UTC).date():
        raise refuse(f"--backfill: {last} is yet to come; --forecast looks ahead")
    return first, last
