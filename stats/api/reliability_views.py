"""How reliable rides and parks are: `/api/reliability`, and the same as a file."""

import csv
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from msgspec import UNSET, to_builtins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.csv_lines import csv_value
from stats.api.reliability_serializers import ReliabilityFilter, ReliabilityList, ReliabilityQuery
from stats.api.views import BAD_QUERY
from stats.reliability.answer import ReliabilityFigures, ReliabilityRow, reliability

FIGURES = ReliabilityFigures(
    coverage_percentage=98.2,
    days=30,
    known_hours=351.5,
    down_hours=9.25,
    uptime_percentage=96.6,
    uptime_low=94.1,
    uptime_high=99.1,
    availability_percentage=97.3,
    availability_low=95.2,
    availability_high=99.4,
    outages=11,
    mean_outage_minutes=50.5,
    median_outage_minutes=35.0,
    opening_delays=2,
    opening_delay_minutes=75,
)
ROW = ReliabilityRow(
    **to_builtins(FIGURES),
    rank=None,
    shares_ranks=[3, 9],
    withheld="overlap",
    park_id=4,
    park_name="Magic Kingdom",
    ride_id=7,
    ride_name="Space Mountain",
    tier=1,
    shelter=None,
)
LIST = ReliabilityList(
    period="last_month",
    start_date="2026-06-01",
    end_date="2026-06-30",
    entity="rides",
    measure="uptime",
    rides=1,
    rides_with_shelter=0,
    summary=FIGURES,
    total=1,
    data=[ROW],
)
EXAMPLE = OpenApiExample("a ride", value=to_builtins(LIST), response_only=True, status_codes=["200"])
DESCRIPTION = (
    "Uptime and availability over days that are over, with an interval: of 100 other windows of as many days, with the"
    " same mix of seasons, about 95 have their value in it. It comes from drawing blocks of park-days again and again,"
    " with a fixed seed. A rank is withheld where under 80 % of the open time is known, under 10 days are, or where"
    " intervals overlap; `shares_ranks` then has the ranks it can have."
)


class ReliabilityViewSet(ViewSet):
    @extend_schema(
        summary="How reliable rides and parks are, and how sure that is",
        description=DESCRIPTION,
        tags=["rankings"],
        parameters=[ReliabilityQuery],
        responses={200: ReliabilityList, 400: BAD_QUERY},
        examples=[EXAMPLE],
    )
    def list(self, request: Request) -> Response:
        return Response(reliability_answer(ReliabilityQuery.read(request), timezone.now()))

    @extend_schema(
        summary="The reliability of all of them as a file",
        description="A line of keys, then a line for each ride or park, in the order of the list.",
        tags=["rankings"],
        parameters=[ReliabilityFilter],
        responses={(200, "text/csv"): OpenApiTypes.STR, 400: BAD_QUERY},
    )
    def csv(self, request: Request) -> HttpResponse:
        found = reliability(ReliabilityFilter.question(ReliabilityFilter.read(request), timezone.now(), None))
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="ridewatch-reliability.csv"'
        writer = csv.writer(answer)
        names = ReliabilityRow.__struct_fields__
        writer.writerow(names)
        for row in found.listed.rows:
            writer.writerow([cell(getattr(row, name)) for name in names])
        return answer


def reliability_answer(query: Mapping[str, Any], now: datetime) -> ReliabilityList:
    """A page of the list; raises ValidationError."""
    question = ReliabilityQuery.question(query, now, query["limit"], query["offset"])
    found = reliability(question)
    return ReliabilityList(
        period=query["period"],
        start_date=question.days.first.isoformat(),
        end_date=question.days.last.isoformat(),
        entity=query["entity"],
        measure=query["measure"],
        rides=found.rides,
        rides_with_shelter=found.rides_with_shelter,
        summary=found.summary,
        total=found.listed.total,
        data=found.listed.rows,
    )


def cell(value: Any) -> Any:
    """Ranks that are shared as "3 to 9": a spreadsheet makes a date of "3-9"."""
    if value is UNSET:
        return ""
    return " to ".join(map(str, value)) if isinstance(value, list) else csv_value(value)
