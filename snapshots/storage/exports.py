"""A month of a big table as a file that can be read back: packed JSON lines, with a checksum beside it.

First line: what it is. Then a row a line, as a list in the order of the columns. `sha256sum -c FILE.sha256` checks the
file without us.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from core.database.querysets import columns_of
from core.zones import day_start
from snapshots.models import QueueData, RideStatusSnapshot
from snapshots.storage.partitions import next_month

FORMAT = "ridewatch month 1"
BATCH = 5_000  # rows
MODELS: dict[str, type[models.Model]] = {model._meta.db_table: model for model in (RideStatusSnapshot, QueueData)}


class ExportError(Exception):
    """A file cannot be written, read or believed: one line for the operator. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Header:
    format: str
    table: str
    month: str  # YYYY-MM
    columns: list[str]


def rows_of(table: str, month: date) -> models.QuerySet[Any]:
    """The rows of a month, UTC, in the order of the primary key."""
    inside = {"recorded_at__gte": day_start(month, "UTC"), "recorded_at__lt": day_start(next_month(month), "UTC")}
    return MODELS[table]._default_manager.filter(**inside).order_by("pk")


def file_of(directory: Path, table: str, month: date) -> Path:
    return directory / f"{table}-{month:%Y-%m}.jsonl.gz"


def checksum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- writing ---------------------------------------------------------------------------------------------


def export_month(table: str, month: date, path: Path, reported: Callable[[int], Any]) -> int:
    """Write the rows of a month to a new file and its checksum; how many. `reported` hears of every batch.

    The file has its name only when all of it is on the disk. Raises ExportError.
    """
    if path.exists() or checksum_file(path).exists():
        raise ExportError(f"{path} exists already; move it away, or name another directory")
    part = path.with_name(f"{path.name}.part")
    fields = list(columns_of(MODELS[table]))
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as raw:
            with gzip.open(raw, "wt", compresslevel=6, encoding="utf-8") as file:
                file.write(json.dumps(asdict(Header(FORMAT, table, f"{month:%Y-%m}", fields))) + "\n")
                rows = rows_of(table, month).values_list(*fields).iterator(BATCH)
                while batch := list(islice(rows, BATCH)):
                    file.writelines(json.dumps(row, default=text_of) + "\n" for row in batch)
                    count += len(batch)
                    reported(len(batch))
            raw.flush()
            os.fsync(raw.fileno())
        checksum_file(path).write_text(f"{digest_of(part)}  {path.name}\n")
        part.rename(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink()
    return count


def text_of(value: Any) -> str:
    """Instants and amounts, which JSON does not know."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


# -- reading ---------------------------------------------------------------------------------------------


def opened(path: Path) -> tuple[Header, date]:
    """The header of a file whose checksum is right, and its month; raises ExportError."""
    try:
        said = checksum_file(path).read_text().split()[:1]
        if said != [digest_of(path)]:
            raise ExportError(f"{path} is damaged: its checksum is not the one in {checksum_file(path).name}")
        with gzip.open(path, "rt", encoding="utf-8") as file:
            header = Header(**json.loads(file.readline()))
        month = datetime.strptime(header.month, "%Y-%m").replace(tzinfo=UTC).date()
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        raise ExportError(f"{path} is no exported month") from error
    if header.format != FORMAT or header.table not in MODELS:
        raise ExportError(f"{path} is no exported month of ours")
    return header, month


def rows_in_file(path: Path) -> Iterator[models.Model]:
    """The rows of an exported month, as instances; raises ExportError."""
    header, month = opened(path)
    model = MODELS[header.table]
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    if unknown := sorted(set(header.columns) - set(fields)):
        raise ExportError(f"{path} has columns that {header.table} has no more: {', '.join(unknown)}")
    chosen = [fields[column] for column in header.columns]
    start, end = day_start(month, "UTC"), day_start(next_month(month), "UTC")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        file.readline()
        for number, line in enumerate(file, start=2):
            try:
                values = zip(chosen, json.loads(line), strict=True)
                row = model(**{field.attname: field.to_python(value) for field, value in values})
                is_inside = start <= row.recorded_at < end  # type: ignore[attr-defined]
            except (ValueError, TypeError, ValidationError) as error:
                raise ExportError(f"{path}, line {number}: no row of {header.table}") from error
            if not is_inside:
                raise ExportError(f"{path}, line {number}: not of {header.month}")
            yield row


def count_rows(path: Path, reported: Callable[[int], Any]) -> int:
    """Read a file as it would be stored again; the number of its rows. Raises ExportError."""
    count = 0
    for batch in batches(rows_in_file(path)):
        count += len(batch)
        reported(len(batch))
    return count


def batches(rows: Iterator[models.Model]) -> Iterator[list[models.Model]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def import_month(path: Path, reported: Callable[[int], Any]) -> int:
    """Store the rows of an exported month: all of them or, when one exists already, none. Raises ExportError."""
    header, _ = opened(path)
    count = 0
    try:
        with transaction.atomic():
            for batch in batches(rows_in_file(path)):
                MODELS[header.table]._default_manager.bulk_create(batch)
                count += len(batch)
                reported(len(batch))
    except IntegrityError as error:
        raise ExportError(f"{header.table} holds rows of {path.name} already; nothing was stored") from error
    return count
