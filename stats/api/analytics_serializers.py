"""Parameters and answers of `/api/analytics/*`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.api.queries import MomentField, note_unknown, refuse_nonsense, refuse_overlong
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import is_zone
from parks.api.serializers import ATTRIBUTION, Attribution
from parks.models import Park, Ride
from stats.answers.analytics import Question
from stats.answers.analytics_rows import METRICS, WEEKDAYS, ParkAnalyticsRow, RideAnalyticsRow
from stats.answers.groups import UNKNOWN, groupings
from stats.measures.bucket_sums import PERCENTILE
from stats.measures.windows import Bucket, Window

# Longest range per bucket size, in days: an answer stays readable, and quick.
RANGE_CAPS = {
    Bucket.M5: 8,
    Bucket.M10: 16,
    Bucket.M15: 32,
    Bucket.M20: 32,
    Bucket.M30: 62,
    Bucket.H1: 93,
    Bucket.H2: 186,
    Bucket.H3: 186,
    Bucket.H4: 186,
    Bucket.H6: 186,
    Bucket.H8: 186,
    Bucket.H12: 186,
    Bucket.DAY: 732,
    Bucket.WEEK: 3660,
    Bucket.MONTH: 3660,
    Bucket.HOUR_OF_DAY: 732,
    Bucket.WEEKDAY: 732,
    Bucket.NONE: 3660,
}
# What may have to be read from raw observations: one ride for sixty years, or all parks for ten days.
MOST_RIDE_HOURS = 500_000
MOST_BUCKETS = 50_000
MOST_IDS = 200
DEFAULT_METRICS = (
    "wait_avg",
    "uptime_percentage",
    "downtime_minutes",
    "unknown_minutes",
    "shame_score",
    "observations",
)
COMPARISONS = ("previous", "last_year")
HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
PERCENTILES = re.compile(rf"{PERCENTILE}([1-9]|[1-9]\d)")

# Every hour of it is read from raw observations.
LONGEST_GROUPED = 732
GROUPS_TOLD = "; ".join(
    f"{name}: {', '.join((*grouping.names, UNKNOWN))} ({grouping.what})" for name, grouping in groupings().items()
)
CAPS_TOLD = ", ".join(f"{bucket.value} {days}" for bucket, days in RANGE_CAPS.items())


@extend_schema_field({"type": "string", "pattern": HOURS.pattern})
class HoursField(serializers.Field[tuple[int, int], Any, Any, Any]):
    """Hours of the local day, "HH:MM-HH:MM"; 24:00 is the end of the day."""

    default_error_messages = {
        "invalid": "must look like 11:30-13:45",
        "order": "must begin before they end; ask for 22:00-24:00 and 00:00-02:00 apart",
    }

    def to_internal_value(self, data: Any) -> tuple[int, int]:
        match = HOURS.fullmatch(str(data).strip())
        if match is None:
            self.fail("invalid")
        a, b, c, d = map(int, match.groups())
        start, end = a * 3600 + b * 60, c * 3600 + d * 60
        if end > 86_400:
            self.fail("invalid")
        if start >= end:
            self.fail("order")
        return start, end

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class WordsField(serializers.Field[tuple[str, ...], Any, Any, Any]):
    """Words separated by commas, each once."""

    def __init__(
        self, words: Sequence[str], pattern: re.Pattern[str] | None = None, reported: str = "", **how: Any
    ) -> None:
        self.words, self.pattern, self.reported = words, pattern, reported
        super().__init__(**how)

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        found = [word.strip() for word in str(data).split(",")]
        for word in found:
            if word not in self.words and not (self.pattern and self.pattern.fullmatch(word)):
                shown = word[:40]
                raise serializers.ValidationError(
                    f"{shown!r} is not known; choose from {', '.join(self.words)}{self.reported}"
                )
        return tuple(dict.fromkeys(found))

    def to_representation(self, value: Any) -> Any:
        return value


class ChoiceField(serializers.ChoiceField):
    """One of some words; the error names them all."""

    def __init__(self, choices: Sequence[str], **how: Any) -> None:
        super().__init__(choices, **how)
        self.error_messages["invalid_choice"] = f"{{input!r:.42}} is not known; choose from {', '.join(choices)}"


class IdsField(serializers.ListField):
    child = serializers.IntegerField(min_value=0, max_value=2_147_483_647)


class AnalyticsQuery(serializers.Serializer[Any]):
    """Parameters of both analytics endpoints."""

    park_id = IdsField(
        required=False, max_length=MOST_IDS, help_text="repeatable; default: every active park; others can be named"
    )
    ride_id = IdsField(required=False, max_length=MOST_IDS, help_text="repeatable; default: every ride of the parks")
    start = MomentField(help_text="local date or instant: 2025-07-01, 2025-07-01T11:30:00-04:00")
    end = MomentField(help_text="local date (included) or instant (excluded)")
    timezone = serializers.CharField(
        required=False, max_length=50, help_text="IANA zone of instants without an offset; default: each park's own"
    )
    hours = HoursField(required=False, help_text="local hours of each day: 11:30-13:45")
    weekdays = WordsField(WEEKDAYS, required=False, help_text="sat,sun")
    bucket = ChoiceField(Bucket.values, default=Bucket.NONE.value, help_text=f"longest range in days: {CAPS_TOLD}")
    metrics = WordsField(
        METRICS,
        PERCENTILES,
        default=DEFAULT_METRICS,
        help_text=f"{', '.join(METRICS)}; wait_pNN is the exact NNth percentile, 1 to 99",
    )
    group_by = ChoiceField(
        tuple(groupings()),
        required=False,
        help_text=f"hours by their weather, instead of buckets; longest range: {LONGEST_GROUPED} days. {GROUPS_TOLD}",
    )
    compare = ChoiceField(
        COMPARISONS,
        required=False,
        help_text="previous: as long a window just before; last_year: the same dates a year earlier",
    )

    def validate_timezone(self, value: str) -> str:
        if not is_zone(value):
            raise serializers.ValidationError(f"{value!r} is not an IANA time zone such as America/New_York")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs["start"], attrs["end"]
        if isinstance(start, datetime) != isinstance(end, datetime):
            raise serializers.ValidationError({"end": "must be a date like start, or an instant like start"})
        if isinstance(start, datetime) and (start.tzinfo is None) != (end.tzinfo is None):
            raise serializers.ValidationError({"end": "must have an offset if start has one"})
        if start > end or (isinstance(start, datetime) and start == end):
            raise serializers.ValidationError({"start": f"must not be after end ({end.isoformat()})"})
        bucket = Bucket(attrs["bucket"])
        is_grouped = "group_by" in attrs
        if is_grouped and bucket != Bucket.NONE:
            raise serializers.ValidationError({"bucket": "must be none with group_by; ask for one of the two"})
        days = (end - start + (timedelta() if isinstance(start, datetime) else timedelta(days=1))) / timedelta(days=1)
        if is_grouped and days > LONGEST_GROUPED:
            most = f"allows a range of {LONGEST_GROUPED} days at most, not {ceil(days)}"
            raise serializers.ValidationError({"group_by": f"{most}; ask for a shorter range"})
        if days > RANGE_CAPS[bucket]:
            most = f"{bucket.value} allows a range of {RANGE_CAPS[bucket]} days at most, not {ceil(days)}"
            raise serializers.ValidationError({"bucket": f"{most}; ask for larger buckets or a shorter range"})
        attrs["window"] = Window(
            start,
            end,
            attrs.get("hours", (0, 86_400)),
            frozenset(WEEKDAYS.index(word) for word in attrs.get("weekdays", ())),
            attrs.get("timezone"),
        )
        return attrs

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked parameters; raises ValidationError that names the field."""
        note_unknown(request, cls._declared_fields)
        return cls.of(request.query_params)

    @classmethod
    def of(cls, params: QueryDict) -> dict[str, Any]:
        """The same of parameters that did not come by the API."""
        repeated = {"park_id", "ride_id"}
        given: dict[str, Any] = {
            name: values if name in repeated else values[0] for name, values in params.lists() if values
        }
        known = cls._declared_fields
        refuse_overlong({name: max(params.getlist(name), key=len) for name in given if name in known})
        query = cls(data=given)
        if not query.is_valid():
            field, detail = next(iter(query.errors.items()))
            raise serializers.ValidationError(f"{field}: {message_of(detail)}")
        refuse_nonsense(
            {name: value for name, value in given.items() if name in query.fields and name not in repeated}
        )
        checked: dict[str, Any] = query.validated_data
        return checked


