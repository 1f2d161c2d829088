"""Dates, periods and hours in words, in the zone of a park: "last weekend", "on 4 July", "this summer at lunch"."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *(("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun")),
            *(("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct")),
            *(("november", "nov"), ("december", "dec")),
        ),
        start=1,
    )
    for name in names
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "fourteen": 14, "thirty": 30}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
ONE = timedelta(days=1)
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
CLOCK = {
    "in the morning": "06:00-12:00",
    "mornings": "06:00-12:00",
    "at lunchtime": "11:30-13:30",
    "at lunch": "11:30-13:30",
    "at noon": "11:30-12:30",
    "in the afternoon": "12:00-18:00",
    "afternoons": "12:00-18:00",
    "in the evening": "17:00-22:00",
    "evenings": "17:00-22:00",
}
TIME = r"(\d{1,2})(?::(\d\d))?(?:\s*(am|pm)\b)?"


@dataclass(frozen=True, slots=True)
class When:
    """What a question says of time. Dates None: nothing; `is_now`: this moment."""

    start: date | None = None
    end: date | None = None
    hours: str | None = None
    weekdays: tuple[str, ...] = ()
    is_now: bool = False
    words: str = ""  # as it was said


def read(text: str, today: date) -> tuple[When, str]:
    """What a text in small letters says of time, and the text without it."""
    hours, text = hours_of(text)
    weekdays, text = weekdays_of(text)
    for pattern, found_days in PATTERNS:
        match = re.search(pattern, text)
        if match is None:
            continue
        days = found_days(match, today)
        if days is None:
            continue
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        return When(*days, hours, weekdays, words=match[0].strip()), rest
    if match := re.search(r"\b(right now|at the moment|currently|now)\b", text):
        return When(None, None, hours, weekdays, True, match[0]), f"{text[: match.start()]} {text[match.end() :]}"
    return When(None, None, hours, weekdays), text


def hours_of(text: str) -> tuple[str | None, str]:
    for words, hours in CLOCK.items():
        if re.search(rf"\b{words}\b", text):
            return hours, re.sub(rf"\b{words}\b", " ", text)
    # "from 5 to 6 July" are dates.
    match = re.search(rf"\b(?:between|from) {TIME} (?:and|to|until) {TIME}\b(?! (?:of )?(?:{MONTH})\b)", text)
    if match is None:
        return None, text
    first, last = clock(match[1], match[2], match[3] or match[6]), clock(match[4], match[5], match[6])
    if first is None or last is None or first >= last:
        return None, text
    return f"{first}-{last}", f"{text[: match.start()]} {text[match.end() :]}"


def clock(hour: str, minute: str | None, half: str | None) -> str | None:
    number = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
    return f"{number:02}:{minute or '00'}" if number <= 24 and int(minute or 0) < 60 else None


def weekdays_of(text: str) -> tuple[tuple[str, ...], str]:
    """Of plurals alone: "on weekends", "on saturdays"; a single Saturday is a date."""
    if match := re.search(r"\b(?:on |at )?weekends\b", text):
        return ("sat", "sun"), f"{text[: match.start()]} {text[match.end() :]}"
    if match := re.search(r"\b(?:on |during )?(?:weekdays|the week)\b", text):
        return SHORT[:5], f"{text[: match.start()]} {text[match.end() :]}"
    found = tuple(SHORT[number] for number, name in enumerate(WEEKDAYS) if re.search(rf"\b{name}s\b", text))
    for name in WEEKDAYS:
        text = re.sub(rf"\b(?:on |and )?{name}s\b", " ", text)
    return found, text


Dates = tuple[date, date]


def single(day: date | None) -> Dates | None:
    return None if day is None else (day, day)


def made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def latest(month: int, day: int, today: date, year: str | None) -> date | None:
    """The date of that year, else the last one that is not ahead."""
    if year:
        return made(int(year), month, day)
    for back in range(9):  # 29 February may be eight years back
        found = made(today.year - back, month, day)
        if found is not None and found <= today:
            return found
    return None


def month_of(month: int, today: date, year: str | None) -> Dates:
    chosen = int(year) if year else today.year - (month > today.month)
    first = date(chosen, month, 1)
    last = (first + timedelta(days=32)).replace(day=1) - ONE
    return first, max(first, min(last, today)) if first <= today else last


def weekend(today: date) -> Dates:
    """The last Saturday and Sunday that are over."""
    sunday = today - timedelta(days=today.isoweekday() % 7 or 7)
    return sunday - ONE, sunday


def season(match: "re.Match[str]", today: date) -> Dates:
    first_month = SEASONS[match[2]]
    year = int(match[3]) if match[3] else today.year
    start = date(year, first_month, 1)
    if not match[3] and start > today:
        start = start.replace(year=year - 1)
    if not match[3] and match[1] and "last" in match[1] and season_end(start) >= today:
        start = start.replace(year=start.year - 1)
    return start, max(start, min(season_end(start), today))


def season_end(start: date) -> date:
    return (start + timedelta(days=95)).replace(day=1) - ONE


def spelled(match: "re.Match[str]", today: date) -> Dates | None:
    """ "from 1 July to 5 July": either with or without the month of the first."""
    last_month = MONTHS[match["m2"]]
    end = latest(last_month, int(match["d2"]), today, match["y"])
    if end is None:
        return None
    first_month = MONTHS[match["m1"]] if match["m1"] else last_month
    start = made(end.year - (first_month > last_month), first_month, int(match["d1"]))
    return (start, end) if start is not None and start <= end else None


def iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def between(match: "re.Match[str]", today: date) -> Dates | None:
    start, end = iso(match[1]), iso(match[2])
    return (start, end) if start and end and start <= end else None


def last_days(match: "re.Match[str]", today: date) -> Dates | None:
    """So many whole days, weeks or months up to yesterday."""
    count = NUMBERS.get(match[1]) or (int(match[1]) if match[1].isdigit() else 0)
    days = count * {"day": 1, "week": 7, "month": 30, "year": 365}[match[2]]
    return (today - timedelta(days=days), today - ONE) if 0 < days <= 3_650 else None


def past_week(match: "re.Match[str]", today: date) -> Dates:
    """Sunday to Saturday, as the API's last_week."""
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return sunday - timedelta(days=7), sunday - ONE


