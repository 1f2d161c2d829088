"""`manage.py clean_visitors`: forget visitors of whom nothing is kept."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from core.commands import TeachingCommand
from visits.idle import IDLE, delete_some, idle_visitors

EXAMPLES = """
examples:
  clean_visitors
  clean_visitors --dry-run
      only count

The schedule runs it daily at 04:30 UTC. It can be stopped and repeated at any time. Exit code 0.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = f"Delete visitors who came more than {IDLE.days} days ago and of whom nothing is kept any more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        found = idle_visitors(timezone.now())
        if options["dry_run"]:
            self.stdout.write(f"Would delete {found.count():,} visitors of whom nothing is kept.")
            return
        deleted = 0
        while some := delete_some(found):
            deleted += some
        self.stdout.write(f"Deleted {deleted:,} visitors of whom nothing is kept.")
