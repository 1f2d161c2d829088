"""What a park says of itself."""

import pytest

from parks.models import Park, Ride
from parks.tests.factories import ParkFactory, RideFactory


@pytest.mark.parametrize(
    ("city", "state", "country", "location"),
    [
        ("Orlando", "Florida", "US", "Orlando, Florida"),
        ("Reykjavik", None, "IS", "Reykjavik, IS"),
        ("Reykjavik", "", "IS", "Reykjavik, IS"),
    ],
)
def test_the_location_is_never_half_empty(city, state, country, location):
    assert Park(city=city, state_province=state, country=country).location == location


def test_links_point_at_queue_times_where_an_id_is_known():
    park = Park(queue_times_id=6)
    assert park.queue_times_url == "https://queue-times.com/parks/6"
    assert Ride(park=park, queue_times_id=130).queue_times_url == "https://queue-times.com/parks/6/rides/130"
    assert Ride(park=park).queue_times_url is None
    assert Park().queue_times_url is None
    assert Ride(park=Park(), queue_times_id=130).queue_times_url is None


@pytest.mark.parametrize(
    ("is_disney", "is_universal", "expected"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
@pytest.mark.django_db
def test_disney_and_universal_report_breakdowns(is_disney, is_universal, expected):
    park = ParkFactory.create(is_disney=is_disney, is_universal=is_universal)
    assert park.reports_down is expected
    assert Park.objects.active().disney_universal().exists() is expected


@pytest.mark.django_db
def test_a_ride_is_active_only_in_an_active_park():
    shown = RideFactory.create()
    RideFactory.create(is_active=False)
    RideFactory.create(park__is_active=False)
    show = RideFactory.create(category="SHOW")
    assert set(Ride.objects.active()) == {shown, show}
    assert set(Ride.objects.active().attractions()) == {shown}
