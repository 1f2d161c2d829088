"""The period control that pages share: a period by name or any dates, and what lies beside it.

`start` and `end` in the address are dates of the site's calendar. Dates that are a named period become it, so that
both addresses lead to one answer.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, QueryDict

from core.periods import ONE_DAY, Asked, Days, Period, days_of, shifted, word_of
from core.zones import local_date
from dashboard.views import PERIODS, BadInput, one_of
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.shared import shared

EARLIEST, LATEST = date(1970, 1, 2), date(2199, 12, 31)
PARAMETERS = ("period", "start", "end", "date", "page", "cursor")
ALL_TIME, LAST_YEAR = "All time", "Last year"
WEEK = 7


@dataclass(frozen=True, slots=True)
class Known:
    """The first and the newest day of which figures are stored; None: there is none."""

    first: date | None
    newest: date | None


def known_days(now: datetime) -> Known:
    """Of all parks; one query per state of the data."""
    return shared(("known days", settings.METRICS_VERSION), now, read_known)


def read_known() -> Known:
    rows = ParkDailyStats.objects.filter(metrics_version=settings.METRICS_VERSION)
    return known_of(rows)


def known_of_park(park_id: int) -> Known:
    """The days of which something is stored, closed ones too; one query."""
    return known_of(ParkDailyStats.objects.filter(park=park_id, metrics_version=settings.METRICS_VERSION))


def known_of_ride(ride_id: int) -> Known:
    """The days of which something is stored; one query."""
    return known_of(RideDailyStats.objects.filter(ride=ride_id, metrics_version=settings.METRICS_VERSION))


def known_of(rows: QuerySet[Any]) -> Known:
    found = rows.aggregate(first=Min("stat_date"), newest=Max("stat_date"))
    return Known(found["first"], found["newest"])


def short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def dates_in_words(days: Days) -> str:
    """ "4 Jul 2026", "5–11 Jul 2026", "28 Jun – 4 Jul 2026", "1 Dec 2025 – 3 Jan 2026"."""
    first, last = days.first, days.last
    if first == last:
        return short(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{short(last)}"
    return f"{first.day} {first:%b} – {short(last)}" if first.year == last.year else f"{short(first)} – {short(last)}"


def in_words(asked: Asked) -> str:
    """As part of a title."""
    return dates_in_words(asked) if isinstance(asked, Days) else PERIODS[asked].lower()


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of the control: its words, the parameters it sets, and whether it is what is shown."""

    text: str
    parameters: dict[str, str]
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What a page is about, and the ways to other times. `note`: why it is not what was asked for, if so."""

    asked: Asked
    days: Days
    choices: tuple[Choice, ...]
    before: Choice | None
    after: Choice | None
    today: date
    note: str = ""

    @property
    def word(self) -> str:
        return word_of(self.asked)

    @property
    def words(self) -> str:
        return in_words(self.asked)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What a form of the page keeps of the address."""
        if self.asked == Period.LIVE:
            return [("period", Period.LIVE.value)]
        return list(dates_asked(self.days).items())

    @property
    def api(self) -> str:
        """The same in the query of the API."""
        if isinstance(self.asked, Days):
            return f"start_date={self.days.first}&end_date={self.days.last}"
        return f"period={self.asked.value}"

    @property
    def earliest(self) -> date:
        return EARLIEST


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose dates an address says: its today, the days of which something is stored, and the zone of its periods."""

    today: date
    known: Known
    zone: str


def calendar_of_site(now: datetime) -> Calendar:
    zone = settings.SITE_TIME_ZONE
    return Calendar(local_date(now, zone), known_days(now), zone)


def span_of(
    request: HttpRequest, now: datetime, periods: tuple[str, ...], default: Period, most: int | None = None
) -> Span:
    """What the address of a list asks for. `periods`: the words it may say; `most`: the days it may have.

    Raises BadInput.
    """
    calendar = calendar_of_site(now)
    given, note = dates_of_address(request, calendar)
    asked: Asked
    if given is not None:
        asked = named(given, now, periods, calendar.zone)
    elif "period" in request.GET:
        asked = Period(one_of(request, "period", periods, default.value))
    else:
        asked, note = newest_with_data(default, calendar)
    days = days_of(asked, now, calendar.zone)
    number = (days.last - days.first).days + 1
    if most is not None and number > most:
        raise BadInput(f"{dates_in_words(days)} are {number:,} days; {most} can be shown here.")
    return span_over(asked, note, now, periods, calendar, most)


def span_over(
    asked: Asked, note: str, now: datetime, periods: tuple[str, ...], calendar: Calendar, most: int | None = None
) -> Span:
    """The control that shows what was asked."""
    days = days_of(asked, now, calendar.zone)
    return Span(
        asked,
        days,
        tuple(choices_of(asked, now, periods, calendar, most)),
        None if asked == Period.LIVE else beside(days, -1, calendar.today),
        None if asked == Period.LIVE else beside(days, 1, calendar.today),
        calendar.today,
        note,
    )


def own_span(
    request: HttpRequest, now: datetime, periods: tuple[str, ...], default: Asked, calendar: Calendar
) -> Span:
    """The same of the page of one park or ride, on its own dates; `date` is one day, and today may be among others.

    Raises BadInput.
    """
    given, note = dates_of_address(request, calendar, includes_today=True)
    asked: Asked
    if given is not None:
        asked = named(given, now, periods, calendar.zone)
    elif "period" in request.GET:
        period = Period(one_of(request, "period", Period.values, ""))
        asked = period if period.value in periods else Period.TODAY
    else:
        asked, note = newest_with_data(default, calendar)
    return span_over(asked, note, now, periods, calendar)


def dates_of_address(
    request: HttpRequest, calendar: Calendar, includes_today: bool = False
) -> tuple[Days | None, str]:
    """`start` and `end`; one of them alone means from then on, or up to then; `date` is both. Raises BadInput."""
    today = calendar.today
    first, last = (date_in(request, name) for name in ("start", "end"))
    if first is None and last is None:
        first = last = date_in(request, "date")
    if first is None and last is None:
        return None, ""
    first = first or min(filter(None, (calendar.known.first, last, today)))
    last = last or today
    if first > last:
        raise BadInput(f"{short(first)} is after {short(last)}: the end must not lie before the start.")
    if first > today:
        raise BadInput(f"{short(first)} is still to come: nothing is known of it. Today is {short(today)}.")
    if includes_today and last > today:
        return Days(first, today), "Up to today: what is to come is not known."
    if last < today or first == today or includes_today:
        return Days(first, min(last, today)), ""
    return Days(first, today - ONE_DAY), "Up to yesterday: today is not over, and has a page of its own."


def date_in(request: HttpRequest, name: str) -> date | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"The {name} “{text[:60]}” is not a date. Write it like 2026-07-04.") from None
    if not EARLIEST <= found <= LATEST:
        raise BadInput(f"The {name} {text[:60]} is outside of what can be known: {EARLIEST} to {LATEST}.")
    return found


def newest_with_data(default: Asked, calendar: Calendar) -> tuple[Asked, str]:
    """The default; where all that is stored is older, the newest week of it, and the words that say so."""
    known = calendar.known
    if known.newest is None or known.newest >= calendar.today - 2 * ONE_DAY or known.first is None:
        return default, ""
    week = Days(max(known.first, known.newest - (WEEK - 1) * ONE_DAY), known.newest)
    return (
        week,
        f"Nothing newer than {short(known.newest)} is stored: these are the last days of which something is known.",
    )


def named(days: Days, now: datetime, periods: tuple[str, ...], zone: str) -> Asked:
    """The period that has just these dates, else the dates."""
    for word in (Period.TODAY, Period.YESTERDAY, Period.LAST_WEEK, Period.LAST_MONTH):
        if word.value in periods and days_of(word, now, zone) == days:
            return word
    return days


def choices_of(
    asked: Asked, now: datetime, periods: tuple[str, ...], calendar: Calendar, most: int | None
) -> list[Choice]:
    """Now, today, yesterday, week, month, year, all time: what the page has of them."""
    found = [
        Choice(PERIODS[period], parameters_of(period, now, calendar.zone), asked == period)
        for period in PERIODS
        if period.value in periods
    ]
    today, known = calendar.today, calendar.known
    year = Days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    spans = [(LAST_YEAR, year)]
    if known.first is not None and known.first < today:
        spans.append((ALL_TIME, Days(known.first, today - ONE_DAY)))
    return found + [
        Choice(text, dates_asked(days), asked == days)
        for text, days in spans
        if most is None or (days.last - days.first).days < most
    ]


def parameters_of(period: Period, now: datetime, zone: str) -> dict[str, str]:
    """Addresses say dates: what is looked at stays when the link is kept. Now is always now."""
    if period == Period.LIVE:
        return {"period": period.value}
    return dates_asked(days_of(period, now, zone))


def dates_asked(days: Days) -> dict[str, str]:
    return {"start": days.first.isoformat(), "end": days.last.isoformat()}


def beside(days: Days, step: int, today: date) -> Choice | None:
    """As many days, or months, before or after; None: they are to come, or beyond the calendar."""
    try:
        found = shifted(days, step)
    except (OverflowError, ValueError):
        return None
    if found.first > today or found.first < EARLIEST:
        return None
    return Choice(dates_in_words(found), dates_asked(found))


def address(query: QueryDict, choice: Choice) -> str:
    """The address with what the choice sets; the rest of it stays."""
    changed = query.copy()
    for name in PARAMETERS:
        changed.pop(name, None)
    for name, value in choice.parameters.items():
        changed[name] = value
    return f"?{changed.urlencode()}"


def rest_of(query: QueryDict) -> list[tuple[str, str]]:
    """What a form that sets dates has to keep."""
    return [(name, value) for name, values in query.lists() for value in values if name not in PARAMETERS]
