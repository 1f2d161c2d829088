"""A cycle over a hundred parks: few statements, and as many as over ten."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parks.models import Park, Ride
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.run import CycleResult
from snapshots.models import DataQualityIssue, QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.tests.live_answers import AT, INTERVAL, cycle, entry, line, live, queue_times, zulu

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 60
RIDES = 60
LINES = {"SINGLE_RIDER": {"waitTime": 5}, "RETURN_TIME": {"state": "AVAILABLE"}}


def make_parks(number: int) -> None:
    """So many parks with sixty rides each; one in ten is a park of Queue-Times."""
    parks = [ParkFactory.build(queue_times_id=n + 1) for n in range(number)]
    for park in parks[::10]:
        park.themeparks_wiki_id = None
    Park.objects.bulk_create(parks)
    Ride.objects.bulk_create([ride for park in parks for ride in RideFactory.build_batch(RIDES, park=park)])


def answers(status: str, reported_at=AT, land: str = "Old Town") -> dict[Park, bytes | Exception]:
    reported: dict[Park, bytes | Exception] = {}
    rides: dict[int, list[Ride]] = {}
    for ride in Ride.objects.select_related("park").order_by("pk"):
        rides.setdefault(ride.park_id, []).append(ride)
    for park in Park.objects.order_by("pk"):
        if park.themeparks_wiki_id is None:
            lines = [line(ride, status == "OPERATING", 0, last_updated=zulu(AT)) for ride in rides[park.pk]]
            reported[park] = queue_times(lands={land: lines})
        else:
            news = {"queue": LINES, "lastUpdated": zulu(reported_at)}
            reported[park] = live(park, *(entry(ride, status, 25, **news) for ride in rides[park.pk]))
    return reported


def statements(reported: dict[Park, bytes | Exception], at) -> tuple[int, CycleResult]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        result = cycle(reported, at)
    assert result.failed == {}
    return len(seen), result


def counts() -> list[int]:
    """Statements of cycles in which everything is new, everything changes, everything is stale."""
    found = []
    stories = (("OPERATING", AT, "A"), ("DOWN", AT, "B"), ("DOWN", AT - timedelta(days=1), "B"))
    for n, (status, reported_at, land) in enumerate(stories):
        found.append(statements(answers(status, reported_at, land), AT + n * INTERVAL)[0])
    return found


def test_a_hundred_parks_cost_at_most_sixty_statements():
    make_parks(100)
    found = counts()
    assert max(found) <= MOST_STATEMENTS, found
    assert RideStatusSnapshot.objects.count() == 3 * 6_000
    assert RideStatusChange.objects.count() == 6_000
    assert QueueData.objects.count() == 3 * 2 * 90 * RIDES
    assert DataQualityIssue.objects.count() == 90 * RIDES


def test_the_number_of_parks_does_not_matter():
    make_parks(2)
    few = counts()
    Park.objects.all().delete()
    RideStatusSnapshot.objects.all().delete()
    QueueData.objects.all().delete()
    DataQualityIssue.objects.all().delete()
    make_parks(16)
    assert counts() == few
