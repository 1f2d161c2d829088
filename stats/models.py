"""What the observations mean, per park-local day, and the ledger of computing it.

The statistics tables carry no range checks: the audit (R-24.1) has to be able to find an impossible row.
"""

from django.db import models
from django.db.models.functions import Now

from parks.fields import EnumField, one_of
from parks.models import Park, Ride


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
    metrics_version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "ride_daily_stats"
        indexes = [
            # rankings of a period: every ride of a date range under one version
            models.Index(fields=["metrics_version", "stat_date"], name="ride_daily_version_date"),
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

    class Meta:
        db_table = "aggregation_log"
        indexes = [
            # was this date computed; health: the newest daily run
            models.Index(fields=["aggregation_type", "aggregation_date"], name="aggregation_type_date"),
            # failed or unfinished runs
            models.Index(fields=["status", "aggregation_date"], name="aggregation_status_date"),
        ]
        constraints = [
            one_of("aggregation_type", AggregationType, "aggregation_type_known"),
            one_of("status", AggregationStatus, "aggregation_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.aggregation_type} {self.aggregation_date} {self.status}"
