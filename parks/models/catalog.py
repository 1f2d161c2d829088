"""Parks, their rides, and what kind of ride each is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core import data_version
from core.database.fields import EnumField, in_range, one_of
from core.zones import is_zone


class ParkQuerySet(models.QuerySet["Park"]):
    def active(self) -> "ParkQuerySet":
        return self.filter(is_active=True)

    def disney_universal(self) -> "ParkQuerySet":
        """Parks whose feed says breakdowns (DOWN) from planned closures (R-5.1)."""
        return self.filter(Q(is_disney=True) | Q(is_universal=True))


def validate_zone(value: str) -> None:
    if not is_zone(value):
        raise ValidationError(f"{value!r} is not an IANA time zone")


class Park(models.Model):
    """A theme park. Its zone defines its days; its type decides what counts as down (R-5.1)."""

    id = models.SmallAutoField(primary_key=True, db_column="park_id")
    queue_times_id = models.IntegerField(null=True, blank=True, unique=True)
    # Presence selects the data source.
    themeparks_wiki_id = models.CharField(max_length=36, null=True, blank=True, unique=True)
    # The ThemeParks.wiki destination the park belongs to: where its archive files lie.
    destination_id = models.CharField(max_length=36, null=True, blank=True)  # noqa: DJ001
    name = models.CharField(max_length=255)
    city = models.CharField(max_length=100)
    state_province = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    latitude = models.DecimalField(max_digits=10, decimal_places=8, null=True, blank=True)
    longitude = models.DecimalField(max_digits=11, decimal_places=8, null=True, blank=True)
    timezone = models.CharField(max_length=50, validators=[validate_zone], help_text="IANA name")
    operator = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    is_disney = models.BooleanField(default=False, db_default=False)
    is_universal = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = ParkQuerySet.as_manager()

    class Meta:
        db_table = "parks"
        indexes = [
            # admin: parks of one operator
            models.Index(fields=["operator"], name="parks_operator"),
            # directory import: parks of one country
            models.Index(fields=["country"], name="parks_country"),
            # every list: active parks, with or without the Disney/Universal filter
            models.Index(fields=["is_active", "is_disney", "is_universal"], name="parks_active_type"),
        ]
        constraints = [
            in_range("latitude", -90, 90, "parks_latitude_in_range"),
            in_range("longitude", -180, 180, "parks_longitude_in_range"),
            models.CheckConstraint(condition=~Q(timezone=""), name="parks_state_a_zone"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        validate_zone(self.timezone)  # every day of the park is reckoned in it
        super().save(**kwargs)

    @property
    def reports_down(self) -> bool:
        """Does the feed say breakdowns (DOWN) from planned closures (CLOSED)? (R-5.1)"""
        return self.is_disney or self.is_universal

    @property
    def location(self) -> str:
        """ "City, State", or "City, CC" for parks without a state; never empty (public-api 2.6, L4)."""
        return f"{self.city}, {self.state_province or self.country}"

    @property
    def queue_times_url(self) -> str | None:
        return f"https://queue-times.com/parks/{self.queue_times_id}" if self.queue_times_id else None


class Category(models.TextChoices):
    ATTRACTION = "ATTRACTION"
    MEET_AND_GREET = "MEET_AND_GREET"
    SHOW = "SHOW"
    EXPERIENCE = "EXPERIENCE"


class EntityType(models.TextChoices):
    ATTRACTION = "ATTRACTION"
    SHOW = "SHOW"
    RESTAURANT = "RESTAURANT"


class RideQuerySet(models.QuerySet["Ride"]):
    def active(self) -> "RideQuerySet":
        """Active rides of active parks (R-5.6)."""
        return self.filter(is_active=True, park__is_active=True)

    def in_history(self) -> "RideQuerySet":
        """Active and former rides, of parks that are either: what days that are over hold (N-15).

        An inactive ride without a key keeps the rows of an unmapped entity, out of every figure (ADR 17).
        """
        has_key = models.Q(themeparks_wiki_id__isnull=False) | models.Q(queue_times_id__isnull=False)
        return self.filter(models.Q(is_active=True) | has_key)

    def attractions(self) -> "RideQuerySet":
        """What lists, rankings and live counts show (R-5.6)."""
        return self.filter(category=Category.ATTRACTION)


class Ride(models.Model):
    """Anything a park reports on its own: an attraction, a show, a meet-and-greet."""

    id = models.AutoField(primary_key=True, db_column="ride_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="rides", db_index=False)
    queue_times_id = models.IntegerField(null=True, blank=True, unique=True)
    themeparks_wiki_id = models.CharField(max_length=36, null=True, blank=True, unique=True)
    name = models.CharField(max_length=255)
    entity_type = EnumField(
        max_length=10, choices=EntityType.choices, default=EntityType.ATTRACTION, null=True, blank=True
    )
    category = EnumField(max_length=14, choices=Category.choices, default=Category.ATTRACTION, null=True, blank=True)
    land_area = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True, db_default=True)
    # Latest instant at which the ride operated while its park was open.
    last_operated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = RideQuerySet.as_manager()

    class Meta:
        db_table = "rides"
        indexes = [
            # a park's rides, and those of one tier (also serves the foreign key)
            models.Index(fields=["park", "is_active", "tier"], name="rides_park_active_tier"),
            # lists of active attractions
            models.Index(fields=["category", "is_active"], name="rides_category_active"),
            # denominator of the instantaneous score: operated within seven days
            models.Index(fields=["last_operated_at"], name="rides_last_operated"),
        ]
        constraints = [
            in_range("tier", 1, 3, "rides_tier_1_to_3"),
            one_of("category", Category, "rides_category_known"),
            one_of("entity_type", EntityType, "rides_entity_type_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def queue_times_url(self) -> str | None:
        """The ride's page at Queue-Times; a query when the park is not loaded."""
        park_url = self.park.queue_times_url
        return f"{park_url}/rides/{self.queue_times_id}" if park_url and self.queue_times_id else None


