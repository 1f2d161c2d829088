"""How every endpoint reads its query parameters: in the documented order, with a clear 400."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.commands import FIRST_DAY, LAST_DAY

WHOLE_NUMBER = re.compile(r"\+?([0-9]+)")
UNKNOWN = "ridewatch.unknown"  # in the environment of a request
LONGEST_VALUE = 2_000  # characters of a parameter
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)


@extend_schema_field({"type": "integer", "minimum": 0})
class LimitField(serializers.Field[int, Any, Any, Any]):
    """A number of rows: a non-negative integer, capped silently (public-api 2.5)."""

    default_error_messages = {"invalid": "Invalid limit. Must be a non-negative integer"}

    def __init__(self, *, default: int, maximum: int) -> None:
        self.maximum = maximum
        super().__init__(default=default)

    def to_internal_value(self, data: Any) -> int:
        match = WHOLE_NUMBER.fullmatch(str(data).strip())
        if match is None:
            self.fail("invalid")
        digits = match[1].lstrip("0") or "0"
        return self.maximum if len(digits) > len(str(self.maximum)) else min(int(digits), self.maximum)

    def to_representation(self, value: Any) -> Any:
        return value


def moment_of(text: str) -> date | datetime | None:
    """A date or an instant written as YYYY-MM-DD[THH:MM[:SS][offset]]; None: it is neither."""
    if not MOMENT.fullmatch(text):
        return None
    try:
        return parse_datetime(text) if "T" in text else parse_date(text)
    except ValueError:
        return None


@extend_schema_field({"type": "string", "example": "2025-07-01"})
class MomentField(serializers.Field[date | datetime, Any, Any, Any]):
    """A local date (YYYY-MM-DD), or an instant in ISO 8601; whole seconds."""

    default_error_messages = {
        "invalid": "must be a date (2025-07-01) or an instant (2025-07-01T11:30:00Z, or without an offset)",
        "range": f"must lie between {FIRST_DAY} and {LAST_DAY}",
        "required": "is needed: a date (2025-07-01) or an instant (2025-07-01T11:30:00Z)",
    }

    def to_internal_value(self, data: Any) -> date | datetime:
        text = str(data).strip().replace(" ", "+")  # a plus sign that was not escaped
        found = moment_of(text)
        if found is None:
            self.fail("invalid")
        day = found.date() if isinstance(found, datetime) else found
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("range")
        return found.replace(microsecond=0) if isinstance(found, datetime) else found

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "string", "format": "date", "example": "2026-03-01"})
class DayField(serializers.Field[date, Any, Any, Any]):
    """A local date."""

    def to_internal_value(self, data: Any) -> date:
        text = str(data).strip()
        try:
            if not DAY.fullmatch(text):
                raise ValueError(text)
            day = date.fromisoformat(text)
        except ValueError:
            raise serializers.ValidationError(f"Invalid {self.field_name}. Must be a date (YYYY-MM-DD)") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError(f"Invalid {self.field_name}. Must be between {FIRST_DAY} and {LAST_DAY}")
        return day

    def to_representation(self, value: Any) -> Any:
        return value


class NumberField(serializers.FloatField):
    """A number from `low` to `high`; the error names the parameter."""

    def __init__(self, name: str, low: float, high: float, example: float, **how: Any) -> None:
        self.low, self.high = low, high
        text = f"Invalid {name}. Must be a number from {low:,} to {high:,}"
        messages: dict[str, Any] = dict.fromkeys(("invalid", "required", "null", "max_string_length"), text)
        super().__init__(error_messages=messages, **how)
        set_override(self, "field", {"type": "number", "minimum": low, "maximum": high, "example": example})

    def to_internal_value(self, data: Any) -> float:
        value: float = super().to_internal_value(data)
        if not self.low <= value <= self.high:  # as NaN is not either
            self.fail("invalid")
        return value


def choice(values: Sequence[str], default: str, message: str) -> serializers.ChoiceField:
    messages: dict[str, Any] = dict.fromkeys(("invalid_choice", "null", "required"), message)
    return serializers.ChoiceField(choices=list(values), default=default, error_messages=messages)


def operator_field(help_text: str) -> serializers.CharField:
    return serializers.CharField(required=False, max_length=100, help_text=f"{help_text}, as they name it")


def country_field(help_text: str) -> serializers.RegexField:
    return serializers.RegexField(
        r"^[A-Za-z]{2}$",
        required=False,
        help_text=f"{help_text}, ISO 3166-1 alpha-2",
        error_messages={"invalid": "Invalid country. Must be two letters (ISO 3166-1)"},
    )


def one_of(name: str, values: Sequence[str]) -> str:
    return f"Invalid {name}. Must be one of: {', '.join(values)}"


def refuse_overlong(given: Mapping[str, str]) -> None:
    """Raise ValidationError for values that no client means to send, before anything parses them."""
    for name, value in given.items():
        if len(value) > LONGEST_VALUE:
            raise refused(name)


def refuse_nonsense(given: Mapping[str, str]) -> None:
    """The same of a NUL, where any other text would do."""
    for name, value in given.items():
        if "\0" in value:
            raise refused(name)


def note_unknown(request: Request, known: Iterable[str]) -> None:
    """For the `Warning` header that names parameters which change nothing (core/web/cors.py sets it)."""
    request._request.META[UNKNOWN] = unknown_of(request._request.META.get("QUERY_STRING", ""), known)


def unknown_of(query: str, known: Iterable[str]) -> str:
    """The text of that header; empty: every parameter is known."""
    names = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True, errors="replace"))
    unknown = [name for name in names if name not in known]
    shown = ", ".join(re.sub(r"[^A-Za-z0-9_.\[\]-]", "?", name[:40]) for name in unknown[:10])
    return f'299 - "unknown query parameters: {shown}"' if unknown else ""


def refused(name: str) -> serializers.ValidationError:
    return serializers.ValidationError(f"Invalid {name}. Must be at most {LONGEST_VALUE} characters, none NUL")


class Query(serializers.Serializer[Any]):
    """Parameters of a request."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked parameters; the first of a repeated one counts. Raises ValidationError."""
        given = {name: values[0] for name, values in request.query_params.lists()}
        refuse_overlong({name: value for name, value in given.items() if name in cls._declared_fields})
        note_unknown(request, cls._declared_fields)
        checked = cls.checked(given)
        refuse_nonsense({name: given[name] for name in checked if name in given})
        return checked

    @classmethod
    def checked(cls, data: Any) -> dict[str, Any]:
        query = cls(data=data)
        query.is_valid(raise_exception=True)
        found: dict[str, Any] = query.validated_data
        return found
