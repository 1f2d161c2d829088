"""Names, states, hours, weather, coverage, and what the rules say."""

from datetime import datetime, timedelta

import msgspec
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from assistant.tools.ledger import open_addresses
from assistant.tools.reading import check_days, clock, numbers, park_of, result, ride_of, rule
from assistant.tools.rules import RULES, find_rule
from assistant.tools.shapes import (
    FindArguments,
    Item,
    NowArguments,
    ParkDaysArguments,
    RuleArguments,
    ToolEvidence,
    ToolResult,
)
from core.periods import Days
from core.shapes import UNSET
from parks.models import Park, Ride
from parks.opening_windows import plans_of_days
from parks.search.find import find as find_names
from parks.search.index import SearchPark
from snapshots.current import ParkNow, RideNow, displayed_status, parks_now, rides_last_seen
from snapshots.quality.coverage import coverage_by_day
from snapshots.quality.selection import Selection
from snapshots.status import Status
from stats.answers.down_now import down_since
from weather.park_weather import park_weather

LONGEST_HOURS, LONGEST_WEATHER, LONGEST_COVERAGE = 62, 14, 92
COVERAGE = ToolEvidence(kind="coverage", title="what was observed, day by day", link="/trust/coverage")


def find(asked: FindArguments) -> ToolResult:
    """Parks and rides by name; more than one item: ask which is meant."""
    if "\0" in asked.text:
        raise ValidationError("text: must not contain NUL")
    items = [
        Item(type="park", id=hit.id, name=hit.name, text=hit.location, link=f"/parks/{hit.id}")
        if isinstance(hit, SearchPark)
        else Item(
            type="ride",
            id=hit.id,
            name=hit.name,
            park_id=hit.park_id,
            park_name=hit.park_name,
            link=f"/rides/{hit.id}",
        )
        for hit in find_names(asked.text, 50)
    ]
    note = "the best first" if items else "no park or ride has a name like this"
    return result("find", items, [], asked.limit, asked.cursor, note=note)


STATE_ORDER = {Status.DOWN.value: 0, Status.OPERATING.value: 1}


def now(asked: NowArguments) -> ToolResult:
    """What runs at this moment: one ride, or a park's rides, those that are down first."""
    if (asked.ride_id is None) == (asked.park_id is None):
        raise ValidationError("ride_id: name a ride or a park, one of the two; the tool find names the ids")
    at = timezone.now()
    if asked.ride_id is not None:
        ride = ride_of(asked.ride_id)
        park, rides = ride.park, Ride.objects.filter(pk=ride.pk)
    else:
        park = park_of(asked.park_id or 0)
        rides = Ride.objects.active().attractions().filter(park=park)
    state = parks_now([park], at)[park.pk]
    seen = rides_last_seen(rides, at)
    items = [ride_now(ride, park, state, seen.get(ride.pk)) for ride in rides.order_by("name", "pk")]
    down = [item.id for item in items if item.text == Status.DOWN and isinstance(item.id, int)]
    since = down_since(down, at)
    ledger = open_addresses(park, at) if down else {}
    items = [with_start(item, park, since, ledger) for item in items]
    items.sort(key=lambda item: (STATE_ORDER.get(str(item.text), 2), item.name))
    evidence = [rule("R-4.7", "the state shown now"), COVERAGE]
    is_open = {None: "unknown whether the park is open", True: "the park is open", False: "the park is closed"}
    note = f"at {clock(at, park.timezone)} {is_open[state.is_open]}"
    return result("now", items, evidence, asked.limit, asked.cursor, note=note, timezone=park.timezone)


def ride_now(ride: Ride, park: Park, state: ParkNow, seen: RideNow | None) -> Item:
    status = displayed_status(state, seen)
    wait = seen.wait if seen and status == Status.OPERATING else None
    return Item(
        type="ride",
        id=ride.pk,
        name=ride.name,
        park_id=park.pk,
        park_name=park.name,
        text=status,
        figures=numbers({"wait_time": (wait, "min")}) if status == Status.OPERATING else [],
        heard_at=clock(seen.as_of, park.timezone) if seen and seen.as_of else UNSET,
        link=f"/rides/{ride.pk}",
    )


