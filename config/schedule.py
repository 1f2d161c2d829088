"""What the clock runs and when (R-26.2), and what Celery's beat is given. All instants are UTC."""

from datetime import datetime
from typing import Any

from celery.schedules import BaseSchedule, schedstate

from core.jobs.grids import DAY, HOUR, MINUTE, Grid, Job

CATCH_UP = Grid(5 * MINUTE, 2 * MINUTE)


def jobs(interval: int) -> dict[str, Job]:
    """Every job by name. `interval`: seconds between two cycles of live collection."""
    known = (
        Job("collect_snapshots", "collect_snapshots", Grid(interval), 300, interval, "one cycle of live collection"),
        Job("detect_gaps", "detect_gaps", Grid(10 * MINUTE, 3 * MINUTE), 300, HOUR, "silent parks and vanished rides"),
        Job("heal_gaps", "heal_gaps", Grid(HOUR, 20 * MINUTE), 1_800, 6 * HOUR, "fill gaps from upstream's history"),
        Job("take_up_imports", "take_up_imports", Grid(5 * MINUTE, 4 * MINUTE), 300, 300, "imports of killed workers"),
        Job("compute_ended_days", "compute_ended_days", Grid(HOUR, 10 * MINUTE), HOUR, DAY, "days that have ended"),
        Job("partitions", "partitions", Grid(DAY, HOUR), HOUR, DAY, "partitions of the months ahead", ("ensure",)),
        Job("measure_storage", "measure_storage", Grid(DAY, 3 * HOUR), HOUR, DAY, "sizes of all tables"),
        Job("sync_parks", "sync_parks", Grid(DAY, 5 * HOUR), HOUR, DAY, "parks and rides of the upstream"),
        Job("classify_rides", "classify_rides", Grid(DAY, 5 * HOUR + 30 * MINUTE), HOUR, DAY, "tiers of new rides"),
        Job("sync_schedules", "sync_schedules", Grid(DAY, 6 * HOUR), HOUR, DAY, "hours of the next month", ("--all",)),
        Job("weather_now", "collect_weather", Grid(HOUR), 1_800, HOUR, "the weather at the parks", ("--current",)),
        Job(
            "weather_ahead", "collect_weather", Grid(6 * HOUR), 1_800, 6 * HOUR, "the week's forecast", ("--forecast",)
        ),
        Job("clean_weather", "clean_weather", Grid(DAY, 4 * HOUR), HOUR, DAY, "weather that is too old to keep"),
        Job("sync_metadata", "sync_metadata", Grid(DAY, 7 * HOUR), 3 * HOUR, DAY, "places, heights and tags of rides"),
        Job("reconcile", "reconcile", Grid(DAY, 9 * HOUR + 30 * MINUTE), 3 * HOUR, DAY, "what contradicts itself"),
        Job("quality_digest", "quality_digest", Grid(DAY, 16 * HOUR), HOUR, 6 * HOUR, "the mail about data quality"),
    )
    return {job.name: job for job in known}


class GridSchedule(BaseSchedule):  # type: ignore[misc]  # Celery has no types
    """A grid as Celery's beat asks for it."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        super().__init__()

    def is_due(self, last_run_at: datetime) -> Any:
        now = self.now()
        return schedstate(self.grid.last(now) > last_run_at, (self.grid.next(now) - now).total_seconds())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GridSchedule) and other.grid == self.grid

    def __hash__(self) -> int:
        return hash(self.grid)

    def __reduce__(self) -> Any:
        return type(self), (self.grid,)

    def __repr__(self) -> str:
        return f"<every {self.grid.every} s, {self.grid.offset} s after the hour of 1970>"


def beat_schedule(known: dict[str, Job]) -> dict[str, dict[str, Any]]:
    """A message per slot of each job, which is worth nothing when the next one is due."""
    entries: dict[str, dict[str, Any]] = {
        job.name: {
            "task": "ridewatch.run_job",
            "schedule": GridSchedule(job.grid),
            "args": (job.name,),
            "options": {"expires": job.grid.every},
        }
        for job in known.values()
    }
    entries["catch_up"] = {
        "task": "ridewatch.catch_up",
        "schedule": GridSchedule(CATCH_UP),
        "options": {"expires": CATCH_UP.every},
    }
    return entries
