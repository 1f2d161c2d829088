"""A clock that was wrong is a problem of the data: what was observed meanwhile carries its time."""

from typing import Any

from core.jobs.requests import HANDLERS, ClockStepped
from core.jobs.runners import host
from snapshots.models import DataQualityLog, LogType


def note_step(wanted: ClockStepped, **output: Any) -> None:
    """One row of the data-quality log."""
    start, end = sorted((wanted.before, wanted.now))
    DataQualityLog(
        issue_type=LogType.INVALID,
        entity_type="clock",
        external_id=host(),
        timestamp_start=start,
        timestamp_end=end,
        description=f"On {host()} {wanted}",
    ).save()


HANDLERS |= {ClockStepped: note_step}
