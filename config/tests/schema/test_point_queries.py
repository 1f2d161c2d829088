"""A point query on 10,000 rows takes an index, and a small part of 50 ms (acceptance of the data layer)."""

import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from parks.models import Park, Ride
from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.models import RideStatusSnapshot
from snapshots.tests.factories import SnapshotFactory
from stats.models import RideDailyStats
from stats.tests.factories import RideDayFactory

pytestmark = pytest.mark.django_db
ROWS, RIDES = 10_000, 100
MIDDLE = NOON + timedelta(minutes=5 * 50)
DAY = NOON.date()


@pytest.fixture(scope="module")
def many_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ride]:
    """10,000 snapshots and 10,000 daily rows of 100 rides, gone afterwards; the ride in the middle."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def build() -> Ride:
    park = ParkFactory.create()
    rides = [
        RideFactory.create(park=park, themeparks_wiki_id=f"{n:08}-0000-4000-8000-000000000000") for n in range(RIDES)
    ]
    RideStatusSnapshot.objects.bulk_create(
        [
            SnapshotFactory.build(ride=ride, park=park, recorded_at=NOON + timedelta(minutes=5 * step))
            for ride in rides
            for step in range(ROWS // RIDES)
        ],
        batch_size=1000,
    )
    RideDailyStats.objects.bulk_create(
        [RideDayFactory.build(ride=ride, stat_date=DAY - timedelta(days=day)) for ride in rides for day in range(100)],
        batch_size=1000,
    )
    assert RideStatusSnapshot.objects.count() == RideDailyStats.objects.count() == ROWS
    return rides[RIDES // 2]


def points(ride: Ride) -> dict[str, Any]:
    """Queries for one row, by name."""
    return {
        "a snapshot": RideStatusSnapshot.objects.filter(ride=ride, recorded_at=MIDDLE),
        "a ride's day": RideDailyStats.objects.filter(
            ride=ride, stat_date=DAY, metrics_version=settings.METRICS_VERSION
        ),
        "a ride by its UUID": Ride.objects.filter(themeparks_wiki_id=ride.themeparks_wiki_id),
        "a park": Park.objects.filter(pk=ride.park_id),
    }


NAMES = ["a snapshot", "a ride's day", "a ride by its UUID", "a park"]


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_of_a_point_query_takes_an_index(name, many_rows):
    plan = points(many_rows)[name].order_by().explain()
    if connection.vendor == "mysql":
        (line,) = plan.splitlines()
        kind = line.split()[4] if "None" in line.split()[:5] else line.split()[3]
        assert kind in {"const", "eq_ref", "ref"}, plan
    else:
        assert "SEARCH" in plan
        assert "SCAN" not in plan


@pytest.mark.parametrize("name", NAMES)
def test_a_point_query_takes_less_than_50_ms(name, many_rows):
    query = points(many_rows)[name]
    assert query.count() == 1
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        query.all().get()
        seconds.append(time.perf_counter() - began)
    assert median(seconds) < 0.05
