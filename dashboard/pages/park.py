"""The page of a park: `/parks/<id>?date=2026-07-04`, or `?start=2026-07-01&end=2026-07-07` and `?period=last_week` for
the score of several days."""

from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Period, days_of
from core.zones import local_date
from dashboard.components.dates import Dates, date_of, days_of_address
from dashboard.components.timeline import legend
from dashboard.components.weather_lines import weather_of_day
from dashboard.pages.park_view import park_day, park_days, park_now
from dashboard.views import page, period_of
from parks.models import Park

DAYS = (Period.TODAY, Period.YESTERDAY)
MOST_DAYS = 366


@page
def park(request: HttpRequest, park_id: int) -> HttpResponse:
    """A local day of the park (`date`, or `period` today and yesterday), or more days (`start` and `end`, or a longer
    `period`), or this moment."""
    found = Park.objects.filter(pk=park_id).first()
    if found is None:
        raise Http404(f"There is no park with the number {park_id}.")
    now = timezone.now()
    period = period_of(request, Period.TODAY)
    asked, days = date_of(request, found, now), days_of_address(request, found, now, MOST_DAYS)
    if days is not None and days.first == days.last:
        asked, days = days.last, None
    if asked is None and days is None and period == Period.LIVE:
        return render(request, "dashboard/park_period.html", park_now(found, now))
    if asked is None and (days is not None or period not in DAYS):
        context = park_days(found, days or days_of(period, now, found.timezone), now)
        return render(request, "dashboard/park_period.html", context)
    day: date = asked or days_of(period, now, found.timezone).first
    context = {
        **park_day(found, day, now),
        "weather": weather_of_day(found, day),
        "dates": Dates(day, local_date(now, found.timezone)),
        "period": period_on(day, found, now),
        "legend": legend(),
    }
    return render(request, "dashboard/park.html", context)


def period_on(day: date, found: Park, now: datetime) -> str:
    """The period that is this day, if any: its link is the chosen one."""
    return next((each.value for each in DAYS if days_of(each, now, found.timezone).first == day), "")


urlpatterns = [path("parks/<int:park_id>", park, name="park")]
