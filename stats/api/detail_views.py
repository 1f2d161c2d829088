"""Endpoints of one park's and one ride's pages (public-api 4.5, 4.6, 4.7, 4.11)."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from msgspec.structs import asdict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.periods import Period
from parks.models import Park, Ride
from stats.answers.park_details import park_details
from stats.answers.ride_details import ride_details
from stats.api.detail_serializers import (
    ParkDetails,
    ParkDetailsQuery,
    RideCharts,
    RideChartsQuery,
    RideDetails,
    RideDetailsQuery,
    Roster,
)
from stats.api.views import BAD_QUERY
from stats.charts.ride_charts import ChartType, ride_charts
from stats.readings.roster import classified, park_rides

UNKNOWN_PARK = OpenApiResponse(Error, description="unknown park")
UNKNOWN_RIDE = OpenApiResponse(Error, description="unknown ride")


NO_NUMBER = OpenApiResponse(Error, description="the path holds no number")


class ParkDetailViewSet(ViewSet):
    @extend_schema(
        summary="Rides that count in a park's score, and those that do not",
        tags=["parks"],
        responses={200: Roster, 404: UNKNOWN_PARK},
    )
    def rides(self, request: Request, park_id: int) -> Response:
        park = Park.objects.active().filter(pk=park_id).first()
        if park is None:
            raise Http404(f"Park with ID {park_id} not found")
        return Response(Roster(**asdict(park_rides(park, timezone.now()))))

    @extend_schema(
        summary="Everything about one park",
        description=(
            "Inactive parks are served too. A score is made of the listed rides' weighted contributions; what nobody"
            " observed is null. Days, weeks and months are those of the park's calendar; every hour, day and period is"
            " computed from its own seconds, so that the chart, its average and the score agree with the lists."
        ),
        tags=["parks"],
        parameters=[ParkDetailsQuery],
        responses={200: ParkDetails, 400: BAD_QUERY, 404: UNKNOWN_PARK},
    )
    def details(self, request: Request, park_id: int) -> Response:
        period = ParkDetailsQuery.read(request)["period"]
        park = Park.objects.filter(pk=park_id).first()
        if park is None:
            raise Http404(f"Park {park_id} not found")
        body = park_details(park, period, timezone.now())
        return Response(ParkDetails(period=period, **asdict(body)))

    @extend_schema(
        summary="A park's attractions by hour or day",
        description=(
            "Downtime in hours or waits in minutes, by the park's calendar. Rides that are no longer active are shown"
            " where they have data, inactive parks too. An unknown park has no datasets."
        ),
        tags=["parks"],
        parameters=[RideChartsQuery],
        responses={200: RideCharts, 400: BAD_QUERY, 404: NO_NUMBER},
    )
    def charts(self, request: Request, park_id: int) -> Response:
        query = RideChartsQuery.read(request)
        body = ride_charts(park_id, Period(query["period"]), ChartType(query["type"]), timezone.now())
        return Response(RideCharts(park_id=park_id, period=query["period"], chart_type=query["type"], **asdict(body)))


class RideDetailViewSet(ViewSet):
    @extend_schema(
        summary="Everything about one ride",
        description=(
            "Inactive rides are served too. The week and the month are those of the lists, by the park's calendar;"
            " live is answered as today. Hours in which the park was open are listed, and every date of a week or"
            " month; figures of a span come from its seconds, and what nobody observed is null."
        ),
        tags=["rides"],
        parameters=[RideDetailsQuery],
        responses={200: RideDetails, 400: BAD_QUERY, 404: UNKNOWN_RIDE},
    )
    def details(self, request: Request, ride_id: int) -> Response:
        period = RideDetailsQuery.read(request)["period"]
        ride = classified(Ride.objects.filter(pk=ride_id).select_related("park")).first()
        if ride is None:
            raise Http404(f"Ride {ride_id} not found")
        body = ride_details(ride, Period(period), timezone.now())
        return Response(RideDetails(period=period, **asdict(body)))
