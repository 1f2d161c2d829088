"""Downtime and waits: parks and rides in order, sorted by any column, as pages or as CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.generic import RedirectView
from msgspec.structs import asdict

from core.periods import Asked, Period
from dashboard.components.spans import Span, span_of
from dashboard.components.sparklines import last_days
from dashboard.components.tables import (
    ASCENDING,
    DESCENDING,
    Column,
    Row,
    Table,
    csv_answer,
    sorted_rows,
    value_of,
)
from dashboard.views import PERIODS, disney_universal_only, number_of, one_of, page
from snapshots.status import Status
from stats.answers.rankings import park_downtime, ride_downtime
from stats.answers.wait_rankings import park_waits, ride_waits
from stats.charts.series import Kind

EVERY_ROW = 1_000_000  # the lists sort themselves over all of them before they cut
LENGTH, LONGEST = 50, 1_000  # rows on a page

RANK = Column("rank", "Rank", "number")
PARK, RIDE = Column("park_name", "Park", "park"), Column("ride_name", "Ride", "ride")
PARK_OF_RIDE = Column("park_name", "Park", "park", is_wide=True)
TIER = Column("tier", "Tier", "number", is_wide=True)
UPTIME = Column("uptime_percentage", "Uptime", "percent")
TREND = Column("trend_percentage", "Trend", "trend")
STATE = Column("current_status", "Now", "state")
AVAILABILITY = Column("availability_percentage", "Availability", "percent", is_wide=True)
WALK_ON = Column("walk_on_percentage", "Posted at 0", "percent", is_wide=True)
DATES = (Column("start_date", "start_date"), Column("end_date", "end_date"), Column("is_complete", "is_complete"))
AVERAGE, PEAK = (
    Column("avg_wait_minutes", "Average", "minutes", "min"),
    Column("peak_wait_minutes", "Peak", "minutes", "min"),
)
LAST_DAYS = Column("last_days", "14 days", "sparkline", is_sortable=False)


@dataclass(frozen=True, slots=True)
class Ranking:
    """One of the four lists: its rows, its columns, the first of `columns` it is sorted by."""

    title: str
    rows: Callable[[Asked, bool, datetime], Sequence[Row]]
    columns: tuple[Column, ...]
    sort: str
    kind: Kind  # of the small lines
    owner: str  # the key of a row's park or ride
    explanation: str


RANKINGS = {
    ("downtime", "parks"): Ranking(
        "Parks by downtime",
        lambda period, only, now: park_downtime(period, only, "shame_score", EVERY_ROW, now)[0].rows,
        (
            RANK,
            PARK,
            Column("shame_score", "Shame score", "score", "0–10"),
            Column("total_downtime_hours", "Downtime", "downtime", "ride-hours"),
            Column("rides_down", "Rides down", "number"),
            UPTIME,
            TREND,
            LAST_DAYS,
        ),
        "shame_score",
        Kind.PARK_SCORE,
        "park_id",
        "The shame score is the share of a park’s weighted ride capacity that was down while it was open, times ten."
        " Uptime is that of its attractions: operating of operating and down. Parks without downtime are not listed.",
    ),
    ("downtime", "rides"): Ranking(
        "Rides by downtime",
        lambda period, only, now: ride_downtime(period, only, "downtime_hours", EVERY_ROW, now).rows,
        (
            RANK,
            RIDE,
            PARK_OF_RIDE,
            TIER,
            Column("downtime_hours", "Downtime", "downtime", "h"),
            Column("opening_delay_minutes", "Opening delays", "delays", "min", is_wide=True),
            UPTIME,
            AVAILABILITY,
            TREND,
            STATE,
            LAST_DAYS,
        ),
        "downtime_hours",
        Kind.RIDE_DOWNTIME,
        "ride_id",
        "Hours down while the park was open. Uptime is operating of all known open time, availability leaves planned"
        " closures out. Rides without downtime, and rides that never ran, are not listed.",
    ),
    ("waits", "parks"): Ranking(
        "Parks by wait",
        lambda period, only, now: park_waits(period, only, EVERY_ROW, now).rows,
        (RANK, PARK, AVERAGE, PEAK, WALK_ON, Column("rides_reporting", "Rides reporting", "number"), TREND, LAST_DAYS),
        "avg_wait_minutes",
        Kind.PARK_WAIT,
        "park_id",
        "Posted standby waits above 0 of the park’s attractions while they ran, in minutes; means over time.",
    ),
    ("waits", "rides"): Ranking(
        "Rides by wait",
        lambda period, only, now: ride_waits(period, only, EVERY_ROW, now).rows,
        (
            RANK,
            RIDE,
            PARK_OF_RIDE,
            TIER,
            AVERAGE,
            PEAK,
            WALK_ON,
            Column("current_wait_time", "Posted now", "minutes", "min"),
            TREND,
            STATE,
            LAST_DAYS,
        ),
        "avg_wait_minutes",
        Kind.RIDE_WAIT,
        "ride_id",
        "Posted standby waits above 0 while the ride ran in the open park, in minutes; means over time.",
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks for."""

    ranking: Ranking
    span: Span
    only_disney_universal: bool
    column: Column
    order: str

    @classmethod
    def read(cls, request: HttpRequest, measure: str, entity: str, now: datetime) -> "Question":
        """Raises BadInput."""
        ranking = RANKINGS[measure, entity]
        columns = {column.key: column for column in ranking.columns if column.is_sortable}
        column = columns[one_of(request, "sort", columns, ranking.sort)]
        order = one_of(request, "order", (ASCENDING, DESCENDING), column.first_order)
        span = span_of(request, now, tuple(PERIODS), Period.LIVE)
        return cls(ranking, span, disney_universal_only(request), column, order)

    def rows(self, now: datetime) -> Sequence[Row]:
        """All rows in order; as the API has them unless another order is asked for."""
        rows = self.ranking.rows(self.span.asked, self.only_disney_universal, now)
        if self.column.key == self.ranking.sort and self.order == self.column.first_order:
            return rows
        return sorted_rows(rows, self.column, self.order)

    @property
    def is_of_now(self) -> bool:
        """A list of downtime at this moment: what is down, apart from what was down earlier today."""
        return self.span.asked == Period.LIVE and self.ranking.kind in (Kind.PARK_SCORE, Kind.RIDE_DOWNTIME)


