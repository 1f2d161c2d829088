from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from stats.answers.health import Health, health
from stats.answers.rankings import park_downtime, ride_downtime
from stats.api.serializers import (
    ParkDowntime,
    ParkRankingQuery,
    RideDowntime,
    RideRankingQuery,
    echo,
)

BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable")


class ParkRankingViewSet(ViewSet):
    @extend_schema(
        summary="Parks ranked by shame score or downtime",
        tags=["rankings"],
        parameters=[ParkRankingQuery],
        responses={200: ParkDowntime, 400: BAD_QUERY},
    )
    def downtime(self, request: Request) -> Response:
        query = ParkRankingQuery.read(request)
        listed, totals = park_downtime(
            query["asked"],
            query["filter"] == "disney-universal",
            query["sort_by"],
            query["limit"],
            timezone.now(),
        )
        echoed = echo(query, "period", "filter", "sort_by", "weighted")
        return Response(ParkDowntime(**echoed, aggregate_stats=totals, data=listed.rows, total=listed.total))


class RideRankingViewSet(ViewSet):
    @extend_schema(
        summary="Rides ranked by downtime",
        tags=["rankings"],
        parameters=[RideRankingQuery],
        responses={200: RideDowntime, 400: BAD_QUERY},
    )
    def downtime(self, request: Request) -> Response:
        query = RideRankingQuery.read(request)
        listed = ride_downtime(
            query["asked"],
            query["filter"] == "disney-universal",
            query["sort_by"],
            query["limit"],
            timezone.now(),
        )
        echoed = echo(query, "period", "filter")
        return Response(RideDowntime(**echoed, data=listed.rows, total=listed.total))


class HealthViewSet(ViewSet):
    @extend_schema(
        summary="Liveness and freshness",
        tags=["service"],
        responses={200: Health, 503: Health},
    )
    def retrieve(self, request: Request) -> Response:
        status, body = health()
        return Response(body, status=status)
