"""The page of a ride: `/rides/<id>?start=2026-07-01&end=2026-07-07`, or `?date=2026-07-04`; by default the last 30
days."""

from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Days, Period
from core.zones import local_date
from dashboard.components.spans import Calendar, known_of_ride, own_span
from dashboard.components.timeline import legend
from dashboard.pages.ride_view import ride_days, ride_months
from dashboard.views import page
from parks.models import Ride

MOST_DAYS = 92  # whose observations one page reads; more are shown by month
DEFAULT = timedelta(days=29)
PERIODS = (Period.TODAY.value, Period.YESTERDAY.value, Period.LAST_WEEK.value, Period.LAST_MONTH.value)


@page
def ride(request: HttpRequest, ride_id: int) -> HttpResponse:
    """The days of the address, up to today; this moment is the present day."""
    found = Ride.objects.select_related("park", "classification", "metadata").filter(pk=ride_id).first()
    if found is None:
        raise Http404(f"There is no ride with the number {ride_id}.")
    now = timezone.now()
    today = local_date(now, found.park.timezone)
    calendar = Calendar(today, known_of_ride(found.pk), found.park.timezone)
    span = own_span(request, now, PERIODS, Days(today - DEFAULT, today), calendar)
    is_long = (span.days.last - span.days.first).days >= MOST_DAYS
    context = {
        **(ride_months if is_long else ride_days)(found, span.days, now),
        "span": span,
        "last_seen": last_seen(found, now),
        "legend": legend(),
    }
    return render(request, "dashboard/ride.html", context)


def last_seen(ride: Ride, now: datetime) -> Days | None:
    """As many days up to the one on which it last ran."""
    if ride.last_operated_at is None:
        return None
    day: date = local_date(ride.last_operated_at, ride.park.timezone)
    return Days(day - DEFAULT, day)


urlpatterns = [path("rides/<int:ride_id>", ride, name="ride")]
