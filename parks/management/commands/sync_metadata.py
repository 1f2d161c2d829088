"""`manage.py sync_metadata`: places, heights and tags of rides from ThemeParks.wiki (R-26.6)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand, refuse
from parks.options import park_option
from parks.sync.entity_metadata import CHECKED_EVERY, MetadataSync, sync_metadata, wiki_parks
from parks.upstreams import themeparks_wiki

MOST_TOLD = 20
EXAMPLES = f"""
examples:
  sync_metadata
      every active park; the schedule does it daily
  sync_metadata --park-id 4
      one park
  sync_metadata --all
      ask for every ride's own answer again, whenever it was read last

A park costs one request, and each ride one more when it is new or was last asked {CHECKED_EVERY.days} days ago: its
heights and tags stand nowhere else. A change is a new version; what was before stays in entity_metadata_versions, with
the names of the fields that changed. What upstream does not report erases nothing. It can be stopped and repeated at
any time. metadata_coverage reports how much is known.
Exit code 0: all is up to date. 1: some answers could not be had; what they concern stays as it was. 2: an option that
cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Bring places, heights and tags of rides up to date with ThemeParks.wiki."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--park-id", type=int, help="only this park")
        parser.add_argument("--all", action="store_true", help="read every ride's own answer again")

    def handle(self, *args: Any, **options: Any) -> None:
        park = park_option(options["park_id"])
        parks = wiki_parks(park)
        if park is not None and not parks:
            raise refuse(f"--park-id: {park.name} is not an active park of ThemeParks.wiki")
        with (
            themeparks_wiki.client() as wiki,
            self.bar(len(parks), "park", options["verbosity"]) as bar,
        ):
            done = sync_metadata(parks, wiki, timezone.now(), options["all"], bar.update)
        self.report(done, options["verbosity"])
        failed = [synced.park.name for synced in done if synced.errors]
        if failed:
            error = SomeFailed if len(failed) < len(done) else CommandError
            raise error(f"not all could be had; unchanged in part or whole: {', '.join(failed)}")

    def report(self, done: Sequence[MetadataSync], verbosity: int) -> None:
        errors = [f"{synced.park.name}: {error}" for synced in done for error in synced.errors]
        for error in errors[:MOST_TOLD]:
            self.stderr.write(error)
        if len(errors) > MOST_TOLD:
            self.stderr.write(f"… and {len(errors) - MOST_TOLD:,} more")
        for synced in done if verbosity > 1 else ():
            for ride in synced.changed:
                self.stdout.write(f"{synced.park.name}: {ride.name} changed")
        self.stdout.write(
            f"{sum(synced.rides for synced in done):,} rides of {len(done):,} parks:"
            f" {sum(synced.created for synced in done):,} new,"
            f" {sum(len(synced.changed) for synced in done):,} changed,"
            f" {sum(synced.asked for synced in done):,} asked for heights and tags, {len(errors):,} errors."
        )
