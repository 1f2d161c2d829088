"""Do the files hold what the manifest says, and the manifest what the database says?"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
from django.db.models import Count, Sum

from opendata.files import facts_of
from opendata.manifest import PublishedFile, inside, month_of, read_manifest
from opendata.sources import parks_that_go_out
from opendata.tables import BY_NAME


class Verdict(NamedTuple):
    file: PublishedFile
    problem: str  # "": all as it should be


def verified(directory: Path, with_database: bool = True) -> Iterator[Verdict]:
    """File by file; the revisions that were replaced are compared with their checksums alone. Raises
    PublicationError."""
    for file in read_manifest(directory).files:
        problem = problem_of_file(directory, file)
        if not problem and with_database and file.replaced_by is None:
            problem = problem_of_rows(file)
        yield Verdict(file, problem)


def problem_of_file(directory: Path, file: PublishedFile) -> str:
    if file.table not in BY_NAME:
        return "is of a table that this version does not know"
    try:
        facts = facts_of(BY_NAME[file.table], inside(directory, file.path))
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except duckdb.Error:
        return "is truncated or altered: it is no Parquet file of ours"
    if facts.sha256 != file.sha256:
        return f"is altered: its checksum is {facts.sha256[:12]}…, not {file.sha256[:12]}…"
    said = {name: getattr(file, name) for name in facts._fields}
    wrong = [name for name, value in facts._asdict().items() if said[name] != value]
    return f"does not hold what the manifest says of its {', '.join(wrong)}" if wrong else ""


def problem_of_rows(file: PublishedFile) -> str:
    """Against the database: the rows, and what their seconds add up to; one query."""
    table = BY_NAME[file.table]
    month = month_of(file.month) if file.month else None
    rows = table.rows(month, parks_that_go_out(table.name)).order_by()
    found = rows.aggregate(count=Count("*"), seconds=Sum(table.seconds or table.order[0]))
    if found["count"] != file.rows:
        return f"has {file.rows:,} rows, the database {found['count']:,}: publish the month again"
    if table.seconds and found["seconds"] != file.seconds:
        return f"adds up to {file.seconds:,} s, the database to {found['seconds']:,} s: publish the month again"
    return ""
