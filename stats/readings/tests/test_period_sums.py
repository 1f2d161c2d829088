"""Weeks and months from the exact sums of daily rows (R-10.4, R-15, N-2, N-3, N-11)."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.periods import Days
from core.rounding import half_up
from core.tests.golden import golden_cases
from parks.models import Park, Ride
from stats.measures.ride_measures import hours, minutes, percent_change
from stats.readings.period_sums import ParkSums, RideSums, park_sums, ride_sums
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db
FIRST = date(2025, 11, 1)
PERIOD = Days(FIRST, FIRST + timedelta(days=40))


def of_ride(ride: Ride, days: Days = PERIOD) -> RideSums:
    return ride_sums([ride.park], days)[ride.pk]


def of_park(park: Park) -> ParkSums:
    return park_sums([park], PERIOD)[park.pk]


def store(ride: Ride, rows: list[dict[str, Any]]) -> None:
    """Days of whole minutes, one after the other; a wait was posted all day."""
    for number, row in enumerate(rows):
        figures = {name: value for name, value in row.items() if name != "stat_date"}
        wait, posted = figures.get("avg_wait_time"), 60 * figures["operating_hours_minutes"]
        if wait is not None:
            figures |= {"wait_seconds": posted, "wait_minute_seconds": int(posted * wait)}
        ride_day(ride, FIRST + timedelta(days=number), **figures)


# -- golden cases ----------------------------------------------------------------------------------------


def rides_of(given: Any) -> list[dict[str, Any]]:
    """The days that a golden case lists or describes, of each of its rides."""
    if isinstance(given, list):
        return given
    count, down = map(int, re.findall(r"\d+", given))  # "5 days of 69 downtime minutes"
    return [{"uptime_minutes": 761, "downtime_minutes": down, "operating_hours_minutes": 830}] * count


def as_published(sums: RideSums) -> dict[str, Any]:
    average = sums.waits.average
    return {
        "uptime_minutes": minutes(sums.up_seconds),
        "downtime_minutes": minutes(sums.down_seconds),
        "operating_hours_minutes": minutes(sums.open_seconds),
        "uptime_percentage": sums.uptime(digits=2) or Decimal("0.00"),  # without a run it is not known
        "avg_wait_time": None if average is None else half_up(average, 2),
        "peak_wait_time": sums.peak_wait,
        "status_changes": sums.status_changes,
    }


def cases_with(*kinds: type) -> list[Any]:
    """The golden cases whose input is of these kinds; all of them are one skipped case without the data."""
    found = golden_cases("period_aggregation", "cases")
    return [case for case in found if case.values[0] is None or isinstance(case.values[0]["input"], kinds)]


@pytest.mark.parametrize("case", cases_with(list))
def test_the_golden_days_of_a_ride_have_these_sums(case):
    ride = make_ride(make_park())
    nothing = {"avg_wait_time": None, "peak_wait_time": None, "status_changes": 0}
    store(ride, [{**nothing, **row} for row in case["input"]])
    expected = {name: value for name, value in case["expected"].items() if name != "job_status"}
    sums = ride_sums([ride.park], PERIOD)
    found = {"ride_rows": len(sums), "park_rows": len(park_sums([ride.park], PERIOD))}
    found |= as_published(sums[ride.pk]) if sums else {}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("case", cases_with(dict))
def test_the_golden_changes_parks_and_further_days_hold(case):
    given, expected = case["input"], case["expected"]
    if "first_run" in given:
        ride = make_ride(make_park())
        store(ride, rides_of(given["second_run"]))
        days = len(rides_of(given["first_run"]))
        first = of_ride(ride, Days(FIRST, FIRST + timedelta(days=days - 1)))
        assert minutes(first.down_seconds) == expected["first_run_downtime_minutes"]
        assert minutes(of_ride(ride).down_seconds) == expected["second_run_downtime_minutes"]
    elif "rides" in given:
        found = as_published_park(stored_park(given), given["days"])
        # Its uptime is that of the seconds, not the mean of its rides' (N-3).
        assert {name: found[name] for name in found} == {name: expected.get(name) for name in found}
    else:
        change = percent_change(given["current_downtime_minutes"], given["previous_downtime_minutes"], 2)
        assert {change} == set(expected.values())


def stored_park(given: dict[str, Any]) -> ParkSums:
    park, rides = make_park(), given["rides"]
    for number in range(given["days"]):
        posted = [60 * ride["operating_minutes_per_day"] for ride in rides if ride.get("avg_wait_time")]
        waits = [ride["avg_wait_time"] for ride in rides if ride.get("avg_wait_time")]
        park_day(
            park,
            FIRST + timedelta(days=number),
            total_rides_tracked=len(rides),
            rides_with_downtime=sum(ride["downtime_minutes_per_day"] > 0 for ride in rides),
            down_seconds=60 * sum(ride["downtime_minutes_per_day"] for ride in rides),
            wait_seconds=sum(posted),
            wait_minute_seconds=sum(wait * held for wait, held in zip(waits, posted, strict=True)),
            peak_wait_time=max((ride["peak_wait_time"] for ride in rides if ride.get("peak_wait_time")), default=None),
        )
    return of_park(park)


def as_published_park(sums: ParkSums, days: int) -> dict[str, Any]:
    average = sums.waits.average
    return {
        "total_rides_tracked": sums.rides_tracked // days,
        "rides_with_downtime": sums.most_down,
        "total_downtime_hours": hours(sums.down_seconds),
        "avg_wait_time": None if average is None else half_up(average, 2),
        "peak_wait_time": sums.peak_wait,
    }


SEVERAL_DAYS = [
    case
    for case in golden_cases("shame_score", "period")
    if case.values[0] is None or len(case.values[0].get("days", ())) > 1
]


@pytest.mark.parametrize("case", SEVERAL_DAYS)
def test_the_golden_scores_of_a_period_hold(case):
    """Of days of one length; without a row there is no day."""
    park = make_park()
    for number, score in enumerate(case["days"]):
        if score is not None:
            park_day(park, FIRST + timedelta(days=number), shame_score=score)
    sums = park_sums([park], PERIOD).get(park.pk)
    assert (sums and sums.score) == case["expected"]


@pytest.mark.parametrize("summary", golden_cases("daily_scenarios", "legacy_three_day_summary_simple_park"))
def test_the_golden_three_days_have_the_mean_of_their_scores(summary):
    scenarios = [parameter.values[0] for parameter in golden_cases("daily_scenarios", "scenarios")]
    scores = [
        scenario["authoritative_expected"]["interval_10"]["park"]["shame_score"]
        for scenario in scenarios
        if scenario["scenario"] == "simple"
    ]
    assert len(scores) == 3
    park = make_park()
    for number, score in enumerate(scores):
        park_day(park, FIRST + timedelta(days=number), shame_score=score)
    assert of_park(park).score == summary["authoritative_mean_of_daily_scores"]


# -- rides -----------------------------------------------------------------------------------------------


def test_days_weigh_as_long_as_they_are():
    """840 of 1080 minutes up; 30 minutes for ten hours and 12.5 for eight."""
    ride = make_ride(make_park())
    both = ("uptime_minutes", "downtime_minutes", "operating_hours_minutes", "avg_wait_time", "peak_wait_time")
    days = ((540, 60, 600, Decimal("30.00"), 60), (300, 0, 480, Decimal("12.50"), None))
    store(ride, [dict(zip(both, day, strict=True)) for day in days])
    found = as_published(of_ride(ride))
    assert (found["uptime_percentage"], found["avg_wait_time"]) == (Decimal("77.78"), Decimal("22.22"))
    assert (found["peak_wait_time"], found["status_changes"]) == (60, 4)
    assert of_ride(ride).availability() == Decimal("93.3")  # 840 of 900


def test_an_outage_over_midnight_counts_once_and_in_each_of_its_days():
    """N-11: on three days 2, 1 and 2 outages, the second and the third day begin with one of the day before."""
    ride = make_ride(make_park())
    for number, (outages, carried) in enumerate(((2, 1), (1, 1), (2, 1))):
        ride_day(ride, FIRST + timedelta(days=number), outages=outages, outages_carried=carried)
    assert [of_ride(ride, Days(day, day)).outages for day in (FIRST, FIRST + timedelta(days=1))] == [2, 1]
    assert of_ride(ride).outages == 3


# -- parks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([("0", 0)], None),  # closed all day: measured as nothing
        ([("2.0", 600), ("0", 0)], "2.0"),
        ([("2.0", 600), ("0", 600)], "1.0"),
        ([("2.0", 600), ("0", 300)], "1.3"),  # ten hours and five
        ([("0.1", 600), ("0.2", 600)], "0.2"),  # a tie
    ],
)
def test_the_score_of_a_period_is_the_mean_over_open_time(days, expected):
    park = make_park()
    for number, (score, opened) in enumerate(days):
        day = FIRST + timedelta(days=number)
        park_day(park, day, shame_score=Decimal(score), operating_hours_minutes=opened)
    assert of_park(park).score == (None if expected is None else Decimal(expected))


def test_days_of_other_rides_and_weights_are_in_one_mean():
    """Half of 2 was down for an hour of ten (0.05), then a fifth of 5 for two of ten (0.04): 0.045 on the average."""
    park = make_park()
    for number, (weight, rides, down) in enumerate(((2, 1, 3600), (5, 3, 7200))):
        columns = {"effective_park_weight": weight, "total_rides_tracked": rides, "weighted_down_seconds": down}
        park_day(park, FIRST + timedelta(days=number), **columns)
    assert of_park(park).score == Decimal("0.5")


@pytest.mark.parametrize(
    ("up", "down", "expected"), [(0, 0, None), (0, 60, "0.0"), (540, 60, "90.0"), (1, 0, "100.0")]
)
def test_the_uptime_of_a_park_is_that_of_its_attractions(up, down, expected):
    park = make_park()
    park_day(park, FIRST, attraction_up_seconds=60 * up, attraction_down_seconds=60 * down)
    assert of_park(park).uptime == (None if expected is None else Decimal(expected))


# -- changes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (483, 399, "21.05"),
        (0, 399, "-100.00"),
        (399, 399, "0.00"),
        (20_001, 20_000, "0.01"),  # 0.005 is a tie
        (19_999, 20_000, "-0.01"),
        (0, 0, None),
        (5, None, None),
        (None, 5, "-100.00"),
    ],
)
def test_a_change_in_percent_has_two_decimals(current, previous, expected):
    assert percent_change(current, previous, 2) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("previous", "expected"), [(1800, "100.0"), (1799, None)])
def test_a_change_from_a_small_base_says_nothing(previous, expected):
    """N-5."""
    assert percent_change(3600, previous, least=1800) == (None if expected is None else Decimal(expected))
