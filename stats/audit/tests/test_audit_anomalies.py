"""What stands out from the days before (R-24.2): z-scores computed by hand, bounds from both sides."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from stats.audit import anomalies
from stats.audit.anomalies import Anomaly, Baseline, anomaly_report, detect, flagged_entities
from stats.audit.scope import Scope, Severity
from stats.tests.builders import DAY, make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

SCOPE = Scope(DAY, 1)


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def scores(park, values, target=None, **columns):
    """Stored scores of the days before DAY, the nearest first, and of DAY."""
    for n, value in enumerate(values, start=1):
        park_day(park, before(n), shame_score=Decimal(value), **columns)
    if target is not None:
        park_day(park, DAY, shame_score=Decimal(target))


def found(metric: str, scope: Scope = SCOPE, kind: str | None = None) -> list[Anomaly]:
    return [each for each in detect(scope) if each.metric == metric and kind in (None, each.anomaly_type)]


def outliers(scope: Scope = SCOPE) -> list[Anomaly]:
    return found("shame_score", scope, "zscore")


# Mean 2, population standard deviation 1: four days of 1 and four of 3.
EIGHT_DAYS = ("3", "1", "3", "1", "3", "1", "3", "1")


# -- scores of parks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ("2.0", None),
        ("5.0", None),  # z = 3.0 exactly
        ("5.001", "WARNING"),
        ("6.0", "WARNING"),  # z = 4.0 exactly
        ("6.001", "CRITICAL"),
        ("10.0", "CRITICAL"),
    ],
)
def test_a_score_three_deviations_above_the_mean_is_an_outlier_and_four_a_grave_one(score, severity):
    scores(make_park(), EIGHT_DAYS, score)
    assert [each.severity for each in outliers()] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("score", "severity"),
    [("2.0", None), ("1.999", "WARNING"), ("1.0", "WARNING"), ("0.999", "CRITICAL"), ("0", "CRITICAL")],
)
def test_a_score_far_below_the_mean_is_one_too(score, severity):
    scores(make_park(), ("4", "6", "4", "6", "4", "6", "4", "6"), score)  # mean 5, deviation 1
    assert [each.severity for each in outliers()] == ([severity] if severity else [])


def test_an_outlier_reports_the_figures():
    park = make_park(name="Magic Kingdom")
    scores(park, EIGHT_DAYS, "7.5")
    (anomaly,) = outliers()
    assert to_builtins(anomaly) == {
        "anomaly_type": "zscore",
        "entity_type": "park",
        "entity_id": park.pk,
        "entity_name": "Magic Kingdom",
        "metric": "shame_score",
        "severity": "CRITICAL",
        "stat_date": "2025-12-22",
        "current_value": 7.5,
        "expected_value": 2.0,
        "threshold": 3.0,
        "message": "Shame score 7.5 is 5.50 standard deviations from the mean of the 8 open days before",
        "methodology_url": "/about#methodology",
    }


def test_the_deviation_is_that_of_the_population():
    """1, 1, 1, 1, 1, 1, 4.5: mean 1.5, population deviation sqrt(1.5) = 1.2247, of a sample 1.3229."""
    park = make_park()
    scores(park, ("1", "1", "1", "1", "1", "1", "4.5"), "5.3")  # z = 3.10 by the one, 2.87 by the other
    (anomaly,) = outliers()
    assert "is 3.10 standard deviations" in anomaly.message


def test_the_day_itself_is_not_part_of_what_it_is_compared_with():
    """With the target inside, mean 3.33 and deviation 3.89 would give z = 2.74: below the bound."""
    scores(make_park(), EIGHT_DAYS, "14.0")
    (anomaly,) = outliers()
    assert "is 12.00 standard deviations" in anomaly.message


@pytest.mark.parametrize(("days", "is_found"), [(6, False), (7, True)])
def test_fewer_than_seven_days_say_nothing(days, is_found):
    scores(make_park(), EIGHT_DAYS[:days], "9.0")
    assert bool(outliers()) is is_found


def test_a_score_that_never_moved_has_no_outliers():
    scores(make_park(), ("2.0",) * 10, "9.0")
    assert outliers() == []


def test_thirty_days_count_and_no_more():
    park = make_park()
    scores(park, EIGHT_DAYS[:6], "9.0")
    seventh = park_day(park, before(30), shame_score=Decimal(1))
    assert outliers() != []
    seventh.stat_date = before(31)
    seventh.save()
    assert outliers() == []


def test_closed_days_are_neither_judged_nor_compared_with():
    park = make_park()
    scores(park, ("0",) * 20, "2.0", operating_hours_minutes=0)
    for n in (21, 22):
        park_day(park, before(n), shame_score=Decimal("2.0"))
    assert outliers() == [], "the first open days of a season are no outliers"
    closed = make_park()
    scores(closed, ("4", "6") * 4)
    park_day(closed, DAY, shame_score=0, operating_hours_minutes=0)
    assert outliers() == []


def test_days_without_a_score_are_left_out():
    park = make_park()
    scores(park, EIGHT_DAYS[:6], "9.0")
    park_day(park, before(7), shame_score=None)
    assert outliers() == []
    other = make_park()
    scores(other, EIGHT_DAYS)
    park_day(other, DAY, shame_score=None)
    assert outliers() == []


# -- downtime of rides -----------------------------------------------------------------------------------


def downtimes(ride, minutes, target, **columns):
    for n, value in enumerate(minutes, start=1):
        ride_day(ride, before(n), downtime_minutes=value, **columns)
    ride_day(ride, DAY, downtime_minutes=target)


# Mean 30 minutes, population deviation 10: half the days 20, half 40.
CALM = (20, 40, 20, 40, 20, 40, 20, 40)
# Mean 60, deviation 30.
ROUGH = (30, 90, 30, 90, 30, 90, 30, 90)


@pytest.mark.parametrize(
    ("history", "target", "severity"),
    [
        (CALM, 60, None),  # z = 3.0 exactly
        (CALM, 61, "WARNING"),
        (CALM, 70, "WARNING"),  # z = 4.0 exactly
        (CALM, 71, "WARNING"),  # z above 4, but not more than two hours
        (CALM, 120, "WARNING"),  # two hours exactly
        (CALM, 121, "CRITICAL"),
        (ROUGH, 180, "WARNING"),  # z = 4.0 exactly and three hours
        (ROUGH, 181, "CRITICAL"),
        (ROUGH, 150, None),
        (ROUGH, 151, "WARNING"),
        (tuple(300 + minutes for minutes in CALM), 1, None),  # far below: never
        ((24, 36) * 4, 300, None),  # deviation of exactly 0.1 h
        ((23, 36) * 4, 300, "CRITICAL"),
        ((30,) * 8, 300, None),  # no deviation
        (CALM[:6], 300, None),
        (CALM[:7], 300, "CRITICAL"),
    ],
)
def test_a_ride_that_was_down_for_much_longer_than_before_is_an_outlier(history, target, severity):
    downtimes(make_ride(make_park()), history, target)
    assert [each.severity for each in found("downtime_hours")] == ([severity] if severity else [])


def test_a_ride_outlier_reports_the_figures_in_hours():
    ride = make_ride(make_park(name="EPCOT"), name="Test Track")
    downtimes(ride, CALM, 145)
    (anomaly,) = found("downtime_hours")
    assert to_builtins(anomaly) == {
        "anomaly_type": "zscore",
        "entity_type": "ride",
        "entity_id": ride.pk,
        "entity_name": "Test Track (EPCOT)",
        "metric": "downtime_hours",
        "severity": "CRITICAL",
        "stat_date": "2025-12-22",
        "current_value": 2.42,
        "expected_value": 0.5,
        "threshold": 3.0,
        "message": "Downtime of 2.42 h is 11.50 standard deviations above the mean of the 8 open days before",
        "methodology_url": "/about#methodology",
    }


def test_ride_days_in_a_closed_park_and_inactive_rides_are_left_out():
    downtimes(make_ride(make_park()), CALM[:6], 300)
    closed = make_ride(make_park())
    downtimes(closed, CALM, 300, operating_hours_minutes=0)
    downtimes(make_ride(make_park(), is_active=False), CALM, 300)
    downtimes(make_ride(make_park(is_active=False)), CALM, 300)
    assert found("downtime_hours") == []


def test_ride_days_of_another_version_are_not_mixed_in():
    ride = make_ride(make_park())
    downtimes(ride, CALM, 300)
    for n in range(1, 9):
        ride_day(ride, before(n), downtime_minutes=1000, metrics_version=2)
    assert len(found("downtime_hours")) == 1
    assert found("downtime_hours", Scope(DAY, 2)) == []


# -- sudden changes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("previous", "current", "is_found"),
    [
        ("1.0", "3.0", False),  # 200 % exactly
        ("1.0", "3.001", True),
        ("1.0", "3.1", True),
        ("0.1", "9.0", False),  # not above 0.1
        ("0.101", "9.0", True),
        ("9.0", "0.2", False),  # a fall is never more than 100 %
        ("3.0", "0.1", False),
        ("0.0", "9.0", False),
    ],
)
def test_a_score_that_more_than_triples_overnight_is_a_sudden_change(previous, current, is_found):
    scores(make_park(), (previous,), current)
    assert [each.severity for each in found("shame_score")] == (["WARNING"] if is_found else [])


def test_a_sudden_change_reports_both_scores():
    scores(make_park(), ("0.8",), "3.0")
    (anomaly,) = found("shame_score")
    assert (anomaly.anomaly_type, anomaly.current_value, anomaly.expected_value, anomaly.threshold) == (
        "sudden_change",
        3.0,
        0.8,
        200.0,
    )
    assert anomaly.message == "Shame score changed by 275.0 % from one day to the next"


def test_the_day_before_is_the_calendar_day_before():
    park = make_park()
    park_day(park, before(2), shame_score=Decimal("1.0"))
    park_day(park, DAY, shame_score=Decimal("9.0"))
    assert found("shame_score") == []


# -- missing and thin statistics -------------------------------------------------------------------------


def test_an_active_park_without_a_row_is_missing():
    park = make_park()
    park_day(make_park(), DAY)
    make_park(is_active=False)
    (anomaly,) = found("missing_daily_stats")
    assert anomaly.entity_id == park.pk
    assert to_builtins(anomaly) == {
        "anomaly_type": "data_quality",
        "entity_type": "park",
        "entity_id": park.pk,
        "entity_name": park.name,
        "metric": "missing_daily_stats",
        "severity": "WARNING",
        "stat_date": "2025-12-22",
        "current_value": 0,
        "expected_value": 1.0,
        "threshold": 0,
        "message": "No daily stats recorded (park may be closed)",
        "methodology_url": "/about#methodology",
    }


def test_a_row_of_another_version_does_not_help():
    park_day(make_park(), DAY, metrics_version=2)
    assert len(found("missing_daily_stats")) == 1
    assert found("missing_daily_stats", Scope(DAY, 2)) == []


@pytest.mark.parametrize(
    ("usual", "today", "severity"),
    [
        ((20, 20), 10, None),  # half exactly
        ((20, 20), 9, "WARNING"),
        ((20, 20), 5, "WARNING"),  # a quarter exactly
        ((20, 20), 4, "CRITICAL"),
        ((20, 20), 0, "CRITICAL"),
        ((5, 5), 0, None),  # an average of 5 exactly
        ((5, 6), 2, "WARNING"),
        ((), 3, None),
    ],
)
def test_fewer_than_half_of_the_usual_rides_stand_out(usual, today, severity):
    park = make_park()
    for n, rides in enumerate(usual, start=1):
        park_day(park, before(n), total_rides_tracked=rides)
    park_day(park, DAY, total_rides_tracked=today)
    assert [each.severity for each in found("rides_tracked")] == ([severity] if severity else [])


def test_the_usual_number_is_that_of_fourteen_days():
    park = make_park()
    park_day(park, before(15), total_rides_tracked=500)
    park_day(park, before(14), total_rides_tracked=20)
    park_day(park, DAY, total_rides_tracked=9)
    (anomaly,) = found("rides_tracked")
    assert (anomaly.current_value, anomaly.expected_value, anomaly.threshold) == (9, 20.0, 50.0)
    assert anomaly.message == "Only 9 rides tracked; the 1 days before had 20.0 on average"


# -- reports ---------------------------------------------------------------------------------------------


def mixed_day():
    """A critical park and ride, and a park with a warning."""
    grave, thin = make_park(), make_park()
    scores(grave, EIGHT_DAYS, "9.0")
    ride = make_ride(grave)
    downtimes(ride, CALM, 300)
    return grave, thin, ride


def test_the_report_counts_what_it_lists():
    grave, thin, ride = mixed_day()
    report = anomaly_report(SCOPE, None)
    assert (report.total_anomalies, report.critical_count, report.warning_count) == (3, 2, 1)
    assert [(each.metric, each.entity_id) for each in report.anomalies] == [
        ("shame_score", grave.pk),
        ("downtime_hours", ride.pk),
        ("missing_daily_stats", thin.pk),
    ]


@pytest.mark.parametrize(
    ("severity", "counts"),
    [(Severity.CRITICAL, (2, 2, 0)), (Severity.WARNING, (1, 0, 1)), (Severity.INFO, (0, 0, 0))],
)
def test_the_counts_are_those_after_the_filter(severity, counts):
    mixed_day()
    report = anomaly_report(SCOPE, severity)
    assert (report.total_anomalies, report.critical_count, report.warning_count) == counts
    assert {each.severity for each in report.anomalies} <= {severity}


def test_a_long_list_is_cut_and_counted_in_full(monkeypatch):
    monkeypatch.setattr(anomalies, "LONGEST_LIST", 2)
    for _ in range(4):
        make_park()
    report = anomaly_report(SCOPE, None)
    assert (report.total_anomalies, report.warning_count, len(report.anomalies)) == (4, 4, 2)


def test_flagged_ids_are_distinct():
    grave, thin, ride = mixed_day()
    park_day(thin, before(1), shame_score=Decimal("1.0"), total_rides_tracked=20)
    park_day(thin, DAY, shame_score=Decimal("9.0"), total_rides_tracked=9)
    assert len([each for each in detect(SCOPE) if each.entity_id == thin.pk]) == 2
    everything, gravest = flagged_entities(SCOPE, False), flagged_entities(SCOPE, True)
    assert (everything.flagged_parks, everything.flagged_rides) == ([grave.pk, thin.pk], [ride.pk])
    assert (gravest.flagged_parks, gravest.flagged_rides) == ([grave.pk], [ride.pk])


def test_one_park_alone_can_be_looked_at():
    grave, thin, _ = mixed_day()
    assert {each.entity_id for each in detect(Scope(DAY, 1, thin.pk))} == {thin.pk}
    assert [each.metric for each in detect(Scope(DAY, 1, grave.pk))] == ["shame_score", "downtime_hours"]


@pytest.mark.parametrize("parks", [1, 5])
def test_four_queries_whatever_the_number_of_parks(django_assert_num_queries, parks):
    for _ in range(parks):
        mixed_day()
    with django_assert_num_queries(4):
        detect(SCOPE)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_can_be_asked_about(day):
    make_park()
    assert [each.metric for each in detect(Scope(day, 1))] == ["missing_daily_stats"]


# -- the arithmetic --------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 1440), min_size=2, max_size=30),
    st.integers(0, 1440),
    st.sampled_from([3, 4]),
)
def test_a_bound_is_decided_as_the_textbook_says(values, value, sigmas):
    baseline = Baseline.of(Decimal(each) for each in values)
    mean = Decimal(sum(values)) / len(values)
    variance = sum((each - mean) ** 2 for each in values) / len(values)
    distance = (value - mean) ** 2 - sigmas * sigmas * variance
    if abs(distance) > Decimal("1e-15"):  # nearer, only the exact form is right
        assert baseline.is_beyond(value, sigmas) is (distance > 0)
