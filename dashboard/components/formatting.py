"""How values look: one way for each kind of number, state, link and time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.zones import local_date
from dashboard.components.links import outages_url, park_url, ride_url
from dashboard.components.tables import Row, value_of
from snapshots.current import UNKNOWN
from snapshots.status import PARK_CLOSED, Status
from stats.answers.trends import TREND_THRESHOLD

NOTHING = "–"
# Class, sign and words of a state: reported by shape and text, colour only helps.
STATES: dict[str | None, tuple[str, str, str]] = {
    Status.OPERATING.value: ("up", "●", "Operating"),
    Status.DOWN.value: ("down", "▼", "Down"),
    Status.CLOSED.value: ("closed", "■", "Closed"),
    Status.REFURBISHMENT.value: ("works", "◆", "Refurbishment"),
    PARK_CLOSED: ("closed", "○", "Park closed"),
    UNKNOWN: ("unknown", "?", "Unknown"),
    None: ("unknown", "?", "Unknown"),
}
SPARK_WIDTH, SPARK_HEIGHT = 80, 20


def number(value: float | int | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{digits}f}"


def hours(value: float | None) -> str:
    """Hours with two decimals, as the API gives them."""
    return number(value, 2)


def minutes(value: float | None) -> str:
    """Whole minutes without a decimal, averages with one."""
    return number(value, 0 if value is None or float(value).is_integer() else 1)


def percent(value: float | None, digits: int = 1) -> str:
    """As many digits as the API has: to round again would be another figure (N-2)."""
    return NOTHING if value is None else f"{value:,.{digits}f} %"


def length(minutes: int) -> str:
    """A duration in words: "2 h 5 min"."""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def state(word: str | None) -> SafeString:
    """A status chip; `word` is a status, PARK_CLOSED, or None for what is not known."""
    kind, sign, text = STATES.get(word, STATES[None])
    return format_html('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>', kind, sign, text)


def trend(value: float | None, base: str = "") -> SafeString | str:
    """An arrow and the change in percent against the period before; sideways when it is no trend (R-18). `base`: what
    it was then, where no column says it."""
    if value is None:
        return NOTHING
    sign, words = ("→", "about as before")
    if abs(value) > TREND_THRESHOLD:
        sign, words = ("▲", "more than before") if value > 0 else ("▼", "less than before")
    return format_html(
        '<span class="trend"><span aria-hidden="true">{}</span> {}<span class="hidden"> {}</span></span>{}',
        sign,
        f"{value:+,.1f} %".replace("-", "−"),
        words,
        format_html('<small class="base">from {}</small>', base) if base else "",
    )


def before(row: Row) -> str:
    """What a list's row says of the period before, in its unit."""
    down, wait = value_of(row, "previous_downtime_hours"), value_of(row, "previous_wait_minutes")
    if down is not None:
        return f"{hours(down)} h"
    return "" if wait is None else f"{minutes(wait)} min"


def zone_name(instant: datetime, zone: str) -> str:
    """How people call the zone at an instant: "EDT", "JST"; "UTC+08" where there are no letters."""
    name = instant.astimezone(ZoneInfo(zone)).tzname() or zone
    return f"UTC{name}" if name[0] in "+-" else name


def local_time(instant: datetime | None, zone: str, shape: str = "time") -> SafeString | str:
    """An instant on the clock of `zone`, with the zone named; `shape`: day (with the date), time (with it unless it is
    today there, N-6) or clock (bare)."""
    if instant is None:
        return NOTHING
    local = instant.astimezone(ZoneInfo(zone))
    text = f"{local:%H:%M}"
    if shape == "day" or (shape == "time" and local.date() != local_date(timezone.now(), zone)):
        text = f"{local:%a} {local.day} {local:%b %Y}, {text}"
    if shape != "clock":
        text = f"{text} {zone_name(instant, zone)}"
    machine = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, zone, text)


def sparkline(values: list[float | None] | None) -> SafeString | str:
    """A small line of daily values, from 0 to its largest; gaps stay gaps. The numbers are its words."""
    if not values:
        return NOTHING
    top = max((value for value in values if value is not None), default=0) or 1
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    parts, pen = [], "M"
    for n, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        height = SPARK_HEIGHT - 1 - value / top * (SPARK_HEIGHT - 2)
        parts.append(f"{pen}{n * step:.0f} {height:.1f}h.1")
        pen = "L"
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="{}"/></svg>',
        SPARK_WIDTH,
        SPARK_HEIGHT,
        "by day: " + ", ".join("no data" if value is None else f"{value:g}" for value in values),
        "".join(parts),
    )


# -- cells of tables ---------------------------------------------------------------------------------------


def park_link(row: Row) -> SafeString:
    url = park_url(value_of(row, "park_id"), *dates_of(row))
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, value_of(row, "park_name"))


def dates_of(row: Row) -> tuple[str, str]:
    """The dates that a row covers, if it says them: its link leads to the same (N-1)."""
    return value_of(row, "start_date") or "", value_of(row, "end_date") or ""


def ride_link(row: Row) -> SafeString:
    """With the park below it on phones, where the list has no room for a column of parks."""
    return format_html(
        '<a href="{}"><bdi>{}</bdi></a><small class="phone"><bdi>{}</bdi></small>',
        ride_url(value_of(row, "ride_id"), *dates_of(row)),
        value_of(row, "ride_name"),
        value_of(row, "park_name"),
    )


def outages_link(row: Row, text: str, **chosen: Any) -> SafeString | str:
    """A figure of downtime with the outages that add up to it; bare where the row names no dates or nobody."""
    for name in ("ride_id", "park_id"):
        pk, (first, last) = value_of(row, name), dates_of(row)
        if pk is not None and first and text != NOTHING:
            return format_html('<a href="{}">{}</a>', outages_url(first, last, **{name: pk}, **chosen), text)
    return text


# How a value of a row is shown; the kinds a `Column` can have.
KINDS: dict[str, Callable[[Row, str], Any]] = {
    "text": lambda row, key: NOTHING if (value := value_of(row, key)) is None else value,
    "length": value_of,
    "number": lambda row, key: number(value_of(row, key)),
    "score": lambda row, key: number(value_of(row, key), 1),
    "hours": lambda row, key: hours(value_of(row, key)),
    "downtime": lambda row, key: outages_link(row, hours(value_of(row, key))),
    "outages": lambda row, key: outages_link(row, number(value_of(row, key))),
    "delays": lambda row, key: outages_link(row, minutes(value_of(row, key)), kind="opening_delay"),
    "minutes": lambda row, key: minutes(value_of(row, key)),
    "percent": lambda row, key: percent(value_of(row, key)),
    "percent2": lambda row, key: percent(value_of(row, key), 2),
    "trend": lambda row, key: trend(value_of(row, key), before(row)),
    "state": lambda row, key: state(value_of(row, key)),
    "sparkline": lambda row, key: sparkline(value_of(row, key)),
    "park": lambda row, key: park_link(row),
    "ride": lambda row, key: ride_link(row),
    # The row's `zone` is the park's.
    "time": lambda row, key: local_time(value_of(row, key), value_of(row, "zone")),
}
