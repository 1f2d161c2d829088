"""Charts: the course of the parks or rides that stand out most in a period (R-20.2)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Period
from dashboard.components.chart import Chart, Series
from dashboard.components.series_names import FIGURES, named, reported_apart
from dashboard.components.spans import span_of
from dashboard.views import disney_universal_only, number_of, one_of, page
from stats.api.trend_serializers import CHART_PERIODS, MOST_COLUMNS
from stats.charts.parks_and_rides import KINDS, ChartType, chart_of, granularity

LINES, MOST = 5, 20  # of a chart; the API has no more either
TYPES = {
    ChartType.PARKS.value: "Score of parks",
    ChartType.RIDES.value: "Downtime of rides",
    ChartType.WAIT_TIMES.value: "Waits of parks",
    ChartType.RIDE_WAIT_TIMES.value: "Waits of rides",
}
AXES = {
    "minutes": ("Time", "The last 60 minutes, on the clock of the site."),
    "hourly": ("Hour", "Hours are those of each park’s own clock."),
    "daily": ("Day", "Days are each park’s own."),
}


@page
def charts(request: HttpRequest) -> HttpResponse:
    asked = ChartType(one_of(request, "type", ChartType.values, ChartType.PARKS.value))
    now = timezone.now()
    span = span_of(request, now, CHART_PERIODS, Period.LAST_WEEK, MOST_COLUMNS)
    limit = number_of(request, "limit", LINES, 1, MOST)
    kind = KINDS[asked]
    found = chart_of(kind, span.asked, disney_universal_only(request), limit, now)
    words, unit, digits = FIGURES[kind]
    axis, note = AXES[granularity(span.asked)]
    rows = [named(line) for line in found.lines]
    chart = Chart(
        f"{TYPES[asked]}, {span.words}",
        axis,
        found.labels,
        [
            Series(name, [None if value is None else float(value) for value in line.values])
            for name, line in zip(reported_apart(rows), found.lines, strict=True)
        ],
        unit,
        digits=digits if span.asked != Period.LIVE else 1,
        note=note,
    )
    context: dict[str, Any] = {
        "chart": chart,
        "words": words,
        "rows": rows,
        "type": asked.value,
        "types": TYPES,
        "span": span,
        "chosen": request.GET.get("filter", "all-parks"),
        "limit": limit,
        "most": MOST,
    }
    return render(request, "dashboard/charts.html", context)


urlpatterns = [path("charts", charts, name="charts")]
