"""When parks plan to be open, and what was planned once."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, one_of
from parks.models.catalog import Park


class ScheduleType(models.TextChoices):
    OPERATING = "OPERATING"
    TICKETED_EVENT = "TICKETED_EVENT"
    PRIVATE_EVENT = "PRIVATE_EVENT"
    EXTRA_HOURS = "EXTRA_HOURS"
    INFO = "INFO"
    CLOSED = "CLOSED"  # a day on which the park does not open (N-9)
    UNKNOWN = "UNKNOWN"  # withdrawn by a person: the date has no hours, its activity decides (N-8)


# What answers whether a park opens on a date (N-9); of hours that a person withdrew nothing is left to answer it.
DECIDING = (ScheduleType.OPERATING, ScheduleType.CLOSED)
WITHOUT_TIMES = (ScheduleType.CLOSED, ScheduleType.UNKNOWN)


class ParkSchedule(models.Model):
    """One planned window of a park on one park-local date, as known now; a date may have several of a type.

    A date with an OPERATING row that has both times, or with a CLOSED row, is decided by them (N-9). A date with a row
    that a person set is theirs: the upstream's answers leave it alone until they release it.
    """

    id = models.AutoField(primary_key=True, db_column="schedule_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="schedules", db_index=False)
    schedule_date = models.DateField(help_text="park-local date")
    opening_time = models.DateTimeField(null=True, blank=True, help_text="UTC")
    closing_time = models.DateTimeField(null=True, blank=True, help_text="UTC, may fall on the next date")
    schedule_type = EnumField(max_length=14, choices=ScheduleType.choices, default=ScheduleType.OPERATING)
    fetched_at = models.DateTimeField(default=timezone.now, db_default=Now(), help_text="when upstream last said so")
    set_by = models.CharField(max_length=150, null=True, blank=True, help_text="who set it by hand")  # noqa: DJ001
    reason = models.CharField(max_length=500, null=True, blank=True, help_text="why, in their words")  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "park_schedules"
        indexes = [
            # refresh: parks whose schedule is older than a day
            models.Index(fields=["park", "fetched_at"], name="schedules_freshness"),
            # coverage of a date over all parks
            models.Index(fields=["schedule_date", "schedule_type"], name="schedules_date_type"),
        ]
        constraints = [
            # also serves: windows of a park around a date
            models.UniqueConstraint(
                fields=["park", "schedule_date", "schedule_type", "opening_time"],
                name="schedules_window_once",
            ),
            models.CheckConstraint(
                condition=Q(opening_time__isnull=True)
                | Q(closing_time__isnull=True)
                | Q(opening_time__lt=F("closing_time")),
                name="schedules_open_before_close",
            ),
            models.CheckConstraint(
                condition=~Q(schedule_type__in=WITHOUT_TIMES)
                | Q(opening_time__isnull=True, closing_time__isnull=True),
                name="schedules_closed_has_no_times",
            ),
            models.CheckConstraint(
                condition=Q(set_by__isnull=True, reason__isnull=True) | Q(set_by__isnull=False, reason__isnull=False),
                name="schedules_set_with_a_reason",
            ),
            one_of("schedule_type", ScheduleType, "schedules_type_known"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.schedule_date} {self.schedule_type}"


class Supersession(models.TextChoices):
    """Why a window of a schedule holds no longer."""

    REPLACED = "REPLACED"  # the upstream says other hours of the date now
    CALLED_OFF = "CALLED_OFF"  # the upstream plans the date no longer
    BY_HAND = "BY_HAND"  # a person corrected, withdrew or released it


class SupersededSchedule(models.Model):
    """A window that was planned once: when the upstream last said so, and when it was superseded (N-9)."""

    id = models.BigAutoField(primary_key=True, db_column="superseded_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="superseded_schedules", db_index=False)
    schedule_date = models.DateField(help_text="park-local date")
    schedule_type = EnumField(max_length=14, choices=ScheduleType.choices)
    opening_time = models.DateTimeField(null=True, blank=True, help_text="UTC")
    closing_time = models.DateTimeField(null=True, blank=True, help_text="UTC")
    confirmed_at = models.DateTimeField(help_text="when upstream last said so")
    superseded_at = models.DateTimeField()
    cause = EnumField(max_length=10, choices=Supersession.choices)
    person = models.CharField(max_length=150, null=True, blank=True, help_text="who did it by hand")  # noqa: DJ001
    reason = models.CharField(max_length=500, null=True, blank=True, help_text="why, in their words")  # noqa: DJ001

    class Meta:
        db_table = "superseded_schedules"
        indexes = [
            # the former hours of a park's date
            models.Index(fields=["park", "schedule_date"], name="superseded_park_date"),
        ]
        constraints = [
            one_of("schedule_type", ScheduleType, "superseded_type_known"),
            one_of("cause", Supersession, "superseded_cause_known"),
            models.CheckConstraint(
                condition=~Q(cause=Supersession.BY_HAND) | Q(person__isnull=False, reason__isnull=False),
                name="superseded_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.schedule_date} {self.schedule_type} {self.cause}"
