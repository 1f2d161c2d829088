"""Pages of a list by a cursor: what is added or deleted meanwhile shifts nothing."""

import base64
import binascii
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q
from rest_framework import serializers

from core.api.queries import LimitField
from visits.api.access import uuid_from

PAGE, LARGEST_PAGE = 50, 200
Row = TypeVar("Row", bound=models.Model)


class CursorField(serializers.CharField):
    """`next` of the page before."""

    default_error_messages = dict.fromkeys(
        ("cursor", "blank", "invalid"), "Invalid cursor. Must be the next of a page of this list"
    )

    def __init__(self, **how: Any) -> None:
        super().__init__(required=False, help_text="`next` of the page before", **how)

    def to_internal_value(self, data: Any) -> Any:
        try:
            when, _, key = base64.urlsafe_b64decode(str(data).encode()).decode().partition(" ")
            moment = datetime.fromisoformat(when) if "T" in when else date.fromisoformat(when)
            number = uuid_from(key)
        except (ValueError, binascii.Error, UnicodeError):
            self.fail("cursor")
        if number is None or (isinstance(moment, datetime) and moment.tzinfo is None):
            self.fail("cursor")
        return moment, number


def limit() -> LimitField:
    return LimitField(default=PAGE, maximum=LARGEST_PAGE)


def page(
    rows: "models.QuerySet[Row]", by: str, query: dict[str, Any], descending: bool = True
) -> tuple[list[Row], str | None]:
    """The rows after the cursor in the order of (`by`, `id`), and the next cursor; one query."""
    if "cursor" in query:
        after, number = query["cursor"]
        if isinstance(after, datetime) != isinstance(rows.model._meta.get_field(by), models.DateTimeField):
            raise serializers.ValidationError("Invalid cursor. Must be the next of a page of this list")
        side = "lt" if descending else "gt"
        # The first condition is what the others imply: with it an index knows where to begin.
        rows = rows.filter(
            Q(**{f"{by}__{side}e": after}), Q(**{f"{by}__{side}": after}) | Q(**{f"pk__{side}": number})
        )
    sign = "-" if descending else ""
    found = list(rows.order_by(f"{sign}{by}", f"{sign}pk")[: query["limit"] + 1])
    shown = found[: query["limit"]]
    if len(found) <= query["limit"] or not shown:
        return shown, None
    return shown, cursor_of(getattr(shown[-1], by), shown[-1].pk)


def cursor_of(moment: Any, number: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {number}".encode()).decode()


def listed(
    rows: "models.QuerySet[Row]",
    by: str,
    query: dict[str, Any],
    shape: Callable[[Row], Any],
    descending: bool = True,
) -> dict[str, Any]:
    """`items`, `next` and `total` of a page."""
    found, after = page(rows, by, query, descending)
    return {"items": [shape(row) for row in found], "next": after, "total": rows.order_by().count()}
