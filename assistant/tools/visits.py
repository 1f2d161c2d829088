"""A day planned from history, as `/api/visits/{id}/plan` does, without storing anything."""

from datetime import time

from django.utils import timezone
from rest_framework.exceptions import ValidationError

from assistant.tools.reading import clock, numbers, park_of, result, rule
from assistant.tools.shapes import Item, PlanArguments, ToolEvidence, ToolResult
from core.commands import FIRST_DAY, LAST_DAY
from core.shapes import UNSET
from visits.models import Pace
from visits.planning.evidence import ride_evidence, wait_evidence
from visits.planning.opening import Hours
from visits.planning.plan import Asked, Plan, PlannedStop, assumptions, make_plan
from visits.planning.storing import rides_of_park


def plan_visit(asked: PlanArguments) -> ToolResult:
    """The rides in the order that takes least time; those that have no place in it come last, with the reason."""
    park = park_of(asked.park_id)
    if not FIRST_DAY <= asked.day <= LAST_DAY:
        raise ValidationError(f"day: must lie between {FIRST_DAY} and {LAST_DAY}")
    if len(set(asked.ride_ids)) != len(asked.ride_ids):
        raise ValidationError("ride_ids: names a ride twice")
    start, end = time_of(asked.start_time), time_of(asked.end_time)
    if start is not None and start == end:
        raise ValidationError("end_time: is the start_time; an earlier one lies after midnight")
    rides = rides_of_park(park.pk, asked.ride_ids)
    heights = tuple(asked.party_heights_cm)
    plan = make_plan(Asked(park, asked.day, rides, start, end, heights, Pace(asked.pace)), timezone.now())
    items = [stop_item(plan, stop) for stop in plan.stops]
    evidence = [
        rule("R-6.1", "when a park is open"),
        ToolEvidence(kind="figure", title="the park", link=f"/parks/{park.pk}"),
    ]
    return result(
        "plan_visit",
        items,
        evidence,
        asked.limit,
        asked.cursor,
        note=f"{hours_in_words(plan)}. {' '.join(assumptions(plan))}",
        timezone=park.timezone,
        start_date=asked.day.isoformat(),
        end_date=asked.day.isoformat(),
    )


def time_of(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def hours_in_words(plan: Plan) -> str:
    zone = plan.park.timezone
    hours = {Hours.OPEN: "published", Hours.CLOSED: "the park is closed", Hours.UNKNOWN: "unknown"}[plan.span.hours]
    return f"Planned from {clock(plan.span.start, zone)} to {clock(plan.span.end, zone)}; opening hours: {hours}"


def stop_item(plan: Plan, stop: PlannedStop) -> Item:
    """`start`: when to join the line. The wait's days and basis stand beside it; null: unknown."""
    zone, wait = plan.park.timezone, stop.wait
    flags = ", ".join(flag.value for flag in stop.flags)
    basis = f"median of {wait.basis.label}" if wait else ""
    return Item(
        type="stop",
        id=stop.ride.pk,
        name=stop.ride.name,
        park_id=plan.park.pk,
        park_name=plan.park.name,
        figures=numbers(
            {
                "wait_p50": (None if wait is None else wait.minutes, "min"),
                "days": (None if wait is None else wait.days, ""),
                "walk_minutes": (stop.walk, "min"),
                "availability_percentage": (stop.availability, "%"),
            }
        ),
        text="; ".join(part for part in (basis, flags) if part) or UNSET,
        start=UNSET if stop.arrival is None else clock(stop.arrival, zone),
        link=wait_evidence(plan, stop) or ride_evidence(plan, stop),
    )
