"""An import that stores nothing: what it would read, write and create, and how the files differ from the format."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from django.db import models, transaction
from django.db.models import Max

from importer.archive.files import LAYOUT, Archive, ArchiveError, ArchiveFile
from importer.days.shapes import DayRows
from importer.jobs.planning import days_of, grid_parts, known_files
from importer.jobs.reader import DestinationImport
from importer.jobs.summary import ImportSummary
from importer.models import ImportCheckpoint, MappingDecision, MappingMethod
from parks.models import Park, Ride

UNMAPPED = (MappingMethod.CREATED, MappingMethod.FAILED)
SHOWN = 50  # names of a destination


def rehearse(
    archive: Archive,
    destinations: Iterable[str],
    park: Park | None,
    start: date | None,
    end: date | None,
    auto_create: bool,
    progress: Callable[[int], object],
) -> Iterator[str]:
    """Lines of the report, destination by destination. Raises ArchiveError when there is nothing to read."""
    has_any = False
    for destination in destinations:
        files = known_files(archive, destination)
        span = days_of(files, start, end)
        if span is None:
            continue
        has_any = True
        job = ImportCheckpoint(destination_uuid=destination, park=park, start_date=start, auto_create=auto_create)
        yield from report(job, *read_only(archive, files, job, span, progress))
    if not has_any:
        raise ArchiveError(f"no archive files for this choice; expected {LAYOUT}")


def read_only(
    archive: Archive,
    files: list[ArchiveFile],
    job: ImportCheckpoint,
    span: tuple[date, date],
    progress: Callable[[int], object],
) -> tuple[ImportSummary, list[str], DestinationImport]:
    """Read the days slice by slice, each in a transaction that is rolled back; counts, unmapped names, the reader."""
    reader = DestinationImport(archive, files, job, start=job.start_date)
    total = ImportSummary()
    unmapped: dict[str, str] = {}  # names by UUID
    created = Created()

    def count(park: Park, window: tuple[int, int], rows: DayRows) -> None:
        total.rows["created"] += len(rows.rides) + len(rows.parks) + len(rows.queues) + len(rows.changes)

    for first, last in grid_parts(*span):
        with transaction.atomic():
            created.put_back()
            reader.run_slice(last, count, lambda file: progress(1))
            found = MappingDecision.objects.filter(decided_by=job.import_id, method__in=UNMAPPED)
            unmapped.update(found.order_by("entity_name").values_list("entity_uuid", "entity_name"))
            created.look()
            transaction.set_rollback(True)
        total.add(reader.summary(date.min if first == span[0] else first, None if last == span[1] else last))
    return total, [name or entity for entity, name in unmapped.items()], reader


class Created:
    """Parks, rides and decisions that the slices so far made, and that were rolled back.

    The next slice builds on them, and must not give their numbers to others.
    """

    MODELS: tuple[type[models.Model], ...] = (Park, Ride, MappingDecision)

    def __init__(self) -> None:
        self.highest = [model._default_manager.aggregate(pk=Max("pk"))["pk"] or 0 for model in self.MODELS]
        self.rows: list[list[models.Model]] = []

    def look(self) -> None:
        self.rows = [
            list(model._default_manager.filter(pk__gt=highest))
            for model, highest in zip(self.MODELS, self.highest, strict=True)
        ]

    def put_back(self) -> None:
        for model, rows in zip(self.MODELS, self.rows, strict=False):
            # Somebody else may have made the same meanwhile.
            model._default_manager.bulk_create(rows, ignore_conflicts=True)


def report(
    job: ImportCheckpoint, total: ImportSummary, unmapped: list[str], reader: DestinationImport
) -> Iterator[str]:
    yield f"{job.destination_uuid}: {total.events:,} events in {total.files:,} files, {total.rows['created']:,} rows."
    for what, counts in (
        ("Of what is no ride", total.skipped),
        ("Entities by mapping", reader.mapping.methods),
        ("Files by format variation", total.formats),
        ("Problems", total.problems),
    ):
        if counts:
            yield f"  {what}: " + ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) + "."
    if unmapped:
        what = "would be created" if job.auto_create else "fit no ride"
        names = "; ".join(unmapped[:SHOWN]) + ("; …" if len(unmapped) > SHOWN else "")
        yield f"  {len(unmapped):,} names {what}: {names}."
