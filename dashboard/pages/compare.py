"""Side by side: `/compare?ride=1&ride=2&start=2025-06-01&end=2025-08-31`, parks alike, or `?ride=1&against=year`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Days, Period, shifted
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import NOTHING
from dashboard.components.links import park_url, ride_url
from dashboard.components.spans import Span, date_in, dates_in_words, span_of
from dashboard.pages.months import SHOWN, Figure, one_digit
from dashboard.views import WHOLE_NUMBER, BadInput, one_of, page
from parks.models import Park, Ride
from parks.search.find import Hit, find
from parks.twins import twins_of
from stats.answers.compared import MOST_APART, Side, side_of, too_far_apart
from stats.measures.ride_measures import LEAST_DOWN_SECONDS, LEAST_WAIT, percent_change
from stats.measures.windows import year_before
from stats.readings.identity import Row, number

PERIODS = (Period.YESTERDAY.value, Period.LAST_WEEK.value, Period.LAST_MONTH.value)
MOST, MOST_DAYS = 4, 366
SUGGESTED = 6
LONGEST_QUERY = 100  # characters
AGAINST = {"": "Nothing", "before": "The days before", "year": "A year before", "dates": "Other dates"}
DRAWN = ("downtime", "wait")


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure that sides are compared by: words, its value, how it and a difference of it are written."""

    title: str
    value: Callable[[Side], Decimal | None]
    words: Callable[[Any], str]
    difference: str  # the unit of a difference
    is_of_downtime: bool = False
    least: int = 0  # the least base of a change in percent (N-5)
    digits: int = 1


def down_minutes(side: Side) -> Decimal | None:
    return Decimal(side.total.minutes["downtime_minutes"]) if side.total.open_seconds else None


def of_total(figure: Figure) -> Callable[[Side], Decimal | None]:
    return lambda side: figure.value(side.total)


def in_minutes(value: Decimal) -> str:
    return f"{value:,} min"


SCORE = Compared("Shame score", of_total(SHOWN["score"]), one_digit, "points", is_of_downtime=True)
FIGURES = (
    Compared("Downtime", down_minutes, in_minutes, "min", is_of_downtime=True, digits=0),
    Compared("Down in each open hour", lambda side: side.minutes_per_hour, in_minutes, "min", is_of_downtime=True),
    Compared("Availability", of_total(SHOWN["availability"]), SHOWN["availability"].words, "points"),
    Compared("Average wait", of_total(SHOWN["wait"]), SHOWN["wait"].words, "min", least=LEAST_WAIT),
)


@page
def compare(request: HttpRequest) -> HttpResponse:
    """About ten queries and four for each that is compared."""
    now = timezone.now()
    chosen = chosen_of(request)
    span = span_of(request, now, PERIODS, Period.LAST_MONTH, MOST_DAYS)
    against = one_of(request, "against", AGAINST, "")
    spans = [(each, span.days) for each in chosen]
    if against:
        if len(chosen) != 1:
            raise BadInput("Another period is compared with one ride or one park. Leave one of them, or the period.")
        spans.append((chosen[0], other_days(request, against, span)))
    sides = [side_of(each, days, settings.METRICS_VERSION) for each, days in spans]
    is_refused = len(sides) > 1 and too_far_apart(sides)
    context: dict[str, Any] = {
        "span": span,
        "chosen": [(each, without(request, each)) for each in chosen],
        "sides": named(sides),
        "is_refused": is_refused,
        "apart": MOST_APART,
        "figures": [] if is_refused else blocks(sides),
        "charts": [] if is_refused else [c for name in DRAWN if not (c := chart(sides, SHOWN[name])).is_empty],
        "against": against,
        "others": {} if len(chosen) != 1 else AGAINST,
        "other": spans[-1][1] if against else None,
        "kept": [(name, value) for name, values in request.GET.lists() for value in values if name not in HOW],
        **suggestions(request, chosen, against),
    }
    return render(request, "dashboard/compare.html", context)


HOW = ("q", "against", "other_start", "other_end")


# -- what is compared ---------------------------------------------------------------------------------------


def chosen_of(request: HttpRequest) -> list[Park | Ride]:
    """In the order of the address; raises BadInput and Http404. Two queries at most."""
    asked = {name: ids(request, name) for name in ("ride", "park")}
    if all(asked.values()):
        raise BadInput("Rides are compared with rides, and parks with parks. Leave one of both.")
    if sum(map(len, asked.values())) > MOST:
        raise BadInput(f"At most {MOST} can be compared at once.")
    rides = Ride.objects.select_related("park", "metadata").in_bulk(asked["ride"]) if asked["ride"] else {}
    parks = Park.objects.in_bulk(asked["park"]) if asked["park"] else {}
    for name, found in (("ride", rides), ("park", parks)):
        for pk in asked[name]:
            if pk not in found:
                raise Http404(f"There is no {name} with the number {pk}.")
    return [rides[pk] for pk in asked["ride"]] + [parks[pk] for pk in asked["park"]]


def ids(request: HttpRequest, name: str) -> list[int]:
    """Each once."""
    found = dict.fromkeys(request.GET.getlist(name))
    for text in found:
        if not WHOLE_NUMBER.fullmatch(text):
            raise BadInput(f"The {name} “{text[:60]}” is not a number. Choose it by its name.")
    return [int(text) for text in found]


