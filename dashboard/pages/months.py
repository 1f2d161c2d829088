"""What years, months and days of one park or ride are compared by, and the table of months."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.html import format_html

from core.periods import ONE_DAY, Days, month_later
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import hours, minutes, number, percent
from dashboard.components.tables import Column, Table
from stats.answers.history import History, added_up
from stats.measures import ride_measures
from stats.measures.bucket_sums import Figures
from stats.measures.windows import Bucket, BucketKey
from stats.readings.identity import Row
from stats.readings.identity import number as number_of

Months = Mapping[BucketKey, Figures]  # by their first day
Link = Callable[[date, date], str]  # the page of some days


@dataclass(frozen=True, slots=True)
class Figure:
    """What a day is shaded by: words and unit, its value of a day's sums, how it looks."""

    title: str
    unit: str
    kind: str  # of a cell of a table
    value: Callable[[Figures], Decimal | None]
    words: Callable[[Any], str]
    nothing: str
    is_share: bool = False
    digits: int = 1

    @property
    def heading(self) -> str:
        """The unit where the cells do not say it."""
        return "" if self.kind == "percent" else self.unit


def down(figures: Figures) -> Decimal | None:
    """Hours; None: nothing is known of the open park."""
    return ride_measures.hours(figures.down_seconds) if figures.open_seconds else None


def one_digit(value: float) -> str:
    return number(value, 1)


def in_hours(value: float) -> str:
    return f"{hours(value)} h"


def in_minutes(value: float) -> str:
    return f"{minutes(value)} min"


SHOWN: Mapping[str, Figure] = {
    "score": Figure(
        "Shame score",
        "of 10",
        "score",
        lambda day: day.shame_score,
        one_digit,
        "never open",
    ),
    "downtime": Figure("Downtime", "h", "hours", down, in_hours, "never open", digits=2),
    "availability": Figure(
        "Availability", "%", "percent", lambda day: day.availability_percentage, percent, "did not run", is_share=True
    ),
    "wait": Figure(
        "Average wait",
        "min",
        "minutes",
        lambda day: day.wait_avg,
        lambda value: f"{minutes(value)} min",
        "no wait posted",
    ),
}


def days_link(url: Callable[[int, str, str], str], pk: int, first: date, last: date) -> str:
    return url(pk, first.isoformat(), last.isoformat())


def months_table(caption: str, months: Months, chosen: str, link: Link, days: Days) -> Table:
    """The months of some days, each with its sums (N-2) and a link to what it has of the days.

    Phones have room for the chosen figure and the downtime.
    """
    found = [(key, figures) for key, figures in months.items() if isinstance(key, date)]
    is_of_park = any(figures.is_of_park for _, figures in found)
    columns = [
        Column("month", "Month"),
        *(
            Column(name, figure.title, figure.kind, figure.heading, is_wide=name not in (chosen, "downtime"))
            for name, figure in SHOWN.items()
            if is_of_park or name != "score"
        ),
    ]
    rows: list[Row] = []
    for first, figures in found:
        last = month_later(first, 1) - ONE_DAY
        address = link(max(first, days.first), min(last, days.last))
        month = format_html('<a href="{}">{}</a>', address, f"{first:%B %Y}")
        rows.append({"month": month, **{name: figure.value(figures) for name, figure in SHOWN.items()}})
    return Table(caption, columns, rows, empty="Nothing is known of these months.")


def weekly_chart(history: History, name: str) -> Chart:
    """A figure of each week from its exact sums (N-2), named by its Monday."""
    shown = SHOWN[name]
    sums = added_up(history, Bucket.WEEK).items()
    weeks = [(key, shown.value(found)) for key, found in sums if isinstance(key, date)]
    labels = [f"{monday.day} {monday:%b %Y}" for monday, _ in weeks]
    line = Series(shown.title, [number_of(value) for _, value in weeks])
    return Chart(f"{shown.title} by week", "Week of", labels, [line], shown.unit, digits=shown.digits)
