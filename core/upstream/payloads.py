"""Reading what an upstream answered: JSON with limits, typed members, and what was wrong with it.

A payload that cannot be parsed raises UpstreamError; a bad entry of it is left out and reported as a Problem.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import TextChoices

from core.upstream.http import Reason, UpstreamError
from core.zones import is_zone

MAX_DEPTH = 32  # what MariaDB stores; recorded answers are 7 deep
LONGEST_NAME = 255
BOM = b"\xef\xbb\xbf"
STRICT = msgspec.json.Decoder()
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ProblemKind(TextChoices):
    MISSING = "MISSING"
    INVALID = "INVALID"
    DUPLICATE = "DUPLICATE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    UNUSABLE = "UNUSABLE"  # a whole answer could not be had or read
    CONFLICT = "CONFLICT"  # it contradicts what we know; ours is kept


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, met `count` times: the member's path, a sentence, the upstream id of the entity if known."""

    field: str
    text: str
    kind: ProblemKind = ProblemKind.INVALID
    entity: str | None = None
    count: int = 1

    def __str__(self) -> str:
        where = f"{self.entity} " if self.entity else ""
        return f"{where}{self.field}: {self.text}" + (f" ({self.count} times)" if self.count > 1 else "")


@dataclass(slots=True)
class Problems:
    """Collects the problems of one payload; what is merely unknown is counted, one Problem per name."""

    found: list[Problem] = field(default_factory=list)
    unknown: Counter[tuple[ProblemKind, str, str]] = field(default_factory=Counter)

    def add(self, where: str, text: str, kind: ProblemKind = ProblemKind.INVALID, entity: str | None = None) -> None:
        self.found.append(Problem(where, text, kind, entity))

    def unusable(self, where: str, value: Any, what: str, entity: str | None = None) -> None:
        """`value` is missing, or not what it should be."""
        if value in (None, ""):
            self.add(where, "is missing", ProblemKind.MISSING, entity)
        else:
            self.add(where, f"is not {what}: {brief(value)}", ProblemKind.INVALID, entity)

    def unknown_fields(self, where: str, reported: dict[str, Any], known: frozenset[str]) -> None:
        if not reported.keys() <= known:
            for name in reported.keys() - known:
                self.unknown[ProblemKind.UNKNOWN_FIELD, f"{where}.{clean(name)[:100]}", "is not known"] += 1

    def unknown_value(self, where: str, value: Any) -> None:
        self.unknown[ProblemKind.UNKNOWN_VALUE, where, f"is not known: {brief(value)}"] += 1

    def all(self) -> tuple[Problem, ...]:
        counted = (Problem(where, text, kind, None, count) for (kind, where, text), count in self.unknown.items())
        return (*self.found, *counted)


def brief(value: Any) -> str:
    """The beginning of a value, fit for a message and every database."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        text = type(value).__name__
    text = text[:81].encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else text[:80] + "…"


class NotJson(ValueError):
    """A text is not JSON to the letter; the message says why."""


def from_json(text: bytes) -> Any:
    """The value of a JSON text in UTF-8, read strictly: no NaN, no infinity, no lone surrogate. Raises NotJson."""
    try:
        return STRICT.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error).removeprefix("JSON is malformed: ")) from None


def parsed(body: bytes, problems: Problems | None = None) -> Any:
    """The JSON of `body`; raises UpstreamError NOT_JSON, or INVALID when it is nested too deep."""
    body, is_strict = body.removeprefix(BOM), True
    try:
        document = from_json(body)
    except NotJson as error:
        document, is_strict = parsed_leniently(body, str(error)), False
    if is_deeper(document, MAX_DEPTH):
        raise UpstreamError(Reason.INVALID, f"JSON nested more than {MAX_DEPTH} deep")
    return document if is_strict else without_surrogates(document, "", problems or Problems())


def parsed_leniently(body: bytes, reason: str) -> Any:
    """One lone surrogate in a name, or one NaN, must not cost the whole park; NaN becomes a text, so no number."""
    try:
        return json.loads(body, parse_constant=str)
    except (ValueError, RecursionError):
        raise UpstreamError(Reason.NOT_JSON, f"not JSON: {reason}") from None


def without_surrogates(value: Any, where: str, problems: Problems) -> Any:
    """The document without lone surrogates, which no database takes; each text that had one is reported."""
    if isinstance(value, str):
        text = value.encode("utf-8", "ignore").decode()
        if text != value:
            problems.unknown[ProblemKind.UNKNOWN_VALUE, where[:100], f"is not Unicode: {brief(value)}"] += 1
        return text
    if isinstance(value, list):
        return [without_surrogates(each, f"{where}[]", problems) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, each in value.items():
        key = without_surrogates(name, where, problems)
        found[key] = without_surrogates(each, f"{where}.{key}".removeprefix("."), problems)
    return found


def is_deeper(document: Any, limit: int) -> bool:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(limit):
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return bool(level)


def parsed_object(body: bytes, problems: Problems | None = None) -> dict[str, Any]:
    """A payload that has to be an object; raises UpstreamError."""
    document = parsed(body, problems)
    if not isinstance(document, dict):
        raise UpstreamError(Reason.INVALID, f"an object was expected, not {type(document).__name__}")
    return document


def members(document: dict[str, Any], name: str) -> list[Any]:
    """A list the payload cannot do without; raises UpstreamError."""
    value = document.get(name)
    if not isinstance(value, list):
        raise UpstreamError(Reason.INVALID, f"{name} is not a list but {brief(value)}")
    return value


def objects(entries: Iterable[Any], where: str, problems: Problems) -> Iterator[dict[str, Any]]:
    """The entries that are objects; others are reported."""
    for entry in entries:
        if isinstance(entry, dict):
            yield entry
        else:
            problems.unusable(where, entry, "an object")


def clean(value: Any) -> str:
    """Text that every database takes: no NUL, no lone surrogates, at most 255 characters; "" for what is no text.

    A map of language to text gives its English text, else any.
    """
    if isinstance(value, dict):
        value = value.get("en") or next((text for text in value.values() if text and isinstance(text, str)), "")
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode().strip()[:LONGEST_NAME].strip()


def uuid_of(value: Any) -> str | None:
    """A UUID in lower case, or None."""
    return value.lower() if isinstance(value, str) and UUID.fullmatch(value) else None


def whole(value: Any) -> int | None:
    """A whole number (`20.0` is one), or None; true, NaN and text are none (sources, ground rules)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def degrees(value: Any, limit: int) -> float | None:
    """A coordinate within ±`limit`, as a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= limit else None


def instant_of(value: Any, zone: str | None = None) -> datetime | None:
    """An ISO 8601 instant in UTC. Without an offset it is read in `zone`; None when that is not given either."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            if zone is None or len(value) <= len("2026-01-01"):
                return None
            instant = instant.replace(tzinfo=ZoneInfo(zone))
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if 1970 < instant.year < 2200 else None


def zone_of(value: Any, problems: Problems, where: str = "timezone") -> str | None:
    """An IANA zone this machine knows; None and reported otherwise."""
    if isinstance(value, str) and is_zone(value):
        return value
    problems.unusable(where, value, "an IANA time zone")
    return None
