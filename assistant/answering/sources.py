"""What a language model may cite: every item and every figure of this turn's tool results, numbered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.answering.answer import Note
from assistant.tools.registry import Called
from assistant.tools.shapes import Figure, Item, ToolResult
from core.shapes import UNSET
from parks.models import Park, Ride

NAMED = ("ride", "park", "outage")  # items whose name is that of a ride or park
KINDS = {"outages": "outage", "explain_rule": "rule", "coverage": "coverage"}
OFFSET = re.compile(r"(T\d\d:\d\d(?::\d\d)?)(?:[+-]\d\d:\d\d|Z)")
DAY, TIME = r"\d{4}-\d\d-\d\d", r"(?<!\d)\d{1,2}:\d\d(?!\d)"


@dataclass(frozen=True, slots=True)
class Source:
    """A figure, or (without a metric) an item. `name` and `place` are of its ride or park; `label` is the name of any
    other item: a date, an hour. `subjects` are the rides and parks that the call asked about."""

    note: Note
    metric: str = ""
    name: str = ""
    place: str = ""
    label: str = ""
    state: str = ""
    subjects: frozenset[str] = frozenset()
    instants: frozenset[str] = frozenset()  # dates and times that may be said of it

    @property
    def is_figure(self) -> bool:
        return bool(self.metric)


@dataclass(slots=True)
class Sources:
    """The sources by the number that the model cites, from 1."""

    found: dict[int, Source] = field(default_factory=dict)

    def add(self, called: Called) -> dict[str, Any]:
        """A call's result as the model reads it: each item and figure with the number to cite."""
        result = called.result
        if result is None:
            return {"error": called.error}
        subjects = subjects_of(called.arguments)
        window = window_of(called, result)
        total = Source(
            Note(KINDS.get(result.tool, "figure"), page_of(result), result.total, None),
            metric="total",
            subjects=subjects,
            instants=window,
        )
        return {
            "tool": result.tool,
            "items": [self.item(item, result, subjects, window) for item in result.items],
            "total": {"value": result.total, "cite": self.number(total)},
            **{
                name: value
                for name in ("note", "timezone", "next")
                if (value := getattr(result, name)) not in (UNSET, None)
            },
        }

    def item(self, item: Item, result: ToolResult, subjects: frozenset[str], window: frozenset[str]) -> dict[str, Any]:
        kind, is_named = KINDS.get(result.tool, "figure"), item.type in NAMED
        link = f"/outages/{item.outage_id}" if isinstance(item.outage_id, str) else item.link
        said = [text for text in (item.start, item.end, item.heard_at) if isinstance(text, str)]
        if not is_named:
            said += [item.name, item.text if isinstance(item.text, str) else ""]
        common: dict[str, Any] = {
            "name": item.name if is_named else "",
            "place": item.park_name if is_named and isinstance(item.park_name, str) else "",
            "label": "" if is_named or item.type == "rule" else item.name,
            "subjects": subjects,
            "instants": window | instants_in(*said),
        }
        state = str(item.text) if result.tool == "now" and isinstance(item.text, str) else ""
        shown = {name: getattr(item, name) for name in ("type", "id", "name", "park_name", "outage_id", "text")}
        shown |= {name: getattr(item, name) for name in ("start", "end", "heard_at")}
        return {
            **{name: value for name, value in shown.items() if value is not UNSET},
            "cite": self.number(Source(Note(kind, link), state=state, **common)),
            "figures": [self.figure(figure, Note(kind, link), common) for figure in item.figures],
        }

    def figure(self, figure: Figure, note: Note, common: Mapping[str, Any]) -> dict[str, Any]:
        cited = Note(note.kind, note.permalink, figure.value, figure.unit or None)
        number = self.number(Source(cited, metric=figure.name, **common))
        return {"name": figure.name, "value": figure.value, "unit": figure.unit, "cite": number}

    def number(self, source: Source) -> int:
        self.found[len(self.found) + 1] = source
        return len(self.found)


def page_of(result: ToolResult) -> str:
    return result.evidence[0].link if result.evidence else "/trust"


def window_of(called: Called, result: ToolResult) -> frozenset[str]:
    """The dates and hours of the question, and what the note says of the time."""
    texts = [called.arguments.get(name) for name in ("start", "end", "hours")]
    texts += [result.start_date, result.end_date, result.note if result.tool == "now" else ""]
    return instants_in(*(text for text in texts if isinstance(text, str)))


def instants_in(*texts: str) -> frozenset[str]:
    """The dates, and the times as 09:00; what an instant says of its zone is no time."""
    found = (each for text in texts for each in re.findall(f"{DAY}|{TIME}", OFFSET.sub(r"\1", text)))
    return frozenset(padded(each) for each in found)


def padded(text: str) -> str:
    return text.zfill(len("09:00"))


def subjects_of(arguments: Mapping[str, Any]) -> frozenset[str]:
    """The names of the rides and parks of a call's arguments; two queries at most."""
    names: set[str] = set()
    for model, one, several in ((Ride, "ride_id", "ride_ids"), (Park, "park_id", "park_ids")):
        keys = [key for key in (arguments.get(one), *(arguments.get(several) or ())) if isinstance(key, int)]
        if keys:
            names |= set(model._default_manager.filter(pk__in=keys).values_list("name", flat=True))
    return frozenset(names)
