"""Endpoints of the quality log (public-api 5.3)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec.structs import asdict
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.admin_access import AdminViewSet, Refused
from core.api.errors import Error
from core.periods import Days
from core.zones import local_date
from parks.models import Park
from parks.sync.metadata_coverage import metadata_coverage
from snapshots.api.quality_serializers import (
    Coverage,
    GapsQuery,
    IssuesQuery,
    MoveBody,
    Moved,
    SummaryQuery,
    WindowQuery,
)
from snapshots.collection.park_freshness import Freshness, park_freshness
from snapshots.models import DataQualityLog, TransitionRefused
from snapshots.quality.answers import LoggedGaps, LoggedIssues, QualitySummary, gaps, issues, summary
from snapshots.quality.coverage import coverage_by_day
from snapshots.quality.selection import Selection

TAGS = ["admin: quality"]
BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable")
NO_KEY = OpenApiResponse(Error, description="no admin key")
WRONG_KEY = OpenApiResponse(Error, description="the admin key is wrong or revoked")
ADMIN = {401: NO_KEY, 403: WRONG_KEY}
BAD_BODY = OpenApiResponse(Error, description="the body is not JSON, or a field is not acceptable")
UNKNOWN = OpenApiResponse(Error, description="there is no such issue")
NOT_OPEN = OpenApiResponse(Error, description="from its present state the issue cannot become that")
NOT_JSON = OpenApiResponse(Error, description="the content type is not JSON")
TOO_LARGE = OpenApiResponse(Error, description="the body is larger than a megabyte")

# Days of coverage when none are asked for, and how many rows an answer may have.
DEFAULT_DAYS, MOST_PARK_DAYS = 7, 3_000


class QualityViewSet(AdminViewSet):
    @extend_schema(
        summary="How many problems there are, by type and by status",
        description="`import_id` narrows `by_type` and `total_issues` alone; everything else narrows all figures.",
        tags=TAGS,
        parameters=[SummaryQuery],
        responses={200: QualitySummary, 400: BAD_QUERY, **ADMIN},
    )
    def summary(self, request: Request) -> Response:
        return Response(summary(SummaryQuery.selection(SummaryQuery.read(request))))

    @extend_schema(
        summary="Times of which nothing is known, per park and ride, the latest first",
        tags=TAGS,
        parameters=[GapsQuery],
        responses={200: LoggedGaps, 400: BAD_QUERY, **ADMIN},
    )
    def gaps(self, request: Request) -> Response:
        query = GapsQuery.read(request)
        return Response(gaps(GapsQuery.selection(query), query["limit"]))

    @extend_schema(
        summary="Problems of imports, collection and reconciliation, the one noted last first",
        tags=TAGS,
        parameters=[IssuesQuery],
        responses={200: LoggedIssues, 400: BAD_QUERY, **ADMIN},
    )
    def issues(self, request: Request) -> Response:
        query = IssuesQuery.read(request)
        return Response(issues(query.get("status"), query.get("type"), query["limit"], query["offset"]))

    @extend_schema(
        summary="Say what became of a problem",
        description=(
            "OPEN can become INVESTIGATING, RESOLVED or WONTFIX; INVESTIGATING the latter two; these two only"
            " INVESTIGATING again, with notes."
        ),
        tags=TAGS,
        request=MoveBody,
        responses={
            200: Moved,
            400: BAD_BODY,
            **ADMIN,
            404: UNKNOWN,
            409: NOT_OPEN,
            413: TOO_LARGE,
            415: NOT_JSON,
        },
        examples=[
            OpenApiExample("Solved", value={"status": "RESOLVED", "notes": "imported again"}, request_only=True)
        ],
    )
    def move(self, request: Request, log_id: int) -> Response:
        body = checked_body(request)
        row = DataQualityLog.objects.filter(pk=log_id).first()
        if row is None:
            raise Refused(404, "Issue not found")
        try:
            row.move_to(body["status"], body["notes"])
        except TransitionRefused as error:
            raise Refused(409, str(error), log_id=log_id, status=row.resolution_status) from error
        status = row.resolution_status
        return Response(Moved(log_id=log_id, message=f"Issue updated to {status}", status=status))

    @extend_schema(
        summary="How old the newest observation of each park is, the freshest first",
        tags=TAGS,
        responses={200: Freshness, **ADMIN},
    )
    def freshness(self, request: Request) -> Response:
        return Response(park_freshness(timezone.now()))

    @extend_schema(
        summary="How much is known of the rides, and how much of each park's days was observed",
        description=(
            f"Without a window: the last {DEFAULT_DAYS} days. An answer has at most {MOST_PARK_DAYS} days of parks."
        ),
        tags=TAGS,
        parameters=[WindowQuery],
        responses={200: Coverage, 400: BAD_QUERY, **ADMIN},
    )
    def coverage(self, request: Request) -> Response:
        query = WindowQuery.read(request)
        asked = WindowQuery.selection(query)
        parks = [asked.park] if asked.park else list(Park.objects.active())
        days = coverage_by_day(bounded(asked, parks, query.get("start_date")), parks)
        return Response(Coverage(**asdict(metadata_coverage(asked.park)), days=days))


def checked_body(request: Request) -> dict[str, Any]:
    """The body of a transition; raises APIException."""
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    body = MoveBody(data=request.data)
    body.is_valid(raise_exception=True)
    checked: dict[str, Any] = body.validated_data
    return checked


def bounded(asked: Selection, parks: list[Park], given: date | None) -> Selection:
    """The days a coverage is reported: from `given`, until today, and so few that it fits; raises ValidationError."""
    zones = {park.timezone for park in parks}
    today = max((local_date(asked.now, zone) for zone in zones), default=asked.now.date())
    if asked.period is None:
        last = min(asked.days.last, today) if asked.days else today
        first = given or last - timedelta(days=DEFAULT_DAYS - 1)
        asked = replace(asked, days=Days(first, last))
    days = asked.days_in(asked.park.timezone if asked.park else settings.SITE_TIME_ZONE)
    count = (days.last - days.first).days + 1 if days else 0
    if count * len(parks) > MOST_PARK_DAYS:
        reported = f"{count:,} days of {len(parks):,} parks are more than {MOST_PARK_DAYS:,} rows"
        raise serializers.ValidationError(f"{reported}; ask for a park_id, or for fewer days")
    return asked
