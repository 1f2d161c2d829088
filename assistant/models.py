"""Conversations: what was asked, what was answered, which tools were called, and what each figure rests on.

Messages are append-only. A conversation is deleted with all of it by four statements, however long it is.
"""

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, one_of


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def latest_first(self) -> "ConversationQuerySet":
        return self.order_by("-updated_at", "-id")

    def delete(self) -> tuple[int, dict[str, int]]:
        """With all that hangs on them, in four statements, however many they are."""
        if self.query.is_sliced:
            raise TypeError("Cannot use 'limit' or 'offset' with delete().")
        with transaction.atomic(using=self.db):
            counts = delete_below({"pk__in": self.order_by().values("pk")}, self.db)
            counts[self.model._meta.label] = self.order_by()._raw_delete(self.db)
        return sum(counts.values()), counts

    delete.alters_data = True  # type: ignore[attr-defined]  # no template may call it
    delete.queryset_only = True  # type: ignore[attr-defined]  # as Django's own


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now(), help_text="when the last message was added")

    objects = ConversationQuerySet.as_manager()

    class Meta:
        db_table = "conversations"
        indexes = [
            # a visitor's conversations, the last used one first (also serves the foreign key)
            models.Index(fields=["user", "-updated_at", "-id"], name="conversations_latest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """As the queryset's."""
        return delete_conversations({"pk": self.pk})


class Role(models.TextChoices):
    USER = "user"
    ASSISTANT = "assistant"


class AppendOnly(Exception):
    """A message was to be changed."""


class MessageQuerySet(models.QuerySet["Message"]):
    def in_order(self) -> "MessageQuerySet":
        return self.order_by("created_at", "id")

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("messages are never changed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("messages are never changed")


class Message(models.Model):
    """One thing said. It is never changed: there is no `updated_at` by design."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages", db_index=False)
    role = EnumField(max_length=9, choices=Role.choices)
    content = models.TextField()
    # An answer is stamped after its question even where the clock stands still: they are ordered by it.
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "messages"
        indexes = [
            # a conversation's messages in order (also serves the foreign key)
            models.Index(fields=["conversation", "created_at", "id"], name="messages_in_order"),
        ]
        constraints = [one_of("role", Role, "messages_role_known")]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly for a message that is stored."""
        if not self._state.adding:
            raise AppendOnly("messages are never changed")
        super().save(*args, **kwargs)


class ToolCall(models.Model):
    """A tool that was called for an answer: with what, how long it took, and a digest of what came."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="tool_calls")
    name = models.CharField(max_length=60)
    arguments = models.JSONField()
    result_digest = models.CharField(max_length=64, help_text="SHA-256 of the result's JSON")
    ms = models.PositiveIntegerField(help_text="milliseconds")
    ok = models.BooleanField()

    class Meta:
        db_table = "tool_calls"

    def __str__(self) -> str:
        return f"{self.name} {'ok' if self.ok else 'failed'}"


class CitationKind(models.TextChoices):
    OUTAGE = "outage"
    FIGURE = "figure"
    RULE = "rule"
    COVERAGE = "coverage"


class Citation(models.Model):
    """What a figure of an answer rests on. `value` is the figure, unrounded, as the tool gave it."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="citations", db_index=False)
    ordinal = models.PositiveSmallIntegerField(help_text="the number of the footnote, from 1")
    kind = EnumField(max_length=8, choices=CitationKind.choices)
    permalink = models.CharField(max_length=500, help_text="a path of this site")
    value = models.CharField(max_length=100, null=True, blank=True, help_text="as JSON; none: unknown")  # noqa: DJ001
    unit = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    metrics_version = models.PositiveIntegerField(help_text="the rules that the figure was computed by")
    data_revision = models.CharField(max_length=40, help_text="the state of the data it was read in")

    class Meta:
        db_table = "citations"
        constraints = [
            # also serves: the footnotes of a message in order, and the foreign key
            models.UniqueConstraint(fields=["message", "ordinal"], name="citations_ordinal_once"),
            one_of("kind", CitationKind, "citations_kind_known"),
        ]

    def __str__(self) -> str:
        return f"[{self.ordinal}] {self.permalink}"


def delete_conversations(chosen: dict[str, Any], using: str = "default") -> tuple[int, dict[str, int]]:
    """Those that the lookups choose, with all that hangs on them, in four statements.

    Lookups become joins, which MariaDB follows from the conversation on; a subquery it would ask of each citation.
    """
    with transaction.atomic(using=using):
        counts = delete_below(chosen, using)
        counts[Conversation._meta.label] = Conversation.objects.using(using).filter(**chosen)._raw_delete(using)
    return sum(counts.values()), counts


def delete_below(chosen: dict[str, Any], using: str) -> dict[str, int]:
    """What hangs on the conversations that the lookups choose, in three statements; how many rows went, by model."""
    of_message = {f"message__conversation__{name}": value for name, value in chosen.items()}
    of_these = {f"conversation__{name}": value for name, value in chosen.items()}
    found: list[models.QuerySet[Any]] = [
        Citation.objects.using(using).filter(**of_message),
        ToolCall.objects.using(using).filter(**of_message),
        Message.objects.using(using).filter(**of_these),
    ]
    return {rows.model._meta.label: rows._raw_delete(using) for rows in found}