TIER_WEIGHTS = {1: 3, 2: 2, 3: 1}
DEFAULT_TIER_WEIGHT = 2  # a ride without classification
# A ride counts in the instantaneous score this long after it last operated.
INCLUSION_WINDOW = timedelta(days=7)


def weight_of(tier_weight: int | None) -> int:
    """A ride's weight; unclassified rides weigh 2 (R-9.1)."""
    return tier_weight or DEFAULT_TIER_WEIGHT


class ClassificationMethod(models.TextChoices):
    MANUAL_OVERRIDE = "manual_override"
    CACHED_AI = "cached_ai"
    PATTERN_MATCH = "pattern_match"
    AI_AGENT = "ai_agent"


CLASSIFICATION_REVIEW_BELOW = Decimal("0.50")  # exclusive
CLASSIFICATION_SCHEMA_VERSION = "2.0"
SURE = Decimal("1.00")  # what a person said
LONGEST_REASON = 500
# The source of an override that a line of the overrides file says; one said by hand has none.
OVERRIDES_FILE_SOURCE = "classification_overrides.csv"


class RideClassificationQuerySet(models.QuerySet["RideClassification"]):
    def needs_review(self) -> "RideClassificationQuerySet":
        """Classifications nobody should trust unseen (R-9.2)."""
        return self.filter(confidence_score__lt=CLASSIFICATION_REVIEW_BELOW)

    def override(self, tier: int, category: str | None, reason: str) -> int:
        """Say by hand what tier (1 to 3) these rides have and why; `category` None: as it is. Returns how many.

        It stands until it is withdrawn or said anew: classification leaves it alone. Three statements. Raises
        ValidationError, and then nothing is written.
        """
        reason = reason.strip()
        check_override(tier, category, reason)
        now = timezone.now()
        of_category = {} if category is None else {"category": category}
        with transaction.atomic():
            rides = list(self.values_list("ride_id", flat=True))
            self.model.objects.filter(ride__in=rides).update(
                tier=tier,
                tier_weight=TIER_WEIGHTS[tier],
                classification_method=ClassificationMethod.MANUAL_OVERRIDE,
                confidence_score=SURE,
                reasoning_text=None,
                override_reason=reason,
                research_sources=None,
                schema_version=CLASSIFICATION_SCHEMA_VERSION,
                classified_at=now,
                updated_at=now,
                **of_category,
            )
            Ride.objects.filter(pk__in=rides).update(tier=tier, updated_at=now, **of_category)
            transaction.on_commit(data_version.move)
        return len(rides)


