"""What was recorded, read row by row as it stands in the tables: all that the oracle knows.

Nothing of the product but its tables is used here and in `oracle.py`: no measure, no period, no zone helper. Instants
are seconds since 1970 (UTC), [start, end).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.apps import apps

Span = tuple[int, int]
ONE_DAY = timedelta(days=1)


class Row(NamedTuple):
    """What a ride reported from `start` to `end`."""

    start: int
    end: int
    status: str | None
    runs: bool  # the flag beside the status
    wait: int | None
    park_open: bool


@dataclass(frozen=True)
class ParkFact:
    pk: int
    name: str
    zone: str
    says_down: bool  # its feed distinguishes breakdowns from closures (Disney, Universal)
    active: bool = True


@dataclass(frozen=True)
class RideFact:
    pk: int
    name: str
    park: int
    weight: int = 2
    attraction: bool = True
    active: bool = True
    last_operated: int | None = None


@dataclass
class Facts:
    """Everything that is recorded. Rows are in order and were reported where the ride stands now."""

    parks: dict[int, ParkFact] = field(default_factory=dict)
    rides: dict[int, RideFact] = field(default_factory=dict)
    rows: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    activity: dict[int, list[tuple[int, int, bool]]] = field(default_factory=lambda: defaultdict(list))
    # By park and date: the windows of a date that has a schedule; none of a closed day.
    schedule: dict[tuple[int, date], list[Span]] = field(default_factory=lambda: defaultdict(list))
    # By park and UTC hour since 1970: the WMO code of the weather when it began.
    weather: dict[tuple[int, int], int] = field(default_factory=dict)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def rows_of(model: str, *columns: str, **only: Any) -> Iterable[tuple[Any, ...]]:
    return apps.get_model(model).objects.filter(**only).order_by().values_list(*columns).iterator()


def recorded() -> Facts:
    """The tables as they are now, without the rows that say nothing: stored without a status, of a source that has
    one (N-7)."""
    facts = Facts()
    for pk, name, zone, disney, universal, active in rows_of(
        "parks.Park", "pk", "name", "timezone", "is_disney", "is_universal", "is_active"
    ):
        facts.parks[pk] = ParkFact(pk, name, zone, disney or universal, active)
    weights = dict(rows_of("parks.RideClassification", "ride_id", "tier_weight"))
    for pk, name, park, category, active, last in rows_of(
        "parks.Ride", "pk", "name", "park_id", "category", "is_active", "last_operated_at"
    ):
        facts.rides[pk] = RideFact(
            pk, name, park, weights.get(pk) or 2, category == "ATTRACTION", active, last and seconds(last)
        )
    numbered = {pk for pk, number in rows_of("parks.Ride", "pk", "queue_times_id") if number is not None}
    columns = ("ride_id", "park_id", "recorded_at", "duration_seconds", "status", "computed_is_open")
    for ride, park, at, held, status, runs, wait, park_open, source in rows_of(
        "snapshots.RideStatusSnapshot", *columns, "wait_time", "park_appears_open", "data_source"
    ):
        if status is None and not runs and (source == "ARCHIVE" or ride not in numbered):
            continue
        if facts.rides[ride].park == park:
            start = seconds(at)
            facts.rows[ride].append(Row(start, start + held, status, bool(runs), wait, bool(park_open)))
    for found in facts.rows.values():
        found.sort(key=lambda row: row.start)
    for park, at, held, is_open in rows_of(
        "snapshots.ParkActivitySnapshot", "park_id", "recorded_at", "duration_seconds", "park_appears_open"
    ):
        facts.activity[park].append((seconds(at), seconds(at) + held, bool(is_open)))
    for activity in facts.activity.values():
        activity.sort()
    for park, day, kind, opening, closing in rows_of(
        "parks.ParkSchedule", "park_id", "schedule_date", "schedule_type", "opening_time", "closing_time"
    ):
        if kind == "CLOSED":
            facts.schedule[park, day] += []
        elif kind == "OPERATING" and opening and closing:
            facts.schedule[park, day].append((seconds(opening), seconds(closing)))
    facts.weather = weather()
    return facts


def weather() -> dict[tuple[int, int], int]:
    columns = ("park_id", "observation_time", "weather_code")
    found = rows_of("weather.WeatherObservation", *columns, weather_code__isnull=False)
    return {(park, seconds(at) // 3600): code for park, at, code in found}


# -- the clock -------------------------------------------------------------------------------------------


def midnight(day: date, zone: str) -> int:
    return seconds(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def day_span(day: date, zone: str) -> Span:
    return midnight(day, zone), midnight(day + ONE_DAY, zone)


def date_at(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def clock_at(at: int, zone: str) -> int:
    """Seconds that the clock in a zone shows after 0:00."""
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    return local.hour * 3600 + local.minute * 60 + local.second


def utc_text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def hour_spans(day: date, hour: int, zone: str) -> list[Span]:
    """When the clock shows an hour of a local day: never, once or twice; zones change at quarters of an hour."""
    start, end = day_span(day, zone)
    quarters = (at for at in range(start, end, 900) if clock_at(at, zone) // 3600 == hour)
    return joined((at, at + 900) for at in quarters)


def hour_end(start: int, zone: str) -> int:
    """Where an hour of the clock ends that begins at an instant: when the clock shows a full hour, or is changed."""
    offset = datetime.fromtimestamp(start, ZoneInfo(zone)).utcoffset()
    at = start + 900
    while clock_at(at, zone) % 3600 and datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset() == offset:
        at += 900
    return at


def up_to_clock(day: date, at: int, zone: str) -> Span:
    """From midnight of a day until its clock shows what it shows at the instant `at`."""
    shown = datetime.fromtimestamp(at, ZoneInfo(zone)).time()
    start, end = day_span(day, zone)
    return start, min(seconds(datetime.combine(day, shown, ZoneInfo(zone))), end)


# -- spans -----------------------------------------------------------------------------------------------


def joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def cut(spans: Iterable[Span], inside: Sequence[Span]) -> list[Span]:
    """What of the spans lies inside; both are in order, and `inside` is apart."""
    found: list[Span] = []
    n = 0
    for start, end in spans:
        while n < len(inside) and inside[n][1] <= start:
            n += 1
        for a, b in inside[n:] if n + 1 < len(inside) else inside[n : n + 1]:
            if a >= end:
                break
            found.append((max(start, a), min(end, b)))
    return [(a, b) for a, b in found if a < b]


def length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


def without(spans: Iterable[Span], taken: list[Span]) -> list[Span]:
    """What is left of spans; `taken` is in order and apart."""
    left = []
    for start, end in spans:
        at = start
        for a, b in taken:
            if b <= at or a >= end:
                continue
            if a > at:
                left.append((at, a))
            at = max(at, b)
        if at < end:
            left.append((at, end))
    return left
