"""What was wrong with what we were reported: upstream issues, and problems of imports and collection."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, one_of
from parks.models import Park, Ride


class IssueSource(models.TextChoices):
    THEMEPARKS_WIKI = "themeparks_wiki"
    QUEUE_TIMES = "queue_times"


class IssueType(models.TextChoices):
    STALE_DATA = "STALE_DATA"
    MISSING_DATA = "MISSING_DATA"
    INVALID_STATUS = "INVALID_STATUS"
    INCONSISTENT_DATA = "INCONSISTENT_DATA"


class DataQualityIssue(models.Model):
    """A problem of an upstream source: stale, missing, unknown or contradictory data (R-22.1)."""

    id = models.BigAutoField(primary_key=True, db_column="issue_id")
    data_source = EnumField(max_length=15, choices=IssueSource.choices)
    issue_type = EnumField(max_length=17, choices=IssueType.choices)
    detected_at = models.DateTimeField(default=timezone.now, db_default=Now())
    last_detected_at = models.DateTimeField(null=True, blank=True, help_text="of what lasts: when it was last so")
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    ride = models.ForeignKey(Ride, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    themeparks_wiki_id = models.CharField(max_length=36, null=True, blank=True)  # noqa: DJ001
    queue_times_id = models.IntegerField(null=True, blank=True)
    entity_name = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    last_updated_api = models.DateTimeField(null=True, blank=True)
    data_age_minutes = models.PositiveIntegerField(null=True, blank=True)
    reported_status = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001
    details = models.JSONField(null=True, blank=True)
    is_resolved = models.BooleanField(default=False, db_default=False)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "data_quality_issues"
        verbose_name = "upstream issue"
        indexes = [
            # one source's issues of a type over a window; was the same logged within the hour?
            models.Index(fields=["data_source", "issue_type", "detected_at"], name="issues_source_type"),
            # issues of a park (also serves the foreign key)
            models.Index(fields=["park", "detected_at"], name="issues_park"),
            # issues of a ride (also serves the foreign key)
            models.Index(fields=["ride", "detected_at"], name="issues_ride"),
            # open issues, newest first
            models.Index(fields=["is_resolved", "detected_at"], name="issues_open"),
            # what of a type is open, by park: is it over?
            models.Index(fields=["issue_type", "is_resolved", "park"], name="issues_open_of_type"),
            # what lasted into a window
            models.Index(fields=["last_detected_at"], name="issues_last_detected"),
            # issues of an entity we have not mapped
            models.Index(fields=["themeparks_wiki_id"], name="issues_wiki_id"),
        ]
        constraints = [
            one_of("data_source", IssueSource, "issues_source_known"),
            one_of("issue_type", IssueType, "issues_type_known"),
        ]

    def __str__(self) -> str:
        return f"{self.issue_type} {self.entity_name}"


class LogType(models.TextChoices):
    GAP = "GAP"
    DUPLICATE = "DUPLICATE"
    INVALID = "INVALID"
    MISSING_FIELD = "MISSING_FIELD"
    PARSE_ERROR = "PARSE_ERROR"
    MAPPING_FAILED = "MAPPING_FAILED"


class Resolution(models.TextChoices):
    OPEN = "OPEN"
    INVESTIGATING = "INVESTIGATING"
    RESOLVED = "RESOLVED"
    WONTFIX = "WONTFIX"


# From which states a state may be entered (data-model 4.4). A settled problem is resumed again by saying why.
ENTERED_FROM: dict[str, tuple[Resolution, ...]] = {
    Resolution.INVESTIGATING: (Resolution.OPEN,),
    Resolution.RESOLVED: (Resolution.OPEN, Resolution.INVESTIGATING),
    Resolution.WONTFIX: (Resolution.OPEN, Resolution.INVESTIGATING),
}
SETTLED = (Resolution.RESOLVED, Resolution.WONTFIX)


class TransitionRefused(Exception):
    """A problem cannot go from its present state to the one asked for."""


class NotesNeeded(TransitionRefused):
    """Nobody settles a problem without saying how."""


def refuse_silence(status: str, notes: str) -> None:
    """Raises NotesNeeded where notes are missing."""
    if status in SETTLED and not notes.strip():
        raise NotesNeeded(f"notes are required when setting status to {status}")


class DataQualityLogQuerySet(models.QuerySet["DataQualityLog"]):
    def move_to(self, status: str, notes: str = "") -> int:
        """Move those that may go to `status`, by one conditional update; returns how many (data-model 4.4).

        Notes replace the former ones. RESOLVED and WONTFIX need them, or NotesNeeded is raised. So do settled
        problems that are resumed again: without notes they stay what they are.
        """
        notes = notes.strip()
        refuse_silence(status, notes)
        sources = ENTERED_FROM.get(status, ())
        if status == Resolution.INVESTIGATING and notes:
            sources += SETTLED
        changes = {"resolution_status": status, "updated_at": timezone.now()}
        if notes:
            changes["resolution_notes"] = notes
        return self.filter(resolution_status__in=sources).update(**changes)


class DataQualityLog(models.Model):
    """A problem met while importing or collecting: a gap, a duplicate, something unreadable.

    `fingerprint` is the natural key, so the same problem met again stays one row.
    """

    id = models.BigAutoField(primary_key=True, db_column="log_id")
    fingerprint = models.CharField(max_length=64, unique=True)
    # The import it was first met in; NULL: live collection.
    import_id = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    issue_type = EnumField(max_length=14, choices=LogType.choices)
    entity_type = models.CharField(max_length=50, help_text="ride, park, archive_file, archive_event")
    entity_id = models.IntegerField(null=True, blank=True, help_text="internal id")
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    timestamp_start = models.DateTimeField()
    timestamp_end = models.DateTimeField(null=True, blank=True)
    description = models.TextField()
    raw_data = models.JSONField(null=True, blank=True)
    resolution_status = EnumField(max_length=13, choices=Resolution.choices, default=Resolution.OPEN)
    resolution_notes = models.TextField(null=True, blank=True)  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = DataQualityLogQuerySet.as_manager()

    class Meta:
        db_table = "data_quality_log"
        verbose_name = "data quality problem"
        verbose_name_plural = "data quality"
        indexes = [
            # problems of one import
            models.Index(fields=["import_id"], name="quality_log_import"),
            # counts by status and type, from the index alone; open problems of a type, newest first
            models.Index(fields=["resolution_status", "issue_type"], name="quality_log_review"),
            # problems of a status, newest first
            models.Index(fields=["resolution_status"], name="quality_log_status"),
            # problems of a type, newest first
            models.Index(fields=["issue_type"], name="quality_log_type"),
            # gaps, the latest first, and of a period; their lengths from the index alone
            models.Index(fields=["issue_type", "timestamp_start", "timestamp_end"], name="quality_log_type_time"),
            # gaps that began before a period and reach into it
            models.Index(fields=["issue_type", "timestamp_end", "timestamp_start"], name="quality_log_type_end"),
            # problems of all types in a period
            models.Index(fields=["timestamp_start"], name="quality_log_time"),
            # problems of a park, of a ride
            models.Index(fields=["entity_type", "entity_id", "timestamp_start"], name="quality_log_entity"),
        ]
        constraints = [
            one_of("issue_type", LogType, "quality_log_type_known"),
            one_of("resolution_status", Resolution, "quality_log_resolution_known"),
            models.CheckConstraint(
                condition=Q(timestamp_end__isnull=True) | Q(timestamp_end__gte=F("timestamp_start")),
                name="quality_log_start_before_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_type} {self.external_id}"

    def save(self, **kwargs: Any) -> None:
        self.fingerprint = self.fingerprint or self.natural_key(
            self.issue_type, self.entity_type, self.external_id, self.timestamp_start, self.description
        )
        super().save(**kwargs)

    def move_to(self, status: str, notes: str = "") -> None:
        """Claim the step to `status`, whatever this object remembers of the row; raises TransitionRefused."""
        moved = DataQualityLog.objects.filter(pk=self.pk).move_to(status, notes)
        self.refresh_from_db()
        if not moved:
            reopened = self.resolution_status in SETTLED and status == Resolution.INVESTIGATING
            without = " without notes" if reopened else ""
            raise TransitionRefused(f"issue {self.pk} is {self.resolution_status}, it cannot become {status}{without}")

    @staticmethod
    def natural_key(issue_type: str, entity_type: str, external_id: str | None, at: datetime, description: str) -> str:
        """What makes a problem the same problem: kind, entity, place, instant and reason."""
        parts = (issue_type, entity_type, external_id or "", at.astimezone(UTC).isoformat(), description)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
