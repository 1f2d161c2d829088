"""What the clock runs and when (R-26.2). All instants are UTC."""

from core.jobs.grids import DAY, HOUR, MINUTE, Grid, Job


def jobs(interval: int) -> dict[str, Job]:
    """Every job by name. `interval`: seconds between two cycles of live collection."""
    known = (
        Job(
            "collect_snapshots",
            "collect_snapshots",
            Grid(interval),
            300,
            interval,
            "one cycle of live collection",
            urgent=True,
        ),
        Job("detect_gaps", "detect_gaps", Grid(10 * MINUTE, 3 * MINUTE), 300, HOUR, "silent parks and vanished rides"),
        Job("heal_gaps", "heal_gaps", Grid(HOUR, 20 * MINUTE), 1_800, 6 * HOUR, "fill gaps from upstream's history"),
        Job("take_up_imports", "take_up_imports", Grid(5 * MINUTE, 4 * MINUTE), 300, 300, "imports of killed workers"),
        Job(
            "continue_sample",
            "continue_sample",
            Grid(5 * MINUTE, 2 * MINUTE),
            300,
            300,
            "the synthetic sample, up to now; nothing where there is none",
        ),
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
        Job(
            "clean_visitors",
            "clean_visitors",
            Grid(DAY, 4 * HOUR + 30 * MINUTE),
            HOUR,
            DAY,
            "idle visitors",
        ),
        Job("sync_metadata", "sync_metadata", Grid(DAY, 7 * HOUR), 3 * HOUR, DAY, "places, heights and tags of rides"),
        Job("publish_months", "publish_months", Grid(DAY, 10 * HOUR), 6 * HOUR, DAY, "closed months as files"),
        Job("reconcile", "reconcile", Grid(DAY, 9 * HOUR + 30 * MINUTE), 3 * HOUR, DAY, "what contradicts itself"),
        Job("quality_digest", "quality_digest", Grid(DAY, 16 * HOUR), HOUR, 6 * HOUR, "the mail about data quality"),
    )
    return {job.name: job for job in known}
