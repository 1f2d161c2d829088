"""Tasks and visits (issue 18, 3)."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.bodies import json_body
from visits.api import access
from visits.api.access import VisitorViewSet, own
from visits.api.paging import listed
from visits.api.shapes import (
    MOST_STOPS,
    Done,
    OrderBody,
    StopBody,
    TaskAnswer,
    TaskBody,
    TaskList,
    TaskQuery,
    VisitAnswer,
    VisitBody,
    VisitList,
    VisitQuery,
    ride_of,
    task_shape,
    visit_shape,
)
from visits.erasing import delete_task, delete_visit
from visits.models import PlanStop, Task, TaskQuerySet, Visit

MOST_TASKS, MOST_VISITS = 20_000, 2_000
TASK_ID = OpenApiParameter("task_id", str, OpenApiParameter.PATH, description="a UUID")
VISIT_ID = OpenApiParameter("visit_id", str, OpenApiParameter.PATH, description="a UUID")


class Full(exceptions.APIException):
    status_code = 409


def check_room(user: User, rows: Any, most: int) -> None:
    """Raises Full (409)."""
    if rows.filter(user=user).count() >= most:
        raise Full(f"You keep {most:,} {rows.model._meta.verbose_name_plural} already; delete some")


def tasks_of(request: Request) -> TaskQuerySet:
    """The visitor's own, with their stops."""
    rows = Task.objects.select_related("stop__ride")
    return rows.filter(user=request.user) if isinstance(request.user, User) else rows.none()


