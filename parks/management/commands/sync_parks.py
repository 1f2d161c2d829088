"""`manage.py sync_parks`: parks and rides from ThemeParks.wiki, operators and lands from Queue-Times (R-26.9)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError

from core.commands import TeachingCommand, refuse
from core.upstream.http import UpstreamError
from core.upstream.payloads import uuid_of
from parks.catalog.countries import is_country
from parks.sync.parks import ParkSync, plan_sync, sync_parks, watched_countries
from parks.upstreams import queue_times, themeparks_wiki

EVERY_COUNTRY = "ALL"
EXAMPLES = """
examples:
  sync_parks
      the parks of the United States and of every country we watch a park in
  sync_parks --country DE --dry-run
      what the parks of Germany would bring, without writing anything
  sync_parks --country all
      every park there is
  sync_parks --destination e957da41-3552-4cf6-b636-5babc5cbc4e5
      the parks of Walt Disney World

Nothing is deactivated: rides that upstream no longer lists are named, and stay until a person decides.
New rides have no classification; classify_rides gives them one.
Exit code 0: all is up to date. 1: some answers could not be had or read; what they concern stays as it was.
2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Bring parks and rides up to date with the upstreams."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--country", metavar="CC", help="only parks of this country (ISO 3166, DE), or all")
        which.add_argument("--destination", metavar="UUID", help="only parks of this ThemeParks.wiki destination")
        parser.add_argument("--dry-run", action="store_true", help="ask, report what would change, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        countries, destination = countries_option(options["country"]), destination_option(options["destination"])
        with themeparks_wiki.client() as wiki, queue_times.client() as times:
            try:
                plan = plan_sync(wiki, countries, destination)
            except UpstreamError as error:
                raise CommandError(
                    f"ThemeParks.wiki does not list its parks; nothing was changed ({error})"
                ) from error
            except LookupError:
                raise refuse(f"--destination: ThemeParks.wiki lists no destination {destination}") from None
            with self.bar(len(plan.chosen), "park", options["verbosity"]) as bar:
                done = sync_parks(plan, wiki, times, options["dry_run"], bar.update)
        for synced in done:
            self.report(synced, options["verbosity"])
        self.summarise(done, options["dry_run"])
        failed = [synced.name for synced in done if synced.errors]
        if failed:
            raise CommandError(f"not all could be had; unchanged in part or whole: {', '.join(failed)}")

    def report(self, synced: ParkSync, verbosity: int) -> None:
        for error in synced.errors:
            self.stderr.write(f"{synced.name}: {error}")
        if verbosity == 0:
            return
        for problem in synced.problems:
            self.stderr.write(f"{synced.name}: {problem}")
        if synced.is_new:
            self.stdout.write(f"{synced.name}: new")
        elif synced.changed:
            self.stdout.write(f"{synced.name}: {', '.join(synced.changed)} changed")
        for ride in synced.rides.vanished:
            self.stdout.write(f"{synced.name}: {ride.name} is no longer listed; it stays active")

    def summarise(self, done: Sequence[ParkSync], dry_run: bool) -> None:
        parks = [synced for synced in done if synced.park]
        created = sum(len(each.rides.created) + len(each.lands.created) for each in done)
        updated = {ride.pk for each in done for ride in (*each.rides.updated, *each.lands.updated)}
        skipped = sum(each.rides.skipped.total() for each in done)
        problems = sum(problem.count for each in done for problem in each.problems)
        self.stdout.write(
            f"{'Would have synced' if dry_run else 'Synced'} {len(parks):,} parks"
            f" ({sum(each.is_new for each in parks):,} new,"
            f" {sum(bool(each.changed) and not each.is_new for each in parks):,} changed);"
            f" rides: {created:,} new, {len(updated):,} changed,"
            f" {sum(len(each.rides.vanished) for each in done):,} no longer listed;"
            f" {skipped:,} other entities; {problems:,} problems."
        )


def countries_option(text: str | None) -> frozenset[str] | None:
    """The countries to sync; None: all. Raises CommandError."""
    if text is None:
        return watched_countries()
    code = text.strip().upper()
    if code != EVERY_COUNTRY and not is_country(code):
        raise refuse(f"--country: {text!r} is not an ISO 3166 code such as US, nor all")
    return None if code == EVERY_COUNTRY else frozenset({code})


def destination_option(text: str | None) -> str | None:
    """The UUID in lower case, or None when it was not given; raises CommandError."""
    if text is not None and uuid_of(text) is None:
        raise refuse(f"--destination: {text!r} is not a UUID")
    return uuid_of(text)
