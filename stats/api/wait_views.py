"""Endpoints of the wait rankings and the status summary (public-api 4.4, 4.8, 4.10)."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.periods import DATES, Period
from core.shapes import UNSET
from stats.answers.status_summary import status_summary
from stats.answers.wait_rankings import RideWaitRow, park_waits, ride_waits
from stats.api.serializers import echo
from stats.api.views import BAD_QUERY
from stats.api.wait_serializers import (
    EMPTY_MODES,
    ParkWaitQuery,
    ParkWaits,
    RideWaitQuery,
    RideWaits,
    StatusSummary,
    StatusSummaryQuery,
)
from stats.readings.identity import Listed


class WaitRankingViewSet(ViewSet):
    @extend_schema(
        summary="Parks ranked by average wait",
        tags=["rankings"],
        parameters=[ParkWaitQuery],
        responses={200: ParkWaits, 400: BAD_QUERY},
    )
    def parks(self, request: Request) -> Response:
        query = ParkWaitQuery.read(request)
        listed = park_waits(query["asked"], query["filter"] == "disney-universal", query["limit"], timezone.now())
        return Response(ParkWaits(**echo(query, "period", "filter"), data=listed.rows, total=listed.total))

    @extend_schema(
        summary="Rides ranked by average wait",
        description="The modes `7day-average` and `peak-times` are accepted and have no rows.",
        tags=["rankings"],
        parameters=[RideWaitQuery],
        responses={200: RideWaits, 400: BAD_QUERY},
    )
    def rides(self, request: Request) -> Response:
        query = RideWaitQuery.read(request)
        mode, disney_universal_only = query["mode"], query["filter"] == "disney-universal"
        listed: Listed[RideWaitRow] = Listed([], 0)
        if mode not in EMPTY_MODES:
            asked = query["asked"] if mode == DATES else Period(mode)
            listed = ride_waits(asked, disney_universal_only, query["limit"], timezone.now())
        echoed = echo(query, "period", "mode", "filter")
        return Response(RideWaits(**echoed, data=listed.rows, total=listed.total))


class StatusSummaryViewSet(ViewSet):
    @extend_schema(
        summary="How many rides are in which state right now",
        description="Attractions heard of in the last two hours, as their parks were, each counted once.",
        tags=["rankings"],
        parameters=[StatusSummaryQuery],
        responses={200: StatusSummary, 400: BAD_QUERY},
    )
    def retrieve(self, request: Request) -> Response:
        query = StatusSummaryQuery.read(request)
        park_id = query["park_id"]
        counts = status_summary(query["filter"] == "disney-universal", park_id, timezone.now())
        given = UNSET if park_id is None else park_id
        return Response(StatusSummary(filter=query["filter"], park_id=given, status_summary=counts))
