"""All tools by name. Who adds one adds it here, and REST, schema and assistant have it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from rest_framework.exceptions import ValidationError

from assistant.tools import figures, ledger, places, shapes, visits
from assistant.tools.shapes import ToolResult

MOST_TOOLS = 12


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str
    arguments: type[Any]
    run: Callable[[Any], ToolResult]
    example: dict[str, Any]


WINDOW = {"start": "2025-07-01", "end": "2025-07-07"}
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "find",
            "Find parks and rides by name; typing errors are forgiven. Returns candidates with ids, the best first."
            " Call it before any tool that takes an id. Several items of like names: ask which is meant.",
            shapes.FindArguments,
            places.find,
            {"text": "space mountain"},
        ),
        Tool(
            "downtime",
            "Minutes down, availability and uptime of named rides or parks over park-local dates, with the minutes"
            " that are unknown. Use it for how long, how often and how reliable something was in the past.",
            shapes.DowntimeArguments,
            figures.downtime,
            {"ride_ids": [1], **WINDOW},
        ),
        Tool(
            "rank",
            "Order all rides or parks, or the rides of one park, by downtime, availability, wait, shame score or"
            " opening delay over dates. Use it for which is worst or best.",
            shapes.RankArguments,
            figures.rank,
            {"entity": "rides", "by": "downtime_minutes", **WINDOW},
        ),
        Tool(
            "outages",
            "List each time one ride (92 days at most) or any ride of a park (31 days) was down, newest first, those"
            " that are open now, or one outage by its id with what says so. An outage without an end goes on.",
            shapes.OutagesArguments,
            ledger.outages,
            {"ride_id": 1, **WINDOW},
        ),
        Tool(
            "waits",
            "Posted waits of one ride over dates: the total, and a profile by hour of day or weekday. Use it for when"
            " the line is shortest or how long people waited.",
            shapes.WaitsArguments,
            figures.waits,
            {"ride_id": 1, "by": "hour_of_day", **WINDOW},
        ),
        Tool(
            "now",
            "State, wait and start of the outage at this moment, of one ride or of a park's rides, those that are down"
            " first. UNKNOWN means that nobody knows.",
            shapes.NowArguments,
            places.now,
            {"ride_id": 1},
        ),
        Tool(
            "compare",
            "The same figures of several rides or parks side by side over the same dates, or of each with the window"
            " before or a year before.",
            shapes.CompareArguments,
            figures.compare,
            {"ride_ids": [1], "compare": "previous", **WINDOW},
        ),
        Tool(
            "coverage",
            "How much of each day of a park was observed, and how long its gaps were, over at most 92 days. Use it to"
            " say how sure a figure is.",
            shapes.ParkDaysArguments,
            places.coverage,
            {"park_id": 1, **WINDOW},
        ),
        Tool(
            "opening_hours",
            "Planned opening hours of a park on at most 62 dates. A date without published hours is unknown, not"
            " closed.",
            shapes.ParkDaysArguments,
            places.opening_hours,
            {"park_id": 1, **WINDOW},
        ),
        Tool(
            "weather",
            "Hourly temperature, rain and wind at a park over at most 14 days: observed, else the last forecast.",
            shapes.ParkDaysArguments,
            places.weather,
            {"park_id": 1, **WINDOW},
        ),
        Tool(
            "explain_rule",
            "What a word such as downtime, availability or shame score means here, with the address of the whole"
            " rule.",
            shapes.RuleArguments,
            places.explain_rule,
            {"topic": "downtime"},
        ),
        Tool(
            "plan_visit",
            "Put at most 30 rides of one park into the order that takes least time on a date, with the usual wait at"
            " each (median of like days before), walks, and what is closed or unreliable. Stores nothing.",
            shapes.PlanArguments,
            visits.plan_visit,
            {"park_id": 1, "day": "2025-07-12", "ride_ids": [1, 2]},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Called:
    """A call and what came: for the answer's tool calls and citations."""

    name: str
    arguments: dict[str, Any]
    result: ToolResult | None  # None: it was refused, and `error` says why
    error: str
    ms: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.result) if self.result else self.error.encode()).hexdigest()


def run(name: str, given: Any) -> ToolResult:
    """The result of a tool; raises ValidationError that names the argument, or the tools there are."""
    tool = TOOLS.get(name)
    if tool is None:
        raise ValidationError(f"tool: {name[:40]!r} is not known; there are {', '.join(TOOLS)}")
    return tool.run(arguments_of(tool, given))


def arguments_of(tool: Tool, given: Any) -> Any:
    """Raises ValidationError whose text begins with the argument's name."""
    if not isinstance(given, dict):
        raise ValidationError("arguments: must be a JSON object")
    try:
        return msgspec.convert(given, tool.arguments)
    except (msgspec.ValidationError, ValueError) as error:
        text, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`").partition("[")[0] or "arguments"
        if text.startswith("Object missing required field `"):
            name, text = text.split("`")[1], "is needed"
        raise ValidationError(f"{name}: {text}") from error


def called(name: str, given: dict[str, Any]) -> Called:
    """As `run`, for whoever keeps a record; a refusal is one, too."""
    began = time.perf_counter()
    try:
        found, error = run(name, given), ""
    except ValidationError as refused:
        detail = refused.detail
        found, error = None, str(detail[0] if isinstance(detail, list) else detail)
    return Called(name, given, found, error, int(1_000 * (time.perf_counter() - began)))
