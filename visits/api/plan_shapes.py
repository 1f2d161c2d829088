"""Body and answer of a plan."""

import datetime as dt
from datetime import time
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers

from core.shapes import Shape, describe
from parks.models import Park
from visits.api.shapes import Body, StrictBoolean, number
from visits.planning.evidence import ride_evidence, wait_evidence
from visits.planning.opening import Hours
from visits.planning.plan import MOST_RIDES, Flag, Plan, PlannedStop, assumptions
from visits.planning.waits import Basis


class PlanBody(Body):
    ride_ids = serializers.ListField(
        child=number(),
        min_length=1,
        max_length=MOST_RIDES,
        required=False,
        help_text="rides of the visit’s park, in any order; none: those of the stops that are not ticked",
    )
    from_now = StrictBoolean(
        required=False, help_text="begin at this moment, at the ride that was ticked last; the visit has to be now"
    )


class PlanWait(Shape):
    minutes: Annotated[float, describe("median over the days of what was posted in this quarter of an hour")]
    days: Annotated[int, describe("days that say so, at most 12")]
    basis: Annotated[str, describe("the days that were looked at", enum=Basis.values)]
    first_date: Annotated[dt.date, describe("of these days")]
    last_date: dt.date
    evidence: Annotated[str, describe("a page with the posted waits of this quarter of an hour, day by day")]


class PlanStopShape(Shape):
    position: Annotated[int, describe("in the plan, from 1")]
    task_id: Annotated[UUID | None, describe("the task to tick; null: it was deleted meanwhile")]
    ride_id: int
    ride_name: str
    arrival: Annotated[time | None, describe("park-local: when to join the line; null: it has no place in the plan")]
    walk_minutes: Annotated[int | None, describe("from the stop before, or from the gate")]
    wait: Annotated[PlanWait | None, describe("null: unknown, which is not zero")]
    ride_minutes: Annotated[int | None, describe("how long the ride itself takes; null: no source says")]
    availability_percentage: Annotated[float | None, describe("over the 90 days before; null: unknown")]
    flags: list[Annotated[str, describe("what to know of it", enum=[flag.value for flag in Flag])]]
    evidence: Annotated[str, describe("the ride’s page, with these days")]


class PlanAnswer(Shape):
    success: bool = True
    visit_id: UUID
    date: Annotated[dt.date, describe("park-local")]
    timezone: Annotated[str, describe("IANA name; the times are of it")]
    hours: Annotated[str, describe("the park’s, of this date", enum=[each.value for each in Hours])]
    start: Annotated[time, describe("park-local: the plan begins")]
    end: Annotated[time, describe("park-local: it has to be over; before `start`: after midnight")]
    ends_at: Annotated[time | None, describe("when the last ride is done; null: no ride has a place")]
    stops: Annotated[list[PlanStopShape], describe("those that are not ticked, in order; those without a place last")]
    assumptions: Annotated[list[str], describe("what the plan takes for granted")]


def clock_of(at: dt.datetime, park: Park) -> time:
    return at.astimezone(ZoneInfo(park.timezone)).time()


def wait_shape(plan: Plan, stop: PlannedStop) -> PlanWait | None:
    wait = stop.wait
    if wait is None:
        return None
    return PlanWait(
        minutes=wait.minutes,
        days=wait.days,
        basis=wait.basis.value,
        first_date=wait.first,
        last_date=wait.last,
        evidence=wait_evidence(plan, stop),
    )


def plan_shape(visit_id: UUID, plan: Plan, tasks: dict[int, tuple[int, UUID]]) -> PlanAnswer:
    """`tasks`: position and task of each ride that is still open."""
    return PlanAnswer(
        visit_id=visit_id,
        date=plan.day,
        timezone=plan.park.timezone,
        hours=plan.span.hours.value,
        start=clock_of(plan.span.start, plan.park),
        end=clock_of(plan.span.end, plan.park),
        ends_at=None if plan.ends_at is None else clock_of(plan.ends_at, plan.park),
        stops=[
            PlanStopShape(
                position=tasks[stop.ride.pk][0] if stop.ride.pk in tasks else number,
                task_id=tasks[stop.ride.pk][1] if stop.ride.pk in tasks else None,
                ride_id=stop.ride.pk,
                ride_name=stop.ride.name,
                arrival=None if stop.arrival is None else clock_of(stop.arrival, plan.park),
                walk_minutes=stop.walk,
                wait=wait_shape(plan, stop),
                ride_minutes=None,
                availability_percentage=stop.availability,
                flags=[flag.value for flag in stop.flags],
                evidence=ride_evidence(plan, stop),
            )
            for number, stop in enumerate(plan.stops, start=1)
        ],
        assumptions=assumptions(plan),
    )
