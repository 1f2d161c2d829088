"""Numbers from sums, as answers show them (R-8, R-10.2): their formulas and their rounding."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from parks.models import weight_of
from snapshots.score import shame_score
from stats.measures.ride_measures import RideMeasures, hours, percent_change, percentage, window_score

INTERVAL = 600  # seconds of a golden snapshot
AN_HOUR = 3_600


def decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def weighted_hours(down_hours: Decimal, weight: int | None) -> Decimal:
    """Of a park with one ride."""
    ride = RideMeasures(1, 1, down_seconds=int(down_hours * AN_HOUR))
    return hours(window_score([(ride, weight_of(weight))], AN_HOUR).weighted_down_seconds)


# The functions of the golden file that answers run; their arguments stand there in the same order.
FUNCTIONS: dict[str, Any] = {
    "downtime_hours": lambda down_snapshots: hours(down_snapshots * INTERVAL),
    "uptime_percentage": percentage,
    "weighted_downtime_hours": weighted_hours,
    "one_hour_score_from_weighted_minutes": lambda minutes, weight: shame_score(minutes, weight * 60),
    "share_of_hour_down": percentage,
    "percent_change": lambda current, previous: percent_change(decimal(current), decimal(previous)),
}


def is_asked(case: dict[str, Any] | None) -> bool:
    """Can an answer ask this? Its sums are never missing nor negative, and without a weight there is no score."""
    if case is None or case["function"] == "percent_change":
        return True
    if case["function"] == "weighted_downtime_hours":
        return case["args"]["hours"] is not None
    has_sums = all(value is not None and value >= 0 for value in case["args"].values())
    return case["function"] in FUNCTIONS and has_sums and case["args"].get("weight") != 0


ASKED = [parameter for parameter in golden_cases("metric_functions", "cases") if is_asked(parameter.values[0])]


@pytest.mark.parametrize("case", ASKED)
def test_the_golden_functions_hold(case):
    assert FUNCTIONS[case["function"]](*case["args"].values()) == case["expected"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (17, "0.00"),
        (18, "0.01"),  # 0.005 is a tie
        (300, "0.08"),
        (86_400, "24.00"),
        (90_000, "25.00"),  # a day of 25 hours
    ],
)
def test_hours_have_two_decimals(seconds, expected):
    assert str(hours(seconds)) == expected


@pytest.mark.parametrize(
    ("part", "whole", "digits", "expected"),
    [
        (136, 144, 2, "94.44"),
        (1, 8, 1, "12.5"),
        (1, 16, 1, "6.3"),  # 6.25 is a tie
        (0, 1, 1, "0.0"),
        (1, 0, 1, None),
        (1, -1, 1, None),
    ],
)
def test_a_percentage_needs_a_whole(part, whole, digits, expected):
    assert percentage(part, whole, digits) == decimal(expected)


@pytest.mark.parametrize(
    ("down_hours", "weight", "expected"), [("1.005", 1, "1.01"), ("0", 3, "0.00"), ("0.17", None, "0.34")]
)
def test_weighted_hours_have_two_decimals(down_hours, weight, expected):
    assert str(weighted_hours(Decimal(down_hours), weight)) == expected


@given(st.integers(0, 600), st.integers(1, 60))
def test_the_score_of_exactly_one_hour_is_that_of_its_weighted_minutes(minutes, weight):
    ride = RideMeasures(1, 1, down_seconds=60 * minutes)
    assert window_score([(ride, weight)], AN_HOUR).score == shame_score(minutes * weight, weight * 60)


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [("0", "40", "-100.0"), ("40.02", "40", "0.1"), ("39.98", "40", "-0.1"), (None, None, None), (None, "0", None)],
)
def test_a_change_has_one_decimal(current, previous, expected):
    assert percent_change(decimal(current), decimal(previous)) == decimal(expected)
