"""Awards: the longest waits, the least reliable, and whose downtime changed most, of a period (R-18, R-19)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Asked, Period
from core.shapes import UNSET
from dashboard.components.spans import in_words, span_of
from dashboard.components.tables import Column, Table
from dashboard.views import disney_universal_only, number_of, one_of, page
from stats.answers.awards import LEAST_SCORE, AwardRow
from stats.answers.rankings import park_downtime
from stats.answers.trend_lists import PERCENTAGE, TrendList, trend_lists
from stats.answers.trends import TREND_THRESHOLD
from stats.api.award_serializers import AWARD_PERIODS, ENTITIES
from stats.api.award_views import LEAST_RELIABLE, LONGEST_WAITS
from stats.readings.identity import Row

LENGTH, LONGEST = 10, 20  # rows of a list, as the API has them
RANK = Column("rank", "Rank", "number")
NAMES = {
    "parks": (Column("park_name", "Park", "park"), Column("location", "Place", is_wide=True)),
    "rides": (Column("ride_name", "Ride", "ride"), Column("park_name", "Park", is_wide=True)),
}
AVERAGE = Column("avg_wait_time", "Average", "minutes", "min")
WALK_ON = Column("walk_on_percentage", "Posted at 0", "percent", is_wide=True)
UPTIME = Column("uptime_percentage", "Uptime", "percent")
AVAILABILITY = Column("availability_percentage", "Availability", "percent", is_wide=True)
FIGURES = {
    ("longest-waits", "parks"): (AVERAGE, WALK_ON, Column("rides_with_waits", "Rides with waits", "number")),
    ("longest-waits", "rides"): (
        AVERAGE,
        Column("peak_wait_time", "Peak", "minutes", "min"),
        WALK_ON,
        Column("snapshot_count", "Reports", "number", is_wide=True),
        Column("days_with_data", "Days", "number", is_wide=True),
    ),
    ("least-reliable", "parks"): (Column("avg_shame_score", "Shame score", "score", "of 10"), UPTIME),
    ("least-reliable", "rides"): (
        Column("downtime_hours", "Downtime", "downtime", "h"),
        Column("downtime_incidents", "Outages", "outages", is_wide=True),
        UPTIME,
        AVAILABILITY,
    ),
}
AWARDS = {
    "longest-waits": ("Longest waits", LONGEST_WAITS, "No wait was posted in this period."),
    "least-reliable": (
        "Least reliable",
        LEAST_RELIABLE,
        "Nothing was down for long enough in this period.",
    ),
}
CHANGES = "changes"
TITLES = {**{name: title for name, (title, _, _) in AWARDS.items()}, CHANGES: "Better and worse"}
TRENDS = {
    "improving": ("Less downtime than before", "Less by"),
    "declining": ("More downtime than before", "More by"),
}


def reported(columns: tuple[Column, ...], rows: Sequence[AwardRow]) -> list[Column]:
    """The columns that these rows have: not every period has them all."""
    return [column for column in columns if not rows or getattr(rows[0], column.key) is not UNSET]


UNKNOWN = "Nothing is known of this period."


def empty_text(nothing: str, period: Asked, only: bool, now: datetime) -> str:
    """Why a list is empty: `nothing` happened, or nothing is known (N-6)."""
    return nothing if park_downtime(period, only, "shame_score", 1, now)[1].total_parks else UNKNOWN


def award_table(name: str, entity: str, period: Asked, only: bool, limit: int, now: datetime) -> Row:
    """An anchor, a title and the table of an award (R-19)."""
    title, award, empty = AWARDS[name]
    rows = award[entity](period, only, limit, now).rows
    columns = reported((RANK, *NAMES[entity], *FIGURES[name, entity]), rows)
    return {
        "name": name,
        "title": title,
        "table": Table(
            f"{title}, {in_words(period)}",
            columns,
            rows,
            empty="" if rows else empty_text(empty, period, only, now),
        ),
    }


def change_tables(entity: str, period: Asked, only: bool, limit: int, now: datetime) -> list[Row]:
    """The same of those with less and with more downtime than before (R-18)."""
    asked = {name: TrendList(f"{entity}-{name}") for name in TRENDS}
    found = trend_lists(asked.values(), period, only, limit, now)
    tables = []
    for name, (title, change) in TRENDS.items():
        columns = (
            NAMES[entity][0],
            Column(PERCENTAGE[asked[name].category], change, "percent2"),
            Column("previous_downtime_hours", "Before", "hours", "h", is_wide=True),
            Column("current_downtime_hours", "Downtime", "downtime", "h"),
        )
        caption = f"{title}, {in_words(period)}"
        empty = (
            f"Nobody’s downtime changed by more than {TREND_THRESHOLD:.0f} % from at least half an hour of the period"
            " before."
        )
        rows = found[asked[name]].rows
        table = Table(caption, columns, rows, empty="" if rows else empty_text(empty, period, only, now))
        tables.append({"name": name, "title": title, "table": table})
    return tables


@page
def awards(request: HttpRequest) -> HttpResponse:
    entity = one_of(request, "entity", ENTITIES, "rides")
    now = timezone.now()
    span = span_of(request, now, AWARD_PERIODS, Period.LAST_WEEK)
    only = disney_universal_only(request)
    limit = number_of(request, "limit", LENGTH, 1, LONGEST)
    award = one_of(request, "award", TITLES, "longest-waits")
    asked = (entity, span.asked, only, limit, now)
    context: dict[str, Any] = {
        "awards": change_tables(*asked) if award == CHANGES else [award_table(award, *asked)],
        "award": award,
        "titles": TITLES,
        "entity": entity,
        "entities": {"rides": "Rides", "parks": "Parks"},
        "span": span,
        "chosen": request.GET.get("filter", "all-parks"),
        "limit": limit,
        "least_score": LEAST_SCORE,
    }
    return render(request, "dashboard/awards.html", context)


urlpatterns = [path("awards", awards, name="awards")]
