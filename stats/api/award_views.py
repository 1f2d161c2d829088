"""Endpoints of the awards (public-api 4.14, 4.15)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.periods import Asked
from stats.answers.awards import (
    least_reliable_parks,
    least_reliable_rides,
    longest_park_waits,
    longest_ride_waits,
)
from stats.api.award_serializers import (
    Award,
    AwardQuery,
    LeastReliable,
    LongestWait,
)
from stats.api.serializers import echo
from stats.api.views import BAD_QUERY
from stats.readings.identity import Listed

PERIODS_TOLD = (
    "`last_week` is the last Sunday to Saturday, `last_month` the last calendar month: dates of the site's calendar,"
    " of each park from its own midnight to its own midnight."
)

Lists = Mapping[str, Callable[[Asked, bool, int, datetime], Listed[Any]]]  # by entity
LONGEST_WAITS: Lists = {"parks": longest_park_waits, "rides": longest_ride_waits}
LEAST_RELIABLE: Lists = {"parks": least_reliable_parks, "rides": least_reliable_rides}


def answer(request: Request, lists: Lists, shape: Callable[..., Award]) -> Response:
    query = AwardQuery.read(request)
    now = timezone.now()
    found = lists[query["entity"]]
    listed = found(query["asked"], query["filter"] == "disney-universal", query["limit"], now)
    echoed = echo(query, "period", "filter", "entity")
    return Response(shape(**echoed, data=listed.rows, count=len(listed.rows), total=listed.total, timestamp=now))


class AwardViewSet(ViewSet):
    @extend_schema(
        summary="Award: the longest average waits",
        description=PERIODS_TOLD,
        tags=["trends"],
        parameters=[AwardQuery],
        responses={200: LongestWait, 400: BAD_QUERY},
    )
    def longest_waits(self, request: Request) -> Response:
        return answer(request, LONGEST_WAITS, LongestWait)

    @extend_schema(
        summary="Award: the least reliable",
        description=f"{PERIODS_TOLD} Parks are listed from a mean score of 0.1 on.",
        tags=["trends"],
        parameters=[AwardQuery],
        responses={200: LeastReliable, 400: BAD_QUERY},
    )
    def least_reliable(self, request: Request) -> Response:
        return answer(request, LEAST_RELIABLE, LeastReliable)
