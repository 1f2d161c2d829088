"""`manage.py metadata_coverage`: how much is known of the rides besides their state (R-26.6)."""

from argparse import ArgumentParser
from typing import Any

from core.commands import TeachingCommand
from parks.models import Park
from parks.options import park_option
from parks.sync.metadata_coverage import MetadataCoverage, metadata_coverage

COLUMNS = ("total_rides", "with_metadata", "with_coordinates", "with_indoor_outdoor", "with_height_requirement")
HEADINGS = ("rides", "metadata", "places", "shelter", "heights")
EXAMPLES = """
examples:
  metadata_coverage
      every active park, and all rides together
  metadata_coverage --park-id 4

Counts rides that have an upstream id, active or not. ThemeParks.wiki reports no ride as indoor or outdoor so far, and
many rides have no limit of height: those two columns need not reach 100 %. GET /api/admin/quality/coverage reports
the same of all rides. Exit code 0.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Report of how many rides place, heights and shelter are known."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--park-id", type=int, help="only this park")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = park_option(options["park_id"])
        parks = [chosen] if chosen else Park.objects.active().order_by("name", "pk")
        self.line("park", HEADINGS, "with metadata", "with a place")
        for park in parks:
            self.reported(park.name, metadata_coverage(park))
        if chosen is None:
            self.reported("all rides", metadata_coverage())

    def reported(self, name: str, found: MetadataCoverage) -> None:
        shares = (f"{each} %" for each in (found.coverage.metadata_pct, found.coverage.coordinate_pct))
        self.line(name, [f"{getattr(found, column):,}" for column in COLUMNS], *shares)

    def line(self, name: str, cells: Any, *shares: str) -> None:
        numbers = "".join(f"{cell:>10}" for cell in cells)
        self.stdout.write(f"{name:<36.36}{numbers}" + "".join(f"{share:>15}" for share in shares))
