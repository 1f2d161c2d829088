"""How far an import is, and how fast: what the command, the admin API and the admin site tell of it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from importer.models import ImportCheckpoint, ImportSlice, ImportStatus, SliceState


@dataclass(frozen=True, slots=True)
class Figures:
    """`rate` in stored rows per second while slices were worked on; `eta` in seconds, None when nothing tells."""

    records: int
    files_done: int
    files_total: int
    percent: float
    current_date: date | None
    rate: float | None
    eta: int | None
    errors: int
    latest_error: str | None


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
    return Figures(
        records=job.records_imported,
        files_done=done,
        files_total=total,
        percent=100.0 if job.status == ImportStatus.COMPLETED else round(100 * done / total, 1) if total else 0.0,
        current_date=current_date(job, present),
        rate=None if rate is None else round(rate, 1),
        eta=eta,
        errors=job.errors_encountered,
        latest_error=job.last_error or None,
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


def overview(job: ImportCheckpoint, told: Figures) -> str:
    """One line."""
    parts = [f"{told.percent:.1f}% of {told.files_total:,} files", f"{told.records:,} rows", f"{told.errors:,} errors"]
    if told.current_date:
        parts.append(f"at {told.current_date}")
    if told.rate:
        parts.append(f"{told.rate:,.0f} rows/s")
    if told.eta is not None:
        parts.append(left(told.eta))
    if told.latest_error:
        parts.append(told.latest_error)
    return f"{job.import_id}  {job.destination_uuid}  {job.status:<11}  " + ", ".join(parts)
