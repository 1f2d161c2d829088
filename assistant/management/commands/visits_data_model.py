"""`manage.py visits_data_model`: the entity diagram of visits and conversations."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from assistant import data_model
from core.commands import TeachingCommand

EXAMPLES = """
examples:
  visits_data_model
      print it
  visits_data_model --write
      after a change of a model: write docs/data-model-visits.md
  visits_data_model --check
      is that file up to date? exit code 1 when it is not
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Draw the tables of visits and conversations, from the models."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--write", action="store_true", help=f"write {data_model.PLACE}")
        way.add_argument("--check", action="store_true", help=f"compare with {data_model.PLACE}")

    def handle(self, *args: Any, **options: Any) -> None:
        place = Path(settings.BASE_DIR) / data_model.PLACE
        text = data_model.text()
        if options["write"]:
            place.write_text(text)
        elif not options["check"]:
            self.stdout.write(text, ending="")
        elif not place.exists() or place.read_text() != text:
            raise CommandError(f"{data_model.PLACE} is out of date; run manage.py visits_data_model --write")
