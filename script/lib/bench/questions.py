"""What is asked, in one table: a request to the API, its target, and the same question to DuckDB."""

from dataclasses import dataclass, field
from datetime import timedelta

from bench.duck import select, within
from bench.parameters import HISTORY_PARK, Parameters

RIDES, PARKS = "/api/analytics/rides", "/api/analytics/parks"
YEAR = 365  # days
BY_QUARTER = "time_bucket(INTERVAL 15 MINUTE, local_at)"
MIDDAY_ON_WEEKENDS = "hour(local_at) BETWEEN 11 AND 13 AND dayofweek(local_at) IN (0, 6)"


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the report. Dates are park-local, both ends included."""

    name: str
    target_ms: int
    path: str
    params: dict[str, str | int]
    sql: str  # over the view `observations`; $park and $ride stand for these values
    values: dict[str, int] = field(default_factory=dict)


def questions(parameters: Parameters) -> list[Question]:
    def back(days: int) -> str:
        return (parameters.last - timedelta(days=days)).isoformat()

    last, day, month, year = back(0), back(10), back(29), back(YEAR - 1)
    first, first_last_year = back(parameters.days - 1), back(parameters.days - 1 + YEAR)
    park, ride = min(2, parameters.parks), 1
    one_park, one_ride = {"park": park}, {"ride": ride}
    long_park = {"park": HISTORY_PARK}
    compared = f"local_at >= DATE '{back(YEAR - 1)}' AS this_year"
    return [
        Question(
            "one park, one day, 15-min buckets",
            60,
            PARKS,
            {"park_id": park, "start": day, "end": day, "bucket": "15m"},
            select(BY_QUARTER, f"park_id = $park AND {within(day, day)}"),
            one_park,
        ),
        Question(
            "the rides of one park, one day, 15-min buckets",
            60,
            RIDES,
            {"park_id": park, "start": day, "end": day, "bucket": "15m"},
            select(f"ride_id, {BY_QUARTER}", f"park_id = $park AND {within(day, day)}"),
            one_park,
        ),
        Question(
            "one ride, one year, hour-of-day profile",
            400,
            RIDES,
            {"ride_id": ride, "start": year, "end": last, "bucket": "hour_of_day"},
            select("hour(local_at)", f"ride_id = $ride AND {within(year, last)}"),
            one_ride,
        ),
        Question(
            "all parks, 30 days, 11:00–14:00 on weekends",
            2000,
            PARKS,
            {"start": month, "end": last, "hours": "11:00-14:00", "weekdays": "sat,sun", "bucket": "none"},
            select("park_id", f"{MIDDAY_ON_WEEKENDS} AND {within(month, last)}"),
        ),
        Question(
            f"year over year of one park, {parameters.days} days by day",
            500,
            PARKS,
            {"park_id": HISTORY_PARK, "start": first, "end": last, "bucket": "1d", "compare": "last_year"},
            select(
                "local_at::DATE",
                f"park_id = $park AND (({within(first, last)}) OR ({within(first_last_year, back(YEAR))}))",
            ),
            long_park,
        ),
        Question(
            "year over year of one park, a whole year",
            500,
            PARKS,
            {"park_id": HISTORY_PARK, "start": year, "end": last, "bucket": "none", "compare": "last_year"},
            select(compared, f"park_id = $park AND {within(back(2 * YEAR - 1), last)}"),
            long_park,
        ),
    ]
