"""Search over parks and rides: a page, the part of it that the dialog shows, and the old front end's addresses."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from dashboard.components.links import park_url, ride_url
from dashboard.views import BadInput, number_of, page
from parks.search.find import find

LONGEST_QUERY = 100  # characters
HITS, HITS_AT_ONCE = 50, 12


def context_of(request: HttpRequest, limit: int) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()
    if len(text) > LONGEST_QUERY:
        raise BadInput(f"The name to look for is too long: at most {LONGEST_QUERY} characters.")
    return {"q": text, "hits": find(text, limit) if text else []}


@page
def search(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/search.html", context_of(request, HITS))


@page
def results(request: HttpRequest) -> HttpResponse:
    """The list alone, for the dialog."""
    return render(request, "dashboard/components/search_results.html", context_of(request, HITS_AT_ONCE))


@page
def detail(request: HttpRequest, url: Any) -> HttpResponse:
    """Addresses as the search index of the API names them: `/park-detail.html?id=1`."""
    if "id" not in request.GET:
        raise Http404("The address names no park or ride.")
    return redirect(url(number_of(request, "id", 0, 0, 999_999_999)))


urlpatterns = [
    path("search", search, name="search"),
    path("search/results", results, name="search-results"),
    path("park-detail.html", detail, {"url": park_url}),
    path("ride-detail.html", detail, {"url": ride_url}),
]
