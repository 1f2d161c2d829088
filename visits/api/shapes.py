"""Parameters, bodies and answers of tasks and visits."""

import datetime as dt
from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from rest_framework import serializers

from core.api.bodies import Given, named
from core.api.queries import Query, one_of
from core.commands import FIRST_DAY, LAST_DAY
from core.shapes import Shape, describe
from parks.models import Park, Ride
from visits.api.access import uuid_from
from visits.api.paging import CursorField, limit
from visits.models import LONGEST_DESCRIPTION, LONGEST_TITLE, Pace, PlanStop, Task, Visit, VisitorToken

MOST_HEIGHTS, SHORTEST_CM, TALLEST_CM = 20, 30, 250
MOST_STOPS = 60
LARGEST_ID = 2_147_483_647


class Id(serializers.UUIDField):
    """As we write it."""

    def __init__(self, name: str = "", **how: Any) -> None:
        if name:
            how["error_messages"] = {"invalid": f"Invalid {name}. Must be a UUID"}
        super().__init__(**how)

    def to_internal_value(self, data: Any) -> UUID:
        found = uuid_from(str(data))
        if found is None:
            self.fail("invalid")
        return found


def number(name: str = "", **how: Any) -> serializers.IntegerField:
    """The id of a park or ride; `name`: of the parameter, in whose errors it stands."""
    text = f"Invalid {name}. Must be a whole number from 1 to {LARGEST_ID}"
    if name:
        how["error_messages"] = dict.fromkeys(("invalid", "min_value", "max_value", "max_string_length"), text)
    return serializers.IntegerField(min_value=1, max_value=LARGEST_ID, **how)