def with_start(item: Item, park: Park, since: dict[int, datetime], ledger: dict[int, str]) -> Item:
    """With when it went down, and the ledger's address of that outage where it stands there already."""
    if not isinstance(item.id, int) or item.id not in since:
        return item
    start, address = clock(since[item.id], park.timezone), ledger.get(item.id, UNSET)
    return msgspec.structs.replace(item, start=start, outage_id=address)


def coverage(asked: ParkDaysArguments) -> ToolResult:
    """How much of each day was observed, the latest first."""
    check_days(asked.start, asked.end, LONGEST_COVERAGE)
    park = park_of(asked.park_id)
    chosen = Selection(timezone.now(), days=Days(asked.start, asked.end), park=park)
    items = [
        Item(
            type="date",
            name=row.date,
            figures=numbers(
                {
                    "coverage_percentage": (row.coverage_pct, "%"),
                    "observed_minutes": (row.observed_minutes, "min"),
                    "gap_minutes": (row.gap_minutes, "min"),
                }
            ),
            link="/trust/coverage",
        )
        for row in coverage_by_day(chosen, [park])
    ]
    return result("coverage", items, [COVERAGE], asked.limit, asked.cursor, timezone=park.timezone)


def opening_hours(asked: ParkDaysArguments) -> ToolResult:
    """When the park planned to be open; a date without hours is unknown, not closed."""
    check_days(asked.start, asked.end, LONGEST_HOURS)
    park = park_of(asked.park_id)
    days = [asked.start + timedelta(days=n) for n in range((asked.end - asked.start).days + 1)]
    plans = plans_of_days([park], days)
    items = []
    for day in days:
        plan = plans.get((park.pk, day))
        windows = plan.windows if plan and plan.is_decided else ()
        spans = ", ".join(f"{clock(a, park.timezone)[11:16]}–{clock(b, park.timezone)[11:16]}" for a, b in windows)
        known = spans or ("closed" if plan and plan.is_decided else "unknown: no hours are published")
        items.append(
            Item(type="date", name=day.isoformat(), text=known, link=f"/parks/{park.pk}?start={day}&end={day}")
        )
    evidence = [rule("R-6.1", "when a park is open")]
    return result("opening_hours", items, evidence, asked.limit, asked.cursor, timezone=park.timezone)


WEATHER = (
    ("temperature_c", "°C"),
    ("precipitation_mm", "mm"),
    ("wind_speed_kmh", "km/h"),
    ("weather_code", "WMO code"),
)


def weather(asked: ParkDaysArguments) -> ToolResult:
    """Hours that were observed, in order; where none were, the last forecast."""
    check_days(asked.start, asked.end, LONGEST_WEATHER)
    park = park_of(asked.park_id)
    start, end = Days(asked.start, asked.end).utc_range(park.timezone)
    found = park_weather(park, start, end)
    link = f"/api/weather/parks/{park.pk}?start={asked.start}&end={asked.end}"
    hours = [
        Item(
            type=kind,
            name=row.time[:16],
            figures=numbers({name: (getattr(row, name), unit) for name, unit in WEATHER}),
            link=link,
        )
        for kind, rows in (
            ("observed", found.observations),
            ("forecast", [] if found.observations else found.forecast),
        )
        for row in rows
    ]
    evidence = [ToolEvidence(kind="figure", title="the same hours from the API", link=link)]
    note = "weather by Open-Meteo.com, CC BY 4.0" if hours else "no weather is stored of these dates: it is unknown"
    return result("weather", hours, evidence, asked.limit, asked.cursor, timezone=park.timezone, note=note)


def explain_rule(asked: RuleArguments) -> ToolResult:
    """What a word of this site means, in a sentence, and where the whole rule stands."""
    found = find_rule(asked.topic)
    items = [Item(type="rule", name=title, text=text, link=f"/trust/rules#{number}") for number, title, text in found]
    note = "in short; the page has the whole rule" if found else f"there are rules of {', '.join(RULES)}"
    evidence = [rule(number, title) for number, title, _ in found]
    return result("explain_rule", items, evidence, note=note)
