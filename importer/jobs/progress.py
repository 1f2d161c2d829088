"""How far an import is, and how fast: what the command, the admin API and the admin site report it."""

from datetime import date
from typing import Annotated

from django.db.models import Sum

from core.shapes import Shape, describe
from importer.models import ImportCheckpoint, ImportSlice, ImportStatus, SliceState


class Progress(Shape):
    records: int
    files_done: int
    files_total: int
    percent: float
    current_date: Annotated[date | None, describe("the first day of the slice that is next")]


class Performance(Shape):
    """In stored rows per second while slices were worked on; null when nothing says."""

    records_per_second: float | None
    eta_seconds: int | None


class Errors(Shape):
    count: int
    latest: str | None


class Figures(Shape):
    """The groups that every answer about one import carries."""

    progress: Progress
    performance: Performance
    errors: Errors


def figures(job: ImportCheckpoint) -> Figures:
    """Three queries."""
    sums = job.slices.aggregate(files=Sum("files_total"), done=Sum("files_done"))
    total, done = int(sums["files"] or 0), int(sums["done"] or 0)
    present = job.slices.exclude(state=SliceState.DONE).order_by("first_date").first()
    # Only slices that were read count, and only the time they took: a pause is no slowness.
    read = job.slices.filter(state=SliceState.DONE, same_as=None)
    spent = read.aggregate(records=Sum("rows"), files=Sum("files_total"), seconds=Sum("seconds"))
    seconds = spent["seconds"] or 0.0
    rate = spent["records"] / seconds if seconds else None
    is_running = job.status == ImportStatus.IN_PROGRESS
    is_reading = is_running and present is not None  # behind the last slice come the statistics
    eta = round(seconds / spent["files"] * (total - done)) if is_reading and seconds and spent["files"] else None
    progress = Progress(
        records=job.records_imported,
        files_done=done,
        files_total=total,
        percent=100.0 if job.status == ImportStatus.COMPLETED else round(100 * done / total, 1) if total else 0.0,
        current_date=current_date(job, present),
    )
    return Figures(
        progress=progress,
        performance=Performance(records_per_second=None if rate is None else round(rate, 1), eta_seconds=eta),
        errors=Errors(count=job.errors_encountered, latest=job.last_error or None),
    )


def current_date(job: ImportCheckpoint, present: ImportSlice | None) -> date | None:
    """The first day of the slice that is next; None before the beginning and behind the end."""
    return present.first_date if present is not None and job.status != ImportStatus.PENDING else None


def left(seconds: int) -> str:
    """How long it may still take."""
    minutes = seconds // 60
    if minutes < 1:
        return "less than a minute left"
    return f"{minutes} min left" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min left"


def overview(job: ImportCheckpoint, known: Figures) -> str:
    """One line."""
    progress, performance, errors = known.progress, known.performance, known.errors
    parts = [
        f"{progress.percent:.1f}% of {progress.files_total:,} files",
        f"{progress.records:,} rows",
        f"{errors.count:,} errors",
    ]
    if progress.current_date:
        parts.append(f"at {progress.current_date}")
    if performance.records_per_second:
        parts.append(f"{performance.records_per_second:,.0f} rows/s")
    if performance.eta_seconds is not None:
        parts.append(left(performance.eta_seconds))
    if errors.latest:
        parts.append(errors.latest)
    return f"{job.import_id}  {job.destination_uuid}  {job.status:<11}  " + ", ".join(parts)
