"""A year of days, months and years beside each other: `/parks/<id>/years?year=2018&figure=score`, and of a ride."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Days
from core.rounding import half_up
from core.zones import local_date
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import NOTHING
from dashboard.components.links import park_url, ride_url
from dashboard.components.tables import Column, Table
from dashboard.components.year import Year
from dashboard.pages.months import SHOWN, Figure, Link, Months, days_link, months_table
from dashboard.views import BadInput, number_of, one_of, page
from parks.models import Park, Ride
from stats.answers.history import History, added_up, closed_days, park_history, ride_history, total_of
from stats.measures.bucket_sums import Figures
from stats.measures.windows import Bucket, BucketKey
from stats.readings.identity import Row

FIRST_YEAR = 1970
MOST_YEARS = 12  # beside each other, the newest
WEEKS = 53


OF_PARKS, OF_RIDES = tuple(SHOWN), ("downtime", "availability", "wait")


@page
def park_years(request: HttpRequest, park_id: int) -> HttpResponse:
    """Two queries beside those of the page's frame."""
    park = Park.objects.filter(pk=park_id).first()
    if park is None:
        raise Http404(f"There is no park with the number {park_id}.")
    history = park_history(park.pk, settings.METRICS_VERSION)
    closed = {day for day, figures in history.items() if not figures.open_seconds}
    figure = one_of(request, "figure", OF_PARKS, OF_PARKS[0])
    context = years_of(request, park, history, closed, figure, partial(days_link, park_url, park.pk))
    return render(request, "dashboard/years.html", {**context, "park": park, "figures": titles(OF_PARKS)})


@page
def ride_years(request: HttpRequest, ride_id: int) -> HttpResponse:
    """Three queries beside those of the page's frame."""
    ride = Ride.objects.select_related("park").filter(pk=ride_id).first()
    if ride is None:
        raise Http404(f"There is no ride with the number {ride_id}.")
    history = ride_history(ride.pk, settings.METRICS_VERSION)
    closed = closed_days(ride.park_id, settings.METRICS_VERSION)
    figure = one_of(request, "figure", OF_RIDES, OF_RIDES[0])
    context = years_of(request, ride.park, history, closed, figure, partial(days_link, ride_url, ride.pk))
    context |= {"park": ride.park, "ride": ride, "figures": titles(OF_RIDES)}
    return render(request, "dashboard/years.html", context)


def titles(names: tuple[str, ...]) -> dict[str, str]:
    return {name: SHOWN[name].title for name in names}


def years_of(
    request: HttpRequest, park: Park, history: History, closed: set[date], name: str, link: Link
) -> dict[str, Any]:
    """Everything the page shows; asks no database."""
    today, figure = local_date(timezone.now(), park.timezone), SHOWN[name]
    years = sorted({day.year for day in history}, reverse=True)
    year = asked_year(request, years[0] if years else today.year, today)
    days = {day: figure.value(figures) for day, figures in history.items() if day.year == year}
    months = added_up(history, Bucket.MONTH)
    whole = Days(date(year, 1, 1), date(year, 12, 31))
    of_year: Months = {key: figures for key, figures in months.items() if isinstance(key, date) and key.year == year}
    return {
        "year": Year(
            year, days, closed, today, figure.words, lambda day: link(day, day), figure.nothing, figure.is_share
        ),
        "is_known": bool(days),
        "years": years,
        "figure": name,
        "words": figure,
        "months": months_table(f"Months of {year}", of_year, name, link, whole),
        "beside": year_table(years, months, history, figure, link),
        "weeks": weeks_chart(years[:MOST_YEARS], history, figure) if len(years) > 1 else None,
    }


def asked_year(request: HttpRequest, newest: int, today: date) -> int:
    year = number_of(request, "year", newest, FIRST_YEAR, 9999)
    if year > today.year:
        raise BadInput(f"{year} is still to come: nothing is known of it. Today is in {today.year}.")
    return year


# -- months and years beside each other --------------------------------------------------------------------


def year_table(
    years: list[int], months: Mapping[BucketKey, Figures], history: History, figure: Figure, link: Link
) -> Table:
    """The same month of each year in a row, the newest year first; below them the whole years."""
    newest = years[:MOST_YEARS]
    columns = [Column("month", "Month"), *(Column(str(year), str(year), "length") for year in newest)]
    rows: list[Row] = []
    for n in range(1, 13):
        of_month = {str(year): value_in(months.get(date(year, n, 1)), figure) for year in newest}
        if any(value != NOTHING for value in of_month.values()):
            rows.append({"month": f"{date(2000, n, 1):%B}", **of_month})
    is_of_park = any(figures.is_of_park for figures in history.values())
    totals = {
        str(year): value_in(
            total_of((figures for day, figures in history.items() if day.year == year), is_of_park), figure
        )
        for year in newest
    }
    if rows:
        rows.append({"month": "All year", **totals})
    return Table(f"{figure.title} by month and year", columns, rows, empty="Nothing is known yet.")


def value_in(figures: Figures | None, figure: Figure) -> str:
    value = figure.value(figures) if figures is not None else None
    return NOTHING if value is None else figure.words(value)


def weeks_chart(years: list[int], history: History, figure: Figure) -> Chart:
    """A line a year over its weeks (ISO 8601), the newest first: how this year goes beside those before."""
    found: dict[tuple[int, int], Figures] = {}
    for monday, figures in added_up(history, Bucket.WEEK).items():
        if isinstance(monday, date):
            found[monday.isocalendar()[:2]] = figures
    weeks = range(1, WEEKS + 1)
    lines = [Series(str(year), [number_of_week(found.get((year, week)), figure) for week in weeks]) for year in years]
    return Chart(
        f"{figure.title} by week of the year",
        "Week",
        [str(week) for week in weeks],
        lines,
        figure.unit,
        digits=figure.digits,
    )


def number_of_week(figures: Figures | None, figure: Figure) -> float | None:
    value = figure.value(figures) if figures is not None else None
    return None if value is None else float(half_up(value, figure.digits))


urlpatterns = [
    path("parks/<int:park_id>/years", park_years, name="park-years"),
    path("rides/<int:ride_id>/years", ride_years, name="ride-years"),
]
