"""Tables: declared once, shown as HTML, sorted by any column, handed out as CSV."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from core.csv_lines import csv_value
from core.shapes import UNSET, Shape
from stats.answers.rankings import STATE_ORDER

Row = Mapping[str, Any] | Shape  # read by `value_of`
ASCENDING, DESCENDING = "asc", "desc"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the key of a row, the heading, and how `dashboard.components.formatting` shows its values."""

    key: str
    label: str
    kind: str = "text"  # a name in `dashboard.components.formatting.KINDS`
    unit: str = ""  # reported in the heading
    is_sortable: bool = True
    is_wide: bool = False  # left out on phones: reported elsewhere there, or worth less than its room

    @property
    def is_text(self) -> bool:
        return self.kind in ("text", "park", "ride", "state")

    @property
    def classes(self) -> str:
        return " ".join(name for name, has in (("n", not self.is_text), ("wide", self.is_wide)) if has)

    @property
    def first_order(self) -> str:
        """Words from A, numbers from the largest."""
        return ASCENDING if self.is_text or self.key == "rank" else DESCENDING


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a caption; `sort` and `order` say how they are ordered, empty: as they come."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    sort: str = ""
    order: str = ""
    empty: str = "Nothing to show."

    @property
    def is_sortable(self) -> bool:
        return bool(self.sort)


def value_of(row: Row, key: str) -> Any:
    """What a row says under a key; None: nothing, or the shape of the answer leaves it out."""
    value = row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)
    return None if value is UNSET else value


def sorted_rows(rows: Iterable[Row], column: Column, order: str) -> list[Row]:
    """By a column, rows without a value last whichever way; equals stay as they were."""
    reported: list[Row] = []
    unreported: list[Row] = []
    for row in rows:
        (unreported if value_of(row, column.key) is None else reported).append(row)
    key = state_order if column.kind == "state" else sort_key
    reported.sort(key=lambda row: key(value_of(row, column.key)), reverse=order == DESCENDING)
    return reported + unreported


def state_order(value: Any) -> Any:
    """Down first, then operating, closed, unknown (N-12)."""
    return STATE_ORDER[value]


def sort_key(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def csv_answer(name: str, columns: Sequence[Column], rows: Iterable[Row]) -> HttpResponse:
    """A download: a line of keys, a line per row, UTF-8; text that looks like a formula is made harmless."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(answer)
    writer.writerow(column.key for column in columns)
    for row in rows:
        writer.writerow(csv_value(value_of(row, column.key)) for column in columns)
    return answer
