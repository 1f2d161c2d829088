"""Parameters and answers of the reliability of rides and parks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from rest_framework import serializers

from core.api.queries import LimitField, choice, country_field, one_of, operator_field
from core.periods import Days
from core.shapes import Shape, describe
from parks.api.serializers import ATTRIBUTION, Attribution
from parks.models import Park, Ride, Shelter
from stats.api.serializers import ANSWERED_PERIODS, RankingQuery
from stats.measures.windows import listed_days
from stats.readings.identity import TOTAL
from stats.readings.selection import chosen_parks
from stats.reliability.answer import Question, ReliabilityFigures, ReliabilityRow

ENTITIES = ("rides", "parks")
MEASURES = ("uptime", "availability")
ORDERS = ("best", "worst")
PERIODS = ("last_month", "last_week", "yesterday", "7days", "30days")
TIERS = ("1", "2", "3")
# Days at most: of several parks, of one park or ride.
MOST_DAYS, MOST_DAYS_OF_ONE = 366, 3_660
LARGEST_ID = 2_147_483_647
MOST_ROWS = 500


def identifier(name: str, help_text: str) -> serializers.IntegerField:
    text = f"Invalid {name}. Must be a whole number from 1 to {LARGEST_ID:,}"
    codes = ("invalid", "min_value", "max_value", "max_string_length", "null", "required")
    messages: dict[str, Any] = dict.fromkeys(codes, text)
    return serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, error_messages=messages, help_text=help_text
    )


class ReliabilityFilter(RankingQuery):
    """Which rides or parks over which days, in the order in which it is checked; dates go before the period."""

    entity = choice(ENTITIES, "rides", one_of("entity", ENTITIES))
    period = choice(PERIODS, "last_month", one_of("period", PERIODS))
    park_id = identifier("park_id", "of one park")
    ride_id = identifier("ride_id", "one ride")
    operator = operator_field("of their parks")
    country = country_field("of their parks")
    tier = serializers.ChoiceField(
        choices=TIERS,
        required=False,
        help_text="only rides of this tier",
        error_messages={"invalid_choice": one_of("tier", TIERS)},
    )
    shelter = serializers.ChoiceField(
        choices=Shelter.values,
        required=False,
        help_text="only rides that a source says to be indoors, outdoors or both; `rides_with_shelter` says how many",
        error_messages={"invalid_choice": one_of("shelter", Shelter.values)},
    )
    measure = choice(MEASURES, "uptime", one_of("measure", MEASURES))
    order = choice(ORDERS, "best", one_of("order", ORDERS))

    @staticmethod
    def question(query: Mapping[str, Any], now: datetime, limit: int | None, offset: int = 0) -> Question:
        """What the checked parameters ask; two queries. Raises ValidationError."""
        days = listed_days(query["asked"], now)
        check_length(days, query)
        return Question(
            parks=tuple(parks_of(query)),
            days=days,
            ride=query.get("ride_id"),
            tier=int(query["tier"]) if "tier" in query else None,
            shelter=query.get("shelter"),
            of_parks=query["entity"] == "parks",
            measure=query["measure"],
            is_worst_first=query["order"] == "worst",
            limit=limit,
            offset=offset,
        )


class ReliabilityQuery(ReliabilityFilter):
    limit = LimitField(default=50, maximum=MOST_ROWS)
    offset = LimitField(default=0, maximum=100_000)


def check_length(days: Days, query: Mapping[str, Any]) -> None:
    most = MOST_DAYS_OF_ONE if "park_id" in query or "ride_id" in query else MOST_DAYS
    length = (days.last - days.first).days + 1
    if length > most:
        raise serializers.ValidationError(
            {
                "start_date": f"Invalid start_date. {length:,} days are asked for, and {most:,} is the most"
                f" ({MOST_DAYS} of several parks, {MOST_DAYS_OF_ONE:,} of one park or ride); shorten the range"
            }
        )


def parks_of(query: Mapping[str, Any]) -> list[Park]:
    """The parks whose rides are asked for, former ones too (N-15). Raises ValidationError."""
    parks = chosen_parks(query["filter"] == "disney-universal", former=True)
    park_id = query.get("park_id")
    if park_id is not None and not Park.objects.filter(pk=park_id).exists():
        raise serializers.ValidationError(f"Invalid park_id. Park {park_id} is not known; /api/search finds parks")
    if "ride_id" in query:
        home = Ride.objects.filter(pk=query["ride_id"]).values_list("park_id", flat=True).first()
        if home is None:
            raise serializers.ValidationError(
                f"Invalid ride_id. Ride {query['ride_id']} is not known; /api/search finds rides"
            )
        parks = [park for park in parks if park.pk == home]
    if park_id is not None:
        parks = [park for park in parks if park.pk == park_id]
    if "operator" in query:
        asked = query["operator"].casefold()
        parks = [park for park in parks if (park.operator or "").casefold() == asked]
    if "country" in query:
        parks = [park for park in parks if park.country == query["country"].upper()]
    return parks


class ReliabilityList(Shape):
    success: bool = True
    period: Annotated[str, describe("as requested; `dates`: start_date and end_date were", enum=ANSWERED_PERIODS)]
    start_date: Annotated[str, describe("first of the days, of each park's calendar", format="date")]
    end_date: Annotated[str, describe("last of them, included", format="date")]
    entity: Annotated[str, describe(enum=ENTITIES)]
    measure: Annotated[str, describe("what ranks", enum=MEASURES)]
    rides: Annotated[int, describe("attractions of the selection")]
    rides_with_shelter: Annotated[int, describe("of which a source says whether they stand indoors")]
    summary: Annotated[ReliabilityFigures, describe("the selection as one, as a park's figures")]
    total: Annotated[int, TOTAL]
    data: list[ReliabilityRow]
    attribution: Attribution = ATTRIBUTION
