"""`manage.py partitions`: the months of the big tables on MariaDB and MySQL."""

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand, refuse
from snapshots.storage import exports, partition_care
from snapshots.storage.partitions import PARTITIONED_TABLES, has_partitions
from snapshots.storage.tables import partitions_of

EXAMPLES = """
examples:
  partitions list                      every partition with its range, rows (estimated) and size
  partitions ensure                    months ahead, cut out of the last catch-all; the clock runs this every day
  partitions ensure --month 2025-11    this month and those between it and the first one
  partitions verify                    no holes, every row in its month, months ahead; reads every row
  partitions detach 2021-01 --to /archive
      write the month to files, check them, and only then take it out of the tables; asks first
  partitions attach /archive/queue_data-2021-01.jsonl.gz
      store a detached month again
  partitions flatten / partitions rebuild
      the way back to plain tables, and to months again; docs/operations.md says when

Each change locks one table, counts its rows before and after, and changes nothing when it fails.
Exit code 0: fine. 1: something is not as it should be, or could not be done. 2: an option that cannot be used.
"""
NO_PARTITIONS = "This database is SQLite: its tables are plain, and there are no partitions to care for."


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Care for the monthly partitions of the big tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("list", help="every partition")
        ensure = actions.add_parser("ensure", help="make the months ahead, or a month you name")
        ensure.add_argument(
            "--months-ahead",
            type=int,
            metavar="N",
            default=partition_care.MONTHS_AHEAD,
            help="months after the present one that shall have a partition, 1 to 60 (default: %(default)s)",
        )
        ensure.add_argument("--month", metavar="YYYY-MM", help="make the partition of this month instead")
        verify = actions.add_parser("verify", help="is all as it should be?")
        verify.add_argument("--quick", action="store_true", help="only the partitions, without reading the rows")
        detach = actions.add_parser("detach", help="write a month to files, then take it out")
        detach.add_argument("month", metavar="YYYY-MM", help="a month that has ended (UTC)")
        detach.add_argument("--to", metavar="DIRECTORY", help="where the files go (default: DATA_DIR/detached)")
        attach = actions.add_parser("attach", help="store a detached month again")
        attach.add_argument("file", metavar="FILE", help="what detach wrote: TABLE-YYYY-MM.jsonl.gz")
        flatten = actions.add_parser("flatten", help="make the tables plain, with all their rows")
        actions.add_parser("rebuild", help="cut the tables into months anew, with all their rows")
        for each in (detach, flatten):
            each.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        action = options["action"]
        # A month can be stored again in whatever database.
        if not has_partitions(connection) and action != "attach":
            if action in ("detach", "flatten", "rebuild"):
                raise refuse(f"{action}: {NO_PARTITIONS}")
            self.stdout.write(NO_PARTITIONS)
            return
        try:
            getattr(self, f"{action}_action")(timezone.now().date(), options)
        except (partition_care.WrongMonth, exports.ExportError) as error:
            raise refuse(str(error)) from error
        except partition_care.PartitionError as error:
            raise CommandError(str(error), returncode=1) from error

    def list_action(self, today: date, options: dict[str, Any]) -> None:
        for table in PARTITIONED_TABLES:
            found = partitions_of(table)
            rows, size = sum(each.rows for each in found), sum(each.bytes for each in found)
            self.stdout.write(
                f"{table}: {len(found)} partitions, about {rows:,} rows, {size / 2**20:,.1f} MB"
                if found
                else f"{table}: a plain table"
            )
            start = None
            for each in found:
                span = f"{start or 'the beginning'} to {each.below or 'the end'}"
                self.stdout.write(f"  {each.name:10} {span:28} {each.rows:>14,} rows {each.bytes / 2**20:>12,.1f} MB")
                start = each.below

    def ensure_action(self, today: date, options: dict[str, Any]) -> None:
        ahead = options["months_ahead"]
        if not 1 <= ahead <= 60:
            raise refuse(f"--months-ahead: {ahead} is not between 1 and 60")
        if options["month"] is not None:
            month = month_option("--month", options["month"])
            self.each_table(lambda table: partition_care.add_month(table, month))
        else:
            self.each_table(lambda table: partition_care.ensure_ahead(table, today, ahead))

    def each_table(self, make: Callable[[str], list[str]]) -> None:
        """Make partitions of every table; a month that one table has already is refused when all have it."""
        refusals = []
        for table in PARTITIONED_TABLES:
            try:
                made = make(table)
            except partition_care.WrongMonth as error:
                refusals.append(error)
                continue
            self.stdout.write(f"{table}: made {', '.join(made)}" if made else f"{table}: all there, nothing to do")
        if len(refusals) == len(PARTITIONED_TABLES):
            raise refusals[0]

    def verify_action(self, today: date, options: dict[str, Any]) -> None:
        problems = []
        for table in PARTITIONED_TABLES:
            verdict = partition_care.verify(table, today, options["quick"])
            counted = "" if options["quick"] else f", {verdict.rows:,} rows"
            state = "fine" if not verdict.problems else f"{len(verdict.problems)} problems"
            self.stdout.write(f"{table}: {verdict.partitions} partitions{counted}: {state}")
            problems += verdict.problems
        if problems:
            raise SomeFailed("\n".join(problems))

    def detach_action(self, today: date, options: dict[str, Any]) -> None:
        month = month_option("YYYY-MM", options["month"])
        directory = Path(options["to"] or settings.DATA_DIR / "detached")
        names = {table: partition_care.month_partition(table, month, today) for table in PARTITIONED_TABLES}
        self.confirm(
            options,
            f"{month:%Y-%m}",
            f"This takes {month:%Y-%m} out of {' and '.join(names)}, after writing it to {directory}.",
        )
        for table, name in names.items():
            self.detach_one(table, name, month, exports.file_of(directory, table, month), options["verbosity"])

    def detach_one(self, table: str, name: str, month: date, path: Path, verbosity: int) -> None:
        partition_care.put_back(table, name)
        expected = partition_care.fingerprint(table, name)
        if not expected.rows:
            self.stdout.write(f"{table}: {name} is empty; nothing to write, nothing to take out")
            return
        with self.bar(2 * expected.rows, "row", verbosity) as bar:
            written = exports.export_month(table, month, path, bar.update)
            read = exports.count_rows(path, bar.update)
        if not written == read == expected.rows:
            self.discard(path)
            raise partition_care.PartitionError(f"{table}: rows of {name} were written meanwhile; run it again")
        try:
            partition_care.take_out(table, name, expected)
        except partition_care.PartitionError:
            self.discard(path)
            raise
        self.stdout.write(f"{table}: {written:,} rows of {name} are in {path}, and no more in the table")

    @staticmethod
    def discard(path: Path) -> None:
        """A file whose rows stayed in the table would only confuse."""
        for each in (path, exports.checksum_file(path)):
            with suppress(OSError):
                each.unlink()

    def attach_action(self, today: date, options: dict[str, Any]) -> None:
        path = Path(options["file"])
        rows = exports.count_rows(path, lambda count: None)
        with self.bar(rows, "row", options["verbosity"]) as bar:
            exports.import_month(path, bar.update)
        self.stdout.write(f"Stored {rows:,} rows of {path.name}.")

    def flatten_action(self, today: date, options: dict[str, Any]) -> None:
        self.confirm(options, "plain", f"This makes plain tables of {' and '.join(PARTITIONED_TABLES)}.")
        for table in PARTITIONED_TABLES:
            if partitions_of(table):
                self.stdout.write(f"{table}: {partition_care.flatten(table):,} rows, now in a plain table")
            else:
                self.stdout.write(f"{table}: a plain table already")

    def rebuild_action(self, today: date, options: dict[str, Any]) -> None:
        for table in PARTITIONED_TABLES:
            rows = partition_care.rebuild(table, today)
            self.stdout.write(f"{table}: {rows:,} rows, in {len(partitions_of(table))} partitions")

    def confirm(self, options: dict[str, Any], word: str, what: str) -> None:
        """Nothing is taken away by accident: `--yes`, or the word typed at a terminal."""
        if options["yes"]:
            return
        try:
            answer = input(f"{what} Type {word} to go on: ")
        except EOFError:
            answer = ""
        if answer.strip() != word:
            raise refuse(f"not confirmed, nothing was changed; type {word}, or give --yes")


def month_option(option: str, text: str) -> date:
    """The first day of a YYYY-MM option; raises CommandError."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
        if len(text) != len("YYYY-MM"):
            raise ValueError(text)
    except ValueError:
        raise refuse(f"{option}: {text!r} is not a month (YYYY-MM)") from None
    if not date(1971, 1, 1) <= month <= date(2199, 11, 1):
        raise refuse(f"{option}: {text!r} is out of range")
    return month
