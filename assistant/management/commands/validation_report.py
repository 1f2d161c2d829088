"""`manage.py validation_report`: does the configured database keep what the data layer of visits promises?"""

import platform
import sys
from argparse import ArgumentParser
from typing import Any

from django.db import connection

from assistant.validation.report import measured
from core.commands import SomeFailed, TeachingCommand, refuse

EXAMPLES = """
examples:
  validation_report
      against the database of DATABASE_URL; takes about a minute
  validation_report --rows 1000
      with less data
"""
MOST_ROWS = 1_000_000


class Command(TeachingCommand):
    examples = EXAMPLES
    help = (
        "Check the data layer of visits and conversations against the configured database, and print what was"
        " measured. What writes is done in a database of its own, which is dropped; the user of DATABASE_URL must be"
        " allowed to make one. Exit code 1 when something failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rows", type=int, default=10_000, metavar="N", help="of each kind (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 100 <= options["rows"] <= MOST_ROWS:
            raise refuse(f"--rows must be between 100 and {MOST_ROWS}, not {options['rows']}")
        self.stdout.write(f"{server()}, Python {platform.python_version()}, {options['rows']:,} rows\n")
        failed = 0
        for each in measured(options["rows"]):
            failed += each.ok is False
            self.stdout.write(f"{each.word:<9} {each.name:<40} {each.text}")
            sys.stdout.flush()
        if failed:
            raise SomeFailed(f"{failed} checks failed")


def server() -> str:
    """The database server and its version."""
    with connection.cursor():
        version = ".".join(map(str, connection.get_database_version()))
    if connection.vendor != "mysql":
        return f"SQLite {version}"
    return f"{'MariaDB' if getattr(connection, 'mysql_is_mariadb', False) else 'MySQL'} {version}"
