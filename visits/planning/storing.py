"""A visit's plan: made from its rides, stored as stops with tasks, read again."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from rest_framework.exceptions import ValidationError

from core.database.querysets import retried_on_lock
from core.zones import local_date
from parks.models import Ride
from visits.models import LONGEST_TITLE, Pace, PlanStop, Task, Visit
from visits.planning.opening import plan_span
from visits.planning.plan import MOST_RIDES, Asked, Plan, make_plan, stored_plan


def stops_of(visit: Visit) -> list[PlanStop]:
    """In their order, with task, ride and metadata; one query."""
    rows = PlanStop.objects.filter(visit=visit).select_related("task", "ride__metadata")
    return sorted(rows, key=lambda stop: (stop.position, str(stop.task_id)))


def rides_to_plan(visit: Visit, ride_ids: Sequence[int] | None, stops: Sequence[PlanStop]) -> list[Ride]:
    """The chosen rides, or those of the open stops, less those that are ticked; raises ValidationError. One query."""
    done = {stop.ride_id for stop in stops if stop.task.completed}
    wanted = list(dict.fromkeys(stop.ride_id for stop in stops) if ride_ids is None else ride_ids)
    if len(set(wanted)) != len(wanted):
        raise ValidationError("ride_ids: names a ride twice")
    left = [pk for pk in wanted if pk not in done]
    if len(left) > MOST_RIDES:
        raise ValidationError(f"ride_ids: at most {MOST_RIDES} rides are planned, not {len(left)}")
    return rides_of_park(visit.park_id, left)


def rides_of_park(park_id: int, ride_ids: Sequence[int]) -> list[Ride]:
    """With their metadata, in the order of their ids; raises ValidationError. One query."""
    rides = list(Ride.objects.select_related("metadata").filter(pk__in=ride_ids, park=park_id).order_by("pk"))
    missing = sorted(set(ride_ids) - {ride.pk for ride in rides})
    if missing:
        raise ValidationError(f"ride_ids: the park has no ride {missing[0]}; choose from /api/parks/{park_id}/rides")
    return rides


def asked_of(visit: Visit, rides: Sequence[Ride]) -> Asked:
    return Asked(
        visit.park,
        visit.visit_date,
        rides,
        visit.start_time,
        visit.end_time,
        tuple(visit.party_heights_cm),
        Pace(visit.pace),
    )


def goes_on(asked: Asked, stops: Sequence[PlanStop], now: datetime) -> Asked:
    """From now and from the ride that was ticked last; raises ValidationError where it is not now. One query."""
    span = plan_span(asked.park, asked.day, asked.start, asked.end)
    is_today = local_date(now, asked.park.timezone) == asked.day
    if not is_today and not span.start <= now < span.end:
        raise ValidationError(f"from_now: the visit is on {asked.day}, which is not now; plan it without from_now")
    ticked = [stop for stop in stops if stop.task.completed]
    last = max(ticked, key=lambda stop: (stop.task.updated_at, stop.position)).ride if ticked else None
    return Asked(
        asked.park, asked.day, asked.rides, asked.start, asked.end, asked.heights, asked.pace, at=now, last=last
    )


def plan_visit(visit: Visit, ride_ids: Sequence[int] | None, from_now: bool, now: datetime) -> Plan:
    """The plan, not stored; raises ValidationError."""
    stops = stops_of(visit)
    asked = asked_of(visit, rides_to_plan(visit, ride_ids, stops))
    return make_plan(goes_on(asked, stops, now) if from_now else asked, now)


def kept_plan(visit: Visit, stops: Sequence[PlanStop], now: datetime) -> Plan:
    """What is expected at the stops that are not ticked, in the order and at the times that are stored."""
    left = [stop for stop in stops if not stop.task.completed]
    return stored_plan(asked_of(visit, [stop.ride for stop in left]), [stop.wanted_arrival for stop in left], now)


@retried_on_lock
def store_plan(visit: Visit, plan: Plan) -> None:
    """The plan in the place of the open stops, in one transaction. A ride that had a stop keeps its task, whatever
    the visitor wrote there; the same plan again changes nothing."""
    zone = ZoneInfo(plan.park.timezone)
    with transaction.atomic():
        Visit.objects.select_for_update().get(pk=visit.pk)  # two plans at once take turns
        stops = stops_of(visit)
        done = [stop for stop in stops if stop.task.completed]
        done_rides = {stop.ride_id for stop in done}
        left = {stop.ride_id: stop for stop in reversed(stops) if not stop.task.completed}
        wanted = [stop for stop in plan.stops if stop.ride.pk not in done_rides]
        kept, made = [], []
        for position, stop in enumerate(wanted, start=1 + max((each.position for each in done), default=0)):
            arrival = None if stop.arrival is None else stop.arrival.astimezone(zone).time()
            old = left.pop(stop.ride.pk, None)
            if old is None:
                task = Task(user_id=visit.user_id, title=stop.ride.name[:LONGEST_TITLE])
                made.append(
                    PlanStop(task=task, visit=visit, ride=stop.ride, position=position, wanted_arrival=arrival)
                )
            else:
                old.position, old.wanted_arrival = position, arrival
                kept.append(old)
        ids = {stop.task_id for stop in (*done, *kept)}
        gone = [stop.task_id for stop in stops if stop.task_id not in ids]
        PlanStop.objects.filter(task__in=gone).delete()
        Task.objects.filter(pk__in=gone)._raw_delete("default")
        PlanStop.objects.bulk_update(kept, ["position", "wanted_arrival"])
        Task.objects.bulk_create(stop.task for stop in made)
        PlanStop.objects.bulk_create(made)
