"""`/parks`: every park by country and operator, and where they stand on the globe."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from dashboard.views import page
from parks.catalog.countries import country_name
from parks.models import Park

NO_OPERATOR = "Operator not known"
WIDTH, HEIGHT = 720, 300  # of the map: two units a degree, from 75° north to 75° south
NORTH = 75


@page
def directory(request: HttpRequest) -> HttpResponse:
    """Those no longer followed too (N-15); one query."""
    parks = list(Park.objects.order_by("name", "pk"))
    context = {"countries": grouped(parks), "places": places(parks), "count": len(parks)}
    return render(request, "dashboard/directory.html", {**context, "width": WIDTH, "height": HEIGHT})


def grouped(parks: Sequence[Park]) -> list[tuple[str, list[tuple[str, list[Park]]]]]:
    """Countries by name, the operators of each by name, last those of whom it is not known, and their parks."""
    found: dict[str, dict[str, list[Park]]] = {}
    for park in parks:
        operators = found.setdefault(country_name(park.country), {})
        operators.setdefault(park.operator or NO_OPERATOR, []).append(park)
    return [
        (country, sorted(operators.items(), key=lambda each: (each[0] == NO_OPERATOR, each[0])))
        for country, operators in sorted(found.items())
    ]


def places(parks: Sequence[Park]) -> list[tuple[Park, float, float]]:
    """Where a park's dot lies: degrees as they are, so that east is right and north is up."""
    return [
        (park, round(2 * (float(park.longitude) + 180), 1), round(2 * (NORTH - float(park.latitude)), 1))
        for park in parks
        if park.latitude is not None and park.longitude is not None
    ]


urlpatterns = [path("parks", directory, name="parks")]
