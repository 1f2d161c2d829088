"""Helpers on measured figures: their formulas and what they make of nothing (R-8, R-10.5)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from snapshots.score import shame_score
from stats.formulas import (
    downtime_hours,
    downtime_percentage,
    one_hour_score,
    one_hour_score_of_minutes,
    share_of_hour_down,
    uptime_percentage,
    weighted_hours,
)
from stats.measures.measures import percent_change

INTERVAL = 600  # seconds of a golden snapshot


def decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def hours_of_snapshots(down_snapshots: int | None) -> Decimal:
    return downtime_hours(None if down_snapshots is None else down_snapshots * INTERVAL)


# The functions of the golden file; their arguments stand there in the same order.
FUNCTIONS: dict[str, Any] = {
    "downtime_hours": hours_of_snapshots,
    "uptime_percentage": uptime_percentage,
    "downtime_percentage": downtime_percentage,
    "weighted_downtime_hours": weighted_hours,
    "cumulative_ratio_obsolete": one_hour_score,
    "one_hour_score_from_weighted_minutes": lambda minutes, weight: one_hour_score_of_minutes(
        decimal(minutes), weight
    ),
    "share_of_hour_down": share_of_hour_down,
    "percent_change": lambda current, previous: percent_change(decimal(current), decimal(previous)),
}


@pytest.mark.parametrize("case", golden_cases("metric_functions", "cases"))
def test_the_golden_functions_hold(case):
    assert FUNCTIONS[case["function"]](*case["args"].values()) == case["expected"]


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [
        (None, "0.00"),
        (-1, "0.00"),
        (17, "0.00"),
        (18, "0.01"),  # 0.005 is a tie
        (300, "0.08"),
        (86_400, "24.00"),
        (90_000, "25.00"),  # a day of 25 hours
    ],
)
def test_hours_have_two_decimals_and_nothing_is_zero(seconds, hours):
    assert str(downtime_hours(seconds)) == hours


@pytest.mark.parametrize(
    ("operating", "total", "digits", "expected"),
    [
        (136, 144, 2, "94.44"),
        (1, 8, 1, "12.5"),
        (1, 16, 1, "6.3"),  # 6.25 is a tie
        (0, 1, 1, "0.0"),
        (1, -1, 1, None),
        (None, None, 1, None),
        (None, 1, 2, "0.00"),
    ],
)
def test_uptime_needs_time_to_be_up_in(operating, total, digits, expected):
    assert uptime_percentage(operating, total, digits) == decimal(expected)


@given(st.integers(0, 100_000), st.integers(1, 100_000))
def test_uptime_and_its_complement_make_a_hundred(up, total):
    uptime = uptime_percentage(min(up, total), total)
    left = downtime_percentage(uptime)
    assert uptime is not None
    assert left is not None
    assert uptime + left == 100


@pytest.mark.parametrize(("uptime", "left"), [("94.44", "5.6"), ("94.45", "5.6"), ("94.46", "5.5"), ("0.05", "100.0")])
def test_the_complement_has_one_decimal(uptime, left):
    assert str(downtime_percentage(Decimal(uptime))) == left


@pytest.mark.parametrize(
    ("hours", "weight", "expected"),
    [("1.005", 1, "1.01"), ("0.17", 3, "0.51"), ("0", 3, "0.00"), ("0.17", None, "0.34"), (None, None, "0.00")],
)
def test_weighted_hours_have_two_decimals(hours, weight, expected):
    assert str(weighted_hours(decimal(hours), weight)) == expected


@pytest.mark.parametrize(
    ("minutes", "total", "expected"),
    [(10, 60, "16.7"), (15, None, None), (15, -60, None), (None, None, None), (0, 60, "0.0"), (45, 45, "100.0")],
)
def test_the_share_of_an_hour(minutes, total, expected):
    assert share_of_hour_down(minutes, total) == decimal(expected)


def test_an_hour_has_sixty_minutes_unless_told_otherwise():
    assert share_of_hour_down(15) == Decimal("25.0")


@given(st.integers(0, 600), st.integers(1, 60))
def test_over_exactly_one_hour_the_old_function_is_the_score_before_its_cap(minutes, weight):
    weighted = Decimal(minutes) / 60
    found = one_hour_score(weighted, weight)
    assert found is not None
    assert min(found, Decimal(10)) == shame_score(weighted, weight)
    assert one_hour_score_of_minutes(Decimal(minutes), weight) == found


@pytest.mark.parametrize("weight", [None, 0, -1])
def test_without_a_weight_there_is_no_score_of_an_hour(weight):
    assert one_hour_score(Decimal(1), weight) is None
    assert one_hour_score_of_minutes(Decimal(60), weight) is None


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [("0", "40", "-100.0"), ("40.02", "40", "0.1"), ("39.98", "40", "-0.1"), (None, None, None), (None, "0", None)],
)
def test_a_change_has_one_decimal(current, previous, expected):
    assert percent_change(decimal(current), decimal(previous)) == decimal(expected)
