"""`manage.py mapping_report`: which entity of the archive was taken for which ride, and how sure that is."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core.commands import TeachingCommand, refuse
from core.upstream.payloads import uuid_of
from importer.mapping.report import COLUMNS, ParkReport, cells, decisions, mapping_report
from importer.models import MappingMethod
from parks.options import park_option

EXAMPLES = """
examples:
  mapping_report
      per park: entities by method, then those mapped by a similar name and those that fit no ride
  mapping_report --park-id 4 --csv mappings.csv
      every decision of park 4 as CSV; "-" writes it to the standard output

Mend a wrong one with map_rides. Exit code 0: reported. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Report how entities of the archive were mapped to rides."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--destination", metavar="UUID", help="only this ThemeParks.wiki destination")
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park of ours")
        parser.add_argument("--csv", metavar="FILE", help="every decision as CSV, to a file or - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        destination = options["destination"]
        if destination is not None and uuid_of(destination) is None:
            raise refuse(f"--destination: {destination!r} is not a UUID")
        park = park_option(options["park_id"])
        chosen = (destination.lower() if destination else None, park.pk if park else None)
        if options["csv"] is not None:
            self.write_csv(options["csv"], *chosen)
            return
        reports = mapping_report(*chosen)
        for report in reports:
            self.show(report)
        if not reports:
            self.stdout.write("No entity was mapped yet; import_historical does it.")

    def write_csv(self, name: str, destination: str | None, park: int | None) -> None:
        if name == "-":
            csv.writer(self.stdout, lineterminator="\n").writerows(self.lines(destination, park))
            return
        try:
            with Path(name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(self.lines(destination, park))
        except OSError as error:
            raise refuse(f"--csv: {name!r} cannot be written: {error.strerror}") from None

    @staticmethod
    def lines(destination: str | None, park: int | None) -> Any:
        yield COLUMNS
        yield from map(cells, decisions(destination, park))

    def show(self, report: ParkReport) -> None:
        counts = ", ".join(
            f"{report.methods[method]:,} {method.value}" for method in MappingMethod if report.methods[method]
        )
        self.stdout.write(f"{report.park} (destination {report.destination or 'unknown'}): {counts}.")
        for each in report.to_look_at:
            if each.method == MappingMethod.FUZZY:
                sure = f"distance {each.edits}, confidence {each.confidence}"
                self.stdout.write(f"  {each.entity_name!r} -> {each.ride} (ride {each.ride_id}): {sure}")
            else:
                self.stdout.write(f"  {each.entity_name!r} ({each.entity_uuid}) fits no ride")
