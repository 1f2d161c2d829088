"""Reliability: `/reliability?entity=rides&operator=…&start=2026-06-01&end=2026-06-30`, with intervals."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.periods import Period
from core.shapes import UNSET
from dashboard.components.formatting import NOTHING, minutes, percent
from dashboard.components.spans import span_of
from dashboard.components.tables import Column, Table
from dashboard.views import number_of, page
from parks.models import Park, Shelter
from stats.api.reliability_serializers import MOST_DAYS, ReliabilityList, ReliabilityQuery
from stats.api.reliability_views import reliability_answer
from stats.reliability.answer import ReliabilityFigures, ReliabilityRow
from stats.reliability.ranks import LEAST_COVERAGE, LEAST_DAYS, Withheld

PERIODS = (Period.YESTERDAY, Period.LAST_WEEK, Period.LAST_MONTH)
FILTERS = ("entity", "park_id", "ride_id", "operator", "country", "tier", "shelter", "measure", "order", "filter")
LENGTH = 50  # rows of a page
TITLES = {"uptime": "Uptime", "availability": "Availability"}
WITHHELD = {
    Withheld.COVERAGE: f"under {LEAST_COVERAGE} % known",
    Withheld.DAYS: f"under {LEAST_DAYS} days",
}


@page
def reliability_page(request: HttpRequest) -> HttpResponse:
    """The list of the API with its filters; raises ValidationError, which names the field."""
    now = timezone.now()
    asked = {name: request.GET[name] for name in FILTERS if request.GET.get(name, "").strip()}
    span = span_of(request, now, tuple(PERIODS), Period.LAST_MONTH, MOST_DAYS)
    number = number_of(request, "page", 1, 1, 2_000)
    dates = {"start_date": span.days.first.isoformat(), "end_date": span.days.last.isoformat()}
    query = {**asked, **dates, "limit": str(LENGTH), "offset": str(LENGTH * (number - 1))}
    body = reliability_answer(ReliabilityQuery.completed(ReliabilityQuery.checked(query)), now)
    parks = Park.objects.order_by("name", "pk")
    context: dict[str, Any] = {
        "body": body,
        "span": span,
        "asked": asked,
        "table": reliability_table(body),
        "summary": figures_of(body.summary),
        "number": number,
        "pages": -(-body.total // LENGTH),
        "parks": parks.values_list("pk", "name"),
        "operators": parks.exclude(operator=None).order_by("operator").values_list("operator", flat=True).distinct(),
        "countries": parks.order_by("country").values_list("country", flat=True).distinct(),
        "shelters": Shelter.choices,
        "measures": TITLES,
        "csv": f"/api/reliability.csv?{urlencode({**asked, **dates})}",
        "api": f"/api/reliability?{urlencode({**asked, **dates})}",
    }
    return render(request, "dashboard/reliability.html", context)


def reliability_table(body: ReliabilityList) -> Table:
    """Rank, name and figure stand on phones; the rest has no room there."""
    other = "availability" if body.measure == "uptime" else "uptime"
    kind = body.entity.removesuffix("s")
    columns = [
        Column("rank", "Rank"),
        Column(f"{kind}_name", kind.capitalize(), kind),
        Column("figure", TITLES[body.measure]),
        Column("coverage_percentage", "Known", "percent", is_wide=True),
        Column("outages", "Outages", "outages", is_wide=True),
        Column("mean_outage_minutes", "Mean length", "minutes", "min", is_wide=True),
        Column("median_outage_minutes", "Median", "minutes", "min", is_wide=True),
        Column("delays", "Opening delays", is_wide=True),
    ]
    if body.entity == "rides":
        columns.insert(2, Column("park_name", "Park", "park", is_wide=True))
        columns.insert(4, Column("other", TITLES[other], is_wide=True))
    rows = [shown(row, body, other) for row in body.data]
    empty = "Nothing is known of such rides on these days."
    return Table(f"{body.entity.capitalize()} by {body.measure}, 95 % intervals", columns, rows, empty=empty)


def shown(row: ReliabilityRow, body: ReliabilityList, other: str) -> dict[str, Any]:
    names = {} if row.ride_id is UNSET else {"ride_id": row.ride_id, "ride_name": row.ride_name}
    return {
        **names,
        "park_id": row.park_id,
        "park_name": row.park_name,
        "start_date": body.start_date,
        "end_date": body.end_date,
        "rank": rank_of(row),
        "figure": with_interval(row, body.measure),
        "other": with_interval(row, other),
        "coverage_percentage": row.coverage_percentage,
        "outages": row.outages,
        "mean_outage_minutes": row.mean_outage_minutes,
        "median_outage_minutes": row.median_outage_minutes,
        "delays": f"{row.opening_delays}, {row.opening_delay_minutes} min" if row.opening_delays else NOTHING,
    }


def rank_of(row: ReliabilityRow) -> SafeString | str:
    """The rank, those it shares, or why it has none."""
    if row.rank is not None:
        return str(row.rank)
    if row.shares_ranks:
        first, last = row.shares_ranks
        return format_html('<span class="moment"><span class="hidden">shares ranks </span>{}–{}</span>', first, last)
    return format_html("<small>{}</small>", WITHHELD[Withheld(row.withheld)]) if row.withheld else NOTHING


def with_interval(row: ReliabilityFigures, measure: str) -> SafeString | str:
    value = getattr(row, f"{measure}_percentage")
    low, high = getattr(row, f"{measure}_low"), getattr(row, f"{measure}_high")
    if value is None:
        return NOTHING
    if low is None:
        return percent(value)
    ends = f"{low:.1f}–{high:.1f}"
    return format_html('<span class="moment">{}</span><br><small class="moment">{}</small>', percent(value), ends)


def figures_of(summary: ReliabilityFigures) -> list[tuple[str, Any]]:
    """The selection as one."""
    return [
        ("Availability of all of it", with_interval(summary, "availability")),
        ("Known", percent(summary.coverage_percentage)),
        ("Outages", f"{summary.outages:,}"),
        ("Mean length", f"{minutes(summary.mean_outage_minutes)} min"),
        ("Median length", f"{minutes(summary.median_outage_minutes)} min"),
        ("Opening delays", f"{summary.opening_delays:,}"),
    ]


urlpatterns = [path("reliability", reliability_page, name="reliability")]
