"""Parameters and answers of the ledger."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.api.cursors import place_of_cursor
from core.api.queries import LimitField, MomentField, Query, choice, country_field, one_of, operator_field
from core.commands import FIRST_DAY, LAST_DAY
from core.periods import ONE_DAY
from core.shapes import Shape, describe
from core.zones import day_range
from outages.models import Kind
from outages.readings.observations import Observation
from outages.readings.rows import OutageRow
from outages.readings.selection import ORDERS, Selection
from parks.api.serializers import ATTRIBUTION, Attribution
from parks.models import Park

# Days of a list when none are asked for, and at most: of several parks, of one, of a ride. All of them are counted.
DEFAULT_DAYS = 30
MOST_DAYS, MOST_DAYS_OF_A_PARK, MOST_DAYS_OF_A_RIDE = 31, 366, 3_660
MOST_MINUTES = 10_000
LARGEST_ID = 2_147_483_647
MOST_OBSERVED_DAYS = 31
KIND_OF_COLUMN: Mapping[str, type] = {"started_at": datetime, "ride_id": int, "total_seconds": int}


def date_field(name: str, help_text: str) -> serializers.DateField:
    text = f"Invalid {name}. Must be a date (2025-07-01)"
    return serializers.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        help_text=help_text,
        error_messages=dict.fromkeys(("invalid", "datetime", "null"), text),
    )


def moment_field(name: str, help_text: str, **how: Any) -> MomentField:
    """A moment whose error names the parameter."""
    messages: dict[str, Any] = {
        code: f"Invalid {name}. It {text}" for code, text in MomentField.default_error_messages.items()
    }
    return MomentField(error_messages=messages, help_text=help_text, **how)


def whole(name: str, high: int, help_text: str) -> serializers.IntegerField:
    text = f"Invalid {name}. Must be a whole number from 1 to {high:,}"
    messages: dict[str, Any] = dict.fromkeys(
        ("invalid", "min_value", "max_value", "max_string_length", "null", "required"), text
    )
    return serializers.IntegerField(
        min_value=1, max_value=high, required=False, error_messages=messages, help_text=help_text
    )


class OutageFilter(Query):
    """Which outages, in the order in which it is checked."""

    park_id = whole("park_id", LARGEST_ID, "of one park")
    ride_id = whole("ride_id", LARGEST_ID, "of one ride")
    operator = operator_field("of its parks")
    country = country_field("of the parks")
    kind = serializers.ChoiceField(
        choices=Kind.values, required=False, error_messages={"invalid_choice": one_of("kind", Kind.values)}
    )
    min_minutes = whole("min_minutes", MOST_MINUTES, "only outages at least so long")
    start = date_field(
        "start",
        f"first park-local date; an outage that goes on into it is listed. Default: {DEFAULT_DAYS} days up to `end`",
    )
    end = date_field("end", "last park-local date, included. Default: today, wherever it is today already")
    as_of = moment_field("as_of", "what was published at this instant; of one park or ride alone", required=False)
    open = serializers.BooleanField(default=False, help_text="only those that last")
    sort = choice(tuple(ORDERS), "newest", one_of("sort", tuple(ORDERS)))

    @staticmethod
    def selection(query: Mapping[str, Any], now: datetime) -> Selection:
        """What the checked parameters select; at most one query. Raises ValidationError."""
        last = query.get("end") or (now + timedelta(hours=14)).astimezone(UTC).date()
        span = (DEFAULT_DAYS - 1) * ONE_DAY
        first = query.get("start") or (last - span if last > FIRST_DAY + span else FIRST_DAY)
        check_days(first, last, query)
        at = published_at(query)
        parks = None
        if any(name in query for name in ("park_id", "operator", "country")):
            parks = tuple(parks_of(query))
        return Selection(
            first=first,
            last=last,
            version=settings.METRICS_VERSION,
            parks=parks,
            ride=query.get("ride_id"),
            kinds=(query["kind"],) if "kind" in query else (),
            least_seconds=60 * query.get("min_minutes", 0),
            is_open=query["open"],
            as_of=at,
            order=query["sort"],
        )


class OutageQuery(OutageFilter):
    limit = LimitField(default=50, maximum=500)
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next_cursor` of the answer before")

    @staticmethod
    def place(query: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Where the page begins; raises ValidationError for a cursor of another question."""
        if "cursor" not in query:
            return None
        kinds = [KIND_OF_COLUMN[name.lstrip("-")] for name in ORDERS[query["sort"]]]
        return place_of_cursor(query["cursor"], question_of(query), kinds)


