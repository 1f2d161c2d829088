"""Endpoints of the awards (public-api 4.14, 4.15)."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.periods import Period
from stats.answers.awards import least_reliable_parks, least_reliable_rides, longest_park_waits, longest_ride_waits
from stats.answers.health import iso
from stats.api.award_serializers import AwardQuery, LeastReliableSerializer, LongestWaitSerializer
from stats.api.views import BAD_QUERY
from stats.readings.identity import Row

ATTRIBUTION_TEXT = "Data powered by ThemeParks.wiki - https://themeparks.wiki"
PERIODS_TOLD = "`last_week` is the last Sunday to Saturday, `last_month` the last calendar month, in each park's zone."

Award = Callable[[Period, bool, int, datetime], list[Row]]
LONGEST_WAITS: Mapping[str, Award] = {"parks": longest_park_waits, "rides": longest_ride_waits}
LEAST_RELIABLE: Mapping[str, Award] = {"parks": least_reliable_parks, "rides": least_reliable_rides}


def answer(request: Request, awards: Mapping[str, Award]) -> Response:
    query = AwardQuery.read(request)
    now = timezone.now()
    award = awards[query["entity"]]
    rows = award(Period(query["period"]), query["filter"] == "disney-universal", query["limit"], now)
    echoed = {name: query[name] for name in ("period", "filter", "entity")}
    body = {
        "success": True,
        **echoed,
        "data": rows,
        "count": len(rows),
        "cached": True,
        "attribution": ATTRIBUTION_TEXT,
        "timestamp": iso(now),
    }
    return Response(body)


class AwardViewSet(ViewSet):
    @extend_schema(
        summary="Award: the longest average waits",
        description=PERIODS_TOLD,
        tags=["trends"],
        parameters=[AwardQuery],
        responses={200: LongestWaitSerializer, 400: BAD_QUERY},
    )
    def longest_waits(self, request: Request) -> Response:
        return answer(request, LONGEST_WAITS)

    @extend_schema(
        summary="Award: the least reliable",
        description=f"{PERIODS_TOLD} Parks are listed from a mean score of 1.0 on.",
        tags=["trends"],
        parameters=[AwardQuery],
        responses={200: LeastReliableSerializer, 400: BAD_QUERY},
    )
    def least_reliable(self, request: Request) -> Response:
        return answer(request, LEAST_RELIABLE)
