from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from parks.api.serializers import ATTRIBUTION
from parks.models import Park, Ride
from stats.answers.analytics import Answer, Question, parks_over, ride_hours, rides_over, stored_days
from stats.answers.groups import group_name, groupings
from stats.api.analytics_serializers import (
    MOST_BUCKETS,
    MOST_RIDE_HOURS,
    WEEKDAYS,
    AnalyticsQuery,
    ParkAnalyticsSerializer,
    RideAnalyticsSerializer,
    question_of,
)
from stats.measures.figures import Figures
from stats.measures.measures import percent_change
from stats.measures.windows import SIZES, Bucket, BucketKey, Window

BAD_WINDOW = OpenApiResponse(Error, description="a parameter is not acceptable; the text names it")
Row = dict[str, Any]
Over = Callable[[Question, int, datetime], dict[int, Answer]]


def label(bucket: Bucket, key: BucketKey, zone: ZoneInfo) -> str:
    """What a bucket is called: its local start, its date, its hour, its weekday."""
    if isinstance(key, date):
        return key.isoformat()
    if bucket.value in SIZES:
        return datetime.fromtimestamp(key, zone).isoformat()
    return f"{key:02}:00" if bucket == Bucket.HOUR_OF_DAY else WEEKDAYS[key]


def numbers(figures: Figures, metrics: tuple[str, ...]) -> Row:
    found = {name: figures.metric(name) for name in metrics}
    return {name: value if value is None or isinstance(value, int) else float(value) for name, value in found.items()}


def figures_of(answer: Answer | None, question: Question, zone: str, metrics: tuple[str, ...]) -> Row:
    """The total and the buckets or groups of one entity."""
    answer = answer or Answer(Figures(), {})
    row: Row = {"total": numbers(answer.total, metrics)}
    bucket = question.bucket
    if question.grouping is not None:
        row["groups"] = [
            {
                "group": group_name(question.grouping, key),
                "hours": len(figures.hours),
                "observations": figures.rows,
                **numbers(figures, metrics),
            }
            for key, figures in answer.buckets.items()
        ]
    elif bucket != Bucket.NONE:
        place = ZoneInfo(zone)
        row["buckets"] = [
            {"bucket": label(bucket, key, place), **numbers(figures, metrics)}
            for key, figures in answer.buckets.items()
        ]
    return row


def change(now: Figures, before: Figures, metrics: tuple[str, ...]) -> Row:
    """Percent from the comparison to the window, one decimal; null without a value to compare with."""
    found = {}
    for name in metrics:
        current, previous = now.metric(name), before.metric(name)
        percent = None if current is None or previous is None else percent_change(Decimal(current), Decimal(previous))
        found[name] = None if percent is None else float(percent)
    return found


def checked(question: Question, now: datetime) -> Question:
    """The question, if it is not too much; raises ValidationError."""
    hours = ride_hours(question, stored_days(question, settings.METRICS_VERSION, now))
    if hours > MOST_RIDE_HOURS:
        raise ValidationError(
            f"end: this would read {hours:,} hours of rides and {MOST_RIDE_HOURS:,} is the most; shorten the range,"
            " name fewer parks or rides, or ask for whole days without percentiles"
        )
    return question


def compared(window: Window, how: str) -> Window:
    return window.before() if how == "previous" else window.a_year_before()


def answer(query: Row, over: Over, identities: Callable[[Question], Mapping[int, Row]]) -> Row:
    """The body of an analytics answer: entities that were observed, in the order of their names."""
    now = timezone.now()
    question = checked(question_of(query), now)
    version, metrics = settings.METRICS_VERSION, query["metrics"]
    found = over(question, version, now)
    before: dict[int, Answer] = {}
    earlier = question.window
    if query.get("compare"):
        earlier = compared(question.window, query["compare"])
        before = over(checked(replace(question, window=earlier), now), version, now)
    if sum(len(each.buckets) for each in found.values()) > MOST_BUCKETS:
        raise ValidationError(f"bucket: the answer would have more than {MOST_BUCKETS:,} buckets; ask for larger ones")
    rows = []
    for pk, identity in identities(question).items():
        if pk not in found and pk not in before:
            continue
        zone = identity["timezone"]
        row = {**identity, **figures_of(found.get(pk), question, zone, metrics)}
        if query.get("compare"):
            current, previous = (each[pk].total if pk in each else Figures() for each in (found, before))
            row["comparison"] = {
                "start": told(earlier.start),
                "end": told(earlier.end),
                **figures_of(before.get(pk), question, zone, metrics),
                "change": change(current, previous, metrics),
            }
        rows.append(row)
    body = {"success": True, **echoed(query), "data": rows, "attribution": ATTRIBUTION}
    if question.grouping is not None:
        body |= {"group_by": query["group_by"], "group_attribution": question.grouping.attribution}
    return body


def told(moment: date | datetime) -> str:
    return moment.isoformat()


def echoed(query: Row) -> Row:
    window = query["window"]
    hours = [f"{at // 3600:02}:{at % 3600 // 60:02}" for at in window.hours]
    return {
        "start": told(window.start),
        "end": told(window.end),
        "hours": "-".join(hours) if "hours" in query else None,
        "weekdays": [WEEKDAYS[day] for day in sorted(window.weekdays)],
        "bucket": query["bucket"],
        "metrics": list(query["metrics"]),
        "compare": query.get("compare"),
    }


def park_identities(question: Question) -> dict[int, Row]:
    return {park.pk: identity(park) for park in question.parks}


def identity(park: Park) -> Row:
    return {"park_id": park.pk, "park_name": park.name, "timezone": park.timezone}


def ride_identities(question: Question) -> dict[int, Row]:
    parks = {park.pk: identity(park) for park in question.parks}
    rides = Ride.objects.active().filter(park__in=parks).order_by("park__name", "park_id", "name", "pk")
    if question.rides:
        rides = rides.filter(pk__in=question.rides)
    return {
        pk: {"ride_id": pk, "ride_name": name, **parks[park]}
        for pk, name, park in rides.values_list("pk", "name", "park_id")
    }


def example(name: str, entity: Row) -> OpenApiExample:
    figures = {"wait_avg": 31.4, "wait_p90": 55, "uptime_percentage": 96.3, "downtime_minutes": 5}
    row = {**entity, "timezone": "America/New_York", "total": figures}
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
        "data": [{**entity, "timezone": "America/New_York", "total": total, "groups": [dry, heavy]}],
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
        responses={200: RideAnalyticsSerializer, 400: BAD_WINDOW},
        examples=[
            example("one ride over lunch, by quarter hours", {**RIDE, **PARK}),
            grouped_example("one ride by rain", {**RIDE, **PARK}),
        ],
    )
    def rides(self, request: Request) -> Response:
        return Response(answer(AnalyticsQuery.read(request), rides_over, ride_identities))

    @extend_schema(
        summary="Parks over any window",
        tags=["analytics"],
        parameters=[AnalyticsQuery],
        responses={200: ParkAnalyticsSerializer, 400: BAD_WINDOW},
        examples=[
            example("one park over lunch, by quarter hours", PARK),
            grouped_example("one park by rain", PARK),
        ],
    )
    def parks(self, request: Request) -> Response:
        return Response(answer(AnalyticsQuery.read(request), parks_over, park_identities))
