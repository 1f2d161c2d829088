"""What the observations mean, per park-local day, and the ledger of computing it.

The statistics tables carry no range checks: the audit (R-24.1) has to be able to find an impossible row.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, SecondField, one_of
from parks.models import Park, Ride

LARGEST_VERSION = 1_000_000  # of the rule sets


class RideDailyStats(models.Model):
    """One ride on one park-local date under one rule set (R-14.1). Minutes are whole minutes."""

    id = models.AutoField(primary_key=True, db_column="stat_id")
    ride = models.ForeignKey(Ride, models.SET_NULL, null=True, related_name="daily_stats", db_index=False)
    stat_date = models.DateField(help_text="park-local date")
    uptime_minutes = models.IntegerField(default=0)
    downtime_minutes = models.IntegerField(default=0)
    uptime_percentage = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    operating_hours_minutes = models.IntegerField(default=0, help_text="minutes the park was open")
    avg_wait_time = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    min_wait_time = models.IntegerField(null=True, blank=True)
    max_wait_time = models.IntegerField(null=True, blank=True)
    peak_wait_time = models.IntegerField(null=True, blank=True, help_text="whatever the status")
    status_changes = models.IntegerField(default=0)
    longest_downtime_minutes = models.IntegerField(null=True, blank=True)
    # Part of the downtime: down before the ride first ran that day. NULL in rows that were not computed here.
    opening_delay_minutes = models.IntegerField(null=True, blank=True)
    # The park was open and nothing was known of the ride; in no other column.
    unknown_minutes = models.IntegerField(null=True, blank=True)
    snapshot_count = models.IntegerField(null=True, blank=True)
    # The exact sums behind the minutes and the average: days add up to weeks and years without rounding (N-2).
    open_seconds = models.IntegerField(null=True, blank=True)
    up_seconds = models.IntegerField(null=True, blank=True)
    down_seconds = models.IntegerField(null=True, blank=True)
    unknown_seconds = models.IntegerField(null=True, blank=True)
    opening_delay_seconds = models.IntegerField(null=True, blank=True)
    wait_seconds = models.IntegerField(null=True, blank=True, help_text="with a posted wait above 0 (N-4)")
    wait_minute_seconds = models.BigIntegerField(null=True, blank=True, help_text="Σ wait × seconds")
    walk_on_seconds = models.IntegerField(null=True, blank=True, help_text="with a posted wait of 0 (N-4)")
    # N-11: spells down that touch the day, and whether the first of them began on the day before.
    outages = models.IntegerField(null=True, blank=True)
    outages_carried = models.IntegerField(null=True, blank=True, help_text="0 or 1")
    metrics_version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "ride_daily_stats"
        indexes = [
            # rankings of a period: every ride of a date range under one version
            models.Index(
                fields=[
                    "metrics_version",
                    "stat_date",
                    # what is summed up: the rows themselves lie anywhere
                    "ride",
                    "open_seconds",
                    "up_seconds",
                    "down_seconds",
                    "unknown_seconds",
                    "opening_delay_seconds",
                    "wait_seconds",
                    "wait_minute_seconds",
                    "walk_on_seconds",
                    "status_changes",
                    "outages",
                    "outages_carried",
                    "min_wait_time",
                    "peak_wait_time",
                ],
                name="ride_daily_of_period",
            ),
        ]
        constraints = [
            # also serves: a ride's history
            models.UniqueConstraint(fields=["ride", "stat_date", "metrics_version"], name="ride_daily_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.stat_date} v{self.metrics_version}"


class ParkDailyStats(models.Model):
    """One park on one park-local date under one rule set, built from its ride rows (R-14.2, R-10.3)."""

    id = models.AutoField(primary_key=True, db_column="stat_id")
    park = models.ForeignKey(Park, models.SET_NULL, null=True, related_name="daily_stats", db_index=False)
    stat_date = models.DateField(help_text="park-local date")
    total_rides_tracked = models.IntegerField(default=0)
    avg_uptime_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    shame_score = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    total_downtime_hours = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    weighted_downtime_hours = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    effective_park_weight = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    rides_with_downtime = models.IntegerField(default=0)
    avg_wait_time = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    peak_wait_time = models.IntegerField(null=True, blank=True)
    operating_hours_minutes = models.IntegerField(default=0)
    # The exact sums (N-2) over its rides of every category; NULL in rows that were not computed here.
    ride_seconds = models.BigIntegerField(null=True, blank=True, help_text="Σ seconds its rides were known, it open")
    down_seconds = models.BigIntegerField(null=True, blank=True)
    weighted_down_seconds = models.BigIntegerField(null=True, blank=True, help_text="Σ seconds down × weight")
    # And over its attractions: uptime (N-3) and waits (N-4).
    attraction_up_seconds = models.BigIntegerField(null=True, blank=True)
    attraction_down_seconds = models.BigIntegerField(null=True, blank=True)
    wait_seconds = models.BigIntegerField(null=True, blank=True, help_text="with a posted wait above 0")
    wait_minute_seconds = models.BigIntegerField(null=True, blank=True, help_text="Σ wait × seconds")
    walk_on_seconds = models.BigIntegerField(null=True, blank=True, help_text="with a posted wait of 0")
    metrics_version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "park_daily_stats"
        indexes = [
            # rankings of a period: every park of a date range under one version
            models.Index(fields=["metrics_version", "stat_date"], name="park_daily_version_date"),
        ]
        constraints = [
            # also serves: a park's history
            models.UniqueConstraint(fields=["park", "stat_date", "metrics_version"], name="park_daily_once"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.stat_date} v{self.metrics_version}"


class Which(models.TextChoices):
    TODAY = "today"
    DAY_BEFORE = "day_before"


class RunningDay(models.Model):
    """A park's present local day so far, or the day before until the same time of the clock: sums of what has ended,
    and the observations that have not (`stats/running`). Kept by every cycle, built again from the raw rows at will.
    """

    id = models.AutoField(primary_key=True)
    park = models.ForeignKey(Park, models.CASCADE, related_name="+", db_index=False)
    which = EnumField(max_length=10, choices=Which.choices)
    day = models.DateField(help_text="park-local date")
    ends_at = SecondField(help_text="the midnight after it")
    # What it was computed from; where one of these is no longer so, it is not believed. Seconds since 1970, as in the
    # state: they are compared there, and instants take longer to read than all else.
    starts_at = models.BigIntegerField(help_text="the day's midnight, in seconds since 1970")
    newest_at = models.BigIntegerField(help_text="the newest observation of the day, in seconds since 1970")
    revision = models.PositiveIntegerField(help_text="`park_revisions.number` then")
    reports_down = models.BooleanField(help_text="the feed distinguished DOWN from CLOSED (R-5.1)")
    sealed_at = models.BigIntegerField(
        help_text="the sums are of what had ended by then, in seconds since 1970: it answers from here on"
    )
    known_until = models.BigIntegerField(
        help_text="observations that begin before it are known, in seconds since 1970"
    )
    state = models.TextField(help_text="JSON of `stats.running.state.RunningPark`")
    hours = models.TextField(
        default="",
        db_default="",
        help_text="JSON of `stats.running.hours.ParkHours`, of the day before of the whole day; empty: not found yet",
    )

    class Meta:
        db_table = "running_days"
        constraints = [
            # also serves: the days of parks
            models.UniqueConstraint(fields=["park", "which"], name="running_days_once"),
            one_of("which", Which, "running_days_which_known"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.day} {self.which}"


class AggregationType(models.TextChoices):
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class AggregationStatus(models.TextChoices):
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


# A run that has not begun a day for so long was killed.
ABANDONED_AFTER = timedelta(hours=1)


class RecomputeRun(models.Model):
    """One recomputation of a range of days: the ledger row of `recompute_daily_stats`.

    Its days are rows of AggregationLog, each claimed by one worker; a run that was killed goes on with those
    that are missing.
    """

    id = models.AutoField(primary_key=True, db_column="run_id")
    first_date = models.DateField(help_text="park-local date")
    last_date = models.DateField(help_text="park-local date")
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="+")
    metrics_version = models.IntegerField()
    status = EnumField(max_length=7, choices=AggregationStatus.choices, default=AggregationStatus.RUNNING)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    days_processed = models.IntegerField(default=0)
    parks_processed = models.IntegerField(default=0, help_text="park rows written")
    rides_processed = models.IntegerField(default=0, help_text="ride rows written")
    warnings = models.TextField(default="", blank=True, help_text="one a line")
    error_message = models.TextField(default="", blank=True)

    class Meta:
        db_table = "recompute_runs"
        indexes = [
            # the newest run of a range, to go on with
            models.Index(fields=["first_date", "last_date", "metrics_version"], name="recompute_runs_range"),
        ]
        constraints = [one_of("status", AggregationStatus, "recompute_runs_status_known")]

    def __str__(self) -> str:
        return f"run {self.pk}: {self.first_date} to {self.last_date} v{self.metrics_version} {self.status}"

    @classmethod
    def unfinished(cls, first: date, last: date, park: Park | None, version: int) -> "RecomputeRun | None":
        """The newest run of exactly this question, if it did not succeed."""
        same = cls.objects.filter(first_date=first, last_date=last, park=park, metrics_version=version)
        newest = same.order_by("-pk").first()
        return newest if newest is not None and newest.status != AggregationStatus.SUCCESS else None

    @classmethod
    def fail_abandoned(cls) -> None:
        """Runs that say they run but have not begun a day for an hour were killed."""
        limit = timezone.now() - ABANDONED_AFTER
        silent = cls.objects.filter(status=AggregationStatus.RUNNING, started_at__lt=limit)
        for run in silent.exclude(days__started_at__gte=limit):
            run.finish("abandoned: its process was killed")

    def done(self) -> set[date]:
        """The days that are computed."""
        succeeded = self.days.filter(status=AggregationStatus.SUCCESS)
        return set(succeeded.values_list("aggregation_date", flat=True))

    def go_on(self) -> None:
        """Let a run that was killed or failed run again."""
        self.status, self.completed_at, self.error_message = AggregationStatus.RUNNING, None, ""
        self.save(update_fields=["status", "completed_at", "error_message"])

    def claim(self, day: date, since: datetime) -> "AggregationLog | None":
        """Take one day to compute; None when it is done or somebody else took it after `since`."""
        log = AggregationLog(
            run=self,
            aggregation_date=day,
            park=self.park,
            metrics_version=self.metrics_version,
            started_at=timezone.now(),
        )
        try:
            with transaction.atomic():
                log.save(force_insert=True)
        except IntegrityError:
            return self.claim_again(day, since)
        return log

    def claim_again(self, day: date, since: datetime) -> "AggregationLog | None":
        left = self.days.filter(aggregation_date=day, started_at__lt=since).exclude(status=AggregationStatus.SUCCESS)
        if not left.update(started_at=timezone.now(), status=AggregationStatus.RUNNING, error_message=None):
            return None
        return self.days.get(aggregation_date=day)

    def finish(self, error: str = "", expected: Collection[date] = ()) -> None:
        """Sum up the days, and whether all of them, and all `expected` ones, succeeded."""
        days = list(self.days.order_by("aggregation_date"))
        self.days_processed = sum(log.status == AggregationStatus.SUCCESS for log in days)
        self.parks_processed = sum(log.parks_processed for log in days)
        self.rides_processed = sum(log.rides_processed for log in days)
        self.warnings = "\n".join(log.warnings for log in days if log.warnings)
        failed = {log.aggregation_date: log.error_message for log in days if log.error_message}
        tried = {log.aggregation_date for log in days if log.status != AggregationStatus.RUNNING}
        left = set(expected) - tried
        problems = [error] if error else []
        if left:
            problems.append(f"days not computed: {len(left)}, the first of them {min(left)}")
        self.error_message = "\n".join([*problems, *(f"{day}: {message}" for day, message in failed.items())])
        self.status = AggregationStatus.FAILED if self.error_message else AggregationStatus.SUCCESS
        self.completed_at = timezone.now()
        self.save()


class AggregationLog(models.Model):
    """One attempt to compute statistics (R-26.1): of one local date, of all parks or of one."""

    id = models.AutoField(primary_key=True, db_column="log_id")
    aggregation_date = models.DateField(help_text="park-local date")
    aggregation_type = EnumField(max_length=7, choices=AggregationType.choices, default=AggregationType.DAILY)
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="+")
    metrics_version = models.IntegerField(default=1)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    status = EnumField(max_length=7, choices=AggregationStatus.choices, default=AggregationStatus.RUNNING)
    aggregated_until_ts = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(null=True, blank=True)  # noqa: DJ001
    parks_processed = models.IntegerField(default=0)
    rides_processed = models.IntegerField(default=0)
    run = models.ForeignKey(RecomputeRun, models.SET_NULL, null=True, blank=True, related_name="days", db_index=False)
    warnings = models.TextField(default="", blank=True, help_text="one a line")

    class Meta:
        db_table = "aggregation_log"
        indexes = [
            # was this date computed; health: the newest daily run
            models.Index(fields=["aggregation_type", "aggregation_date"], name="aggregation_type_date"),
            # failed or unfinished runs
            models.Index(fields=["status", "aggregation_date"], name="aggregation_status_date"),
        ]
        constraints = [
            # a day of a run is claimed by inserting its row
            models.UniqueConstraint(fields=["run", "aggregation_date"], name="aggregation_once_per_run"),
            one_of("aggregation_type", AggregationType, "aggregation_type_known"),
            one_of("status", AggregationStatus, "aggregation_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.aggregation_type} {self.aggregation_date} {self.status}"