def reported_columns(ranking: Ranking, rows: Sequence[Row], chosen: Column) -> list[Column]:
    """The columns of which at least one row has something to say: not every period has them all.

    The one that sorts stands beside the names: a phone shows it without a step aside.
    """
    names = [column for column in ranking.columns if column in (RANK, PARK, RIDE, PARK_OF_RIDE)]
    others = [column for column in ranking.columns if column not in names]
    return [
        column
        for column in (*names, *sorted(others, key=lambda column: column != chosen))
        if column is LAST_DAYS or not rows or any(value_of(row, column.key) is not None for row in rows)
    ]


def as_mapping(row: Row) -> Mapping[str, Any]:
    """A row to which the page adds columns of its own."""
    return row if isinstance(row, Mapping) else asdict(row)


@page
def ranking(request: HttpRequest, measure: str, entity: str) -> HttpResponse:
    now = timezone.now()
    question = Question.read(request, measure, entity, now)
    length = number_of(request, "length", LENGTH, 1, LONGEST)
    every = question.rows(now)
    rows = [row for row in every if is_down_now(row)] if question.is_of_now else every
    pages = max(1, -(-len(rows) // length))
    number = number_of(request, "page", 1, 1, pages)
    shown = rows[(number - 1) * length : number * length]
    owner = question.ranking.owner
    lines = last_days(question.ranking.kind, {value_of(row, owner) for row in shown}, now)
    table = Table(
        caption=f"{question.ranking.title}, {question.span.words}",
        columns=reported_columns(question.ranking, rows, question.column),
        rows=[{**as_mapping(row), LAST_DAYS.key: lines.get(value_of(row, owner))} for row in shown],
        sort=question.column.key,
        order=question.order,
        empty="" if rows else nothing_to_list(measure, question, now, bool(every)),
    )
    context: dict[str, Any] = {
        "ranking": question.ranking,
        "measure": measure,
        "entity": entity,
        "span": question.span,
        "period_words": dates_in_words(rows) if rows else "",
        "chosen": request.GET.get("filter", "all-parks"),
        "table": table,
        "count": len(rows),
        "earlier": earlier(question, every, rows) if question.is_of_now else None,
        "length": length,
        "longest": LONGEST,
        "number": number,
        "pages": pages,
        "sort": question.column.key,
        "order": question.order,
    }
    return render(request, "dashboard/ranking.html", context)


def is_down_now(row: Row) -> bool:
    """Of a ride its state, of a park whether a ride of it is down."""
    status = value_of(row, "current_status")
    return status == Status.DOWN.value if status is not None else bool(value_of(row, "rides_down"))


def earlier(question: Question, every: Sequence[Row], rows: Sequence[Row]) -> Table:
    """What was down today and is not now, the parks that have closed among it: folded away."""
    now = {value_of(row, question.ranking.owner) for row in rows}
    before = [row for row in every if value_of(row, question.ranking.owner) not in now][:LENGTH]
    columns = [column for column in reported_columns(question.ranking, before, question.column) if column != LAST_DAYS]
    return Table("Down today, not now", columns, before)


def dates_in_words(rows: Sequence[Row]) -> str:
    """The dates that the rows cover, and whether some of their days have not ended (N-1)."""
    first = min(value_of(row, "start_date") for row in rows)
    last = max(value_of(row, "end_date") for row in rows)
    words = first if first == last else f"{first} to {last}"
    return words if all(value_of(row, "is_complete") for row in rows) else f"{words}, not over everywhere"


EMPTY = {
    "downtime": "Nothing was down in this period, as far as it is known. Try another period, or all parks.",
    "waits": "No wait above 0 was posted in this period. Live, only parks that are open are listed.",
}
UNKNOWN = "Nothing is known of this period. Try another period, or all parks."


def nothing_to_list(measure: str, question: Question, now: datetime, was_earlier: bool = False) -> str:
    """Why a list is empty: nothing happened, or nothing is known (N-6)."""
    if was_earlier:
        return "Nothing is down now in the parks that are open and report."
    totals = park_downtime(question.span.asked, question.only_disney_universal, "shame_score", 1, now)[1]
    return EMPTY[measure] if totals.total_parks else UNKNOWN


@page
def download(request: HttpRequest, measure: str, entity: str) -> HttpResponse:
    """All rows of the list as CSV, in the order of the page."""
    now = timezone.now()
    question = Question.read(request, measure, entity, now)
    rows = question.rows(now)
    ids = [
        Column(key, key) for key in ("ride_id", "park_id") if any(value_of(row, key) is not None for row in rows[:1])
    ]
    columns = [*ids, *(column for column in question.ranking.columns if column is not LAST_DAYS), *DATES]
    return csv_answer(f"ridewatch-{measure}-{entity}-{question.span.word}", columns, rows)


# `/downtime` and `/waits` lead to their lists of rides.
urlpatterns = [
    path("downtime", RedirectView.as_view(url="/downtime/rides", query_string=True), name="downtime"),
    path("waits", RedirectView.as_view(url="/waits/rides", query_string=True), name="waits"),
    *(
        each
        for measure, entity in RANKINGS
        for each in (
            path(f"{measure}/{entity}", ranking, {"measure": measure, "entity": entity}, f"{measure}-{entity}"),
            path(
                f"{measure}/{entity}.csv", download, {"measure": measure, "entity": entity}, f"{measure}-{entity}-csv"
            ),
        )
    ),
]
