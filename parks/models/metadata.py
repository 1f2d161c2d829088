"""What the upstream reports of rides besides their state."""

from django.db import models
from django.db.models.functions import Now

from core.database.fields import EnumField, in_range, one_of
from parks.models.catalog import Ride


class Shelter(models.TextChoices):
    INDOOR = "INDOOR"
    OUTDOOR = "OUTDOOR"
    HYBRID = "HYBRID"


class EntityMetadata(models.Model):
    """What the upstream reports a ride besides its state: place, type, heights, tags (R-26.6)."""

    id = models.AutoField(primary_key=True, db_column="metadata_id")
    ride = models.OneToOneField(Ride, models.CASCADE, related_name="metadata")
    themeparks_wiki_id = models.CharField(max_length=36, unique=True)
    entity_name = models.CharField(max_length=255)
    entity_type = models.CharField(max_length=50)
    latitude = models.DecimalField(max_digits=10, decimal_places=7, null=True, blank=True)
    longitude = models.DecimalField(max_digits=10, decimal_places=7, null=True, blank=True)
    indoor_outdoor = EnumField(max_length=7, choices=Shelter.choices, null=True, blank=True)
    height_min_cm = models.PositiveIntegerField(null=True, blank=True)
    height_max_cm = models.PositiveIntegerField(null=True, blank=True)
    tags = models.JSONField(null=True, blank=True)
    last_synced = models.DateTimeField(auto_now_add=True, db_default=Now())
    # Heights and tags stand in the entity's own answer alone, one request per ride: they are asked for now and then.
    checked_at = models.DateTimeField(null=True, blank=True, help_text="when the entity's own answer was last read")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "entity_metadata"
        indexes = [
            # entities of a type
            models.Index(fields=["entity_type"], name="metadata_type"),
            # bounding box of "what is near"
            models.Index(fields=["latitude", "longitude"], name="metadata_place"),
        ]
        constraints = [
            in_range("latitude", -90, 90, "metadata_latitude_in_range"),
            in_range("longitude", -180, 180, "metadata_longitude_in_range"),
            one_of("indoor_outdoor", Shelter, "metadata_shelter_known"),
        ]

    def __str__(self) -> str:
        return f"{self.entity_name} v{self.version}"


class EntityMetadataVersion(models.Model):
    """A former state of an entity's metadata: what changed, and when."""

    metadata = models.ForeignKey(EntityMetadata, models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    fields = models.JSONField(help_text="the metadata as it was in this version")
    changed_fields = models.JSONField(help_text="names of the fields this version changed")
    recorded_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "entity_metadata_versions"
        constraints = [
            # also serves: the history of one entity
            models.UniqueConstraint(fields=["metadata", "version"], name="metadata_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.metadata_id} v{self.version}"