class TaskViewSet(VisitorViewSet):
    @extend_schema(
        operation_id="api_tasks_index",
        summary="Your tasks, newest first",
        tags=["visits"],
        parameters=[TaskQuery],
        responses={200: TaskList, 400: access.BAD_QUERY, **access.READS},
    )
    def index(self, request: Request) -> Response:
        query = TaskQuery.read(request)
        rows = tasks_of(request)
        if "completed" in query:
            rows = rows.completed(query["completed"] == "true")
        if "visit_id" in query:
            rows = rows.filter(stop__visit_id=query["visit_id"])
        return Response(TaskList(**listed(rows, "created_at", query, task_shape)))

    @extend_schema(
        summary="Keep a task",
        description="The first thing that is saved makes a visitor, whom a cookie names from then on.",
        tags=["visits"],
        request=TaskBody,
        responses={201: TaskAnswer, 409: access.FULL, **access.TAKES},
        examples=[OpenApiExample("A ride", value={"title": "Space Mountain before lunch"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        body = TaskBody.of(json_body(request))
        with transaction.atomic():
            user = self.keeper(request)
            check_room(user, Task.objects, MOST_TASKS)
            task = Task.objects.create(user=user, **body)
        return Response(TaskAnswer(task=task_shape(task)), status=201)

    @extend_schema(
        summary="A task",
        tags=["visits"],
        parameters=[TASK_ID],
        responses={200: TaskAnswer, 404: access.NOT_YOURS, **access.READS},
    )
    def retrieve(self, request: Request, task_id: str) -> Response:
        return Response(TaskAnswer(task=task_shape(own(request, tasks_of(request), task_id))))

    @extend_schema(
        summary="Change or tick a task",
        tags=["visits"],
        parameters=[TASK_ID],
        request=TaskBody,
        responses={200: TaskAnswer, 404: access.NOT_YOURS, **access.TAKES},
        examples=[OpenApiExample("Tick it", value={"completed": True}, request_only=True)],
    )
    def partial_update(self, request: Request, task_id: str) -> Response:
        task = own(request, tasks_of(request), task_id)
        body = TaskBody.part(json_body(request))
        for name, value in body.items():
            setattr(task, name, value)
        task.save(update_fields=[*body, "updated_at"])
        return Response(TaskAnswer(task=task_shape(task)))

    @extend_schema(
        summary="Delete a task",
        tags=["visits"],
        parameters=[TASK_ID],
        responses={200: Done, 404: access.NOT_YOURS, **access.WRITES},
    )
    def destroy(self, request: Request, task_id: str) -> Response:
        delete_task(own(request, tasks_of(request), task_id))
        return Response(Done())


def visits_of(request: Request) -> Any:
    """The visitor's own, with park and stops; four queries when they are read."""
    rows = Visit.objects.select_related("park").prefetch_related("stops__task", "stops__ride")
    return rows.filter(user=request.user) if isinstance(request.user, User) else rows.none()


def columns_of(body: dict[str, Any]) -> dict[str, Any]:
    """The columns of a visit that a body names."""
    return {"visit_date" if name == "date" else name: value for name, value in body.items()}


def check_times(visit: Visit) -> None:
    """Raises ValidationError."""
    if visit.start_time is not None and visit.start_time == visit.end_time:
        raise exceptions.ValidationError("end_time: is the start_time; an earlier one lies after midnight")


class VisitViewSet(VisitorViewSet):
    @extend_schema(
        operation_id="api_visits_index",
        summary="Your visits, the latest date first",
        tags=["visits"],
        parameters=[VisitQuery],
        responses={200: VisitList, 400: access.BAD_QUERY, **access.READS},
    )
    def index(self, request: Request) -> Response:
        query = VisitQuery.read(request)
        rows = visits_of(request)
        if "park_id" in query:
            rows = rows.filter(park_id=query["park_id"])
        return Response(VisitList(**listed(rows, "visit_date", query, visit_shape)))

    @extend_schema(
        summary="Plan a visit",
        tags=["visits"],
        request=VisitBody,
        responses={201: VisitAnswer, 409: access.FULL, **access.TAKES},
        examples=[
            OpenApiExample(
                "A day",
                value={"park_id": 1, "date": "2026-12-24", "start_time": "09:00", "party_heights_cm": [180, 112]},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        visit = Visit(**columns_of(VisitBody.of(json_body(request))))
        check_times(visit)
        with transaction.atomic():
            visit.user = self.keeper(request)
            check_room(visit.user, Visit.objects, MOST_VISITS)
            visit.save()
        return Response(VisitAnswer(visit=visit_shape(visit)), status=201)

    @extend_schema(
        summary="A visit with its stops",
        tags=["visits"],
        parameters=[VISIT_ID],
        responses={200: VisitAnswer, 404: access.NOT_YOURS, **access.READS},
    )
    def retrieve(self, request: Request, visit_id: str) -> Response:
        return Response(VisitAnswer(visit=visit_shape(own(request, visits_of(request), visit_id))))

    @extend_schema(
        summary="Change a visit",
        description="The park of a visit with stops cannot be changed: they are rides of it.",
        tags=["visits"],
        parameters=[VISIT_ID],
        request=VisitBody,
        responses={200: VisitAnswer, 404: access.NOT_YOURS, **access.TAKES},
        examples=[OpenApiExample("Stay longer", value={"end_time": "22:00"}, request_only=True)],
    )
    def partial_update(self, request: Request, visit_id: str) -> Response:
        visit = own(request, visits_of(request), visit_id)
        body = columns_of(VisitBody.part(json_body(request)))
        if body.get("park_id", visit.park_id) != visit.park_id and visit.stops.exists():
            raise exceptions.ValidationError("park_id: the stops of this visit are rides of its park")
        for name, value in body.items():
            setattr(visit, name, value)
        check_times(visit)
        visit.save(update_fields=[*body, "updated_at"])
        return Response(VisitAnswer(visit=visit_shape(own(request, visits_of(request), visit_id))))

    @extend_schema(
        summary="Delete a visit, with the tasks of its stops",
        tags=["visits"],
        parameters=[VISIT_ID],
        responses={200: Done, 404: access.NOT_YOURS, **access.WRITES},
    )
    def destroy(self, request: Request, visit_id: str) -> Response:
        delete_visit(own(request, visits_of(request), visit_id))
        return Response(Done())

    @extend_schema(
        summary="Add a ride to a visit, at its end",
        tags=["visits"],
        parameters=[VISIT_ID],
        request=StopBody,
        responses={201: TaskAnswer, 404: access.NOT_YOURS, 409: access.FULL, **access.TAKES},
        examples=[OpenApiExample("A ride", value={"ride_id": 1, "wanted_arrival": "09:15"}, request_only=True)],
    )
    def add_stop(self, request: Request, visit_id: str) -> Response:
        visit = own(request, visits_of(request), visit_id)
        body = StopBody.of(json_body(request))
        ride = ride_of(visit.park_id, body["ride_id"])
        with transaction.atomic():
            Visit.objects.select_for_update().get(pk=visit.pk)  # two who add at once take turns
            stops = PlanStop.objects.filter(visit=visit)
            if stops.count() >= MOST_STOPS:
                raise Full(f"A visit has at most {MOST_STOPS} stops; delete some")
            check_room(visit.user, Task.objects, MOST_TASKS)
            last = stops.aggregate(last=Max("position"))["last"] or 0
            task = Task.objects.create(user=visit.user, title=body.get("title", ride.name)[:200])
            arrival = body.get("wanted_arrival")
            task.stop = PlanStop.objects.create(
                task=task, visit=visit, ride=ride, position=last + 1, wanted_arrival=arrival
            )
        return Response(TaskAnswer(task=task_shape(task)), status=201)

    @extend_schema(
        summary="Put the stops of a visit in another order",
        tags=["visits"],
        parameters=[VISIT_ID],
        request=OrderBody,
        responses={200: VisitAnswer, 404: access.NOT_YOURS, **access.TAKES},
        examples=[OpenApiExample("No stops", value={"task_ids": []}, request_only=True)],
    )
    def order(self, request: Request, visit_id: str) -> Response:
        visit = own(request, visits_of(request), visit_id)
        wanted = OrderBody.of(json_body(request))["task_ids"]
        with transaction.atomic():
            Visit.objects.select_for_update().get(pk=visit.pk)
            stops = {stop.task_id: stop for stop in PlanStop.objects.filter(visit=visit)}
            if len(wanted) != len(stops) or set(wanted) != set(stops):
                raise exceptions.ValidationError("task_ids: must name each stop of the visit, once")
            for position, task_id in enumerate(wanted, start=1):
                stops[task_id].position = position
            PlanStop.objects.bulk_update(stops.values(), ["position"])
        return Response(VisitAnswer(visit=visit_shape(own(request, visits_of(request), visit_id))))
