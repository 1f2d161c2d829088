"""The shame score's one formula and half-up rounding (R-10, R-0.1)."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rounding import half_up
from parks.models import DEFAULT_TIER_WEIGHT, TIER_WEIGHTS
from snapshots.score import ScoredTime, score_over, shame_score
from snapshots.status import is_down


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        ("0.05", 1, "0.1"),
        ("0.25", 1, "0.3"),
        ("0.15", 1, "0.2"),
        ("2.5", 0, "3"),
        ("-0.25", 1, "-0.3"),
        ("-2.5", 0, "-3"),
        ("0.049999", 1, "0.0"),
        ("1.005", 2, "1.01"),
        ("94.45", 1, "94.5"),
        ("7", 2, "7.00"),
        ("1250", -2, "1.3E+3"),
    ],
)
def test_ties_move_away_from_zero(value, digits, rounded):
    assert half_up(Decimal(value), digits) == Decimal(rounded)


def test_a_rounded_number_shows_its_decimals():
    assert str(half_up(3, 2)) == "3.00"
    assert str(half_up(Decimal("0.04"), 1)) == "0.0"


@pytest.mark.parametrize(
    ("down", "capacity", "score"),
    [
        (3, 13, "2.3"),  # example 1, Disney
        (5, 13, "3.8"),  # example 1, other park
        (8, 6 * 10, "1.3"),  # example 2
        (Decimal("39.33"), 47 * 14, "0.6"),  # example 3
        (Decimal("4.5"), 6 * Decimal("1.5"), "5.0"),  # example 4
        (Decimal("1.5"), 9, "1.7"),
        (Decimal("1.5"), 6, "2.5"),  # example 5
        (13, 6, "10.0"),  # example 7: the cap
        (10, 0, "0.0"),  # example 8: nothing to measure
        (0, 0, "0.0"),
        (0, 13, "0.0"),
        (1, 1, "10.0"),
        (Decimal("9.95"), 10, "10.0"),
        (Decimal("9.949"), 10, "9.9"),
        (1, 200, "0.1"),  # a tie
        (1, 201, "0.0"),
        (48, 60 * 6, "1.3"),  # the invariant check of example 2
    ],
)
def test_the_worked_examples_of_the_rules(down, capacity, score):
    assert shame_score(down, capacity) == Decimal(score)
    assert str(shame_score(down, capacity)) == score, "one decimal, also for whole numbers"


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, 86_400))
def test_the_score_is_a_rate_between_zero_and_ten_whatever_the_unit(down, capacity, unit):
    score = shame_score(down, capacity)
    assert 0 <= score <= 10
    assert score == shame_score(down * unit, capacity * unit)
    assert score <= shame_score(down + 1, capacity)


def test_the_golden_scores_of_an_instant(shared_data_dir):
    cases = json.loads((shared_data_dir / "golden" / "shame_score.json").read_text())
    for case in cases["ratio"]:
        assert shame_score(case["down_weight"], case["effective_weight"]) == Decimal(str(case["expected"])), case
    for case in cases["day"]:
        capacity = Decimal(str(case["effective_park_weight"])) * Decimal(str(case["operating_hours"]))
        score = shame_score(Decimal(str(case["weighted_downtime_hours"])), capacity)
        assert score == Decimal(str(case["expected"])), case
    for case in cases["snapshot"]:
        if case["input"]["park_open"]:
            assert of_instant(**case["input"]) == {**case["expected"]}, case["id"]


def of_instant(now, rides, is_disney, is_universal, park_open):
    """R-10.1 by hand: members operated within seven days, the down ones among them over all of them."""
    since = datetime.fromisoformat(now) - timedelta(days=7)
    members = [
        ride
        for ride in rides
        if ride["last_operated_at"] and datetime.fromisoformat(ride["last_operated_at"]) >= since
    ]
    weights = {ride["ride"]: TIER_WEIGHTS.get(ride["tier"], DEFAULT_TIER_WEIGHT) for ride in members}
    failing = [
        weights[ride["ride"]]
        for ride in members
        if is_down(ride["status"], ride.get("computed_is_open", False), is_disney or is_universal)
    ]
    numerator, denominator = sum(failing), sum(weights.values())
    score = float(shame_score(numerator, denominator))
    return {"numerator": numerator, "denominator": denominator, "shame_score": score}


# -- over open time --------------------------------------------------------------------------------------


def test_a_score_over_days_is_weighted_by_their_open_time():
    # 0.5 of the weight for 1 hour, none of it for 9: not the mean of 5.0 and 0.0.
    assert score_over([ScoredTime(3 * 1800, 3, 3600), ScoredTime(0, 5, 9 * 3600)]) == Decimal("0.5")


def test_inside_a_day_it_is_the_share_of_the_weighted_capacity():
    assert score_over([ScoredTime(990, 2, 1000)]) == shame_score(990, 2000) == Decimal("5.0")


def test_a_day_without_members_counts_as_zero_and_no_open_time_as_nothing():
    assert score_over([ScoredTime(0, 0, 100), ScoredTime(50, 1, 100)]) == Decimal("2.5")
    assert score_over([]) is score_over([ScoredTime(0, 3, 0)]) is None


def test_thirds_of_an_hour_keep_their_tie():
    # Three rides' mean open time is 200/3 minutes; a share of 0.495 is a tie that rounds up.
    opened = Fraction(200, 3)
    assert score_over([ScoredTime(33, 1, opened)]) == Decimal("5.0")
    assert score_over([ScoredTime(33, 1, Fraction(201, 3))]) == Decimal("4.9")
