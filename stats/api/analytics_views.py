from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.costs import refuse_dear, refuse_large
from core.api.errors import Error
from core.shapes import UNSET
from parks.api.serializers import ATTRIBUTION
from stats.answers.analytics import Answer, Question, parks_over, ride_hours, rides_over, stored_days
from stats.answers.analytics_rows import WEEKDAYS, Before, Metrics, park_rows, ride_rows
from stats.answers.groups import groupings
from stats.api.analytics_serializers import (
    MOST_BUCKETS,
    MOST_RIDE_HOURS,
    Analytics,
    AnalyticsQuery,
    ParkAnalytics,
    RideAnalytics,
    question_of,
)
from stats.measures.windows import Bucket, Window
from stats.readings.identity import Row

BAD_WINDOW = OpenApiResponse(Error, description="a parameter is not acceptable; the text names it")
Over = Callable[[Question, int, datetime], dict[int, Answer]]
Rows = Callable[[Question, Metrics, Mapping[int, Answer], Before | None, datetime], list[Any]]
Body = TypeVar("Body", bound=Analytics)


def park_analytics(query: Row) -> ParkAnalytics:
    """The answer to checked parameters; raises ValidationError when they ask too much."""
    return answer(query, parks_over, park_rows, ParkAnalytics)


def ride_analytics(query: Row) -> RideAnalytics:
    """The same of rides."""
    return answer(query, rides_over, ride_rows, RideAnalytics)


def answer(query: Row, over: Over, rows: Rows, body: Callable[..., Body]) -> Body:
    now = timezone.now()
    question = question_of(query)
    earlier = None
    if query.get("compare"):
        earlier = replace(question, window=compared(question.window, query["compare"]))
    refuse_much_reading(filter(None, [question, earlier]), now)
    entities = len(question.parks) if over is parks_over else sum(map(len, question.weights.values()))
    buckets = question.window.most_buckets(question.bucket)
    refuse_dear(entities, buckets, len(query["metrics"]), 2 if earlier else 1)
    version = settings.METRICS_VERSION
    found = over(question, version, now)
    before = Before(earlier.window, over(earlier, version, now)) if earlier else None
    answered = sum(len(each.buckets) for each in found.values())
    refuse_large(answered, len(query["metrics"]))
    if answered > MOST_BUCKETS:
        raise ValidationError(f"bucket: the answer would have more than {MOST_BUCKETS:,} buckets; ask for larger ones")
    return body(
        **echoed(query),
        data=rows(question, query["metrics"], found, before, now),
        group_attribution=question.grouping.attribution if question.grouping else UNSET,
    )


def refuse_much_reading(questions: Iterable[Question], now: datetime) -> None:
    """Raises ValidationError when the windows of a question are too much together."""
    version = settings.METRICS_VERSION
    hours = sum(ride_hours(question, stored_days(question, version, now)) for question in questions)
    if hours > MOST_RIDE_HOURS:
        raise ValidationError(
            f"end: this would read {hours:,} hours of rides and {MOST_RIDE_HOURS:,} is the most; shorten the range,"
            " name fewer parks or rides, or ask for whole days without percentiles"
        )


def compared(window: Window, how: str) -> Window:
    return window.before() if how == "previous" else window.a_year_before()


def echoed(query: Row) -> Row:
    """The parameters of `Analytics`."""
    window = query["window"]
    hours = [f"{at // 3600:02}:{at % 3600 // 60:02}" for at in window.hours]
    return {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "hours": "-".join(hours) if "hours" in query else None,
        "weekdays": [WEEKDAYS[day] for day in sorted(window.weekdays)],
        "bucket": Bucket(query["bucket"]),
        "metrics": query["metrics"],
        "group_by": query.get("group_by", UNSET),
        "compare": query.get("compare"),
    }


DATES = {"start_date": "2025-07-05", "end_date": "2025-07-06", "is_complete": True}


def example(name: str, entity: Row) -> OpenApiExample:
    figures = {"wait_avg": 31.4, "wait_p90": 55, "uptime_percentage": 96.3, "downtime_minutes": 5}
    row = {**entity, "timezone": "America/New_York", **DATES, "total": figures}
    row["buckets"] = [{"bucket": "2025-07-05T11:30:00-04:00", **figures}]
    return OpenApiExample(
        name,
        value={
            "success": True,
            "start": "2025-07-05",
            "end": "2025-07-06",
            "hours": "11:30-13:45",
            "weekdays": ["sat", "sun"],
            "bucket": "15m",
            "metrics": list(figures),
            "compare": None,
            "data": [row],
            "attribution": to_builtins(ATTRIBUTION),
        },
        response_only=True,
        status_codes=["200"],
    )


def grouped_example(name: str, entity: Row) -> OpenApiExample:
    found = example(name, entity)
    total = {"wait_avg": 31.4, "downtime_minutes": 640}
    dry = {"group": "dry", "hours": 402, "observations": 4_824, "wait_avg": 33.0, "downtime_minutes": 310}
    heavy = {"group": "heavy", "hours": 9, "observations": 108, "wait_avg": 12.5, "downtime_minutes": 330}
    found.value = {
        **found.value,
        "hours": None,
        "weekdays": [],
        "bucket": "none",
        "metrics": list(total),
        "data": [{**entity, "timezone": "America/New_York", **DATES, "total": total, "groups": [dry, heavy]}],
        "group_by": "rain",
        "group_attribution": groupings()["rain"].attribution,
    }
    return found


RIDE = {"ride_id": 7, "ride_name": "Space Mountain"}
PARK = {"park_id": 4, "park_name": "Magic Kingdom"}


class AnalyticsViewSet(ViewSet):
    """Any window: from–to, hours of day, weekdays, in each park's own zone."""

    @extend_schema(
        summary="Rides over any window",
        tags=["analytics"],
        parameters=[AnalyticsQuery],
        responses={200: RideAnalytics, 400: BAD_WINDOW},
        examples=[
            example("one ride over lunch, by quarter hours", {**RIDE, **PARK}),
            grouped_example("one ride by rain", {**RIDE, **PARK}),
        ],
    )
    def rides(self, request: Request) -> Response:
        return Response(ride_analytics(AnalyticsQuery.read(request)))

    @extend_schema(
        summary="Parks over any window",
        tags=["analytics"],
        parameters=[AnalyticsQuery],
        responses={200: ParkAnalytics, 400: BAD_WINDOW},
        examples=[
            example("one park over lunch, by quarter hours", PARK),
            grouped_example("one park by rain", PARK),
        ],
    )
    def parks(self, request: Request) -> Response:
        return Response(park_analytics(AnalyticsQuery.read(request)))
