"""A ride that comes back under another key is the same ride (N-13)."""

import pytest

from parks.models import Ride
from parks.tests.factories import ParkFactory, RideFactory, wiki_id
from snapshots.models import DataQualityLog, Resolution, RideStatusSnapshot
from snapshots.tests.live_answers import AT, INTERVAL, cycle, entry, line, live, queue_times, queue_times_park

pytestmark = pytest.mark.django_db
NEW = wiki_id(900_000)


def renumbered(ride, number=0):
    return entry(ride) | {"id": wiki_id(900_000 + number)}


def test_rides_under_new_uuids_go_on_and_are_noted():
    park = ParkFactory.create()
    rides = RideFactory.create_batch(3, park=park)
    cycle({park: live(park, *(entry(ride) for ride in rides))})
    old = {ride.pk: ride.themeparks_wiki_id for ride in rides}
    reported = live(park, *(renumbered(ride, n) for n, ride in enumerate(rides)))
    result = cycle({park: reported}, AT + INTERVAL)
    assert (result.created, result.rides, result.failed, Ride.objects.count()) == (0, 3, {}, 3)
    assert RideStatusSnapshot.objects.count() == 6
    for n, ride in enumerate(rides):
        ride.refresh_from_db()
        assert ride.themeparks_wiki_id == wiki_id(900_000 + n)
    notes = DataQualityLog.objects.order_by("entity_id")
    assert [(note.entity_id, note.raw_data["old"], note.resolution_status) for note in notes] == [
        (pk, key, Resolution.OPEN) for pk, key in sorted(old.items())
    ]
    cycle({park: reported}, AT + 2 * INTERVAL)
    assert DataQualityLog.objects.count() == 3


def test_a_queue_times_ride_under_a_new_number_goes_on():
    park = queue_times_park()
    ride, other = RideFactory.create_batch(2, park=park)
    cycle({park: queue_times(line(ride, id=987_654), line(other))})
    ride.refresh_from_db()
    assert (ride.queue_times_id, Ride.objects.count()) == (987_654, 2)


def test_a_key_that_is_still_reported_is_another_ride():
    ride = RideFactory.create()
    cycle({ride.park: live(ride.park, entry(ride), renumbered(ride))})
    ride.refresh_from_db()
    assert (Ride.objects.count(), ride.themeparks_wiki_id == NEW) == (2, False)


def test_a_name_that_two_rides_share_joins_none():
    park = ParkFactory.create()
    RideFactory.create_batch(2, park=park, name="Railroad")
    cycle({park: live(park, entry(RideFactory.build(park=park, name="Railroad", themeparks_wiki_id=NEW)))})
    assert Ride.objects.count() == 3


def test_a_join_that_a_person_takes_back_is_not_made_again():
    ride = RideFactory.create()
    old = ride.themeparks_wiki_id
    reported = {ride.park: live(ride.park, renumbered(ride))}
    cycle(reported)
    DataQualityLog.objects.get().move_to(Resolution.WONTFIX, "two rides")
    Ride.objects.filter(pk=ride.pk).update(themeparks_wiki_id=old)
    cycle(reported, AT + INTERVAL)
    assert Ride.objects.get(themeparks_wiki_id=NEW).pk != ride.pk
    assert Ride.objects.get(themeparks_wiki_id=old).pk == ride.pk
