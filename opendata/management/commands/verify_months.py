"""`manage.py verify_months`: are the published files what the manifest and the database say?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from core.commands import SomeFailed, TeachingCommand, refuse
from opendata.manifest import PublicationError
from opendata.verifying import verified

EXAMPLES = """
examples:
  verify_months                   checksums, rows and seconds of every file, and of the database
  verify_months --files-only      without the database, on whatever machine the files are
  verify_months --in /srv/open    files in another directory than PUBLISHED_DIR

Exit code 0: all is as it should be. 1: some is not, and each file says what. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Compare the published files with their manifest and with the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--in", dest="directory", metavar="DIRECTORY", help="where the files are")
        parser.add_argument("--files-only", action="store_true", help="leave the database alone")

    def handle(self, *args: Any, **options: Any) -> None:
        directory = Path(options["directory"] or settings.PUBLISHED_DIR)
        if options["directory"] and not directory.is_dir():
            raise refuse(f"--in: {directory} is no directory")
        total = wrong = 0
        try:
            for verdict in verified(directory, not options["files_only"]):
                total += 1
                wrong += bool(verdict.problem)
                if verdict.problem or options["verbosity"] > 1:
                    self.stdout.write(f"{verdict.file.path} {verdict.problem or 'is as it should be'}")
        except PublicationError as error:
            raise refuse(str(error)) from error
        if wrong:
            raise SomeFailed(f"{wrong} of {total} files are not as they should be")
        self.stdout.write(f"{total} files, all as they should be" if total else "Nothing is published yet.")
