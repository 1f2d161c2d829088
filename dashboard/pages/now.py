"""The page Now: parks open, rides down and since when, how fresh each park's feed is. Refreshes itself."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from dashboard.views import disney_universal_only, one_of, page
from parks.models import Park, Ride
from snapshots.collection.freshness import Heard, last_heard
from snapshots.current import ParkNow, parks_now
from snapshots.models import DataSource
from snapshots.status import Status
from stats.answers.down_now import down_since
from stats.answers.health import CRITICAL_MINUTES, STALE_MINUTES
from stats.answers.rankings import rides_of_parks_now
from stats.answers.status_summary import rides_by_status
from stats.readings.selection import chosen_parks

LONGEST = 10  # outages shown on top
# How a park is listed: what is open first, then what is closed, then what is not known.
OPENNESS = {True: 0, False: 1, None: 2}


@page
def now(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/now.html", context_of(request))


@page
def live(request: HttpRequest) -> HttpResponse:
    """The part of the page that refreshes itself."""
    return render(request, "dashboard/now_live.html", context_of(request))


def context_of(request: HttpRequest) -> dict[str, Any]:
    refreshes = one_of(request, "refresh", ("on", "off"), "on") == "on"
    only = disney_universal_only(request)
    return {**figures(only, timezone.now()), "refreshes": refreshes, "chosen": request.GET.get("filter", "all-parks")}


def figures(only_disney_universal: bool, at: datetime) -> dict[str, Any]:
    """Everything the page says; thirteen queries, more when hundreds of rides are down."""
    parks = chosen_parks(only_disney_universal)
    states = parks_now(parks, at)
    rides = rides_by_status(parks, states, at)
    since = down_since(rides[Status.DOWN], at)
    outages = outages_of(rides[Status.DOWN], since, at)
    heard = last_heard(parks, at)
    present = rides_of_parks_now(parks, states, at)
    listed = parks_listed(parks, states, rides, heard, at)
    for row in listed:
        # The score of the very rides that are counted as down beside it, as the rankings have it (N-6).
        row["score"] = present[row["park"].pk].score if row["is_open"] and row["park"].pk in present else None
    return {
        "at": at,
        "parks": [park for park in listed if park["heard"]],
        "heard": any(state.seen for state in states.values()),
        "unheard": [park["park"] for park in listed if not park["heard"]],
        "open": sum(park["is_open"] is True for park in listed),
        "silent": sum(park["is_open"] is None for park in listed),
        "counts": {status.lower(): len(found) for status, found in rides.items()},
        "longest": outages[:LONGEST],
        "outages": sorted(outages, key=lambda row: (row["ride"].park.name, row["ride"].name)),
        "newest": max((known.until for known in heard.values()), default=None),
        "is_stale": bool(heard) and not any(park["freshness"] == "fresh" for park in listed),
        "stale_minutes": STALE_MINUTES,
    }


def outages_of(rides: list[int], since: dict[int, datetime], at: datetime) -> list[dict[str, Any]]:
    """The rides that are down, the longest first; one query."""
    known = Ride.objects.select_related("park").in_bulk(rides)
    rows = [
        {
            "ride": ride,
            "since": since.get(pk),
            "minutes": int((at - since[pk]).total_seconds() // 60) if pk in since else None,
        }
        for pk, ride in known.items()
    ]
    return sorted(rows, key=lambda row: (-(row["minutes"] or 0), row["ride"].name))


def parks_listed(
    parks: list[Park],
    states: dict[int, ParkNow],
    rides: dict[str, list[int]],
    heard: dict[int, Heard],
    at: datetime,
) -> list[dict[str, Any]]:
    """A row per park: open or not, rides operating and down (None where nobody knows), the age of its feed."""
    places = dict(Ride.objects.filter(park__in=[park.pk for park in parks]).values_list("pk", "park_id"))
    counts: dict[tuple[int, str], int] = {}
    for status, found in rides.items():
        for pk in found:
            counts[places[pk], status] = counts.get((places[pk], status), 0) + 1
    rows = []
    for park in parks:
        state, known = states[park.pk], heard.get(park.pk)
        unheard = None if state.is_open is None else 0
        rows.append(
            {
                "park": park,
                "is_open": state.is_open,
                "operating": counts.get((park.pk, Status.OPERATING), unheard),
                "down": counts.get((park.pk, Status.DOWN), unheard),
                "heard": known.until if known else None,
                "is_live": known is not None and known.source == DataSource.LIVE,
                "freshness": freshness(known, at),
            }
        )
    return sorted(rows, key=lambda row: (OPENNESS[row["is_open"]], -(row["down"] or 0), row["park"].name))


def freshness(known: Heard | None, at: datetime) -> str | None:
    """fresh, stale (30 minutes without news) or silent (an hour), as `/api/health` draws the lines; None: no news."""
    if known is None:
        return None
    age = at - known.until
    if age < timedelta(minutes=STALE_MINUTES):
        return "fresh"
    return "stale" if age < timedelta(minutes=CRITICAL_MINUTES) else "silent"


urlpatterns = [path("", now, name="now"), path("now/live", live, name="now-live")]
