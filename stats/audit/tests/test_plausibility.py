"""Awards that cannot be true are found (R-22.5)."""

from decimal import Decimal

import pytest

from core.periods import Period
from core.tests.golden import golden_cases
from stats.audit.plausibility import (
    PERIOD_HOURS,
    ProblemCategory,
    Severity,
    downtime_problem,
    existence_problem,
    failed_check,
    wait_problem,
    zero_waits_problem,
)

YESTERDAY = Period.YESTERDAY


def severity(problem):
    return problem and problem.severity


@pytest.mark.parametrize("case", golden_cases("trends_and_plausibility", "downtime_bounds"))
def test_the_golden_downtimes_are_judged(case):
    found = downtime_problem("Tower", case["downtime_hours"], Period(case["period"]))
    assert severity(found) == case["expected_severity"]


@pytest.mark.parametrize("case", golden_cases("trends_and_plausibility", "average_wait_bounds"))
def test_the_golden_waits_are_judged(case):
    assert severity(wait_problem("Tower", case["avg_wait"], YESTERDAY)) == case["expected_severity"]


@pytest.mark.parametrize("case", golden_cases("trends_and_plausibility", "result_existence"))
def test_the_golden_counts_of_results_are_judged(case):
    assert severity(existence_problem(case["rides"], case["parks"], YESTERDAY)) == case["expected_severity"]


@pytest.mark.parametrize("period", list(Period))
def test_a_ride_is_down_for_no_longer_than_its_period_lasts(period):
    limit = Decimal(PERIOD_HOURS[period])
    assert downtime_problem("Tower", limit, period) is None
    found = downtime_problem("Tower", limit + Decimal("0.01"), period)
    assert found is not None
    assert (found.category, found.severity) == (ProblemCategory.EXCESSIVE_DOWNTIME, Severity.CRITICAL)
    assert found.message == f"Tower: {limit}.01 hours of downtime in a period of {limit}"
    assert found.details["limit"] == limit
    assert found.details["period"] == period.value


@pytest.mark.parametrize(
    ("hours", "category"), [("-0.01", ProblemCategory.NEGATIVE_DOWNTIME), ("0", None), ("0.01", None)]
)
def test_no_ride_is_down_for_less_than_no_time(hours, category):
    found = downtime_problem("Tower", Decimal(hours), YESTERDAY)
    assert (found and found.category) == category


@pytest.mark.parametrize(
    ("wait", "category", "severity_of"),
    [
        ("-0.1", ProblemCategory.NEGATIVE_WAIT, Severity.CRITICAL),
        ("0", None, None),
        ("300.00", None, None),
        ("300.01", ProblemCategory.EXCESSIVE_WAIT, Severity.HIGH),
        ("420", ProblemCategory.EXCESSIVE_WAIT, Severity.HIGH),
    ],
)
def test_an_average_wait_lies_between_nothing_and_five_hours(wait, category, severity_of):
    found = wait_problem("EPCOT", Decimal(wait), YESTERDAY)
    assert (found and found.category, severity(found)) == (category, severity_of)
    if found:
        assert found.details["avg_wait"] == Decimal(wait)
        assert wait in found.message


@pytest.mark.parametrize(
    ("rides", "parks", "category", "missing"),
    [
        (0, 0, ProblemCategory.NO_RESULTS, "no ride and no park"),
        (20, 0, ProblemCategory.ONE_SIDED_RESULTS, "no park"),
        (0, 1, ProblemCategory.ONE_SIDED_RESULTS, "no ride"),
    ],
)
def test_a_missing_side_of_the_awards_is_named(rides, parks, category, missing):
    found = existence_problem(rides, parks, Period.LAST_WEEK)
    assert found is not None
    assert found.category == category
    assert found.message == f"{missing} in the awards of last_week"


@pytest.mark.parametrize(
    ("waits", "is_problem"),
    [
        ([], False),  # no results: another check's finding
        ([0], True),
        ([0, Decimal("0.0"), 0], True),
        ([0, Decimal("0.1")], False),
        ([-1], False),
    ],
)
def test_waits_that_are_all_zero_were_lost(waits, is_problem):
    found = zero_waits_problem("parks", waits, YESTERDAY)
    assert (found is not None) is is_problem
    if found:
        assert (found.category, found.severity) == (ProblemCategory.ALL_WAITS_ZERO, Severity.HIGH)
        assert found.details == {"kind": "parks", "period": "yesterday", "results": len(waits)}


def test_a_check_that_fails_is_a_finding():
    found = failed_check("average waits", ZeroDivisionError("division by zero"))
    assert (found.category, found.severity) == (ProblemCategory.CHECK_FAILED, Severity.HIGH)
    assert found.message == "the check of average waits failed: ZeroDivisionError('division by zero')"
