"""Hours as they are computed on the fly, against the day they belong to (R-24.3).

No hour is stored. An hour comes from sums that are cut at the clock; what it has to agree with is the day's own
list of stretches down, cut here, and the uptime of the day.
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import cast

from core.instants import instant, seconds
from core.intervals import overlap
from snapshots.score import score_over
from stats.answers.analytics import park_figures, score_of
from stats.audit.comparison import Comparison, shown
from stats.audit.scope import Row
from stats.daily.compute import ParkDay
from stats.measures.ride_measures import hours, uptime
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import ONE_HOUR, Bucket, Window

RIDE_TOLERANCE = 360  # seconds down: 0.1 h
PARK_TOLERANCE = 900  # 0.25 h
UPTIME_TOLERANCE = Decimal(2)  # percentage points, over the day
SCORE_TOLERANCE = Decimal("0.3")

Hour = int  # its first second since 1970, which is the key of its bucket
Expected = dict[tuple[int, Hour], int]  # seconds down by ride and hour


def compare_hours(rides: Comparison, parks: Comparison, computed: ParkDay, now: datetime) -> None:
    """Compare every hour of a computed park-day; a handful of queries, however many rides."""
    if not computed.rides:
        return
    window = Window(computed.day, computed.day)
    raw = park_window(computed.park, computed.measures, window, Bucket.H1, now)
    expected = down_by_hour(computed, raw)
    compare_ride_hours(rides, computed, raw, expected)
    compare_days(rides, computed, raw)
    compare_park_hours(parks, computed, raw, expected)


def down_by_hour(computed: ParkDay, raw: ParkWindow) -> Expected:
    """The day's stretches down, cut at the hours in which their rides were seen."""
    spans = {
        ride: [(seconds(stretch.start), seconds(stretch.end)) for stretch in stretches]
        for ride, stretches in computed.stretches.items()
    }
    seen = [(ride, cast(Hour, key)) for ride, _, key in raw.rides]
    return {(ride, hour): overlap(spans.get(ride, []), hour, hour + ONE_HOUR) for ride, hour in seen}


def place_of(computed: ParkDay, hour: Hour | None = None) -> Row:
    place = {"park_name": computed.park.name, "stat_date": computed.day.isoformat()}
    if hour is not None:
        place["hour"] = instant(hour).isoformat().replace("+00:00", "Z")
    return place


def figures(column: str, computed: Decimal | None, expected: Decimal | None) -> Row:
    return {"column": column, "computed": shown(computed), "expected": shown(expected)}


# -- rides -----------------------------------------------------------------------------------------------


def compare_ride_hours(found: Comparison, computed: ParkDay, raw: ParkWindow, expected: Expected) -> None:
    for (ride, day, key), measures in raw.rides.items():
        hour = cast(Hour, key)
        down, wanted = raw.counted_down(ride, day, measures), expected[ride, hour]
        found.compared += 1
        if abs(down - wanted) > RIDE_TOLERANCE:
            row = figures("downtime_hours", hours(down), hours(wanted))
            found.differs({**place_of(computed, hour), "ride_id": ride, **row})


def compare_days(found: Comparison, computed: ParkDay, raw: ParkWindow) -> None:
    """The hours of a ride add up to its day: in downtime, and in uptime within two points."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (ride, day, _), measures in raw.rides.items():
        parts = (measures.open_seconds, measures.up_seconds, raw.counted_down(ride, day, measures))
        sums[ride] = [total + part for total, part in zip(sums[ride], parts, strict=True)]
    for row in computed.rides:
        ride = row.ride_id or 0
        open_seconds, up, down = sums[ride]
        wanted = row.down_seconds or 0
        up_share = uptime(up, open_seconds, operated=True, digits=2) or Decimal(0)
        if abs(down - wanted) > RIDE_TOLERANCE:
            different = figures("downtime_hours", hours(down), hours(wanted))
        elif abs(up_share - row.uptime_percentage) > UPTIME_TOLERANCE:
            different = figures("uptime_percentage", up_share, row.uptime_percentage)
        else:
            continue
        found.differs({**place_of(computed), "ride_id": ride, **different})


# -- parks -----------------------------------------------------------------------------------------------


def compare_park_hours(found: Comparison, computed: ParkDay, raw: ParkWindow, expected: Expected) -> None:
    """The park's hours as they are published, against the rides' stretches of the day."""
    members: dict[Hour, list[tuple[int, int]]] = defaultdict(list)  # (seconds down, weight)
    for ride, day, key in raw.rides:
        if (ride, day) in raw.operated:
            members[cast(Hour, key)].append((expected[ride, cast(Hour, key)], computed.weights[ride]))
    opened = {cast(Hour, key): seconds for (_, key), seconds in raw.open_seconds.items()}
    for key, published in park_figures(raw, computed.weights, computed.attractions).items():
        hour = cast(Hour, key)
        wanted = sum(down for down, _ in members[hour])
        score = score_over([score_of(members[hour], opened[hour])]) if opened.get(hour) else None
        found.compared += 1
        if abs(published.down_seconds - wanted) > PARK_TOLERANCE:
            row = figures("total_downtime_hours", hours(published.down_seconds), hours(wanted))
        elif is_apart(published.shame_score, score):
            row = figures("shame_score", published.shame_score, score)
        else:
            continue
        found.differs({**place_of(computed, hour), **row})


def is_apart(published: Decimal | None, expected: Decimal | None) -> bool:
    if published is None or expected is None:
        return published != expected
    return abs(published - expected) > SCORE_TOLERANCE
