"""`manage.py heal_gaps`: fills recent gaps of live collection from the upstream's history."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from core.jobs.requests import RecomputeDays, request
from importer.healing.heal import HealSummary, Work, heal, works
from importer.healing.histories import HISTORY_DAYS, calls_left, history_client
from parks.models import Park
from parks.options import park_option

PROBLEMS_SHOWN = 5
EXAMPLES = f"""
examples:
  heal_gaps                  what the schedule runs every hour
  heal_gaps --dry-run        what is to be filled, with how many calls; nothing is asked or written
  heal_gaps --park-id 4      one park

Gaps are the GAP rows of data_quality_log that live collection and detect_gaps write. Those of the last
{HISTORY_DAYS} days whose park is at ThemeParks.wiki are filled: when data have returned, and of a gap that is still
open the days that have ended. It takes one call per ride, whatever the number of a park's gaps, within a budget of
HISTORY_CALLS_PER_HOUR calls in any 60 minutes that all runs share. What is over goes on in the next run; answers are
kept until a park is complete. A call that got no answer is made again by later runs, three times at most.
Rows of live collection are never changed. Filled rows have the source ARCHIVE, the gap's record says what was filled
(raw_data, resolution_notes), and the daily statistics of the filled days are computed anew. A gap that the upstream
no longer looks back to becomes WONTFIX.
Exit code 0: nothing is left to do. 1: something is, see the last lines. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Fill recent gaps of our own collection from the history endpoint of ThemeParks.wiki."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park")
        parser.add_argument("--dry-run", action="store_true", help="report what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        park = park_option(options["park_id"])
        if park is not None and not park.themeparks_wiki_id:
            raise refuse(f"--park-id: {park.name} is not at ThemeParks.wiki, so there is no history of it")
        now = timezone.now()
        todo = works(now, park)
        calls = {work.park.pk: len(work.rides) - len(work.settled()) for work in todo}
        if options["dry_run"]:
            self.report_plan(todo, calls, max(0, calls_left(now)))
            return
        self.verbosity = options["verbosity"]
        with history_client() as wiki, self.bar(sum(calls.values()), "call", self.verbosity) as bar:
            summary = heal(wiki, todo, self.recompute, bar.update)
        self.report(summary)
        if summary.left:
            raise CommandError("\n".join(["Left for a later run:", *summary.left]), returncode=1)

    def report_plan(self, todo: list[Work], calls: dict[int, int], budget: int) -> None:
        for work in todo:
            minutes = sum(end - start for start, end in (hole.interval for hole in work.holes)) // 60
            self.stdout.write(
                f"{work.park.name}: {len(work.holes)} gaps, {minutes:,} minutes from {work.first} to {work.last},"
                f" {calls[work.park.pk]} calls"
            )
        self.stdout.write(f"{sum(calls.values())} calls are needed; the budget has {budget} left now.")

    def report(self, summary: HealSummary) -> None:
        rows = summary.rows
        self.stdout.write(
            f"Filled {summary.gaps} gaps of {summary.parks} parks, {summary.seconds // 60:,} minutes,"
            f" with {summary.calls} calls: {rows['created']:,} rows created, {rows['updated']:,} updated,"
            f" {rows['deleted']:,} replaced, {rows['unchanged']:,} unchanged."
        )
        if summary.given_up:
            self.stdout.write(f"{summary.given_up} gaps cannot be filled; their records say why (WONTFIX).")
        for text, count in summary.problems.most_common(PROBLEMS_SHOWN):
            self.stderr.write(f"  {count} times: {text}")

    def recompute(self, park: Park, first: date, last: date) -> bool:
        days = RecomputeDays(park.pk, first, last)
        try:
            request(days, verbosity=min(self.verbosity, 1), stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            self.stderr.write(str(error))
            return False
        return True
