"""Several park-local days computed at once say of each day what it says when it is computed alone (R-14)."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.periods import Days
from parks.models import Park
from stats.daily.compute import ParkDay, compute_park_day, compute_park_days
from stats.tests.builders import LOS_ANGELES, NEW_YORK, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db

RIDE = (
    "ride_id",
    "stat_date",
    "uptime_minutes",
    "downtime_minutes",
    "unknown_minutes",
    "uptime_percentage",
    "operating_hours_minutes",
    "snapshot_count",
    "open_seconds",
    "up_seconds",
    "down_seconds",
)
PARK = (
    "total_rides_tracked",
    "avg_uptime_percentage",
    "shame_score",
    "total_downtime_hours",
    "weighted_downtime_hours",
    "effective_park_weight",
    "rides_with_downtime",
    "operating_hours_minutes",
)


def reported(computed: ParkDay, with_park: bool = True) -> tuple:
    rides = sorted(tuple(getattr(row, name) for name in RIDE) for row in computed.rides)
    park = tuple(getattr(computed.total, name) for name in PARK) if with_park else None
    return computed.day, rides, park


def one_by_one(park: Park, days: Days) -> list[ParkDay]:
    dates = [days.first + timedelta(days=n) for n in range((days.last - days.first).days + 1)]
    return [found for day in dates if (found := compute_park_day(park, day, 1)).rides]


# The clock is set forward on 9 March 2025 and back on 2 November.
@pytest.mark.parametrize("zone", [NEW_YORK, LOS_ANGELES])
@pytest.mark.parametrize("first", [date(2025, 3, 7), date(2025, 6, 1), date(2025, 10, 31)])
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(stories=st.lists(st.sampled_from(["O60 D20 O300", "D30 O200", "C60 O90 D60", "D90", "-30 O30"]), max_size=12))
def test_days_at_once_are_the_days_one_by_one(zone, first, stories):
    park = make_park(timezone=zone, is_disney=True)
    rides = [make_ride(park, classified=n + 1) for n in range(3)]
    for n, story in enumerate(stories):
        report(rides[n % 3], local(first + timedelta(days=n // 3), "09:00", zone), story)
    show_park(park, local(first, "08:30", zone), 700, "1.0")
    days = Days(first, first + timedelta(days=4))
    alone = one_by_one(park, days)
    assert [reported(each) for each in compute_park_days(park, days, 1)] == [reported(each) for each in alone]
    of_one = [reported(each, with_park=False) for each in compute_park_days(park, days, 1, only=rides[0].pk)]
    expected = []
    for each in alone:
        each.rides = [row for row in each.rides if row.ride_id == rides[0].pk]
        expected += [reported(each, with_park=False)] if each.rides else []
    assert of_one == expected


def test_what_a_ride_did_in_another_park_is_that_parks(db):
    here, there = make_park(), make_park()
    ride = make_ride(there)
    report(ride, local(date(2025, 6, 1), "09:00"), "O60")
    ride.park = here
    ride.save()
    report(ride, local(date(2025, 6, 2), "09:00"), "O60")
    days = Days(date(2025, 6, 1), date(2025, 6, 3))
    assert [reported(each) for each in compute_park_days(there, days, 1)] == [
        reported(each) for each in one_by_one(there, days)
    ]
    assert [each.day.day for each in compute_park_days(here, days, 1)] == [2]


def test_nothing_observed_is_no_day(django_assert_num_queries):
    with django_assert_num_queries(2):  # who was seen, and who of them is active
        assert compute_park_days(make_park(), Days(date(2025, 6, 1), date(2025, 6, 30)), 1) == []


def test_a_month_takes_the_queries_of_a_week(django_assert_max_num_queries):
    park = make_park()
    ride = make_ride(park)
    for n in range(30):
        report(ride, local(date(2025, 6, 1) + timedelta(days=n), "09:00"), "O60 D30")
    for last in (7, 30):
        with django_assert_max_num_queries(6):
            assert len(compute_park_days(park, Days(date(2025, 6, 1), date(2025, 6, last)), 1)) == last
