"""Publishing: a month when it is final, and again when what it says has changed."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max, Min
from msgspec.structs import replace

from opendata.descriptions import describe_publication
from opendata.files import Facts, write_file
from opendata.manifest import (
    Manifest,
    PublicationError,
    PublishedFile,
    inside,
    read_manifest,
    write_manifest,
    write_text,
)
from opendata.sources import parks_that_go_out
from opendata.tables import TABLES, Table
from snapshots.models import RideStatusSnapshot
from snapshots.storage.partitions import next_month
from stats.models import AggregationLog, AggregationStatus
from stats.readings.roster import zulu

# Gaps are healed and late events come within it; what changes afterwards is a new revision.
SETTLING = timedelta(days=7)
SUMS = "SHA256SUMS"

Reported = Callable[[str, int], Any]


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """One publication into a directory at a time. Raises PublicationError."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PublicationError(f"another process publishes into {directory} at this moment") from error
        yield


def final_from(month: date) -> datetime:
    """When a month is final."""
    return datetime.combine(next_month(month), datetime.min.time(), UTC) + SETTLING


def final_months(now: datetime) -> list[date]:
    """The months with observations that are final, in order; one query."""
    found = RideStatusSnapshot.objects.aggregate(first=Min("recorded_at"), last=Max("recorded_at"))
    if found["first"] is None:
        return []
    month, months = found["first"].date().replace(day=1), []
    while month <= found["last"].date() and final_from(month) <= now:
        months.append(month)
        month = next_month(month)
    return months


def due_months(directory: Path, now: datetime) -> list[date]:
    """The final months that are not published, or of which a day was computed since."""
    manifest = read_manifest(directory)
    return [month for month in final_months(now) if is_due(manifest, month)]


def is_due(manifest: Manifest, month: date) -> bool:
    revision = data_revision(month)
    published = [manifest.newest(table.name, f"{month:%Y-%m}") for table in TABLES if table.month_of]
    return any(file is None or file.data_revision != revision for file in published)


def data_revision(month: date) -> str | None:
    """When a day of the month was last computed; None: never. One query."""
    days = AggregationLog.objects.filter(
        aggregation_date__gte=month, aggregation_date__lt=next_month(month), status=AggregationStatus.SUCCESS
    )
    at = days.aggregate(at=Max("completed_at"))["at"]
    return None if at is None else zulu(at)


def publish_month(month: date, directory: Path, now: datetime, reported: Reported) -> list[PublishedFile]:
    """Write each table of a month, and those without months; what is new. A month that says the same gives none.

    May be killed anywhere: a file counts when the manifest names it. Raises PublicationError, OSError.
    """
    if final_from(month) > now:
        raise PublicationError(
            f"{month:%Y-%m} is still open: days of it may change; it is final from {final_from(month):%Y-%m-%d} on"
        )
    with alone(directory):
        revision = data_revision(month)
        found = [publish_table(table, month, revision, directory, now, reported) for table in TABLES]
        describe_publication(directory, read_manifest(directory))
        write_sums(directory)
    return [file for file in found if file is not None]


def publish_table(
    table: Table, month: date, revision: str | None, directory: Path, now: datetime, reported: Reported
) -> PublishedFile | None:
    manifest = read_manifest(directory)
    of = f"{month:%Y-%m}" if table.month_of else None
    held = manifest.newest(table.name, of)
    number = 1 if held is None else held.revision + 1
    path = path_of(table, of, number)
    facts = write_file(
        table,
        month if table.month_of else None,
        parks_that_go_out(table.name),
        inside(directory, path),
        lambda rows: reported(table.name, rows),
    )
    if held is not None and held.sha256 == facts.sha256:
        inside(directory, path).unlink()
        if held.data_revision != revision and of is not None:
            confirm(directory, manifest, held, revision)
        return None
    added = published(table, of, number, path, facts, revision if of else None, now, held)
    write_manifest(directory, manifest.with_file(added))
    return added


def confirm(directory: Path, manifest: Manifest, held: PublishedFile, revision: str | None) -> None:
    """The month was computed again and says the same: the file holds for that revision too."""
    files = [replace(file, data_revision=revision) if file == held else file for file in manifest.files]
    write_manifest(directory, Manifest(files=files))


def path_of(table: Table, month: str | None, revision: int) -> str:
    folder, name = (f"{table.name}/month={month}", f"{table.name}-{month}") if month else (table.name, table.name)
    return f"{folder}/{name}-r{revision}.parquet"


def published(
    table: Table,
    month: str | None,
    number: int,
    path: str,
    facts: Facts,
    revision: str | None,
    now: datetime,
    held: PublishedFile | None,
) -> PublishedFile:
    return PublishedFile(
        table=table.name,
        month=month,
        revision=number,
        path=path,
        **facts._asdict(),
        metrics_version=settings.METRICS_VERSION,
        data_revision=revision,
        published_at=zulu(now),
        replaces=None if held is None else held.path,
        replaced_by=None,
    )


def write_sums(directory: Path) -> None:
    """For `sha256sum -c`, without us."""
    files = sorted(read_manifest(directory).files, key=lambda file: file.path)
    write_text(directory / SUMS, "".join(f"{file.sha256}  {file.path}\n" for file in files).encode())
