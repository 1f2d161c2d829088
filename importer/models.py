"""The ledgers of imports and of calls of the history endpoint."""

import secrets
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from parks.fields import EnumField, one_of
from parks.models import Park, Ride


class ImportStatus(models.TextChoices):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


# From which states a state may be entered (data-model 4.5).
ENTERED_FROM = {
    ImportStatus.IN_PROGRESS: (ImportStatus.PENDING, ImportStatus.PAUSED, ImportStatus.FAILED),
    ImportStatus.COMPLETED: (ImportStatus.IN_PROGRESS,),
    ImportStatus.PAUSED: (ImportStatus.PENDING, ImportStatus.IN_PROGRESS),
    ImportStatus.FAILED: (ImportStatus.IN_PROGRESS, ImportStatus.PAUSED),
    ImportStatus.CANCELLED: (ImportStatus.PENDING, ImportStatus.IN_PROGRESS, ImportStatus.PAUSED),
}
ABANDONED_AFTER = timedelta(hours=1)
ENDED = (ImportStatus.COMPLETED, ImportStatus.FAILED, ImportStatus.CANCELLED)


class TransitionRefused(Exception):
    """An import cannot go from its present state to the one asked for."""


def new_import_id() -> str:
    return f"imp_{secrets.token_hex(8)}"


class ImportCheckpoint(models.Model):
    """One import of one archive destination, or of one of its parks."""

    id = models.AutoField(primary_key=True, db_column="checkpoint_id")
    import_id = models.CharField(max_length=20, unique=True, default=new_import_id)
    destination_uuid = models.CharField(max_length=36)
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="imports")
    last_processed_date = models.DateField(null=True, blank=True)
    last_processed_file = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    records_imported = models.PositiveBigIntegerField(default=0)
    errors_encountered = models.PositiveIntegerField(default=0)
    status = EnumField(max_length=11, choices=ImportStatus.choices, default=ImportStatus.PENDING)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "import_checkpoints"
        indexes = [
            # imports of a destination; is one running?
            models.Index(fields=["destination_uuid", "status"], name="imports_destination_status"),
            # list of imports by state
            models.Index(fields=["status"], name="imports_status"),
        ]
        constraints = [
            one_of("status", ImportStatus, "imports_status_known"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(completed_at__gte=F("started_at")),
                name="imports_start_before_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.import_id} {self.destination_uuid} {self.status}"

    @classmethod
    def fail_abandoned(cls, destination_uuid: str) -> None:
        """Imports of a destination that say they run but have not moved for an hour were killed."""
        stale = cls.objects.filter(
            destination_uuid=destination_uuid,
            status=ImportStatus.IN_PROGRESS,
            updated_at__lt=timezone.now() - ABANDONED_AFTER,
        )
        for checkpoint in stale:
            checkpoint.enter(ImportStatus.FAILED)

    def enter(self, status: ImportStatus) -> None:
        """Claim the step to `status` by a conditional update; raises TransitionRefused when it is not open."""
        now = timezone.now()
        changes: dict[str, object] = {"status": status, "updated_at": now}
        changes["completed_at"] = now if status in ENDED else None
        if status == ImportStatus.IN_PROGRESS and self.started_at is None:
            changes["started_at"] = now
        sources = ENTERED_FROM.get(status, ())
        rows = ImportCheckpoint.objects.filter(pk=self.pk, status__in=sources).update(**changes)
        if not rows:
            self.refresh_from_db()
            raise TransitionRefused(f"import {self.import_id} is {self.status}, it cannot become {status}")
        for field, value in changes.items():
            setattr(self, field, value)


class HistoryOutcome(models.TextChoices):
    ASKED = "ASKED"  # no answer yet, or its process was killed
    ANSWERED = "ANSWERED"
    MISSING = "MISSING"  # the upstream has no usable history of the ride
    FAILED = "FAILED"  # no answer this time
    REFUSED = "REFUSED"  # of no ride: the budget is spent, or the window exceeded


class HistoryCall(models.Model):
    """One call of the upstream's history endpoint: it counts against the hourly budget, and its answer is kept until
    all rides of the park are answered and the gap is filled."""

    id = models.BigAutoField(primary_key=True, db_column="call_id")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="+", db_index=False)
    first_date = models.DateField(help_text="park-local, inclusive")
    last_date = models.DateField(help_text="park-local, inclusive")
    asked_at = models.DateTimeField()
    outcome = EnumField(max_length=8, choices=HistoryOutcome.choices, default=HistoryOutcome.ASKED)
    body = models.BinaryField(null=True, blank=True)  # the answer, zlib

    class Meta:
        db_table = "history_calls"
        indexes = [
            # calls of the last hour; those to be forgotten
            models.Index(fields=["asked_at"], name="history_asked"),
            # what is known of a park's rides (also serves the foreign key)
            models.Index(fields=["ride", "asked_at"], name="history_ride"),
        ]
        constraints = [
            one_of("outcome", HistoryOutcome, "history_outcome_known"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="history_first_before_last"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.first_date} to {self.last_date}: {self.outcome}"
