"""Which ride an entity of the archive was taken for, how we know, and who said so (R-26.4)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, in_range, one_of
from core.database.querysets import retried_on_lock, upsert
from parks.models import Park, Ride

SURE = Decimal("1.00")
LONGEST_NOTES = 500
ENTITIES_PER_UPDATE = 100

Span = tuple[datetime, datetime]


class MappingMethod(models.TextChoices):
    UUID = "UUID"
    EXACT_NAME = "EXACT_NAME"
    FUZZY = "FUZZY"
    CREATED = "CREATED"
    MANUAL = "MANUAL"
    FAILED = "FAILED"


class MappingDecisionQuerySet(models.QuerySet["MappingDecision"]):
    def to_review(self) -> "MappingDecisionQuerySet":
        """What nobody has looked at and a machine could not be sure of: names, and entities without a ride."""
        unsure = (MappingMethod.EXACT_NAME, MappingMethod.FUZZY, MappingMethod.FAILED)
        return self.filter(is_reviewed=False, method__in=unsure)

    @retried_on_lock
    def widen(self, spans: dict[str, Span]) -> None:
        """Let the span of each entity hold what was met of it now; two statements per hundred entities.

        Correct under other importers: the rows are locked, and a span only grows.
        """
        entities = sorted(spans)
        for i in range(0, len(entities), ENTITIES_PER_UPDATE):
            part = entities[i : i + ENTITIES_PER_UPDATE]
            grown = []
            for known in self.filter(entity_uuid__in=part).select_for_update().order_by("entity_uuid"):
                before = known.first_event_at, known.last_event_at
                first, last = spans[known.entity_uuid]
                known.first_event_at = min(first, before[0] or first)
                known.last_event_at = max(last, before[1] or last)
                if before != (known.first_event_at, known.last_event_at):
                    grown.append(known)
            # The rows are there and locked: an upsert costs a tenth of what `bulk_update` takes to say it.
            upsert(self.model, grown, ["id"], ["first_event_at", "last_event_at"])


class MappingDecision(models.Model):
    """The ride an entity of the archive stands for. One row per entity: the decision that holds now.

    Snapshots do not name their entity. The span of the entity's events says which rows of the ride are its own:
    at any instant at most one entity feeds a ride (`importer.mapping.resolve`).
    """

    id = models.AutoField(primary_key=True, db_column="decision_id")
    entity_uuid = models.CharField(max_length=36, unique=True)
    entity_name = models.CharField(max_length=255, blank=True, default="", help_text="as the archive spelled it first")
    destination_uuid = models.CharField(max_length=36, blank=True, default="")
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    # Of a FAILED decision: an inactive ride that keeps the rows which came in before.
    ride = models.ForeignKey(Ride, models.SET_NULL, null=True, blank=True, related_name="mapping_decisions")
    method = EnumField(max_length=10, choices=MappingMethod.choices)
    edits = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Levenshtein distance of the names")
    confidence = models.DecimalField(max_digits=3, decimal_places=2, help_text="0 to 1")
    decided_at = models.DateTimeField(default=timezone.now, db_default=Now())
    decided_by = models.CharField(max_length=100, help_text="an import's id, or a person's name")
    notes = models.CharField(max_length=LONGEST_NOTES, blank=True, default="")
    is_reviewed = models.BooleanField(default=False, db_default=False)
    reviewed_by = models.CharField(max_length=100, blank=True, default="")
    first_event_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    # Its rows are being moved from this ride to `ride`; the move goes on where it was interrupted.
    moving_from = models.ForeignKey(Ride, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)

    objects = MappingDecisionQuerySet.as_manager()

    class Meta:
        db_table = "mapping_decisions"
        indexes = [
            # what an import of a destination knows already
            models.Index(fields=["destination_uuid"], name="mappings_destination"),
            # report and review of a park (also serves the foreign key)
            models.Index(fields=["park", "method"], name="mappings_park_method"),
            # review: what nobody has looked at, by method
            models.Index(fields=["is_reviewed", "method"], name="mappings_review"),
            # moves that were interrupted (also serves the foreign key)
            models.Index(fields=["moving_from"], name="mappings_moving"),
        ]
        constraints = [
            one_of("method", MappingMethod, "mappings_method_known"),
            in_range("confidence", 0, 1, "mappings_confidence"),
            models.CheckConstraint(
                condition=Q(last_event_at__isnull=True)
                | Q(first_event_at__isnull=True)
                | Q(last_event_at__gte=F("first_event_at")),
                name="mappings_first_before_last",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity_name or self.entity_uuid}: {self.method}"

    @property
    def is_failed(self) -> bool:
        return self.method == MappingMethod.FAILED

    @property
    def is_final(self) -> bool:
        """Has a person said that there is no ride? Otherwise every import tries again."""
        return self.is_failed and self.is_reviewed

    def review(self, by: str, notes: str = "") -> None:
        """Note that a person has looked at the decision and lets it stand."""
        self.is_reviewed, self.reviewed_by = True, by[:100]
        self.notes = (notes or self.notes)[:LONGEST_NOTES]
        self.save(update_fields=["is_reviewed", "reviewed_by", "notes"])


def stored(decision: MappingDecision) -> MappingDecision:
    """The decision that holds for an entity: this one, or the one another importer stored first.

    One without a ride gives way, unless a person made it.
    """
    changes = {name: getattr(decision, name) for name in DECIDED}
    found, is_new = MappingDecision.objects.get_or_create(entity_uuid=decision.entity_uuid, defaults=changes)
    if is_new or found.ride_id is not None or found.is_final or decision.is_failed:
        return found
    MappingDecision.objects.filter(pk=found.pk, ride=None).update(**changes, is_reviewed=False)
    found.refresh_from_db()
    return found


DECIDED = (
    "entity_name",
    "destination_uuid",
    "park",
    "ride",
    "method",
    "edits",
    "confidence",
    "decided_at",
    "decided_by",
    "notes",
)


def decisions_of(destination: str) -> Iterable[MappingDecision]:
    """What is known of a destination's entities; one query."""
    return MappingDecision.objects.filter(destination_uuid=destination).select_related("ride__park", "park")
