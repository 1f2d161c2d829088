"""Awards that cannot be true are found in the stored rows of a day (R-22.5)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from stats.audit import awards
from stats.audit.awards import implausible_awards
from stats.audit.scope import Scope
from stats.tests.builders import DAY, make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

SCOPE = Scope(DAY, 1)


def problems(scope: Scope = SCOPE) -> list[tuple[str, str]]:
    return [(problem.category.value, problem.severity.value) for problem in implausible_awards(scope)]


def plausible_day():
    park = make_park()
    return park_day(park, DAY, avg_wait_time=Decimal(30)), ride_day(make_ride(park), DAY)


def test_a_plausible_day_has_no_problems():
    plausible_day()
    assert problems() == []


@pytest.mark.parametrize(("minutes", "found"), [(1440, []), (1590, [("excessive_downtime", "critical")])])
def test_a_ride_cannot_be_down_for_longer_than_the_day(minutes, found):
    _, row = plausible_day()
    row.downtime_minutes = minutes
    row.save()
    assert problems() == found


@pytest.mark.parametrize(("wait", "found"), [(300, []), (400, [("excessive_wait", "high")])])
@pytest.mark.parametrize("whose", [0, 1])
def test_average_waits_of_rides_and_parks_have_a_bound(whose, wait, found):
    row = plausible_day()[whose]
    row.avg_wait_time = Decimal(wait)
    row.save()
    assert problems() == found


def test_waits_that_are_all_zero_were_lost_on_the_way():
    for row in plausible_day():
        row.avg_wait_time = Decimal(0)
        row.save()
    assert problems() == [("all_waits_zero", "high"), ("all_waits_zero", "high")]
    ride_day(make_ride(make_park()), DAY, avg_wait_time=Decimal(5))
    assert problems() == [("all_waits_zero", "high")], "the parks' still are"


def test_a_day_without_any_result_is_odd_and_a_one_sided_one_too():
    assert problems() == [("no_results", "medium")]
    ride_day(make_ride(make_park()), DAY)
    assert problems() == [("one_sided_results", "low")]


def test_one_park_alone_may_have_had_a_perfect_day():
    assert problems(Scope(DAY, 1, make_park().pk)) == []


def test_other_days_and_versions_are_left_out():
    plausible_day()
    ride = make_ride(make_park())
    ride_day(ride, DAY + timedelta(days=1), downtime_minutes=2000)
    ride_day(ride, DAY, downtime_minutes=2000, metrics_version=2)
    assert problems() == []
    assert ("excessive_downtime", "critical") in problems(Scope(DAY, 2))


def test_twenty_rows_of_each_list_are_judged():
    park = make_park()
    park_day(park, DAY)
    for _ in range(22):
        ride_day(make_ride(park), DAY, downtime_minutes=2000)
    assert problems() == [("excessive_downtime", "critical")] * 20


def test_a_check_that_fails_is_a_problem(monkeypatch):
    def fails(*asked):
        raise ValueError("broken")

    monkeypatch.setattr(awards, "longest_waits", fails)
    assert problems() == [("check_failed", "high")]


@pytest.mark.parametrize("days", [1, 5])
def test_four_queries_whatever_there_is(django_assert_num_queries, days):
    for _ in range(days):
        plausible_day()
    with django_assert_num_queries(4):
        implausible_awards(SCOPE)
