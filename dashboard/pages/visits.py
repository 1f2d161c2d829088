"""What a visitor plans: `/visits` lists and makes visits, `/visits/<id>` is the plan: on a phone, or on paper.

Forms without script; the plan and its checks are those of the API.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from core.web.clients import client_of
from core.web.rate_limit import count
from core.zones import local_date
from dashboard.views import BadInput, acted
from parks.models import Park, Ride
from visits import visitors
from visits.api.access import HOUR, MOST_NEW_VISITORS, uuid_from
from visits.api.plan_shapes import PlanBody, PlanStopShape
from visits.api.plan_views import answer_of, planned_and_kept
from visits.api.shapes import MOST_HEIGHTS, VisitBody
from visits.api.views import MOST_VISITS, check_room, check_times, columns_of
from visits.erasing import delete_visit
from visits.models import Pace, PlanStop, Task, Visit
from visits.planning.plan import MOST_RIDES
from visits.planning.storing import kept_plan, stops_of
from visits.planning.waits import Basis

SHOWN_VISITS = 100
FLAGS = {  # an unknown wait is said where the wait would stand
    "closed": "closed: it ran on none of its last known days, so it has no place in the plan",
    "unreliable": "unreliable",
    "height": "its height limits refuse somebody of the party",
    "no_time": "there is no time left for it",
}
BASES = {
    Basis.SAME_WEEKDAY: "same weekday and season",
    Basis.NEIGHBOURS: "weekdays around it, same season",
    Basis.ALL_DAYS: "any days",
}


@csrf_exempt  # `acted` refuses what the page of another site sends
@cache_control(private=True, no_store=True)
@acted
def visits(request: HttpRequest) -> HttpResponse:
    """The visitor's visits, the latest date first; with POST, a new one."""
    user = visitors.visitor_of(request)
    if request.method == "POST":
        return made(request, user)
    own = Visit.objects.filter(user=user).select_related("park") if user else Visit.objects.none()
    context = {
        "visits": own.order_by("-visit_date", "-pk")[:SHOWN_VISITS],
        "parks": Park.objects.filter(is_active=True).order_by("name", "pk"),
        "park_id": request.GET.get("park_id", ""),
        "paces": Pace.choices,
        "most_heights": MOST_HEIGHTS,
    }
    return render(request, "dashboard/visits.html", context)


def made(request: HttpRequest, user: User | None) -> HttpResponse:
    """A visit, stored, and the page on which its rides are chosen."""
    visit = Visit(**columns_of(VisitBody.of(visit_fields(request.POST))))
    check_times(visit)
    is_new = user is None
    with transaction.atomic():
        if user is None:
            if count(f"visits:visitors:{client_of(request.META)}", 1, HOUR) > MOST_NEW_VISITORS:
                raise BadInput("Too many new visitors come from your address; try again in an hour.")
            user = visitors.new_visitor()
        visit.user = user
        in_room(lambda: check_room(user, Visit.objects, MOST_VISITS))
        visit.save()
    response = redirect("dashboard:visit", visit_id=visit.pk)
    if is_new:
        visitors.remember(response, user)
    return response


def visit_fields(given: QueryDict) -> dict[str, Any]:
    """The form's fields as the API's body: what is empty is left out, heights are separated by commas or spaces."""
    names = ("park_id", "date", "start_time", "end_time", "pace")
    found: dict[str, Any] = {name: given[name] for name in names if given.get(name)}
    heights = given.get("party_heights_cm", "").replace(",", " ").split()
    return {**found, "party_heights_cm": heights} if heights else found


def in_room(act: Any) -> Any:
    """What the API refuses because there is too much of it, as a page."""
    try:
        return act()
    except APIException as refused:
        if refused.status_code == 409:
            raise BadInput(str(refused.detail)) from refused
        raise


@csrf_exempt  # `acted` refuses what the page of another site sends
@cache_control(private=True, no_store=True)
@acted
def visit(request: HttpRequest, visit_id: str) -> HttpResponse:
    """The plan; with POST one of `ACTIONS`. Somebody else's is 404, as one that nobody has."""
    user, number = visitors.visitor_of(request), uuid_from(visit_id)
    found = (
        Visit.objects.filter(user=user, pk=number).select_related("park", "user").first() if user and number else None
    )
    if found is None:
        raise Http404("There is no such visit.")
    if request.method == "POST":
        action = ACTIONS.get(request.POST.get("action", ""))
        if action is None:
            raise BadInput(f"The action is not known. Choose one of: {', '.join(ACTIONS)}.")
        return action(found, request.POST)
    return render(request, "dashboard/visit.html", visit_context(found, timezone.now()))


def visit_context(found: Visit, now: datetime) -> dict[str, Any]:
    stops = stops_of(found)
    plan = answer_of(found, kept_plan(found, stops, now), stops)
    chosen = {stop.ride_id for stop in stops if not stop.task.completed}
    rides = Ride.objects.active().attractions().filter(park=found.park_id).order_by("name", "pk")
    today = local_date(now, found.park.timezone)
    return {
        "visit": found,
        "plan": plan,
        "stops": [in_words(stop) for stop in plan.stops],
        "done": [stop for stop in stops if stop.task.completed],
        "rides": [(ride, ride.pk in chosen) for ride in rides],
        "most_rides": MOST_RIDES,
        "is_today": found.visit_date == today,
        "heights": ", ".join(f"{height} cm" for height in found.party_heights_cm),
    }


def in_words(stop: PlanStopShape) -> dict[str, Any]:
    basis = BASES[Basis(stop.wait.basis)] if stop.wait else ""
    return {"stop": stop, "flags": [FLAGS[flag] for flag in stop.flags if flag in FLAGS], "basis": basis}


def back(found: Visit, place: str = "") -> HttpResponse:
    return redirect(reverse("dashboard:visit", args=[found.pk]) + place)


def plan_rides(found: Visit, given: QueryDict) -> HttpResponse:
    body = PlanBody.of({"ride_ids": given.getlist("ride_id")})
    in_room(lambda: planned_and_kept(found, body["ride_ids"], from_now=False))
    return back(found)


def plan_from_now(found: Visit, given: QueryDict) -> HttpResponse:
    in_room(lambda: planned_and_kept(found, None, from_now=True))
    return back(found)


def tick(found: Visit, given: QueryDict) -> HttpResponse:
    """`completed` says what the task becomes, so that sending the form twice does no harm."""
    number = uuid_from(given.get("task_id", ""))
    stop = PlanStop.objects.filter(visit=found, task=number).select_related("task").first() if number else None
    if stop is None:
        raise Http404("There is no such stop in this visit.")
    task: Task = stop.task
    task.completed = given.get("completed") == "true"
    task.save(update_fields=["completed", "updated_at"])
    return back(found, "#plan")


def delete(found: Visit, given: QueryDict) -> HttpResponse:
    delete_visit(found)
    return redirect("dashboard:visits")


ACTIONS = {"plan": plan_rides, "from_now": plan_from_now, "tick": tick, "delete": delete}

urlpatterns = [path("visits", visits, name="visits"), path("visits/<str:visit_id>", visit, name="visit")]
