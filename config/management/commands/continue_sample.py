"""`manage.py continue_sample`: the synthetic history of script/server, brought up to now."""

from typing import Any

from django.utils import timezone

from config.sample.history import continue_sample
from core.commands import TeachingCommand

EXAMPLES = """
example:
  continue_sample                what is missing since the last time

The clock runs it every five minutes, script/server at its start. It continues what script/server began, and nothing
else: a sample that was made with generate_sample_archive and imported by hand stays as it is.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Continue the synthetic sample history to now. Can be interrupted and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        done = continue_sample(timezone.now())
        for name, since in done.items():
            self.stdout.write(f"{name}: continued since {since:%Y-%m-%d %H:%M}Z.")
        if not done:
            self.stdout.write("There is no sample to continue.")