def message_of(detail: Any) -> str:
    while isinstance(detail, list | dict):
        detail = detail[0] if isinstance(detail, list) else next(iter(detail.values()))
    return str(detail)


def question_of(query: dict[str, Any]) -> Question:
    """The parks and rides of a checked query, those that are named active or not (N-15); raises ValidationError for
    unknown ids."""
    parks_asked, rides_asked = query.get("park_id", []), query.get("ride_id", [])
    chosen = Park.objects.order_by("name", "pk")
    if rides_asked:
        rides = Ride.objects.filter(pk__in=rides_asked)
        places = dict((rides.filter(park__in=parks_asked) if parks_asked else rides).values_list("pk", "park_id"))
        refuse_unknown("ride_id", rides_asked, places)
        parks = list(chosen.filter(pk__in=set(places.values())))
    elif parks_asked:
        parks = list(chosen.filter(pk__in=parks_asked))
    else:
        parks = list(chosen.active())
    if not rides_asked:
        refuse_unknown("park_id", parks_asked, [park.pk for park in parks])
    return Question(
        query["window"],
        Bucket(query["bucket"]),
        tuple(parks),
        tuple(rides_asked),
        needs_raw=any(name.startswith(PERCENTILE) for name in query["metrics"]),
        grouping=groupings()[query["group_by"]] if "group_by" in query else None,
        needs_delays="opening_delay_minutes" in query["metrics"],
    )


def refuse_unknown(field: str, asked: Sequence[int], known: Iterable[int]) -> None:
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise serializers.ValidationError(f"{field}: {unknown[0]} is not known; /api/search/index lists the ids")


# -- answers ---------------------------------------------------------------------------------------------


class Analytics(Shape):
    success: bool = True
    start: Annotated[str, describe("as asked for")]
    end: str
    hours: str | None
    weekdays: list[Annotated[str, describe(enum=WEEKDAYS)]]
    bucket: Bucket
    metrics: Sequence[str]
    group_by: Annotated[str | UnsetType, describe("as asked for")] = UNSET
    compare: Annotated[str | None, describe(enum=COMPARISONS)]
    attribution: Attribution = ATTRIBUTION
    group_attribution: Annotated[
        Mapping[str, str] | UnsetType, describe("with group_by: whose data the groups come from")
    ] = UNSET


class ParkAnalytics(Analytics):
    data: list[ParkAnalyticsRow]


class RideAnalytics(Analytics):
    data: list[RideAnalyticsRow]