def check_override(tier: int, category: str | None, reason: str) -> None:
    """Raises ValidationError with the field's name."""
    if tier not in TIER_WEIGHTS:
        raise ValidationError({"tier": f"{tier!r} is not a tier; 1, 2 and 3 are"})
    if category is not None and category not in Category.values:
        raise ValidationError({"category": f"{category!r} is not one of {', '.join(Category.values)}"})
    if not reason:
        raise ValidationError({"override_reason": "an override needs a reason"})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"override_reason": f"a reason has at most {LONGEST_REASON} characters"})


class RideClassification(models.Model):
    """How important a ride is (tier 1 to 3, weight 3 to 1) and how we know (R-9)."""

    id = models.AutoField(primary_key=True, db_column="classification_id")
    ride = models.OneToOneField(Ride, models.CASCADE, related_name="classification")
    tier = models.PositiveSmallIntegerField()
    tier_weight = models.PositiveSmallIntegerField()
    category = EnumField(max_length=14, choices=Category.choices, default=Category.ATTRACTION, null=True, blank=True)
    classification_method = EnumField(max_length=15, choices=ClassificationMethod.choices)
    confidence_score = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    reasoning_text = models.TextField(null=True, blank=True)  # noqa: DJ001
    override_reason = models.CharField(max_length=500, null=True, blank=True)  # noqa: DJ001
    research_sources = models.JSONField(null=True, blank=True)
    cache_key = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001
    schema_version = models.CharField(max_length=10, default="2.0")
    classified_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    objects = RideClassificationQuerySet.as_manager()

    class Meta:
        db_table = "ride_classifications"
        indexes = [
            # rides of a tier
            models.Index(fields=["tier"], name="classifications_tier"),
            # review: rides by method, least sure first
            models.Index(fields=["classification_method", "confidence_score"], name="classifications_review"),
            # cache look-up of the classifier
            models.Index(fields=["cache_key"], name="classifications_cache_key"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__gte=1, tier__lte=3, tier_weight=4 - F("tier")),
                name="classifications_weight_of_tier",
            ),
            in_range("confidence_score", 0, 1, "classifications_confidence"),
            one_of("classification_method", ClassificationMethod, "classifications_method_known"),
            one_of("category", Category, "classifications_category_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id}: tier {self.tier}"

    @property
    def needs_review(self) -> bool:
        return self.confidence_score is not None and self.confidence_score < CLASSIFICATION_REVIEW_BELOW

    @property
    def is_overridden_by_hand(self) -> bool:
        """Somebody said it here, and no line of the overrides file: only they can take it back."""
        is_override = self.classification_method == ClassificationMethod.MANUAL_OVERRIDE
        return is_override and self.research_sources != [OVERRIDES_FILE_SOURCE]

    @classmethod
    def say(cls, ride: Ride, reason: str) -> None:
        """By hand: tier and category of a ride that has both."""
        tier = ride.tier or 0
        defaults = {"tier": tier, "tier_weight": TIER_WEIGHTS[tier], "classification_method": "manual_override"}
        row, _ = cls.objects.get_or_create(ride=ride, defaults=defaults)
        row.override(tier, ride.category, reason)

    def override(self, tier: int, category: str | None, reason: str) -> None:
        """As the queryset's, for this ride."""
        type(self).objects.filter(pk=self.pk).override(tier, category, reason)
        self.refresh_from_db()
