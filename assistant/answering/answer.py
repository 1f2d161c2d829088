"""An answer while it is written: sentences, footnotes, and the tools that were called."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from assistant.tools.registry import Called, called
from assistant.tools.shapes import Item, ToolResult

UNITS = {"min": " minutes", "%": " %", "°C": " °C", "mm": " mm", "km/h": " km/h"}


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: what a figure or a statement rests on."""

    kind: str
    permalink: str
    value: float | int | None = None
    unit: str | None = None

    @property
    def text(self) -> str | None:
        return None if self.value is None else msgspec.json.encode(self.value).decode()


@dataclass
class Answer:
    """Sentences as they come; footnotes by number; the tools that were called."""

    sentences: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    calls: list[Called] = field(default_factory=list)
    is_refusal: bool = False

    @property
    def content(self) -> str:
        return "\n".join(self.sentences)

    def say(self, text: str) -> None:
        self.sentences.append(text)

    def call(self, name: str, **arguments: Any) -> ToolResult | None:
        """The tool's result; None when it was refused, which is then said."""
        found = called(name, {key: value for key, value in arguments.items() if value not in (None, "", ())})
        self.calls.append(found)
        if found.result is None:
            self.is_refusal = True
            self.say(f"I cannot answer that: {found.error}.")
        return found.result

    def call_all(self, name: str, **arguments: Any) -> ToolResult | None:
        """As `call`, with what is behind the cursor: who names the least or the most has to see all."""
        found = page = self.call(name, **arguments)
        while found and page and page.next is not None:
            page = self.call(name, **arguments, cursor=page.next)
            if page:
                found = msgspec.structs.replace(found, items=[*found.items, *page.items], next=page.next)
        return found

    def cite(self, kind: str, link: str, value: float | int | None = None, unit: str | None = None) -> str:
        """The mark of a footnote; the same evidence has the same."""
        note = Note(kind, link, value, unit or None)
        if note not in self.notes:
            self.notes.append(note)
        return f"[{self.notes.index(note) + 1}]"

    def figure(self, item: Item, name: str, kind: str = "figure") -> str:
        """A figure in words with its footnote; "unknown" with one where it is."""
        found = next((each for each in item.figures if each.name == name), None)
        value, unit = (found.value, found.unit) if found else (None, "")
        mark = self.cite(kind, item.link, value, unit)
        return f"unknown {mark}" if value is None else f"{number(value)}{words_of_unit(value, unit)} {mark}"


def number(value: float | int) -> str:
    return f"{value:,}" if isinstance(value, int) or value != int(value) else f"{int(value):,}"


def words_of_unit(value: float | int, unit: str) -> str:
    return " minute" if unit == "min" and value == 1 else UNITS.get(unit, "")
