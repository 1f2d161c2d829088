"""The plan of a visit (issue 18, 6)."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.bodies import json_body
from visits.api import access
from visits.api.access import VisitorViewSet, own
from visits.api.plan_shapes import PlanAnswer, PlanBody, plan_shape
from visits.api.shapes import MOST_STOPS
from visits.api.views import MOST_TASKS, VISIT_ID, Full, check_room, visits_of
from visits.models import PlanStop, Task, Visit
from visits.planning.plan import MOST_RIDES, Plan
from visits.planning.storing import kept_plan, plan_visit, stops_of, store_plan

EXAMPLE = {
    "success": True,
    "visit_id": "6b1f2c1e-52a6-4b8e-9d0a-0f6a3f1f7a11",
    "date": "2026-12-24",
    "timezone": "America/New_York",
    "hours": "open",
    "start": "09:00:00",
    "end": "21:00:00",
    "ends_at": "09:40:00",
    "stops": [
        {
            "position": 1,
            "task_id": "0d9c1d8e-3a44-4e0b-8f1e-3f8f3a4c9a02",
            "ride_id": 7,
            "ride_name": "Space Mountain",
            "arrival": "09:05:00",
            "walk_minutes": 5,
            "wait": {
                "minutes": 30.0,
                "days": 6,
                "basis": "same_weekday",
                "first_date": "2026-10-29",
                "last_date": "2026-12-17",
                "evidence": "/explorer?entity=rides&ride_id=7&start=2026-10-29&end=2026-12-17&hours=09:00-09:15"
                "&weekdays=thu&bucket=1d&metrics=wait_p50,walk_on_percentage",
            },
            "ride_minutes": None,
            "availability_percentage": 87.5,
            "flags": ["unreliable"],
            "evidence": "/rides/7?start=2026-10-29&end=2026-12-17",
        }
    ],
    "assumptions": ["The ride itself takes 5 minutes: no source says how long it is."],
}


def planned_and_kept(visit: Visit, ride_ids: list[int] | None, from_now: bool) -> Plan:
    """The plan, stored; raises ValidationError, and Full (409) where the visitor's tasks are too many."""
    check_room(visit.user, Task.objects, MOST_TASKS)
    plan = plan_visit(visit, ride_ids, from_now, timezone.now())
    if PlanStop.objects.filter(visit=visit, task__completed=True).count() + len(plan.stops) > MOST_STOPS:
        raise Full(f"A visit has at most {MOST_STOPS} stops; delete some that are ticked")
    store_plan(visit, plan)
    return plan


def answer_of(visit: Visit, plan: Plan, stops: list[PlanStop]) -> PlanAnswer:
    tasks: dict[int, tuple[int, UUID]] = {
        stop.ride_id: (stop.position, stop.task_id) for stop in stops if not stop.task.completed
    }
    return plan_shape(visit.pk, plan, tasks)


class PlanViewSet(VisitorViewSet):
    @extend_schema(
        summary="Plan a visit from history",
        description=(
            "Puts the rides into the order that has most of them done in time, and among those orders the one that"
            " ends first: exact for up to 12 rides, searched above. Waits are medians by quarter of an hour of days of"
            " the same weekday and season; where too few are known, of neighbouring weekdays, then of all days."
            " The plan replaces the stops that are not ticked; rides that are ticked stay as they are, and are not"
            f" planned again. At most {MOST_RIDES} rides."
        ),
        tags=["visits"],
        parameters=[VISIT_ID],
        request=PlanBody,
        responses={200: PlanAnswer, 404: access.NOT_YOURS, 409: access.FULL, **access.TAKES},
        examples=[
            OpenApiExample("Two rides", value={"ride_ids": [7, 12]}, request_only=True),
            OpenApiExample("What is left, from now", value={"from_now": True}, request_only=True),
            OpenApiExample("A plan", value=EXAMPLE, response_only=True, status_codes=["200"]),
        ],
    )
    def create(self, request: Request, visit_id: str) -> Response:
        visit = own(request, visits_of(request), visit_id)
        body = PlanBody.of(json_body(request))
        plan = planned_and_kept(visit, body.get("ride_ids"), body.get("from_now", False))
        return Response(answer_of(visit, plan, stops_of(visit)))

    @extend_schema(
        summary="The plan of a visit, as it is kept",
        description="The stops that are not ticked, with what is expected there at the times that are kept.",
        tags=["visits"],
        parameters=[VISIT_ID],
        responses={200: PlanAnswer, 404: access.NOT_YOURS, **access.READS},
        examples=[OpenApiExample("A plan", value=EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def retrieve(self, request: Request, visit_id: str) -> Response:
        visit = own(request, visits_of(request), visit_id)
        stops = stops_of(visit)
        return Response(answer_of(visit, kept_plan(visit, stops, timezone.now()), stops))