def other_days(request: HttpRequest, against: str, span: Span) -> Days:
    """The days that one ride or park is compared with itself over; raises BadInput."""
    try:
        if against == "before":
            return shifted(span.days, -1)
        if against == "year":
            return Days(year_before(span.days.first), year_before(span.days.last))
    except (OverflowError, ValueError):
        raise BadInput("There is no calendar so long ago.") from None
    first, last = date_in(request, "other_start"), date_in(request, "other_end")
    if first is None or last is None or first > last:
        raise BadInput("Say from when to when the other dates go, the earlier one first.")
    if last >= span.today or last - first >= timedelta(days=MOST_DAYS):
        raise BadInput(f"The other dates have to lie before today, and to be {MOST_DAYS} days at most.")
    return Days(first, last)


def without(request: HttpRequest, entity: Park | Ride) -> str:
    """The address with one fewer."""
    query, name = request.GET.copy(), "park" if isinstance(entity, Park) else "ride"
    query.setlist(name, [value for value in query.getlist(name) if value != str(entity.pk)])
    return f"?{query.urlencode()}"


def suggestions(request: HttpRequest, chosen: Sequence[Park | Ride], against: str) -> Row:
    """What can be added: what the typed name finds, and the twins of the first ride. Seven queries at most."""
    text = request.GET.get("q", "").strip()
    if len(text) > LONGEST_QUERY:
        raise BadInput(f"The name to look for is too long: at most {LONGEST_QUERY} characters.")
    is_full = len(chosen) >= MOST or bool(against)
    kind = "" if not chosen else "park" if isinstance(chosen[0], Park) else "ride"
    hits: list[Hit] = []
    if text and not is_full:
        taken = {each.pk for each in chosen}
        hits = [hit for hit in find(text, 20) if kind in ("", hit.type) and not (kind and hit.id in taken)]
    first = chosen[0] if chosen else None
    twins = twins_of(first, SUGGESTED) if isinstance(first, Ride) and not is_full else []
    return {
        "q": text,
        "is_full": is_full,
        "hits": [(hit, added(request, hit.type, hit.id)) for hit in hits[:SUGGESTED]],
        "twins": [(ride, added(request, "ride", ride.pk)) for ride in twins if ride not in chosen],
    }


def added(request: HttpRequest, name: str, pk: int) -> str:
    query = request.GET.copy()
    query.pop("q", None)
    query.appendlist(name, str(pk))
    return f"?{query.urlencode()}"


# -- side by side --------------------------------------------------------------------------------------------


def named(sides: Sequence[Side]) -> list[Row]:
    """Each side's name, place, dates, address and how much is known; those of one entity are told apart by dates."""
    return [
        {
            "name": side.entity.name,
            "of": side.entity.location if isinstance(side.entity, Park) else side.entity.park.name,
            "dates": dates_in_words(side.days),
            "url": url_of(side),
            "coverage": number(side.coverage),
            "known_days": len(side.history),
        }
        for side in sides
    ]


def url_of(side: Side) -> str:
    link = park_url if isinstance(side.entity, Park) else ride_url
    return link(side.entity.pk, side.days.first.isoformat(), side.days.last.isoformat())


def blocks(sides: Sequence[Side]) -> list[Row]:
    """A block for each figure: every side's value, and what the others have more or less than the first."""
    if not sides:
        return []
    figures = (SCORE, *FIGURES) if isinstance(sides[0].entity, Park) else FIGURES
    labels = labels_of(sides)
    return [
        {
            "title": figure.title,
            "rows": [
                {
                    "label": label,
                    "value": shown(figure.value(side), figure),
                    "difference": difference(sides[0], side, figure) if n else "",
                }
                for n, (label, side) in enumerate(zip(labels, sides, strict=True))
            ],
        }
        for figure in figures
    ]


def labels_of(sides: Sequence[Side]) -> list[str]:
    """Names; with the park where two rides share one, by dates where it is one and the same."""
    if len({(type(side.entity), side.entity.pk) for side in sides}) < len(sides):
        return [dates_in_words(side.days) for side in sides]
    names = [side.entity.name for side in sides]
    if len(set(names)) == len(names):
        return names
    return [f"{row['name']}, {row['of']}" for row in named(sides)]


def shown(value: Decimal | None, figure: Compared) -> str:
    return NOTHING if value is None else figure.words(value)


def difference(first: Side, other: Side, figure: Compared) -> str:
    """ "+12 min (+16.4 %)"; without the percent where the base is too small to say it (N-5)."""
    base, value = figure.value(first), figure.value(other)
    if base is None or value is None:
        return NOTHING
    if value == base:
        return "the same"
    words = f"{value - base:+,.{figure.digits}f} {figure.difference}"
    is_little = figure.is_of_downtime and first.total.down_seconds < LEAST_DOWN_SECONDS
    change = None if is_little else percent_change(value, base, least=figure.least)
    return (words if change is None else f"{words} ({change:+,.1f} %)").replace("-", "−")


def chart(sides: Sequence[Side], figure: Figure) -> Chart:
    """A line each over its own days, from the first on: all on the same axes."""
    most = max(((side.days.last - side.days.first).days + 1 for side in sides), default=0)
    is_one_span = len({side.days for side in sides}) == 1
    first = sides[0].days.first if sides else None
    labels = []
    for n in range(most):
        day = first + timedelta(days=n) if first else None
        labels.append(f"{day.day} {day:%b}" if is_one_span and day else f"Day {n + 1}")
    lines = []
    for label, side in zip(labels_of(sides), sides, strict=True):
        days = (side.history.get(side.days.first + timedelta(days=n)) for n in range(most))
        lines.append(Series(label, [number(figure.value(found)) if found else None for found in days]))
    return Chart(f"{figure.title} by day", "Day", labels, lines, figure.unit, digits=figure.digits)


urlpatterns = [path("compare", compare, name="compare")]
