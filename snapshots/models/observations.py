"""What was observed: rides, queues and parks over time."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.database.fields import EnumField, SecondField, in_range, one_of
from parks.models import Park, Ride
from snapshots.status import Status


class DataSource(models.TextChoices):
    LIVE = "LIVE"
    ARCHIVE = "ARCHIVE"


def nominal_interval() -> int:
    """How long an observation of live collection holds, in seconds."""
    return int(settings.COLLECTION_INTERVAL_SECONDS)


class RideStatusSnapshot(models.Model):
    """From `recorded_at`, for `duration_seconds`, this ride reported this (design §4).

    Partitioned by month on MariaDB/MySQL, hence no foreign keys in the database. A row never reaches over
    the ride's next observation, the park's opening or closing instant, or the park-local midnight.
    """

    # a ride's observations over a window, and its latest one; the rows lie in this order
    pk = models.CompositePrimaryKey("ride_id", "recorded_at")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="snapshots", db_constraint=False, db_index=False)
    recorded_at = SecondField()
    # Copied from the ride, so that a park's history is one index range.
    park = models.ForeignKey(Park, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    duration_seconds = models.PositiveIntegerField(default=nominal_interval)
    is_open = models.BooleanField(null=True, blank=True)
    status = EnumField(max_length=13, choices=Status.choices, null=True, blank=True)
    # Minutes; readings of 480 and more are kept and left out of every statistic.
    wait_time = models.PositiveSmallIntegerField(null=True, blank=True)
    computed_is_open = models.BooleanField(default=False, db_default=False)
    # The park's state at this instant, stored so that no reader has to join it.
    park_appears_open = models.BooleanField(default=False, db_default=False)
    # The state was reported earlier and still held here: written at an opening, or after a feed gap.
    is_carried = models.BooleanField(default=False, db_default=False)
    # When the upstream reported the state: before `recorded_at` for a carried row; NULL: not reported.
    last_updated_api = SecondField(null=True, blank=True)
    data_source = EnumField(max_length=7, choices=DataSource.choices, default=DataSource.LIVE)

    class Meta:
        db_table = "ride_status_snapshots"
        indexes = [
            # a park's rides over a window: daily statistics, today's rankings, recompute
            models.Index(fields=["park", "recorded_at"], name="snapshots_park_recorded"),
        ]
        constraints = [
            one_of("status", Status, "snapshots_status_known"),
            one_of("data_source", DataSource, "snapshots_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.recorded_at} {self.status}"

    @property
    def last_updated_at_source(self) -> datetime:
        """When the upstream reported the state."""
        return self.last_updated_api or self.recorded_at


class ParkActivitySnapshot(models.Model):
    """A park's state from `recorded_at` for `duration_seconds`: open or not, rides, waits, score (R-7.2)."""

    id = models.BigAutoField(primary_key=True, db_column="snapshot_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="activity", db_index=False)
    recorded_at = SecondField()
    duration_seconds = models.PositiveIntegerField(default=nominal_interval)
    total_rides_tracked = models.PositiveIntegerField(default=0)
    rides_open = models.PositiveIntegerField(default=0)
    rides_closed = models.PositiveIntegerField(default=0, help_text="all not open, planned closures included")
    avg_wait_time = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    max_wait_time = models.PositiveIntegerField(null=True, blank=True)
    park_appears_open = models.BooleanField(default=False, db_default=False)
    shame_score = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    data_source = EnumField(max_length=7, choices=DataSource.choices, default=DataSource.LIVE)

    class Meta:
        db_table = "park_activity_snapshots"
        indexes = [
            # freshness, and the parks seen within the live window
            models.Index(fields=["recorded_at", "park"], name="activity_recorded_park"),
            # a park's newest live observation, past whatever the archive has of it: health, gaps, vanished rides
            models.Index(fields=["park", "data_source", "recorded_at"], name="activity_park_source"),
        ]
        constraints = [
            # also serves: latest state of a park, its score over a day
            models.UniqueConstraint(fields=["park", "recorded_at"], name="activity_once"),
            in_range("shame_score", 0, 10, "activity_score_0_to_10"),
            one_of("data_source", DataSource, "activity_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.recorded_at}"


class ParkRevision(models.Model):
    """How often observations of a park's last days were changed otherwise than by newer ones: what was computed from
    them is compared with it (`snapshots/revisions.py`)."""

    park = models.OneToOneField(Park, models.CASCADE, primary_key=True, related_name="revision")
    number = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "park_revisions"

    def __str__(self) -> str:
        return f"{self.park_id} r{self.number}"


class QueueType(models.TextChoices):
    STANDBY = "STANDBY"
    SINGLE_RIDER = "SINGLE_RIDER"
    RETURN_TIME = "RETURN_TIME"
    PAID_RETURN_TIME = "PAID_RETURN_TIME"
    PAID_STANDBY = "PAID_STANDBY"
    BOARDING_GROUP = "BOARDING_GROUP"


class ReturnState(models.TextChoices):
    AVAILABLE = "AVAILABLE"
    TEMP_FULL = "TEMP_FULL"
    FINISHED = "FINISHED"


class QueueData(models.Model):
    """What a ride reported of one queue besides the standby line, at one instant (R-26.5).

    Holds until the ride's next report. Partitioned like the ride snapshots, hence no foreign key in the
    database; reconciliation looks for orphans.
    """

    # a ride's queues over a window, and the latest report of each; the rows lie in this order
    pk = models.CompositePrimaryKey("ride_id", "recorded_at", "queue_type")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="queues", db_constraint=False, db_index=False)
    recorded_at = SecondField()
    queue_type = EnumField(max_length=16, choices=QueueType.choices)
    wait_time_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    return_state = EnumField(max_length=9, choices=ReturnState.choices, null=True, blank=True)
    return_time_start = SecondField(null=True, blank=True)
    return_time_end = SecondField(null=True, blank=True)
    price_amount = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, help_text="currency units, not cents"
    )
    price_currency = models.CharField(max_length=3, null=True, blank=True)  # noqa: DJ001
    boarding_group_status = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001
    boarding_group_current = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001

    class Meta:
        db_table = "queue_data"
        constraints = [
            one_of("queue_type", QueueType, "queues_type_known"),
            models.CheckConstraint(
                condition=Q(price_amount__isnull=True) | Q(price_amount__gte=0), name="queues_price_positive"
            ),
            one_of("return_state", ReturnState, "queues_return_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.recorded_at} {self.queue_type}"


class RideStatusChange(models.Model):
    """A ride's state differed from the one before (R-13)."""

    id = models.BigAutoField(primary_key=True, db_column="change_id")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="status_changes", db_index=False)
    changed_at = SecondField()
    previous_status = models.BooleanField(help_text="open before")
    new_status = models.BooleanField(help_text="open after")
    previous_status_enum = EnumField(max_length=13, choices=Status.choices, null=True, blank=True)
    new_status_enum = EnumField(max_length=13, choices=Status.choices, null=True, blank=True)
    duration_in_previous_status = models.PositiveIntegerField(help_text="minutes since the previous change")
    wait_time_at_change = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        db_table = "ride_status_changes"
        indexes = [
            # changes of all rides in a window
            models.Index(fields=["changed_at"], name="changes_changed_at"),
        ]
        constraints = [
            # also serves: a ride's changes of a day, its latest change
            models.UniqueConstraint(fields=["ride", "changed_at"], name="changes_once"),
            one_of("previous_status_enum", Status, "changes_previous_known"),
            one_of("new_status_enum", Status, "changes_new_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.changed_at} {self.new_status_enum}"


class ParkOperatingSession(models.Model):
    """First and last activity of a park on a park-local date (R-12)."""

    id = models.AutoField(primary_key=True, db_column="session_id")
    park = models.ForeignKey(Park, models.SET_NULL, null=True, related_name="sessions", db_index=False)
    session_date = models.DateField(help_text="park-local date")
    session_start_utc = SecondField(null=True, blank=True)
    session_end_utc = SecondField(null=True, blank=True)
    operating_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="truncated")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "park_operating_sessions"
        indexes = [
            # sessions of all parks on a date
            models.Index(fields=["session_date"], name="sessions_date"),
        ]
        constraints = [
            # also serves: a park's latest sessions
            models.UniqueConstraint(fields=["park", "session_date"], name="sessions_once"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.session_date}"


class StorageMetric(models.Model):
    """Size of one table on one date (R-26.7); MB are 1,048,576 bytes."""

    id = models.AutoField(primary_key=True, db_column="metric_id")
    table_name = models.CharField(max_length=100)
    measurement_date = models.DateField()
    row_count = models.BigIntegerField(help_text="may be an engine's estimate")
    data_size_mb = models.DecimalField(max_digits=12, decimal_places=2)
    index_size_mb = models.DecimalField(max_digits=12, decimal_places=2)
    total_size_mb = models.DecimalField(max_digits=12, decimal_places=2)
    growth_rate_mb_per_day = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    partition_count = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "storage_metrics"
        indexes = [
            # all tables on a date
            models.Index(fields=["measurement_date"], name="storage_date"),
        ]
        constraints = [
            # also serves: growth of one table
            models.UniqueConstraint(fields=["table_name", "measurement_date"], name="storage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.measurement_date}"
