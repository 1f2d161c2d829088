"""`manage.py sync_schedules`: planned opening hours from ThemeParks.wiki (R-6.5)."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import FIRST_DAY, LAST_DAY, TeachingCommand, refuse
from parks.models import Park
from parks.options import park_option
from parks.sync.schedules import Month, Refreshed, parks_with_schedule, refresh_schedules, stale_parks
from parks.upstreams import themeparks_wiki
from snapshots.collection.schedule_log import log_refreshed

EXAMPLES = """
examples:
  sync_schedules
      the parks whose schedule is older than 24 hours
  sync_schedules --all
      every active park that ThemeParks.wiki knows
  sync_schedules --park 4 --month 2026-12
      December of one park, as far as it is planned

The newest answer for a date replaces the older one, also after opening; the old window is kept as superseded. An
entry that cannot be read costs its own date alone, which keeps what was known. What was repaired is in the quality
log. A date that was set by hand in the admin site is left alone.
Exit code 0: all were asked. 1: some answers could not be had or read; their parks keep what they had.
2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Fetch the planned opening hours of parks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--park", "--park-id", dest="park_id", type=int, metavar="N", help="only this park of ours")
        which.add_argument("--all", action="store_true", help="also parks whose schedule is fresh")
        parser.add_argument(
            "--month", metavar="YYYY-MM", help="this month instead of the next 30 days; of all parks unless --park"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        park, month = park_option(options["park_id"]), month_option(options["month"])
        parks = self.chosen(park, every=options["all"] or month is not None)
        with themeparks_wiki.client() as wiki, self.bar(len(parks), "park", options["verbosity"]) as bar:
            done = [*refresh_schedules(wiki, parks, month, bar.update)]
        logged = log_refreshed(done, timezone.now())
        for refreshed in done:
            self.report(refreshed, options["verbosity"])
        failed = [refreshed for refreshed in done if refreshed.error]
        self.stdout.write(
            f"Asked for {len(done):,} parks: {sum(each.added for each in done):,} windows new,"
            f" {sum(each.changed for each in done):,} changed, {sum(each.withdrawn for each in done):,} withdrawn,"
            f" {sum(each.unchanged for each in done):,} unchanged;"
            f" {sum(problem.count for each in done for problem in each.problems):,} problems,"
            f" {logged:,} new in the quality log."
        )
        if failed:
            raise CommandError(f"{len(failed)} of {len(done)} parks failed and keep the schedule they had")

    @staticmethod
    def chosen(park: Park | None, every: bool) -> list[Park]:
        if park is None:
            return parks_with_schedule() if every else stale_parks(timezone.now())
        if park.themeparks_wiki_id is None:
            raise refuse(f"--park: {park} has no ThemeParks.wiki id, so nobody publishes its schedule")
        return [park]

    def report(self, refreshed: Refreshed, verbosity: int) -> None:
        if refreshed.error:
            self.stderr.write(f"{refreshed.park}: {refreshed.error}")
        if verbosity > 0:
            for problem in refreshed.problems:
                self.stderr.write(f"{refreshed.park}: {problem}")


def month_option(text: str | None) -> Month | None:
    """A YYYY-MM option, or None when it was not given; raises CommandError."""
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise refuse(f"--month: {text!r} is not a month (YYYY-MM)")
    year, number = map(int, text.split("-"))
    if not FIRST_DAY.year < year <= LAST_DAY.year:
        raise refuse(f"--month: {text!r} is out of range")
    return Month(year, number)
