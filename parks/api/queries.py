"""How every endpoint reads its query parameters: in the documented order, with a clear 400."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

WHOLE_NUMBER = re.compile(r"\+?0*([0-9]+)")
LONGEST_VALUE = 2_000  # characters of a parameter


@extend_schema_field({"type": "integer", "minimum": 0})
class LimitField(serializers.Field):
    """A number of rows: a non-negative integer, capped silently (public-api 2.5)."""

    default_error_messages = {"invalid": "Invalid limit. Must be a non-negative integer"}

    def __init__(self, *, default: int, maximum: int) -> None:
        self.maximum = maximum
        super().__init__(default=default)

    def to_internal_value(self, data: Any) -> int:
        text = str(data).strip()
        match = WHOLE_NUMBER.fullmatch(text)
        if match is None:
            self.fail("invalid")
        digits = match[1]
        return self.maximum if len(digits) > len(str(self.maximum)) else min(int(digits), self.maximum)

    def to_representation(self, value: Any) -> Any:
        return value


def choice(values: Sequence[str], default: str, message: str) -> serializers.ChoiceField:
    messages: dict[str, Any] = dict.fromkeys(("invalid_choice", "null", "required"), message)
    return serializers.ChoiceField(choices=list(values), default=default, error_messages=messages)


def one_of(name: str, values: Sequence[str]) -> str:
    return f"Invalid {name}. Must be one of: {', '.join(values)}"


def refuse_nonsense(given: Mapping[str, str]) -> None:
    """Raise ValidationError for values that no client means to send, where any other text would do."""
    for name, value in given.items():
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise serializers.ValidationError(f"Invalid {name}. Must be at most {LONGEST_VALUE} characters, none NUL")


class Query(serializers.Serializer):
    """Parameters of a request."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked parameters; the first of a repeated one counts. Raises ValidationError."""
        given = {name: values[0] for name, values in request.query_params.lists()}
        checked = cls.checked(given)
        refuse_nonsense({name: given[name] for name in checked if name in given})
        return checked

    @classmethod
    def checked(cls, data: Any) -> dict[str, Any]:
        query = cls(data=data)
        query.is_valid(raise_exception=True)
        found: dict[str, Any] = query.validated_data
        return found
