"""`GET /api/rides/{id}/metadata`: what is known of a ride besides its state, and what changed when (R-26.6)."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from parks.api.nearby import ATTRIBUTION
from parks.api.serializers import AttributionSerializer
from parks.models import Ride, Shelter
from parks.sync.metadata import FIELDS, history

MOST_VERSIONS = 200
DEGREES = ("latitude", "longitude")


class MetadataFieldsSerializer(serializers.Serializer[Any]):
    """The columns of a version; null: not told."""

    entity_name = serializers.CharField()
    entity_type = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    indoor_outdoor = serializers.ChoiceField(choices=Shelter.choices, allow_null=True)
    height_min_cm = serializers.IntegerField(allow_null=True)
    height_max_cm = serializers.IntegerField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), allow_null=True)


class MetadataVersionSerializer(MetadataFieldsSerializer):
    version = serializers.IntegerField()
    since = serializers.DateTimeField(allow_null=True, help_text="when it was stored; null of the first")
    changed = serializers.ListField(child=serializers.CharField(), help_text="fields, against the version before")


class RideMetadataSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    last_synced = serializers.DateTimeField(allow_null=True, help_text="when it last changed")
    versions = MetadataVersionSerializer(many=True, help_text="the present one first; empty: nothing is known")
    attribution = AttributionSerializer()


def fields_of(stored: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: stored.get(name) for name in FIELDS}
    return found | {name: float(found[name]) for name in DEGREES if found[name] is not None}


SPACE_MOUNTAIN = {
    "entity_name": "Space Mountain",
    "entity_type": "ATTRACTION",
    "latitude": 28.4190958,
    "longitude": -81.5781553,
    "indoor_outdoor": None,
    "height_min_cm": 111,
    "height_max_cm": None,
    "tags": ["MINIMUM_HEIGHT"],
}
EXAMPLE = {
    "success": True,
    "ride_id": 7,
    "ride_name": "Space Mountain",
    "last_synced": "2026-11-02T07:00:41Z",
    "versions": [
        {"version": 2, "since": "2026-11-02T07:00:41Z", "changed": ["height_min_cm"], **SPACE_MOUNTAIN},
        {"version": 1, "since": None, "changed": [], **SPACE_MOUNTAIN, "height_min_cm": 101},
    ],
    "attribution": ATTRIBUTION,
}


class RideMetadataViewSet(ViewSet):
    @extend_schema(
        summary="Place, heights and tags of a ride, and what changed when",
        description=f"The latest {MOST_VERSIONS} versions. Inactive rides are answered too.",
        tags=["rides"],
        responses={
            200: RideMetadataSerializer,
            404: OpenApiResponse(Error, description="unknown ride"),
        },
        examples=[OpenApiExample("a limit was raised", value=EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def retrieve(self, request: Request, ride_id: int) -> Response:
        ride = Ride.objects.filter(pk=ride_id).select_related("metadata").first()
        if ride is None:
            raise Http404(f"Ride {ride_id} not found")
        known = getattr(ride, "metadata", None)
        versions = reversed(history(known)[-MOST_VERSIONS:]) if known else ()
        return Response(
            {
                "success": True,
                "ride_id": ride.pk,
                "ride_name": ride.name,
                "last_synced": known.last_synced if known else None,
                "versions": [
                    {
                        "version": each.number,
                        "since": each.since,
                        "changed": list(each.changed),
                        **fields_of(each.fields),
                    }
                    for each in versions
                ],
                "attribution": ATTRIBUTION,
            }
        )