class StrictBoolean(serializers.BooleanField):
    """true or false, and not the words for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Body(Given):
    """A JSON object of a visitor; what else it names is ignored, as everywhere in the API."""

    @classmethod
    def part(cls, data: Any) -> dict[str, Any]:
        """As `of`, for a change of some fields."""
        checked = cls(data=data, partial=True)
        if not checked.is_valid():
            raise serializers.ValidationError(named(checked.errors))
        return dict(checked.validated_data)


# -- tasks -------------------------------------------------------------------------------------------------


class TaskQuery(Query):
    completed = serializers.ChoiceField(
        choices=["true", "false"],
        required=False,
        help_text="only tasks that are ticked off, or only those that are not",
        error_messages={"invalid_choice": one_of("completed", ("true", "false"))},
    )
    visit_id = Id("visit_id", required=False, help_text="only the stops of this visit")
    limit = limit()
    cursor = CursorField()


class TaskBody(Body):
    title = serializers.CharField(max_length=LONGEST_TITLE)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_null=True)
    completed = StrictBoolean(required=False)


class Stop(Shape):
    visit_id: UUID
    position: Annotated[int, describe("in the visit, from 1")]
    ride_id: int
    ride_name: str
    wanted_arrival: Annotated[time | None, describe("park-local")]


class TaskShape(Shape):
    id: UUID
    title: str
    description: str | None
    completed: Annotated[bool, describe("ticked")]
    created_at: datetime
    updated_at: datetime
    stop: Annotated[Stop | None, describe("the ride of a visit that this task is; null: it is none")]


class TaskAnswer(Shape):
    success: bool = True
    task: TaskShape


class TaskList(Shape):
    success: bool = True
    items: list[TaskShape]
    next: Annotated[str | None, describe("the `cursor` of the next page; null: this is the last")]
    total: Annotated[int, describe("tasks that fit the parameters")]


def stop_shape(stop: PlanStop) -> Stop:
    return Stop(
        visit_id=stop.visit_id,
        position=stop.position,
        ride_id=stop.ride_id,
        ride_name=stop.ride.name,
        wanted_arrival=stop.wanted_arrival,
    )


def task_shape(task: Task) -> TaskShape:
    """No query where the task came with `stop__ride`."""
    stop = getattr(task, "stop", None)
    return TaskShape(
        id=task.pk,
        title=task.title,
        description=task.description,
        completed=task.completed,
        created_at=task.created_at,
        updated_at=task.updated_at,
        stop=None if stop is None else stop_shape(stop),
    )


# -- visits ------------------------------------------------------------------------------------------------


class VisitQuery(Query):
    park_id = number("park_id", required=False)
    limit = limit()
    cursor = CursorField()


class VisitBody(Body):
    park_id = number()
    date = serializers.DateField(input_formats=["%Y-%m-%d"])
    start_time = serializers.TimeField(required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"])
    end_time = serializers.TimeField(required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"])
    party_heights_cm = serializers.ListField(
        child=serializers.IntegerField(min_value=SHORTEST_CM, max_value=TALLEST_CM),
        max_length=MOST_HEIGHTS,
        required=False,
    )
    pace = serializers.ChoiceField(choices=Pace.choices, required=False)

    def validate_date(self, value: dt.date) -> dt.date:
        if not FIRST_DAY <= value <= LAST_DAY:
            raise serializers.ValidationError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
        return value

    def validate_park_id(self, value: int) -> int:
        if not Park.objects.filter(pk=value).exists():
            raise serializers.ValidationError("there is no such park")
        return value


class StopBody(Body):
    ride_id = number()
    wanted_arrival = serializers.TimeField(required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"])
    title = serializers.CharField(max_length=LONGEST_TITLE, required=False, help_text="none: the ride's name")


class OrderBody(Body):
    task_ids = serializers.ListField(child=Id(), max_length=MOST_STOPS, help_text="all stops, in their new order")


class VisitShape(Shape):
    id: UUID
    park_id: int
    park_name: str
    timezone: Annotated[str, describe("IANA name; the times are of it")]
    date: Annotated[dt.date, describe("park-local")]
    start_time: Annotated[time | None, describe("null: when the park opens")]
    end_time: Annotated[time | None, describe("null: when the park closes")]
    party_heights_cm: Annotated[list[int], describe("cm, one for each person")]
    pace: Annotated[str, describe(enum=Pace.values)]
    created_at: datetime
    updated_at: datetime
    stops: Annotated[list[TaskShape], describe("in the order of the plan")]


class VisitAnswer(Shape):
    success: bool = True
    visit: VisitShape


class VisitList(Shape):
    success: bool = True
    items: list[VisitShape]
    next: Annotated[str | None, describe("the `cursor` of the next page; null: this is the last")]
    total: Annotated[int, describe("visits that fit the parameters")]


def visit_shape(visit: Visit) -> VisitShape:
    """No query where the visit came with `park` and `stops__task`, `stops__ride`."""
    stops = sorted(visit.stops.all(), key=lambda stop: (stop.position, str(stop.task_id)))
    return VisitShape(
        id=visit.pk,
        park_id=visit.park_id,
        park_name=visit.park.name,
        timezone=visit.park.timezone,
        date=visit.visit_date,
        start_time=visit.start_time,
        end_time=visit.end_time,
        party_heights_cm=list(visit.party_heights_cm),
        pace=visit.pace,
        created_at=visit.created_at,
        updated_at=visit.updated_at,
        stops=[task_shape(stop.task) for stop in stops],
    )


def ride_of(park_id: int, ride_id: int) -> Ride:
    """Raises ValidationError where the park has no such ride."""
    ride = Ride.objects.filter(pk=ride_id, park_id=park_id).first()
    if ride is None:
        raise serializers.ValidationError("ride_id: the park of this visit has no such ride")
    return ride


# -- the visitor -------------------------------------------------------------------------------------------


class VisitorShape(Shape):
    success: bool = True
    is_known: Annotated[bool, describe("false: nothing was saved yet")]
    tasks: int
    visits: int
    tokens: int
    mail_is_configured: Annotated[bool, describe("whether a link can be mailed to another device")]


class Done(Shape):
    success: bool = True


class TokenBody(Body):
    name = serializers.CharField(max_length=100, help_text="what it is used for")


class TokenShape(Shape):
    id: UUID
    name: str
    public_id: Annotated[str, describe("the part of the token that may be seen")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, describe("to the minute; null: never")]


class TokenList(Shape):
    success: bool = True
    items: list[TokenShape]


class TokenAnswer(Shape):
    success: bool = True
    item: TokenShape


class TokenMade(Shape):
    success: bool = True
    token: Annotated[str, describe("`Authorization: Bearer <token>`; it is shown this once")]
    item: TokenShape


class LinkBody(Body):
    email = serializers.EmailField(max_length=254, help_text="used for this mail alone, and not kept")


def token_shape(token: VisitorToken) -> TokenShape:
    return TokenShape(
        id=token.pk,
        name=token.name,
        public_id=token.public_id,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
    )
