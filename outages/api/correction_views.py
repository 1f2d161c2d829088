"""Endpoints of what was corrected: a list, and a feed to follow it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.cursors import cursor_of, place_of_cursor
from core.api.errors import Error
from core.api.queries import LimitField, Query
from core.shapes import Shape, describe
from outages.api.serializers import LARGEST_ID, date_field, whole
from outages.models import Cause
from outages.readings.corrections import Change, CorrectionRow, correction_row, corrections, words_of
from parks.api.serializers import ATTRIBUTION, Attribution

BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable; the text names it")
IN_FEED = 100


class CorrectionFilter(Query):
    park_id = whole("park_id", LARGEST_ID, "of one park")
    ride_id = whole("ride_id", LARGEST_ID, "of one ride")
    start = date_field("start", "first park-local date whose figures changed; needs `end`")
    end = date_field("end", "last of them, included")

    @staticmethod
    def chosen(query: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ValidationError."""
        days = None
        if "start" in query or "end" in query:
            if not ("start" in query and "end" in query and query["start"] <= query["end"]):
                raise ValidationError("start: give both start and end, the start not after the end, or neither")
            days = query["start"], query["end"]
        return {
            "version": settings.METRICS_VERSION,
            "park": query.get("park_id"),
            "ride": query.get("ride_id"),
            "days": days,
        }


class CorrectionQuery(CorrectionFilter):
    limit = LimitField(default=50, maximum=500)
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next_cursor` of the answer before")


class Corrections(Shape):
    success: bool = True
    total: Annotated[int, describe("how many there are, on all pages")]
    next_cursor: Annotated[str | None, describe("where the next page begins; null: this is the last one")]
    data: list[CorrectionRow]
    attribution: Attribution = ATTRIBUTION


EXAMPLE = Corrections(
    total=1,
    next_cursor=None,
    data=[
        CorrectionRow(
            id=12,
            park_id=4,
            park_name="Magic Kingdom",
            ride_id=7,
            ride_name="Space Mountain",
            date="2025-07-05",
            outage_id=None,
            changes=[Change(what="down_seconds", old=600, new=1_200)],
            cause=Cause.OBSERVATIONS.value,
            cause_text=Cause.OBSERVATIONS.label,
            at="2025-07-08T04:10:00Z",
            metrics_version=2,
        )
    ],
)


class CorrectionViewSet(ViewSet):
    @extend_schema(
        summary="Published figures that were corrected, the newest first",
        description=(
            "A day is published when it has ended. What a recomputation, a late import, a healed gap or a changed rule"
            " makes of it afterwards is a correction: of the ride's day, and of each outage that it touches."
        ),
        tags=["outages"],
        parameters=[CorrectionQuery],
        responses={200: Corrections, 400: BAD_QUERY},
        examples=[
            OpenApiExample("a late import", value=to_builtins(EXAMPLE), response_only=True, status_codes=["200"])
        ],
    )
    def list(self, request: Request) -> Response:
        return Response(corrections_answer(CorrectionQuery.read(request)))

    @extend_schema(
        summary="The same as an Atom feed",
        description=f"The newest {IN_FEED}.",
        tags=["outages"],
        parameters=[CorrectionFilter],
        responses={(200, "application/atom+xml"): OpenApiTypes.STR, 400: BAD_QUERY},
    )
    def feed(self, request: Request) -> HttpResponse:
        query = CorrectionFilter.read(request)
        rows = [correction_row(row) for row in corrections(**CorrectionFilter.chosen(query))[:IN_FEED]]
        text = feed_of(rows, request.build_absolute_uri("/")).writeString("utf-8")
        return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


def corrections_answer(query: Mapping[str, Any]) -> Corrections:
    """Two queries; raises ValidationError."""
    chosen, limit = CorrectionFilter.chosen(query), query["limit"]
    question = {name: value for name, value in query.items() if name not in ("limit", "cursor")}
    before = place_of_cursor(query["cursor"], question, [datetime, int]) if "cursor" in query else None
    rows = list(corrections(**chosen, before=before)[: limit + 1])
    place = (rows[limit - 1].made_at, rows[limit - 1].pk) if limit and len(rows) > limit else None
    return Corrections(
        total=corrections(**chosen).order_by().count(),
        next_cursor=None if place is None else cursor_of(question, place),
        data=[correction_row(row) for row in rows[:limit]],
    )


def feed_of(rows: list[CorrectionRow], site: str) -> Atom1Feed:
    """Names stay text: the generator escapes them."""
    feed = Atom1Feed(
        title="Ridewatch: corrections",
        link=f"{site}corrections",
        description="Published figures that were corrected",
        feed_url=f"{site}api/corrections.atom",
    )
    for row in rows:
        page = f"outages/{row.outage_id}" if row.outage_id else f"rides/{row.ride_id}?start={row.date}&end={row.date}"
        what = "an outage" if row.outage_id else "its day"
        feed.add_item(
            title=f"{row.ride_name}, {row.park_name}, {row.date}: {what}",
            link=f"{site}{page}",
            description=f"{words_of(row)} ({row.cause_text})",
            unique_id=f"{site}corrections#{row.id}",
            updateddate=datetime.fromisoformat(row.at),
        )
    return feed
