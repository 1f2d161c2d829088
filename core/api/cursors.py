"""Where a list goes on: the values of a row, bound to the question that was asked."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

LONGEST = 400  # characters
BAD_CURSOR = "cursor: is not one of this question; ask without it, and then for the `next_cursor` of the answer"


def fingerprint(question: Mapping[str, Any]) -> str:
    """Of the parameters that a cursor belongs to."""
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def cursor_of(question: Mapping[str, Any], place: Sequence[Any]) -> str:
    """`place`: numbers, texts, instants."""
    values = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    text = json.dumps([fingerprint(question), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of_cursor(text: str, question: Mapping[str, Any], kinds: Sequence[type]) -> tuple[Any, ...]:
    """The values in a cursor, of the types `kinds`; raises ValidationError for one of another question."""
    try:
        if len(text) > LONGEST:
            raise ValueError(text)
        known, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if known != fingerprint(question) or len(values) != len(kinds):
            raise ValueError(text)
        return tuple(parsed(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, OverflowError) as error:
        raise ValidationError(BAD_CURSOR) from error


def parsed(value: Any, kind: type) -> Any:
    found = datetime.fromisoformat(value) if kind is datetime else value
    if not isinstance(found, kind) or (isinstance(found, datetime) and found.tzinfo is None):
        raise ValueError(value)
    if isinstance(found, int) and not 0 <= found < 1 << 62:
        raise ValueError(value)
    return found
