"""Endpoints of the incidents of parks: a list, and one with its members."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.api.queries import LimitField, Query, country_field, operator_field
from core.shapes import Shape, describe
from outages.addresses import parse_address
from outages.api.serializers import LARGEST_ID, OutageFilter, date_field, whole
from outages.api.views import BAD_QUERY
from outages.readings.incidents import IncidentRow, incident_at, incidents_of
from outages.readings.rows import Neighbour
from parks.api.serializers import ATTRIBUTION, Attribution
from stats.readings.identity import TOTAL

ROW = IncidentRow(
    id="4hb8x2k1m",
    park_id=4,
    park_name="Magic Kingdom",
    timezone="America/New_York",
    kind="weather",
    start="2025-07-05T18:10:00Z",
    end="2025-07-05T19:25:00Z",
    rides=1,
    seconds=4_500,
    members=[
        Neighbour(
            id="71ghp2a8r",
            ride_id=7,
            ride_name="Space Mountain",
            start="2025-07-05T18:10:00Z",
            end="2025-07-05T19:25:00Z",
            seconds=4_500,
            kind="weather",
        )
    ],
)


class IncidentQuery(Query):
    """Which incidents, in the order in which it is checked."""

    park_id = whole("park_id", LARGEST_ID, "of one park")
    operator = operator_field("of its parks")
    country = country_field("of the parks")
    start = date_field("start", "first park-local date. Default: 30 days up to `end`")
    end = date_field("end", "last park-local date, included. Default: today, wherever it is today already")
    limit = LimitField(default=50, maximum=500)


class Incidents(Shape):
    success: bool = True
    start: Annotated[str, describe("first park-local date", format="date")]
    end: Annotated[str, describe("last park-local date, included", format="date")]
    total: Annotated[int, TOTAL]
    data: list[IncidentRow]
    attribution: Attribution = ATTRIBUTION


class Incident(Shape):
    success: bool = True
    incident: IncidentRow
    attribution: Attribution = ATTRIBUTION


LIST = Incidents(start="2025-07-01", end="2025-07-05", total=1, data=[ROW])


def example(value: Any) -> OpenApiExample:
    return OpenApiExample("a storm", value=to_builtins(value), response_only=True, status_codes=["200"])


class IncidentViewSet(ViewSet):
    @extend_schema(
        summary="Incidents of parks: many rides down at once",
        description=(
            "Three rides or more, or a quarter of those that run, that go down within ten minutes, and more of them"
            " than chance brings together on a day with so many outages; the newest first."
        ),
        tags=["outages"],
        parameters=[IncidentQuery],
        responses={200: Incidents, 400: BAD_QUERY},
        examples=[example(LIST)],
    )
    def list(self, request: Request) -> Response:
        return Response(incidents_answer(IncidentQuery.read(request), timezone.now()))

    @extend_schema(
        summary="One incident with the outages that make it",
        tags=["outages"],
        parameters=[OpenApiParameter("incident_id", str, OpenApiParameter.PATH, description="its address")],
        responses={200: Incident, 404: OpenApiResponse(Error, description="no incident has this address any more")},
        examples=[example(Incident(incident=ROW))],
    )
    def retrieve(self, request: Request, incident_id: str) -> Response:
        return Response(Incident(incident=incident_of_address(incident_id)))


def incidents_answer(query: Mapping[str, Any], now: datetime) -> Incidents:
    """At most two queries; raises ValidationError."""
    selection = OutageFilter.selection({**query, "open": False, "sort": "newest"}, now)
    rows = incidents_of(selection, now)
    return Incidents(
        start=selection.first.isoformat(),
        end=selection.last.isoformat(),
        total=len(rows),
        data=rows[: query["limit"]],
    )


def incident_of_address(address: str) -> IncidentRow:
    """Raises Http404, which says the way on."""
    key = parse_address(address)
    row = incident_at(*key, settings.METRICS_VERSION) if key else None
    if row is None:
        raise Http404(f"No incident has the address {address[:20]} now; /api/incidents lists them")
    return row
