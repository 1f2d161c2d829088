"""What persons have corrected of parks and rides, and what was said before."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from parks.models.catalog import Park, Ride


class CatalogCorrectionQuerySet(models.QuerySet["CatalogCorrection"]):
    def standing(self) -> dict[tuple[int, str], "CatalogCorrection"]:
        """By park or ride (all are of one kind) and field: the correction that holds. One statement."""
        last: dict[tuple[int, str], CatalogCorrection] = {}
        for row in self.order_by("pk"):
            last[row.ride_id or row.park_id or 0, row.field] = row
        return {key: row for key, row in last.items() if not row.is_release}

    def of_rides(self, rides: Iterable[Ride]) -> "CatalogCorrectionQuerySet":
        return self.filter(ride__in=[ride.pk for ride in rides if ride.pk])


class CatalogCorrection(models.Model):
    """A field of a park or ride as a person said it. The last one of a field holds, until it is released: the answers
    of the upstreams leave the field alone."""

    id = models.BigAutoField(primary_key=True, db_column="correction_id")
    park = models.ForeignKey(
        Park, models.CASCADE, null=True, blank=True, related_name="catalog_corrections", db_index=False
    )
    ride = models.ForeignKey(
        Ride, models.CASCADE, null=True, blank=True, related_name="catalog_corrections", db_index=False
    )
    field = models.CharField(max_length=30, help_text="column of the park or ride")
    old_value = models.TextField(null=True, blank=True)  # noqa: DJ001
    new_value = models.TextField(null=True, blank=True)  # noqa: DJ001
    person = models.CharField(max_length=150, help_text="who said so")
    reason = models.CharField(max_length=500, help_text="why, in their words")
    is_release = models.BooleanField(default=False, db_default=False, help_text="the upstream may say it again")
    corrected_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    objects = CatalogCorrectionQuerySet.as_manager()

    class Meta:
        db_table = "catalog_corrections"
        indexes = [
            # what was corrected of a park (also serves the foreign key)
            models.Index(fields=["park", "field"], name="corrections_park"),
            # what was corrected of rides (also serves the foreign key)
            models.Index(fields=["ride", "field"], name="corrections_ride"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(park__isnull=True, ride__isnull=False) | Q(park__isnull=False, ride__isnull=True),
                name="corrections_of_one",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(person=""), name="corrections_by_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.old_value} → {self.new_value}"