def question_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """What a cursor is bound to."""
    return {name: value for name, value in query.items() if name not in ("limit", "cursor")}


def published_at(query: Mapping[str, Any]) -> datetime | None:
    """The instant of `as_of`; raises ValidationError where too much would have to be taken back."""
    if "as_of" not in query:
        return None
    if "park_id" not in query and "ride_id" not in query:
        raise ValidationError("as_of: needs a park_id or a ride_id")
    return moment(query["as_of"], "UTC", is_end=True)


def check_days(first: date, last: date, query: Mapping[str, Any]) -> None:
    if not FIRST_DAY <= first <= last <= LAST_DAY + ONE_DAY:
        raise ValidationError(
            f"start: must not lie after end, and both between {FIRST_DAY} and {LAST_DAY}; asked is {first} to {last}"
        )
    most = MOST_DAYS
    if "ride_id" in query:
        most = MOST_DAYS_OF_A_RIDE
    elif "park_id" in query:
        most = MOST_DAYS_OF_A_PARK
    days = (last - first).days + 1
    if days > most:
        raise ValidationError(
            f"start: {days:,} days are asked for, and {most:,} is the most ({MOST_DAYS} of several parks,"
            f" {MOST_DAYS_OF_A_PARK} of a park, {MOST_DAYS_OF_A_RIDE:,} of a ride); shorten the range"
        )


def parks_of(query: Mapping[str, Any]) -> list[int]:
    parks = Park.objects.all()
    if "park_id" in query:
        parks = parks.filter(pk=query["park_id"])
    if "operator" in query:
        parks = parks.filter(operator__iexact=query["operator"])
    if "country" in query:
        parks = parks.filter(country=query["country"].upper())
    return list(parks.order_by("pk").values_list("pk", flat=True))


class Outages(Shape):
    success: bool = True
    start: Annotated[str, describe("first park-local date", format="date")]
    end: Annotated[str, describe("last park-local date, included", format="date")]
    total: Annotated[int, describe("how many there are, on all pages")]
    total_seconds: Annotated[int, describe("their seconds on these days, on all pages: the downtime of the days")]
    next_cursor: Annotated[str | None, describe("where the next page begins; null: this is the last one")]
    data: list[OutageRow]
    attribution: Attribution = ATTRIBUTION


class ObservationQuery(Query):
    start = moment_field("start", "local date or instant: 2025-07-01, 2025-07-01T11:30:00-04:00")
    end = moment_field("end", "local date (included) or instant (excluded)")
    limit = LimitField(default=500, maximum=2_000)
    cursor = serializers.CharField(required=False, max_length=400, help_text="`next_cursor` of the answer before")

    @staticmethod
    def span(query: Mapping[str, Any], zone: str) -> tuple[datetime, datetime]:
        """[start, end) in UTC; raises ValidationError."""
        start, end = (moment(query[name], zone, is_end=name == "end") for name in ("start", "end"))
        if start >= end:
            raise ValidationError("end: must lie after start")
        if end - start > timedelta(days=MOST_OBSERVED_DAYS, hours=1):
            raise ValidationError(f"end: {MOST_OBSERVED_DAYS} days after start is the most; shorten the range")
        return start, end


def moment(value: date | datetime, zone: str, is_end: bool) -> datetime:
    """The instant of a local date's beginning or end, or the instant itself; one without an offset is local."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return day_range(value, zone)[is_end]


class RideObservations(Shape):
    success: bool = True
    ride_id: int
    ride_name: str
    park_id: int
    park_name: str
    timezone: str
    start: Annotated[str, describe(format="date-time")]
    end: Annotated[str, describe("excluded", format="date-time")]
    total: Annotated[int, describe("how many begin in the range, on all pages")]
    next_cursor: Annotated[str | None, describe("where the next page begins; null: this is the last one")]
    data: list[Observation]
    attribution: Attribution = ATTRIBUTION
