"""The page of a park: `/parks/<id>?date=2026-07-04`, or `?start=2026-07-01&end=2026-07-07` for the score of several
days, and `?period=live` for that of this moment."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Period
from core.zones import local_date
from dashboard.components.spans import Calendar, known_of_park, own_span
from dashboard.components.timeline import legend
from dashboard.components.weather_lines import weather_of_day
from dashboard.pages.park_view import park_day, park_days, park_now
from dashboard.views import page
from parks.models import Park


@page
def park(request: HttpRequest, park_id: int) -> HttpResponse:
    """A local day of the park, by default today, or more days, or this moment."""
    found = Park.objects.filter(pk=park_id).first()
    if found is None:
        raise Http404(f"There is no park with the number {park_id}.")
    now = timezone.now()
    calendar = Calendar(local_date(now, found.timezone), known_of_park(found.pk), found.timezone)
    span = own_span(request, now, tuple(Period.values), Period.TODAY, calendar)
    if span.asked == Period.LIVE:
        return render(request, "dashboard/park_period.html", {**park_now(found, now), "span": span})
    if span.days.first != span.days.last:
        return render(request, "dashboard/park_period.html", {**park_days(found, span.days, now), "span": span})
    context = {
        **park_day(found, span.days.first, now),
        "weather": weather_of_day(found, span.days.first),
        "span": span,
        "legend": legend(),
    }
    return render(request, "dashboard/park.html", context)


urlpatterns = [path("parks/<int:park_id>", park, name="park")]
