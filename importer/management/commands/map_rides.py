"""`manage.py map_rides`: a person's word on which ride an entity of the archive is."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core.commands import SomeFailed, TeachingCommand, refuse
from importer.mapping.manual import BadMappings, apply_mapping, read_mappings
from importer.mapping.remapping import Moved, RemappingRefused, finish, unfinished

EXAMPLES = """
examples:
  map_rides --file mappings.csv
      entity_uuid,ride_id,park_id,ride_name,notes
      b2260923-9315-40fd-9c6b-44dd811dbe64,12,,,"the old name of the ride"
      81bcb1b5-7dba-4a2e-9d8a-0f6b54a8a0c1,,4,Space Mountain,
      a ride is named by its number, or by its park's number and its own name
  map_rides --file mappings.csv --dry-run
      check the file and write nothing
  map_rides --finish
      end moves of snapshots that were interrupted

What the archive brought in for another ride is moved, and the daily statistics of the days are computed again.
Days on which two entities fed one ride cannot be distinguished; they are named, and an import of them puts them right.
Exit code 0: done. 1: some lines could not be applied. 2: a file or an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Map entities of the archive to rides by hand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--file", metavar="CSV", help="manual mappings, one a line")
        what.add_argument("--finish", action="store_true", help="end moves that were interrupted, and do nothing else")
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")
        parser.add_argument("--no-recompute", action="store_true", help="leave the daily statistics to a later run")

    def handle(self, *args: Any, **options: Any) -> None:
        recompute = not options["no_recompute"]
        if options["finish"]:
            if options["dry_run"]:
                raise refuse("--dry-run goes with --file")
            for decision in unfinished():
                self.report(str(decision), finish(decision, recompute))
            return
        try:
            mappings = read_mappings(Path(options["file"]))
        except BadMappings as error:
            raise refuse(str(error)) from None
        if options["dry_run"]:
            self.stdout.write(f"{len(mappings):,} mappings can be used.")
            return
        refused = 0
        with self.bar(len(mappings), "entity", options["verbosity"]) as bar:
            for mapping in mappings:
                try:
                    moved = apply_mapping(mapping, f"map_rides, {user()}", recompute)
                except RemappingRefused as error:
                    refused += 1
                    self.stderr.write(f"line {mapping.line}: {error}")
                else:
                    self.report(f"{mapping.entity} is {mapping.ride.name} (ride {mapping.ride.pk})", moved)
                bar.update(1)
        if refused:
            raise SomeFailed(f"{refused:,} of {len(mappings):,} mappings could not be applied; see above.")

    def report(self, what: str, moved: Moved) -> None:
        self.stdout.write(
            f"{what}: {moved.rows:,} snapshots, {moved.queues:,} queue rows and {moved.changes:,} changes moved"
            + (f", {moved.dropped:,} dropped where the ride had its own" if moved.dropped else "")
            + "."
        )
        for first, last in moved.unclear:
            self.stdout.write(
                f"  {first:%Y-%m-%d} to {last:%Y-%m-%d}: another entity fed the ride too; import these days again."
            )


def user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
