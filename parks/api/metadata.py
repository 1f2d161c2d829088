"""`GET /api/rides/{id}/metadata`: what is known of a ride besides its state, and what changed when (R-26.6)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from msgspec.structs import replace
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.shapes import Shape, describe
from parks.api.serializers import ATTRIBUTION, Attribution
from parks.models import Ride, Shelter
from parks.sync.metadata import FIELDS, Version, history

MOST_VERSIONS = 200
DEGREES = ("latitude", "longitude")


class MetadataVersion(Shape):
    """The columns of a version; null: not reported."""

    version: int
    since: Annotated[datetime | None, describe("when it was stored; null of the first")]
    changed: Annotated[Sequence[str], describe("fields, against the version before")]
    entity_name: str
    entity_type: str
    latitude: float | None
    longitude: float | None
    indoor_outdoor: Annotated[str | None, describe(enum=Shelter.values)]
    height_min_cm: int | None
    height_max_cm: int | None
    tags: list[str] | None


class RideMetadata(Shape):
    success: bool = True
    ride_id: int
    ride_name: str
    last_synced: Annotated[datetime | None, describe("when it last changed")]
    versions: Annotated[list[MetadataVersion], describe("the present one first; empty: nothing is known")]
    attribution: Attribution = ATTRIBUTION


def metadata_version(each: Version) -> MetadataVersion:
    found: dict[str, Any] = {name: each.fields.get(name) for name in FIELDS}
    found |= {name: float(found[name]) for name in DEGREES if found[name] is not None}
    return MetadataVersion(version=each.number, since=each.since, changed=each.changed, **found)


PRESENT = MetadataVersion(
    version=2,
    since=datetime(2026, 11, 2, 7, 0, 41, tzinfo=UTC),
    changed=["height_min_cm"],
    entity_name="Space Mountain",
    entity_type="ATTRACTION",
    latitude=28.4190958,
    longitude=-81.5781553,
    indoor_outdoor=None,
    height_min_cm=111,
    height_max_cm=None,
    tags=["MINIMUM_HEIGHT"],
)
FORMER = replace(PRESENT, version=1, since=None, changed=[], height_min_cm=101)
EXAMPLE = to_builtins(
    RideMetadata(ride_id=7, ride_name="Space Mountain", last_synced=PRESENT.since, versions=[PRESENT, FORMER])
)


class RideMetadataViewSet(ViewSet):
    @extend_schema(
        summary="Place, heights and tags of a ride, and what changed when",
        description=f"The latest {MOST_VERSIONS} versions. Inactive rides are answered too.",
        tags=["rides"],
        responses={
            200: RideMetadata,
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
        answer = RideMetadata(
            ride_id=ride.pk,
            ride_name=ride.name,
            last_synced=known.last_synced if known else None,
            versions=[metadata_version(each) for each in versions],
        )
        return Response(answer)
