"""The net: who asks, what a place must say, and how the two are compared.

A place is `endpoint:path`, as `rides/downtime:data[].downtime_hours`; what stands there, in which unit and with how
many digits is said by `docs/quantities.md` alone. Readers know only whom and what time a row is about.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from io import StringIO
from typing import Any

from config.tests.agreement.facts import date_at, hour_end, recorded, seconds
from config.tests.agreement.html_pages import Page, page_of
from config.tests.agreement.oracle import Oracle
from config.tests.agreement.quantities import NOTHING_COUNTED, QUANTITIES
from config.tests.agreement.rounding import half_up
from config.tests.agreement.table import Place, exact_unit, places
from config.tests.agreement.windows import Dates, Window, window_of

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
LENGTH = re.compile(r"(?:(\d+) h )?([\d,]+) min")  # "2 h 05 min"
PERIODS = ("live", "today", "yesterday", "last_week", "last_month")
DATED = PERIODS[1:]


@dataclass(frozen=True)
class About:
    """Whom and what time a figure is about. `dates` are those it is labelled with."""

    kind: str  # ride or park
    pk: int
    window: Window
    dates: Dates
    period: str = ""
    before: Window | None = None  # what it is compared with
    name: str = ""


@dataclass(frozen=True)
class Reading:
    place: Place
    about: About
    value: Any
    where: str


@dataclass(frozen=True)
class Disagreement:
    reading: Reading
    expected: Any

    def __str__(self) -> str:
        about = self.reading.about
        days = f"{about.dates.first} to {about.dates.last}"
        expected = str(self.expected) if isinstance(self.expected, Decimal) else repr(self.expected)
        return (
            f"{self.reading.place.quantity} of {about.kind} {about.pk} ({about.name}) {days}: says"
            f" {self.reading.value!r}, should be {expected} at {self.reading.where}"
        )


@dataclass
class Net:
    """One world at one instant, seen through the client."""

    client: Any
    now: datetime
    site_zone: str
    stride: int = 1  # of the rides, every how-manieth is asked by itself
    bodies: dict[str, list[tuple[str, Any]]] = field(default_factory=lambda: defaultdict(list))  # by endpoint
    answers: dict[str, Any] = field(default_factory=dict)
    read: dict[Any, list["Reading"]] = field(default_factory=dict)  # by reader
    headings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # of rows, by their prefix

    @cached_property
    def oracle(self) -> Oracle:
        return Oracle(recorded(), seconds(self.now), self.site_zone)

    @property
    def parks(self) -> list[int]:
        return list(self.oracle.facts.parks)

    @property
    def rides(self) -> list[int]:
        """Those that are asked one by one."""
        return list(self.oracle.facts.rides)[:: self.stride]

    @property
    def is_partial(self) -> bool:
        """Is this world asked less than everything?"""
        return self.stride > 1

    def some(self, periods: Sequence[str], number: int, many: int) -> list[str]:
        """Some of the periods, others for the next number: what is dear is not asked of all in each."""
        many = max(1, many // 2) if self.is_partial else many
        return [periods[(number + n * len(periods) // many) % len(periods)] for n in range(many)]

    # -- asking ------------------------------------------------------------------------------------------

    def get(self, url: str) -> Any:
        response = self.client.get(url)
        assert response.status_code == 200, (url, response.status_code, response.content[:500])
        return response

    def json(self, endpoint: str, url: str) -> Any:
        """The answer of the API; each is asked once."""
        if url not in self.answers:
            self.answers[url] = self.get(f"/api/{url}").json()
            self.bodies[endpoint].append((url, self.answers[url]))
        return self.answers[url]

    def post(self, endpoint: str, body: Mapping[str, Any]) -> Any:
        response = self.client.post(f"/api/{endpoint}", data=body, content_type="application/json")
        assert response.status_code == 200, (body, response.content[:500])
        return response.json()

    def page(self, url: str) -> Page:
        return page_of(self.get(url).content.decode())

    def csv(self, url: str) -> list[dict[str, str]]:
        return list(csv.DictReader(StringIO(self.get(url).content.decode())))

    def readings(self, reader: Callable[["Net"], Iterator["Reading"]]) -> list["Reading"]:
        """What a reader reads; it reads once."""
        if reader not in self.read:
            self.read[reader] = list(reader(self))
        return self.read[reader]

    # -- about -------------------------------------------------------------------------------------------

    def zone_of(self, kind: str, pk: int) -> str:
        return self.oracle.facts.parks[pk].zone if kind == "park" else self.oracle.zone_of_ride(pk)

    def listed(self, kind: str, pk: int, period: str) -> About:
        """In a list over parks: the site's dates, each park's own days of them (N-1)."""
        zone = self.zone_of(kind, pk)
        return self.over(kind, pk, self.oracle.listed(period, zone), period)

    def own(self, kind: str, pk: int, period: str) -> About:
        """In an answer about one: its own calendar."""
        return self.over(kind, pk, self.oracle.own(period, self.zone_of(kind, pk)), period)

    def over(self, kind: str, pk: int, dates: Dates, period: str = "", hour: int | None = None) -> About:
        zone = self.zone_of(kind, pk)
        before = self.oracle.before(period, zone, dates) if period else None
        return About(kind, pk, self.oracle.window(dates, zone, hour), dates, period, before, self.name_of(kind, pk))

    def name_of(self, kind: str, pk: int) -> str:
        facts = self.oracle.facts
        return facts.parks[pk].name if kind == "park" else facts.rides[pk].name

    def site(self, period: str) -> About:
        """What is about all parks."""
        dates = self.oracle.own(period, self.site_zone)
        return About("site", 0, self.oracle.window(dates, self.site_zone), dates, period)

    def hour_from(self, kind: str, pk: int, start: int) -> About:
        """An hour of the clock, from its first instant on."""
        zone = self.zone_of(kind, pk)
        day = date_at(start, zone)
        window = window_of(zone, [(day, [(start, hour_end(start, zone))])])
        return About(kind, pk, window, Dates(day, day), name=self.name_of(kind, pk))

    def metrics_of_analytics(self) -> str:
        """Every metric in the table that the endpoint knows."""
        known = set(import_module("stats.answers.analytics_rows").METRICS)
        named = dict.fromkeys(place.key for place in places().under("analytics/rides:data[].total."))
        return ",".join(name for name in named if name in known)

    def at(self, kind: str, pk: int, day: date, hour: int | None = None) -> About:
        return self.over(kind, pk, Dates(day, day), hour=hour)

    # -- reading -----------------------------------------------------------------------------------------

    def row(self, prefix: str, row: Mapping[str, Any], about: About, where: str) -> Iterator[Reading]:
        """What stands in the places of a row, as far as it has them."""
        self.headings[prefix] |= row.keys()
        for place in places().under(prefix):
            if place.key in row:
                yield Reading(place, about, row[place.key], where)

    def value(self, place_id: str, value: Any, about: About, where: str) -> Iterator[Reading]:
        """A single figure; none when its place is not in the table."""
        place = places().get(place_id)
        if place is not None:
            yield Reading(place, about, value, where)


# -- comparing -------------------------------------------------------------------------------------------


def check(net: Net, readings: Iterable[Reading]) -> Iterator[Disagreement]:
    for reading in readings:
        expected = expectation(net.oracle, reading)
        if not agrees(reading, expected):
            yield Disagreement(reading, expected)


def summary(found: Iterable[Disagreement], readings: int, examples: int = 2) -> str:
    """Place by place, with some examples; empty: all agree."""
    by_place: dict[str, list[Disagreement]] = defaultdict(list)
    for each in found:
        by_place[each.reading.place.id].append(each)
    lines = [f"{sum(map(len, by_place.values()))} of {readings} readings disagree"] if by_place else []
    for place, some in by_place.items():
        lines.append(f"{place}: {len(some)}")
        lines += [f"    {each}" for each in some[:examples]]
    return "\n".join(lines)


def expectation(oracle: Oracle, reading: Reading) -> Any:
    """What the place must say, in its unit and with its digits."""
    exact = QUANTITIES[reading.place.quantity](oracle, reading.about)
    return published(exact, reading.place)


SECONDS = {"hours": 3600, "minutes": 60, "seconds": 1}


def published(exact: Any, place: Place) -> Any:
    if isinstance(exact, set) and place.unit == "number":
        return Decimal(len(exact))
    if exact is None or isinstance(exact, bool) or not isinstance(exact, int | Fraction) or place.unit == "instant":
        return exact
    divisor = SECONDS[place.unit] if exact_unit(place.quantity) == "seconds" else 1
    return half_up(Fraction(exact) / divisor, place.digits)


def agrees(reading: Reading, expected: Any) -> bool:
    value = PARSERS.get(reading.place.unit, plain)(reading.value)
    is_sum = reading.place.unit in ("minutes", "seconds") and exact_unit(reading.place.quantity) == "seconds"
    if expected is NOTHING_COUNTED or (expected is None and (is_sum or reading.place.zero)):
        return value is None or value == 0
    if expected is None or value is None:
        return value is None and expected is None
    if reading.place.fitted and isinstance(expected, Decimal):
        # Whole minutes that are made to add up: each within a minute of its own.
        return abs(Decimal(value) - expected) <= 1
    return bool(value == expected)


def plain(value: Any) -> Any:
    """A number as a decimal, from JSON, a CSV or a page."""
    if value is None:
        return None
    words = LENGTH.fullmatch(str(value))
    if words:
        return Decimal(int(words.group(1) or 0) * 60 + int(words.group(2).replace(",", "")))
    found = NUMBER.search(str(value).replace(",", "").replace("−", "-"))
    return Decimal(found.group()) if found else None


def as_date(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def as_flag(value: Any) -> bool | None:
    return {"True": True, "False": False}.get(value, value)


def as_instant(value: Any) -> int | None:
    if value is None:
        return None
    moment = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
    return seconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


PARSERS: dict[str, Callable[[Any], Any]] = {
    "date": as_date,
    "flag": as_flag,
    "instant": as_instant,
    "word": lambda value: value,
    "words": lambda value: value,
    "labels": lambda value: value,
    "spans": lambda value: value,
    "times": lambda value: value,
    "ids": lambda value: value,
}
