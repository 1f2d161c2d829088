"""`manage.py data_dictionary`: what is in which column, and which query each index serves."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core.commands import TeachingCommand
from core.database import dictionary

EXAMPLES = """
examples:
  data_dictionary
      print it
  data_dictionary --write
      after a change of a model: write docs/data-dictionary.md
  data_dictionary --check
      is that file up to date? exit code 1 when it is not
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Describe every table, column and index, from the models."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--write", action="store_true", help=f"write {dictionary.PLACE}")
        way.add_argument("--check", action="store_true", help=f"compare with {dictionary.PLACE}")

    def handle(self, *args: Any, **options: Any) -> None:
        place = Path(settings.BASE_DIR) / dictionary.PLACE
        text = dictionary.text()
        if options["write"]:
            place.write_text(text)
        elif not options["check"]:
            self.stdout.write(text, ending="")
        elif not place.exists() or place.read_text() != text:
            raise CommandError(f"{dictionary.PLACE} is out of date; run manage.py data_dictionary --write")
