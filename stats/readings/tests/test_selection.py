"""Which rows a question reads, and along which index (R-3.1)."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.models import Count, Max, Q, Sum

from core.periods import Days, Period
from core.tests.planner import forget_statistics
from snapshots.models import RideStatusSnapshot
from stats.readings import selection
from stats.readings.period_sums import SCANNED_PARKS, ride_rows
from stats.readings.selection import observed
from stats.tests.builders import LOS_ANGELES, NEW_YORK, TOKYO, make_park, make_ride, report, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)


def hours_found(members: list[tuple[int, str]], column: str, period: Period) -> list[tuple[int, int]]:
    """(owner, hour of the two days around NOW) of the rows that are read."""
    rows = RideStatusSnapshot.objects.filter(observed(members, column, period, NOW))
    found = rows.order_by(f"{column}_id", "recorded_at").values_list(f"{column}_id", "recorded_at")
    return [(pk, int((at - datetime(2025, 12, 22, tzinfo=UTC)).total_seconds()) // 3600) for pk, at in found]


@pytest.mark.parametrize("column", ["ride", "park"])
@pytest.mark.parametrize(
    ("period", "zone", "hours"),
    [
        # hours since 22 December, 00:00 UTC; NOW is the 46th, and belongs to the day
        (Period.TODAY, NEW_YORK, range(29, 47)),
        (Period.TODAY, LOS_ANGELES, range(32, 47)),
        (Period.TODAY, TOKYO, range(39, 47)),
        (Period.YESTERDAY, NEW_YORK, range(5, 29)),
        (Period.YESTERDAY, LOS_ANGELES, range(8, 32)),
        # the site's yesterday, though it is the day before that in Tokyo (N-1)
        (Period.YESTERDAY, TOKYO, range(-9, 15)),
    ],
)
def test_the_observations_of_a_period_are_those_of_the_owners_days_of_its_dates(column, period, zone, hours):
    rides = [make_ride(make_park(timezone=zone)) for _ in range(2)]
    for ride in rides:
        report(ride, datetime(2025, 12, 21, tzinfo=UTC), "O4320", 3600)
    owner = rides[0] if column == "ride" else rides[0].park
    assert hours_found([(owner.pk, zone)], column, period) == [(owner.pk, hour) for hour in hours]


def test_long_lists_are_read_in_parts_and_nothing_is_lost(monkeypatch):
    rides = [make_ride(make_park(timezone=zone)) for zone in (NEW_YORK, TOKYO, NEW_YORK, NEW_YORK)]
    for ride in rides:
        report(ride, datetime(2025, 12, 22, tzinfo=UTC), "O2880", 3600)
    members = [(ride.pk, ride.park.timezone) for ride in rides]
    whole = hours_found(members, "ride", Period.TODAY)
    monkeypatch.setattr(selection, "IDS_A_LIST", 2)
    assert hours_found(members, "ride", Period.TODAY) == whole
    assert len(whole) == 3 * 18 + 8


@pytest.mark.parametrize("column", ["ride", "park"])
def test_of_nobody_nothing_is_read(column, django_assert_num_queries):
    report(make_ride(make_park()), NOW, "O10")
    with django_assert_num_queries(0):
        assert hours_found([], column, Period.TODAY) == []


@pytest.mark.mariadb
def test_a_thousand_rides_of_one_zone_are_ranges_of_the_primary_key_and_no_subquery():
    ride = make_ride(make_park())
    report(ride, NOW, "O5000")
    members = [(pk, NEW_YORK) for pk in range(ride.pk, ride.pk + 1200)]
    plan = RideStatusSnapshot.objects.filter(observed(members, "ride", Period.TODAY, NOW)).explain()
    assert "ride_status_snapshots" in plan
    assert "MATERIALIZED" not in plan
    assert "DERIVED" not in plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite; MariaDB's depends on what is stored")
def test_daily_rows_are_found_by_their_date():
    forget_statistics()
    parks = [make_park(timezone=zone) for zone in (NEW_YORK, TOKYO)]
    plan = ride_rows(parks, Days(date(2025, 12, 14), date(2025, 12, 20))).explain()
    assert "ride_daily_of_period (metrics_version=? AND stat_date>? AND stat_date<?)" in plan


def test_sums_of_many_parks_are_read_from_the_index_alone():
    parks = [make_park(timezone=zone) for zone in (NEW_YORK, TOKYO) * SCANNED_PARKS]
    sums = {
        "down": Sum("down_seconds"),
        "peak": Max("peak_wait_time"),
        "days": Count("pk", filter=Q(wait_seconds__gt=0)),
    }
    rows = ride_rows(parks, Days(date(2025, 12, 14), date(2025, 12, 20))).values("ride_id")
    plan = rows.annotate(**sums).explain()
    assert "rides" not in plan
    assert ("COVERING INDEX ride_daily_of_period" in plan) or (
        "Using index" in plan and "ride_daily_of_period" in plan
    )


def test_daily_rows_of_many_parks_hold_those_of_all_of_them():
    """What else is in them is sorted out by who asks."""
    parks = [make_park() for _ in range(SCANNED_PARKS)]
    rides = [make_ride(park) for park in parks]
    other = make_ride(make_park())
    for ride in (*rides, other):
        ride_day(ride, date(2025, 12, 14))
        ride_day(ride, date(2025, 12, 16))
    found = ride_rows(parks, Days(date(2025, 12, 14), date(2025, 12, 15)))
    assert {row.ride_id for row in found} >= {ride.pk for ride in rides}
    assert {row.stat_date.day for row in found} == {14}
    few = ride_rows(parks[:-1], Days(date(2025, 12, 14), date(2025, 12, 15)))
    assert {row.ride_id for row in few} == {ride.pk for ride in rides[:-1]}


def test_daily_rows_of_few_parks_are_those_of_their_rides_on_the_dates():
    parks = [make_park(timezone=zone) for zone in (NEW_YORK, TOKYO)]
    for park in (*parks, make_park()):
        ride = make_ride(park)
        for day in range(13, 17):
            ride_day(ride, date(2025, 12, day))
    days = Days(date(2025, 12, 14), date(2025, 12, 15))
    found = ride_rows(parks, days).order_by("ride", "stat_date")
    assert list(found.values_list("ride__park", "stat_date__day")) == [
        (park.pk, day) for park in parks for day in (14, 15)
    ]
    assert list(ride_rows([], days)) == []


@pytest.mark.parametrize("many", [1, 100], ids=["shared", "alone"])
def test_former_parks_and_rides_are_known_where_they_are_asked_for(monkeypatch, many):
    """N-15."""
    monkeypatch.setattr("stats.readings.shared.MANY_PARKS", many)
    park, gone = make_park(name="a"), make_park(name="b", is_active=False)
    kept, former, away = make_ride(park), make_ride(park, is_active=False), make_ride(gone)
    make_ride(park, category="SHOW", is_active=False)
    assert [selection.chosen_parks(False), selection.chosen_parks(False, former=True)] == [[park], [park, gone]]
    places = {kept.pk: park.pk, former.pk: park.pk, away.pk: gone.pk}
    assert selection.park_by_attraction([park, gone], former=True) == places
    assert selection.park_by_attraction([park]) == {kept.pk: park.pk}
    assert set(selection.attractions_by_id([park, gone], places, former=True)) == set(places)
    assert set(selection.attractions_by_id([park], places)) == {kept.pk}