def named_day(match: "re.Match[str]", today: date) -> Dates:
    """The last such weekday that is over; today's name is a week ago."""
    back = (today.weekday() - WEEKDAYS.index(match[1])) % 7 or 7
    day = today - timedelta(days=back)
    return day, day


def year_of(year: int, today: date) -> Dates:
    """A year, as far as it is over."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return first, max(first, min(last, today))


def last_month(match: "re.Match[str]", today: date) -> Dates:
    last = today.replace(day=1) - ONE
    return last.replace(day=1), last


YEAR = r"(?:,? ?(?P<y>(?:19|20)\d\d))?"
PATTERNS: tuple[tuple[str, Callable[["re.Match[str]", date], Dates | None]], ...] = (
    (r"\b(?:from |between )?(\d{4}-\d\d-\d\d) (?:to|until|and|-) (\d{4}-\d\d-\d\d)\b", between),
    (r"\b(?:on )?(\d{4}-\d\d-\d\d)\b", lambda found, today: single(iso(found[1]))),
    (
        rf"\b(?:from |between )?(?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: (?:of )?(?P<m1>{MONTH}))?"
        rf" (?:to|until|and|-) (?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{MONTH}){YEAR}\b",
        spelled,
    ),
    (
        rf"\b(?:on )?(?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m>{MONTH}){YEAR}\b",
        lambda found, today: single(latest(MONTHS[found["m"]], int(found["d"]), today, found["y"])),
    ),
    (
        rf"\b(?:on )?(?P<m>{MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b{YEAR}",
        lambda found, today: single(latest(MONTHS[found["m"]], int(found["d"]), today, found["y"])),
    ),
    (
        rf"\b(?:in |during |of )(?:last )?(?P<m>{MONTH}){YEAR}\b",
        lambda found, today: month_of(MONTHS[found["m"]], today, found["y"]),
    ),
    (r"\bthe day before yesterday\b", lambda found, today: (today - 2 * ONE, today - 2 * ONE)),
    (r"\btomorrow\b", lambda found, today: (today + ONE, today + ONE)),
    (r"\byesterday\b", lambda found, today: (today - ONE, today - ONE)),
    (r"\b(?:so far )?today(?: so far)?\b", lambda found, today: (today, today)),
    (r"\b(?:on |over |during )?(?:last|the) weekend\b", lambda found, today: weekend(today)),
    (r"\b(?:in |over |during |for )?(?:the )?(?:last|past) (\d{1,4}|[a-z]+) (day|week|month|year)s\b", last_days),
    (r"\b(?:in |over |during )?(?:the )?(?:last|past) week\b", past_week),
    (r"\bthis week\b", lambda found, today: (today - timedelta(days=today.isoweekday() % 7), today)),
    (r"\b(?:in |over |during )?(?:the )?(?:last|past) month\b", last_month),
    (r"\bthis month\b", lambda found, today: (today.replace(day=1), today)),
    (
        r"\b(?:in |over |during )?last year\b",
        lambda found, today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ),
    (r"\bthis year\b", lambda found, today: (date(today.year, 1, 1), today)),
    (rf"\b(this |last |in |over |during )?(?:the )?({'|'.join(SEASONS)})(?: (?:of )?((?:19|20)\d\d))?\b", season),
    (rf"\b(?:on )?(?:last )?({'|'.join(WEEKDAYS)})\b", named_day),
    (r"\bin ((?:19|20)\d\d)\b", lambda found, today: year_of(int(found[1]), today)),
)
