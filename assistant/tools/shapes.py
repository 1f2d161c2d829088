"""What tools take and give. All results have one shape, so that whoever cites a figure finds it in one place."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from core.shapes import UNSET, Shape, UnsetType, describe

# -- results -----------------------------------------------------------------------------------------------


class Figure(Shape):
    name: Annotated[str, describe("what it measures, in the words of the API: `downtime_minutes`")]
    value: Annotated[float | None, describe("null: unknown, which is neither zero nor closed")]
    unit: Annotated[str, describe("min, %, °C …; empty for a count or a score")]


class Item(Shape):
    """A park, a ride, an outage, a part of a profile, an hour of weather, a date, or a rule."""

    type: str
    id: int | UnsetType = UNSET
    name: str
    park_id: int | UnsetType = UNSET
    park_name: str | UnsetType = UNSET
    outage_id: Annotated[str | UnsetType, describe("the address of an outage: its page is /outages/ and this")] = UNSET
    text: Annotated[str | UnsetType, describe("what no number says: a state, hours, a rule")] = UNSET
    start: Annotated[str | UnsetType, describe("by the park’s clock")] = UNSET
    end: Annotated[str | UnsetType, describe("by the park’s clock; absent: it goes on")] = UNSET
    heard_at: Annotated[str | UnsetType, describe("when a state was last reported, by the park’s clock")] = UNSET
    figures: list[Figure] = msgspec.field(default_factory=list)
    link: Annotated[str, describe("a page of this site that shows it")]

    def value(self, name: str) -> float | int | None:
        return next((figure.value for figure in self.figures if figure.name == name), None)


class ToolEvidence(Shape):
    kind: Literal["outage", "figure", "rule", "coverage"]
    title: str
    link: Annotated[str, describe("a path of this site: a page, or the call of the API with the same figures")]


class ToolResult(Shape):
    success: bool = True
    tool: str
    items: list[Item]
    total: Annotated[int, describe("items without the limit")]
    next: Annotated[str | None, describe("the `cursor` of the items that are left; null: none are")] = None
    note: Annotated[str | UnsetType, describe("what to know before using it")] = UNSET
    timezone: Annotated[str | UnsetType, describe("IANA name; times and dates are of it")] = UNSET
    start_date: str | UnsetType = UNSET
    end_date: str | UnsetType = UNSET
    is_complete: Annotated[bool | UnsetType, describe("false: the window has not ended yet")] = UNSET
    evidence: list[ToolEvidence]
    metrics_version: int
    data_revision: str


# -- arguments ---------------------------------------------------------------------------------------------

Id = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647, description="an id that find names")]
Ids = Annotated[list[Id], msgspec.Meta(max_length=20, description="ids that find names, 20 at most")]
OutageText = Annotated[str, msgspec.Meta(min_length=1, max_length=13)]
OutageId = Annotated[OutageText | None, msgspec.Meta(description="one outage alone: `outage_id` of an item")]
RideId = Annotated[Id | None, msgspec.Meta(description="of this ride alone")]
Day = Annotated[date, msgspec.Meta(description="park-local date, YYYY-MM-DD")]
HoursText = Annotated[str, msgspec.Meta(max_length=11)]
Hours = Annotated[HoursText | None, msgspec.Meta(description="local hours of each day: 11:30-13:45")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[list[Weekday], msgspec.Meta(max_length=7, description="these weekdays alone; none: all")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=50, description="items; what is over 4 KB is left to the cursor")]
Cursor = Annotated[
    str, msgspec.Meta(description="`next` of the call before", max_length=10, pattern="^([0-9]{1,6})?$")
]


class Paged(Shape):
    limit: Limit = 10
    cursor: Cursor = ""


class FindArguments(Paged):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="a name, typing errors forgiven")]


class Windowed(Shape):
    """Dates included; at most ten years."""

    start: Day
    end: Day
    hours: Hours = None
    weekdays: Weekdays = msgspec.field(default_factory=list)


class PagedWindow(Windowed):
    limit: Limit = 50
    cursor: Cursor = ""


class DowntimeArguments(PagedWindow):
    ride_ids: Ids = msgspec.field(default_factory=list)
    park_ids: Ids = msgspec.field(default_factory=list)


class RankArguments(Windowed):
    entity: Annotated[Literal["parks", "rides"], msgspec.Meta(description="what is ranked")] = "rides"
    by: Annotated[
        Literal[
            "downtime_minutes",
            "availability_percentage",
            "wait_avg",
            "wait_max",
            "shame_score",
            "opening_delay_minutes",
        ],
        msgspec.Meta(description="the figure to rank by"),
    ] = "downtime_minutes"
    order: Annotated[Literal["worst", "best"], msgspec.Meta(description="worst: most downtime, longest wait")] = (
        "worst"
    )
    park_id: Annotated[Id | None, msgspec.Meta(description="the rides of this park alone")] = None
    limit: Limit = 10
    cursor: Cursor = ""


class OutagesArguments(Paged):
    """One by its id; those of a ride or a park on dates; or those that are open now, of a ride, a park or all."""

    outage_id: OutageId = None
    ride_id: RideId = None
    park_id: Annotated[Id | None, msgspec.Meta(description="of all its rides, over at most 31 days")] = None
    start: Annotated[Day | None, msgspec.Meta(description="park-local date, YYYY-MM-DD; needed unless open_now")] = (
        None
    )
    end: Annotated[Day | None, msgspec.Meta(description="the last date, included; needed unless open_now")] = None
    open_now: Annotated[bool, msgspec.Meta(description="those that go on at this moment; needs no dates")] = False


class WaitsArguments(PagedWindow):
    ride_id: Id
    by: Annotated[Literal["hour_of_day", "weekday", "none"], msgspec.Meta(description="what the profile goes by")] = (
        "hour_of_day"
    )


class NowArguments(Paged):
    ride_id: RideId = None
    park_id: Annotated[Id | None, msgspec.Meta(description="its rides, those that are down first")] = None


class CompareArguments(PagedWindow):
    ride_ids: Ids = msgspec.field(default_factory=list)
    park_ids: Ids = msgspec.field(default_factory=list)
    compare: Annotated[
        Literal["previous", "last_year"] | None, msgspec.Meta(description="also the window before, or a year before")
    ] = None


class ParkDaysArguments(Paged):
    park_id: Id
    start: Day
    end: Day


class RuleArguments(Shape):
    topic: Annotated[
        str, msgspec.Meta(min_length=1, max_length=60, description="a word such as downtime, or a rule’s number")
    ]


CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
Clock = Annotated[str, msgspec.Meta(description="by the park’s clock, HH:MM", pattern=CLOCK)]
Height = Annotated[int, msgspec.Meta(ge=30, le=250)]
Heights = Annotated[list[Height], msgspec.Meta(max_length=20, description="of each person")]


class PlanArguments(Paged):
    """The order of rides on a day; nothing is stored."""

    park_id: Id
    day: Day
    ride_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=30, description="rides of this park")]
    start_time: Annotated[Clock | None, msgspec.Meta(description="default: when the park opens")] = None
    end_time: Annotated[Clock | None, msgspec.Meta(description="before the start: after midnight")] = None
    party_heights_cm: Heights = msgspec.field(default_factory=list)
    pace: Literal["relaxed", "normal", "brisk"] = "normal"
