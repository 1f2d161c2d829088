"""Dates and parts of time: the question half of what the oracle is asked (R-3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from config.tests.agreement.facts import ONE_DAY, Span, joined


@dataclass(frozen=True)
class Dates:
    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + n * ONE_DAY for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True)
class Window:
    """A part of time in a zone: local days with their spans, in order."""

    zone: str
    days: tuple[tuple[date, tuple[Span, ...]], ...]

    @property
    def spans(self) -> list[Span]:
        return joined(span for _, spans in self.days for span in spans)

    @property
    def dates(self) -> Dates:
        return Dates(self.days[0][0], self.days[-1][0])


def window_of(zone: str, days: Iterable[tuple[date, Iterable[Span]]]) -> Window:
    kept = ((day, tuple(spans)) for day, spans in days)
    return Window(zone, tuple((day, spans) for day, spans in kept if spans))


def dates_of(period: str, today: date) -> Dates:
    """R-3.3: weeks are Sunday to Saturday."""
    if period in ("live", "today"):
        return Dates(today, today)
    if period == "yesterday":
        return Dates(today - ONE_DAY, today - ONE_DAY)
    if period == "last_week":
        sunday = today - timedelta(days=today.isoweekday() % 7 + 7)
        return Dates(sunday, sunday + timedelta(days=6))
    last = today.replace(day=1) - ONE_DAY
    return Dates(last.replace(day=1), last)


def dates_before(period: str, dates: Dates) -> Dates:
    """The dates that a period's are compared with."""
    last = dates.first - ONE_DAY
    return (
        Dates(last.replace(day=1), last) if period == "last_month" else Dates(last - (dates.last - dates.first), last)
    )
