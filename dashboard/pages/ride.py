"""The page of a ride: `/rides/<id>?start=2026-07-01&end=2026-07-07`, or `?date=2026-07-04&period=last_week`: the days
up to a date."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Days, Period
from core.zones import local_date
from dashboard.components.dates import Dates, date_of, days_of_address
from dashboard.components.timeline import legend
from dashboard.pages.ride_view import ride_days
from dashboard.views import page, period_of
from parks.models import Ride

# How many days up to the date a period looks at, and its words.
LENGTHS = {Period.TODAY: (1, "1 day"), Period.LAST_WEEK: (7, "7 days"), Period.LAST_MONTH: (30, "30 days")}
MOST_DAYS = 92  # whose observations one page reads
SAME = {Period.LIVE: Period.TODAY, Period.YESTERDAY: Period.TODAY}


@page
def ride(request: HttpRequest, ride_id: int) -> HttpResponse:
    """The days from `start` to `end`; else those up to `date`, by default the park's today: `period` says how many,
    yesterday is the day before."""
    found = Ride.objects.select_related("park", "classification", "metadata").filter(pk=ride_id).first()
    if found is None:
        raise Http404(f"There is no ride with the number {ride_id}.")
    now = timezone.now()
    period = period_of(request, Period.LAST_MONTH)
    today = local_date(now, found.park.timezone)
    days, chosen = days_of_address(request, found.park, now, MOST_DAYS), ""
    if days is None:
        last = date_of(request, found.park, now)
        if last is None:
            last = today - timedelta(days=period == Period.YESTERDAY)
        period = SAME.get(period, period)
        chosen = period.value
        days = Days(last - timedelta(days=LENGTHS[period][0] - 1), last)
    context = {
        **ride_days(found, days, now),
        "dates": Dates(days.last, today),
        "period": chosen,
        "periods": {each.value: words for each, (_, words) in LENGTHS.items()},
        "legend": legend(),
    }
    return render(request, "dashboard/ride.html", context)


urlpatterns = [path("rides/<int:ride_id>", ride, name="ride")]
