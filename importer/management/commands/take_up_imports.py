"""`manage.py take_up_imports`: imports that stand still because their worker was killed."""

from typing import Any

from kombu.exceptions import OperationalError

from core.commands import SomeFailed, TeachingCommand
from importer.jobs.recovery import recover

EXAMPLES = """
examples:
  take_up_imports    ask the workers for imports that stand still; the clock does so every five minutes

Exit code 0: done. 1: the message broker cannot be reached.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Hand imports of killed workers, which stand still, to the workers again."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        try:
            for job in recover():
                found += 1
                self.stdout.write(f"{job.import_id}: stood still, handed to the workers again.")
        except (OperationalError, OSError) as error:
            raise SomeFailed(f"the message broker (REDIS_URL) cannot be reached: {error}") from error
        if not found:
            self.stdout.write("No import stands still.")
