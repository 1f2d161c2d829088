"""Query parameters and answer shapes of the awards."""

from datetime import datetime
from typing import Annotated, Any

from rest_framework import serializers

from core.api.queries import LimitField, choice, one_of
from core.shapes import describe
from stats.answers.awards import LeastReliableRow, LongestWaitRow
from stats.api.serializers import FILTERS, SPAN, Dates, RankingQuery
from stats.readings.identity import TOTAL

AWARD_PERIODS = ("today", "yesterday", "last_week", "last_month")
ENTITIES = ("parks", "rides")
ATTRIBUTION_TEXT = "Data powered by ThemeParks.wiki - https://themeparks.wiki"


class AwardQuery(RankingQuery):
    """In the order in which they are checked."""

    limit = LimitField(default=10, maximum=20)
    period = choice(AWARD_PERIODS, "today", one_of("period", AWARD_PERIODS))
    filter = choice(FILTERS, "all-parks", one_of("filter", FILTERS))
    entity = choice(ENTITIES, "rides", one_of("entity", ENTITIES))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "entity", *SPAN)}


class Award(Dates):
    success: bool = True
    period: str
    filter: Annotated[str, describe(enum=FILTERS)]
    entity: Annotated[str, describe(enum=ENTITIES)]
    count: Annotated[int, describe("of the rows sent")]
    total: Annotated[int, TOTAL]
    cached: Annotated[bool, describe("always true")] = True
    attribution: str = ATTRIBUTION_TEXT
    timestamp: datetime


class LongestWait(Award):
    data: list[LongestWaitRow]


class LeastReliable(Award):
    data: list[LeastReliableRow]
