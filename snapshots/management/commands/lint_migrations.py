"""`manage.py lint_migrations`: what migrations would do to a running system."""

from typing import Any

from core.commands import SomeFailed, TeachingCommand
from snapshots.storage.migration_lint import linted

EXAMPLES = """
examples:
  lint_migrations   every migration that locks a table, loses data or cannot be undone, and does not say why

A migration answers for it with a line in its class: locks = "the table is small".
Exit code 0: fine. 1: some do not.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Find migrations that would lock or break a running system."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = linted()
        wrong = {name: lines for name, lines in found.items() if lines}
        for name, lines in wrong.items():
            for line in lines:
                self.stdout.write(f"{name}: {line}")
        if wrong:
            raise SomeFailed(f"{len(wrong)} of {len(found)} migrations would disturb a running system")
        self.stdout.write(f"{len(found)} migrations: fine.")
