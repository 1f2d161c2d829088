"""`manage.py remove_sample_data`: takes the synthetic sample out of the database again."""

from typing import Any

from config.sample.history import removed_marker
from config.sample.removal import remove_sample
from core.commands import TeachingCommand

EXAMPLES = """
It removes the parks named "... (sample)", their rides, and every row that speaks of them: observations, statistics,
outages, weather, hours, imports, visits. What real parks reported is not touched. script/server makes no sample again.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Remove the synthetic sample: its parks and all that is stored of them."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = remove_sample()
        if not gone:
            self.stdout.write("There is no sample data.")
            return
        for table, rows in sorted(gone.items()):
            self.stdout.write(f"{table}: {rows:,} rows removed")
        self.stdout.write(f"The sample is gone. Delete {removed_marker()} to have script/server make it again.")
