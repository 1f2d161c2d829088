"""A year of days as twelve small calendars: a table each, a link in each day, its figure in its words.

Shades say how bad a day was; the figure stands in the link's words and, over it or on it by keyboard, beside it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.periods import ONE_DAY
from dashboard.components.shades import STEPS, shade

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOT_KNOWN, SHUT, TO_COME = "nothing known", "park closed", "to come"
# An availability of 90 % is shaded by the 10 % that are missing.
WHOLE = 100
EMPTY = mark_safe("<td></td>")


@dataclass(frozen=True, slots=True)
class Year:
    """Values of the days of a year. `closed`: days on which the park stayed closed; `today` is not over.

    `is_share`: the more the better, out of 100. `words` says a value, `link` the page of a day.
    """

    number: int
    values: Mapping[date, Decimal | None]
    closed: Collection[date]
    today: date
    words: Callable[[Decimal], str]
    link: Callable[[date], str]
    nothing: str  # what is said of a day that is known, and has no value
    is_share: bool = False

    def weight(self, value: Decimal) -> float:
        return float(WHOLE - value if self.is_share else value)

    @property
    def largest(self) -> float:
        return max((self.weight(value) for value in self.values.values() if value is not None), default=0)

    @property
    def legend(self) -> list[tuple[int, str]]:
        """What each shade stands for; nothing where all days are alike."""
        if not self.largest:
            return []
        step = Decimal(str(self.largest)) / STEPS
        bounds = [WHOLE - step * n if self.is_share else step * n for n in range(STEPS + 1)]
        none = self.words(Decimal(WHOLE if self.is_share else 0))
        return [(0, none), *((n + 1, f"{self.words(bounds[n])} to {self.words(bounds[n + 1])}") for n in range(STEPS))]

    def day(self, day: date, largest: float) -> tuple[str, str]:
        """Class and words of a day."""
        value = self.values.get(day)
        if value is not None:
            return f"h{shade(self.weight(value), largest)}", self.words(value)
        if day > self.today:
            return "later", TO_COME
        if day in self.closed:
            return "shut", SHUT
        return ("shut", self.nothing) if day in self.values else ("none", NOT_KNOWN)

    @property
    def months(self) -> list[SafeString]:
        largest = self.largest
        return [self.month(date(self.number, n, 1), largest) for n in range(1, 13)]

    def month(self, first: date, largest: float) -> SafeString:
        """A table of the weeks of a month, Monday first."""
        monday = first - timedelta(days=first.weekday())
        weeks = []
        while monday < first or monday.month == first.month:
            days = (monday + n * ONE_DAY for n in range(7))
            cells = ((self.cell(day, largest) if day.month == first.month else EMPTY,) for day in days)
            weeks.append((format_html_join("", "{}", cells),))
            monday += 7 * ONE_DAY
        return format_html(
            '<table class="month"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
            f"{first:%B}",
            format_html_join("", '<th scope="col"><abbr title="{}">{}</abbr></th>', ((d, d[0]) for d in WEEKDAYS)),
            format_html_join("", "<tr>{}</tr>", weeks),
        )

    def cell(self, day: date, largest: float) -> SafeString:
        kind, words = self.day(day, largest)
        if kind == "later":
            return format_html('<td><span class="later">{}</span></td>', day.day)
        return format_html(
            '<td><a class="{}" href="{}" data-words="{} {}: {}"><span class="hidden">{} {} {}: {}</span>'
            '<span aria-hidden="true">{}</span></a></td>',
            *(kind, self.link(day), day.day, f"{day:%b}", words),
            *(f"{day:%a}", day.day, f"{day:%B}", words, day.day),
        )
