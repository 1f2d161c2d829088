"""What a visitor keeps: tasks, visits with their stops, and tokens. All of it goes with the visitor."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from core.admin_keys import digest_of
from core.database.fields import EnumField, one_of
from parks.models import Park, Ride

LONGEST_TITLE, LONGEST_DESCRIPTION = 200, 1_000
VISITOR_PREFIX = "visitor-"  # what the names of their users begin with


class TaskQuerySet(models.QuerySet["Task"]):
    def newest_first(self) -> "TaskQuerySet":
        return self.order_by("-created_at", "-id")

    def completed(self, value: bool) -> "TaskQuerySet":
        """Those that are, or are not. As a list, because SQLite takes no index for Django's `NOT completed`."""
        return self.filter(completed__in=[value])


class Task(models.Model):
    """Something a visitor wants from a day. With a stop it is one ride of a planned visit; `completed` ticks it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The lists' indexes begin with it and serve the foreign key.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tasks", db_index=False)
    title = models.CharField(max_length=LONGEST_TITLE)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, null=True, blank=True)  # noqa: DJ001
    completed = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "tasks"
        indexes = [
            # a visitor's open or completed tasks, newest first
            models.Index(fields=["user", "completed", "-created_at", "-id"], name="tasks_open_newest"),
            # all of a visitor's tasks, newest first
            models.Index(fields=["user", "-created_at", "-id"], name="tasks_newest"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="tasks_have_a_title")]

    def __str__(self) -> str:
        return self.title


class Pace(models.TextChoices):
    RELAXED = "relaxed"
    NORMAL = "normal"
    BRISK = "brisk"


class Visit(models.Model):
    """A day in a park. Times are the park's own; an end at or before the start lies after midnight."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visits", db_index=False)
    park = models.ForeignKey(Park, models.CASCADE, related_name="visits")
    visit_date = models.DateField(help_text="park-local date")
    start_time = models.TimeField(null=True, blank=True, help_text="park-local; none: when the park opens")
    end_time = models.TimeField(null=True, blank=True, help_text="park-local; none: when the park closes")
    party_heights_cm = models.JSONField(default=list, help_text="the height of each person, in cm; may be empty")
    pace = EnumField(max_length=7, choices=Pace.choices, default=Pace.NORMAL, db_default=Pace.NORMAL)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "visits"
        indexes = [
            # a visitor's visits, the latest date first
            models.Index(fields=["user", "-visit_date", "-id"], name="visits_latest"),
        ]
        constraints = [
            one_of("pace", Pace, "visits_pace_known"),
            models.CheckConstraint(
                condition=Q(start_time=None) | Q(end_time=None) | ~Q(start_time=F("end_time")),
                name="visits_last_a_while",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.visit_date}"


class PlanStop(models.Model):
    """A task that is a ride of a visit. The task outlives its ride; the stops of a deleted visit take theirs along."""

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="stop")
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="stops", db_index=False)
    position = models.PositiveSmallIntegerField(help_text="from 1; equal ones stand in the order of their tasks")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="plan_stops")
    wanted_arrival = models.TimeField(null=True, blank=True, help_text="park-local")

    class Meta:
        db_table = "plan_stops"
        indexes = [
            # the stops of a visit in their order (also serves the foreign key)
            models.Index(fields=["visit", "position"], name="plan_stops_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.position}"


TOKEN_PREFIX = "rwv"  # noqa: S105  (what every token begins with)
TOKEN_USE_GRAIN = timedelta(minutes=1)  # the last use is written no oftener


class VisitorToken(models.Model):
    """`rwv_<public id>_<secret>`: stands for its visitor where there is no cookie. Revoking it deletes the row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visitor_tokens")
    name = models.CharField(max_length=100, help_text="what it is used for, in the visitor's words")
    public_id = models.CharField(max_length=16, unique=True, help_text="the part of the token that may be seen")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the secret")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "visitor_tokens"

    def __str__(self) -> str:
        return f"{self.name} ({TOKEN_PREFIX}_{self.public_id}_…)"

    @classmethod
    def issue(cls, user: Any, name: str) -> tuple["VisitorToken", str]:
        """A token and its text, which nobody can read again."""
        public_id, secret = secrets.token_hex(8), secrets.token_hex(32)
        token = cls.objects.create(user=user, name=name, public_id=public_id, digest=digest_of(secret))
        return token, f"{TOKEN_PREFIX}_{public_id}_{secret}"

    @classmethod
    def find(cls, text: str, now: datetime) -> "User | None":
        """The visitor that a token's text stands for; its use is noted. None for an unknown or wrong one."""
        prefix, _, rest = text.partition("_")
        public_id, _, secret = rest.partition("_")
        is_token = prefix == TOKEN_PREFIX and public_id.isalnum()
        token = cls.objects.select_related("user").filter(public_id=public_id).first() if is_token else None
        # Compared even when nothing was found: the time it takes says nothing.
        is_right = constant_time_compare(token.digest if token else digest_of(""), digest_of(secret))
        if token is None or not is_right or not token.user.is_active:
            return None
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOKEN_USE_GRAIN)
        cls.objects.filter(stale, pk=token.pk).update(last_used_at=now)
        return token.user
