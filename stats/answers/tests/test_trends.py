"""More than five percent less or more downtime is a trend (R-18)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from stats.answers.trends import TrendCategory, trend_category


@pytest.mark.parametrize("case", golden_cases("trends_and_plausibility", "trend_category", "cases"))
def test_the_golden_trends_hold(case):
    assert trend_category(case["trend"]) == case["expected"]


@pytest.mark.parametrize(
    ("trend", "category"),
    [
        ("-100.00", TrendCategory.IMPROVING),
        ("-5.0000001", TrendCategory.IMPROVING),
        ("-5.00", None),
        ("-4.99", None),
        ("4.99", None),
        ("5", None),
        ("5.0000001", TrendCategory.DECLINING),
        ("900", TrendCategory.DECLINING),
    ],
)
def test_exactly_five_percent_is_no_trend(trend, category):
    assert trend_category(Decimal(trend)) is category


@given(st.decimals(-1000, 1000, places=2))
def test_improving_is_the_mirror_of_declining(trend):
    opposite = {TrendCategory.IMPROVING: TrendCategory.DECLINING, TrendCategory.DECLINING: TrendCategory.IMPROVING}
    found = trend_category(trend)
    assert trend_category(-trend) is (opposite[found] if found else None)
