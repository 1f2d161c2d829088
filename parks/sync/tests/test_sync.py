"""Parks and rides follow the upstreams by UUID, and nothing is lost because an answer failed (R-26.9)."""

from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from core import data_version
from core.tests.stub_upstream import HTML_PAGE, NOT_FOUND, TRUNCATED, Answer, StubUpstream, answer, rate_limited
from core.upstream.http import Limits
from parks.models import Category, EntityMetadata, EntityType, Park, Ride, RideClassification
from parks.sync.parks import ParkSync, plan_sync, sync_parks, watched_countries
from parks.sync.rides import sync_rides
from parks.sync.tests.upstream_world import (
    DESTINATION,
    PARK,
    RIDE,
    SHOW,
    child,
    children,
    destinations,
    directory,
    directory_park,
    entity,
    queue_times_ride,
)
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory, wiki_id
from parks.upstreams import queue_times, themeparks_wiki

pytestmark = pytest.mark.django_db
US = frozenset({"US"})
SECOND = wiki_id(700_002)


@pytest.fixture
def stub(settings: Any) -> Iterator[StubUpstream]:
    """An upstream with one park in Pennsylvania that has one ride; Queue-Times lists no park."""
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL = stub.url
        settings.QUEUE_TIMES_URL = stub.url
        stub.routes["/destinations"] = answer(destinations((PARK, "Test Park")))
        stub.routes["/parks.json"] = answer([])
        report_park(stub, entity())
        report_children(stub, child())
        yield stub


def report_park(stub: StubUpstream, reported: dict[str, Any]) -> None:
    stub.routes[f"/entity/{reported['id']}"] = answer(reported)


def report_children(stub: StubUpstream, *reported: Any, uuid: str = PARK) -> None:
    stub.routes[f"/entity/{uuid}/children"] = answer(children(*reported, uuid=uuid))


def report_queue_times(stub: StubUpstream, *parks: Any, operator: str = "Test Parks Company") -> None:
    stub.routes["/parks.json"] = answer(directory(*parks, operator=operator))
    for park in parks:
        stub.routes.setdefault(f"/parks/{park['id']}/queue_times.json", answer({"lands": [], "rides": []}))


def report_rides(stub: StubUpstream, *rides: Any, land: str = "Adrenaline", number: int = 57) -> None:
    lands = [{"id": 1, "name": land, "rides": list(rides)}]
    stub.routes[f"/parks/{number}/queue_times.json"] = answer({"lands": lands, "rides": []})


def sync(
    countries: frozenset[str] | None = US, destination: str | None = None, dry_run: bool = False
) -> dict[str, ParkSync]:
    """What came of each park, by name."""
    limits = Limits(attempts=1)
    with themeparks_wiki.client(limits) as wiki, queue_times.client(limits) as times:
        return {each.name: each for each in sync_parks(plan_sync(wiki, countries, destination), wiki, times, dry_run)}


def synced_park() -> ParkSync:
    return sync()["Test Park"]


# -- parks -------------------------------------------------------------------------------------------------


def test_a_new_park_comes_with_place_zone_and_rides(stub):
    done = synced_park()
    park = Park.objects.get()
    assert (park.themeparks_wiki_id, park.destination_id, park.name) == (PARK, DESTINATION, "Test Park")
    assert (park.latitude, park.longitude) == (Decimal(40), Decimal(-80))
    assert (park.timezone, park.country, park.is_active) == ("America/New_York", "US", True)
    assert (park.queue_times_id, park.operator, park.is_disney) == (None, None, False)
    assert [ride.name for ride in park.rides.all()] == ["Test Coaster"]
    assert (done.is_new, len(done.rides.created), done.problems, done.errors) == (True, 1, [], [])


def test_the_recorded_magic_kingdom_becomes_a_park_with_its_35_attractions(stub, shared_data_dir):
    recorded = shared_data_dir / "real" / "themeparks_wiki_v1"
    uuid = "75ea578a-adc8-4116-a54d-dccb60765ef9"
    stub.routes["/destinations"] = Answer((recorded / "destinations.json").read_bytes())
    stub.routes[f"/entity/{uuid}"] = Answer((recorded / "mk_entity.json").read_bytes())
    stub.routes[f"/entity/{uuid}/children"] = Answer((recorded / "mk_children.json").read_bytes())
    stub.routes["/parks.json"] = Answer(
        (shared_data_dir / "real" / "queue_times_raw" / "parks_2023-11.json").read_bytes()
    )
    done = sync(destination="e957da41-3552-4cf6-b636-5babc5cbc4e5")
    park = Park.objects.get()
    assert (park.name, park.city, park.queue_times_id) == ("Magic Kingdom Park", "Lake Buena Vista", 6)
    assert (park.operator, park.is_disney, park.is_universal) == ("Disney", True, False)
    assert park.rides.count() == 35
    assert done["Magic Kingdom Park"].rides.skipped == {"RESTAURANT": 21, "SHOW": 17}
    assert sum(bool(each.errors) for each in done.values()) == 6, "five parks, and the lands of this one, are 404"


def test_the_same_sync_twice_changes_nothing(stub, settings, tmp_path):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "version", ""
    report_queue_times(stub, directory_park())
    report_rides(stub, queue_times_ride())
    sync()
    before = [*Park.objects.values(), *Ride.objects.values(), *EntityMetadata.objects.values()]
    version = data_version.current()
    assert not any(each.is_change for each in sync().values())
    assert [*Park.objects.values(), *Ride.objects.values(), *EntityMetadata.objects.values()] == before
    assert data_version.current() == version


def test_name_place_and_destination_follow_upstream_by_uuid(stub):
    park = ParkFactory(themeparks_wiki_id=PARK, name="Old Name", latitude=1, longitude=1)
    done = synced_park()
    park.refresh_from_db()
    assert (park.name, park.latitude, park.destination_id) == ("Test Park", 40, DESTINATION)
    assert done.is_new is False
    assert set(done.changed) == {"name", "latitude", "longitude", "destination_id"}


def test_what_upstream_does_not_report_erases_nothing(stub):
    park = ParkFactory(themeparks_wiki_id=PARK, latitude=1, longitude=2)
    report_park(stub, entity(location={"latitude": None, "longitude": -80}, name=None, timezone=None))
    sync()
    name = park.name
    park.refresh_from_db()
    assert (park.name, park.latitude, park.longitude, park.timezone) == (name, 1, -80, "America/New_York")


def test_another_zone_is_reported_and_ours_is_kept(stub):
    park = ParkFactory(themeparks_wiki_id=PARK, timezone="America/Chicago")
    done = synced_park()
    park.refresh_from_db()
    assert park.timezone == "America/Chicago"
    assert [problem.field for problem in done.problems] == ["timezone"]


def test_a_wrong_zone_of_a_new_park_is_found_by_its_place(stub):
    report_park(stub, entity(timezone="Mars/Olympus", location={"latitude": 28.5, "longitude": -81.4}))
    done = synced_park()
    assert Park.objects.get().timezone == "America/New_York"
    assert [problem.field for problem in done.problems] == ["entity.timezone"]


def test_a_new_park_without_any_zone_is_left_out_and_reported(stub):
    report_park(stub, entity(timezone=None, location=None))
    done = synced_park()
    assert done.errors == ["the park is new and has no usable time zone"]
    assert not Park.objects.exists()


def test_a_park_of_the_united_states_lies_in_the_west(stub):
    report_park(stub, entity(location={"latitude": 40, "longitude": 80}))
    done = synced_park()
    assert Park.objects.get().longitude == -80
    assert [problem.field for problem in done.problems] == ["longitude"]
    sync()
    assert Park.objects.get().longitude == -80


@pytest.mark.parametrize(
    "place",
    [(-80.0, 40.0), (48.2, -7.7), (-40.0, -80.0)],  # swapped, in the ocean, in the southern half
)
def test_a_place_outside_the_country_is_refused_and_the_known_one_stays(stub, place):
    park = ParkFactory(themeparks_wiki_id=PARK, country="US", latitude=40, longitude=-80)
    report_park(stub, entity(location={"latitude": place[0], "longitude": place[1]}))
    done = synced_park()
    park.refresh_from_db()
    assert (park.latitude, park.longitude) == (40, -80)
    assert "location" in [problem.field for problem in done.problems]


def test_a_new_park_outside_its_country_has_no_place(stub):
    report_park(stub, entity(location={"latitude": -80, "longitude": 40}))
    synced_park()
    assert Park.objects.get().latitude is None


def test_the_known_place_with_its_degrees_swapped_is_refused_where_both_lie_in_the_country(stub):
    park = ParkFactory(themeparks_wiki_id=PARK, country="TR", latitude=39, longitude=35)
    report_park(stub, entity(timezone="Europe/Istanbul", location={"latitude": 35, "longitude": 39}))
    sync(None)
    park.refresh_from_db()
    assert (park.latitude, park.longitude) == (39, 35)


def test_one_place_under_two_operators_is_reported(stub):
    report_park(stub, entity())
    groups = [*directory(directory_park(), operator="One"), *directory(directory_park(58), operator="Two")]
    stub.routes["/parks.json"] = answer(groups)
    found = [problem.text for each in sync().values() for problem in each.problems]
    assert any("numbers 57 and 58" in text for text in found)


def test_facts_of_the_catalogue_fill_in_what_upstream_does_not_report(stub):
    europa = "639738d3-9574-4f60-ab5b-4c392901320b"
    stub.routes["/destinations"] = answer(destinations((europa, "Europa-Park")))
    report_park(stub, entity(europa, name="Europa-Park", timezone="Europe/Berlin", location=None))
    report_children(stub, uuid=europa)
    sync(countries=None)
    park = Park.objects.get()
    assert (park.city, park.country, park.queue_times_id) == ("Rust", "DE", 51)
    assert park.latitude is not None


# -- which parks -------------------------------------------------------------------------------------------


def test_new_parks_of_other_countries_are_left_out(stub):
    report_park(stub, entity(timezone="Europe/Berlin", location=None))
    assert "Test Park" not in sync()
    assert not Park.objects.exists()
    assert f"/entity/{PARK}/children" not in stub.paths()
    assert sync(frozenset({"DE"}))["Test Park"].is_new
    assert Park.objects.get().country == "DE"


def test_known_parks_of_other_countries_are_not_even_asked_for(stub):
    ParkFactory(themeparks_wiki_id=PARK, country="DE")
    assert "Test Park" not in sync()
    assert f"/entity/{PARK}" not in stub.paths()


def test_a_destination_is_asked_for_whatever_its_country(stub):
    report_park(stub, entity(timezone="Europe/Berlin"))
    assert sync(destination=DESTINATION)["Test Park"].is_new
    with pytest.raises(LookupError):
        sync(destination=wiki_id(1))


def test_the_countries_of_active_parks_are_watched():
    ParkFactory(country="DE")
    ParkFactory(country="FR", is_active=False)
    ParkFactory(country="ZZ")
    assert watched_countries() == {"US", "DE"}


# -- rides -------------------------------------------------------------------------------------------------


def test_shows_and_restaurants_become_no_rides(stub):
    report_children(stub, child(), child(SHOW, entityType="SHOW"), child(wiki_id(3), entityType="RESTAURANT"))
    done = synced_park()
    assert Ride.objects.count() == 1
    assert done.rides.skipped == {"SHOW": 1, "RESTAURANT": 1}


def test_a_new_ride_is_an_active_attraction_without_classification(stub):
    sync()
    ride = Ride.objects.get()
    assert (ride.themeparks_wiki_id, ride.entity_type, ride.category) == (RIDE, "ATTRACTION", "ATTRACTION")
    assert (ride.is_active, ride.tier) == (True, None)
    assert not RideClassification.objects.exists()


def test_a_ride_keeps_its_row_when_its_name_changes(stub):
    sync()
    ride = Ride.objects.get()
    report_children(stub, child(name="Tiana’s Bayou Adventure"))
    done = synced_park()
    assert Ride.objects.get(pk=ride.pk).name == "Tiana’s Bayou Adventure"
    assert [each.pk for each in done.rides.updated] == [ride.pk]


@pytest.mark.parametrize(
    ("attraction_type", "category"),
    [
        ("MEET_AND_GREET", Category.MEET_AND_GREET),
        ("SHOW", Category.SHOW),
        ("PARADE", Category.SHOW),
        ("RIDE", Category.ATTRACTION),
        ("TRANSPORT", Category.EXPERIENCE),
        ("OTHER", Category.EXPERIENCE),
        ("UNKNOWN", Category.ATTRACTION),
        ("SLIDE", Category.ATTRACTION),
        (None, Category.ATTRACTION),
    ],
)
def test_the_attraction_type_hints_at_the_category(stub, attraction_type, category):
    report_children(stub, child(attractionType=attraction_type))
    sync()
    assert Ride.objects.get().category == category


def test_a_hint_does_not_overrule_a_classification(stub):
    park = ParkFactory(themeparks_wiki_id=PARK)
    classified = RideFactory(park=park, themeparks_wiki_id=RIDE, category=Category.ATTRACTION)
    ClassificationFactory(ride=classified)
    plain = RideFactory(park=park, themeparks_wiki_id=SHOW, category=Category.ATTRACTION)
    report_children(stub, child(attractionType="PARADE"), child(SHOW, attractionType="PARADE"))
    sync()
    classified.refresh_from_db()
    plain.refresh_from_db()
    assert (classified.category, plain.category) == (Category.ATTRACTION, Category.SHOW)


def test_a_ride_that_turns_out_to_be_a_show_is_known_as_one(stub):
    park = ParkFactory(themeparks_wiki_id=PARK)
    ride = RideFactory(park=park, themeparks_wiki_id=RIDE)
    report_children(stub, child(entityType="SHOW"))
    sync()
    ride.refresh_from_db()
    assert (ride.entity_type, ride.category) == (EntityType.SHOW, Category.SHOW)


def test_a_ride_without_a_uuid_is_found_by_its_name(stub):
    park = ParkFactory(themeparks_wiki_id=PARK)
    ride = RideFactory(park=park, themeparks_wiki_id=None, name="TEST coaster™")
    sync()
    ride.refresh_from_db()
    assert (ride.themeparks_wiki_id, ride.name, Ride.objects.count()) == (RIDE, "Test Coaster", 1)


def test_a_name_that_two_rides_share_finds_neither(stub):
    park = ParkFactory(themeparks_wiki_id=PARK)
    RideFactory.create_batch(2, park=park, themeparks_wiki_id=None, name="Test Coaster")
    sync()
    assert Ride.objects.count() == 3


def test_a_ride_that_comes_back_under_another_uuid_is_the_same_ride_and_reported(stub):
    ride = RideFactory(park=ParkFactory(themeparks_wiki_id=PARK), themeparks_wiki_id=SHOW, name="test coaster")
    done = synced_park()
    ride.refresh_from_db()
    assert (ride.themeparks_wiki_id, Ride.objects.count(), done.rides.vanished) == (RIDE, 1, [])
    assert any("another key" in problem.text for problem in done.problems)


def test_a_ride_of_the_same_name_whose_uuid_is_still_reported_is_another_one(stub):
    ride = RideFactory(park=ParkFactory(themeparks_wiki_id=PARK), themeparks_wiki_id=SHOW, name="Test Coaster")
    report_children(stub, child(), child(SHOW))
    synced_park()
    ride.refresh_from_db()
    assert (ride.themeparks_wiki_id, Ride.objects.count()) == (SHOW, 2)


def test_a_ride_of_another_park_is_left_there_and_reported(stub):
    ride = RideFactory(themeparks_wiki_id=RIDE, name="Elsewhere")
    done = synced_park()
    ride.refresh_from_db()
    assert (ride.name, Ride.objects.count()) == ("Elsewhere", 1)
    assert [problem.entity for problem in done.problems] == [RIDE]


def test_a_child_that_names_another_park_is_left_out_and_reported(stub):
    report_children(stub, child(parkId=SECOND), child(wiki_id(5), parkId=PARK))
    done = synced_park()
    assert [ride.themeparks_wiki_id for ride in Ride.objects.all()] == [wiki_id(5)]
    assert [problem.entity for problem in done.problems] == [RIDE]


def test_bad_children_are_left_out_and_reported_and_the_others_stay(stub):
    report_children(stub, None, {"id": "x"}, child(wiki_id(5), name=""), child(), child(name="Twice"))
    done = synced_park()
    assert [ride.name for ride in Ride.objects.all()] == ["Twice"]
    assert len(done.problems) == 5, "object, id, name reported missing, left out for it, duplicate"


def test_a_ride_that_is_no_longer_listed_stays_active_and_is_reported(stub):
    park = ParkFactory(themeparks_wiki_id=PARK)
    gone = RideFactory(park=park, name="Splash Mountain")
    RideFactory(park=park, name="Closed long ago", is_active=False)
    RideFactory(park=park, name="By hand", themeparks_wiki_id=None)
    for reported in ([child()], []):
        report_children(stub, *reported)
        done = synced_park()
        assert gone in done.rides.vanished
        gone.refresh_from_db()
        assert gone.is_active
    assert "Closed long ago" not in [ride.name for ride in done.rides.vanished]
    assert "By hand" not in [ride.name for ride in done.rides.vanished]


def test_the_place_of_a_ride_is_kept_in_its_metadata(stub):
    sync()
    stored = EntityMetadata.objects.get()
    assert (stored.ride, stored.themeparks_wiki_id) == (Ride.objects.get(), RIDE)
    assert (stored.latitude, stored.longitude, stored.version) == (Decimal("40.001"), Decimal("-80.001"), 1)


# -- failures ----------------------------------------------------------------------------------------------

FAULTS = [NOT_FOUND, Answer(status=500), HTML_PAGE, TRUNCATED, rate_limited("0"), answer({"id": wiki_id(1)})]
FAULT_IDS = ["404", "500", "HTML", "truncated", "429", "another's"]


def stored() -> list[Any]:
    return [*Park.objects.order_by("pk").values(), *Ride.objects.order_by("pk").values()]


@pytest.fixture
def known(stub: StubUpstream) -> Park:
    """The park after a first sync, with one ride more."""
    sync()
    park = Park.objects.get()
    RideFactory(park=park, name="Second Ride")
    return park


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_IDS)
def test_a_park_whose_answer_fails_stays_as_it_is_and_is_reported(stub, known, fault):
    before = stored()
    stub.routes[f"/entity/{PARK}"] = fault
    done = synced_park()
    assert len(done.errors) == 1
    assert done.errors[0].startswith("the park: ")
    assert stored() == before


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_IDS)
def test_rides_stay_as_they_are_when_their_list_fails(stub, known, fault):
    before = list(Ride.objects.order_by("pk").values())
    report_park(stub, entity(name="Renamed Park"))
    stub.routes[f"/entity/{PARK}/children"] = fault
    done = synced_park()
    assert done.errors[0].startswith("its rides: ")
    assert done.rides.vanished == []
    assert list(Ride.objects.order_by("pk").values()) == before
    assert Park.objects.get().name == "Renamed Park", "what was good is kept"


def test_an_entity_that_is_no_park_is_refused(stub):
    report_park(stub, entity(entityType="HOTEL"))
    assert "HOTEL" in synced_park().errors[0]
    assert not Park.objects.exists()


def test_a_failing_park_stops_no_other(stub):
    stub.routes["/destinations"] = answer(destinations((SECOND, "Second Park"), (PARK, "Test Park")))
    done = sync()
    assert done["Second Park"].errors
    assert [park.name for park in Park.objects.all()] == ["Test Park"]


@pytest.mark.django_db(transaction=True)
def test_a_lock_in_the_middle_of_a_new_park_is_got_over(stub, monkeypatch):
    tries: list[int] = []

    def locked_once(*args: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError(1213, "Deadlock found")
        return sync_rides(*args)

    monkeypatch.setattr("parks.sync.parks.sync_rides", locked_once)
    monkeypatch.setattr("core.database.querysets.time.sleep", lambda seconds: None)
    done = synced_park()
    assert (done.is_new, len(tries)) == (True, 2)
    assert Ride.objects.get().park == Park.objects.get()


def test_parks_that_are_no_longer_listed_stay(stub, known):
    before = stored()
    stub.routes["/destinations"] = answer({"destinations": []})
    sync()
    assert stored() == before


def test_a_dry_run_reports_the_same_and_writes_nothing(stub, settings, tmp_path):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "version", ""
    report_queue_times(stub, directory_park(), directory_park(58, name="Other Park", latitude="41", longitude="-81"))
    report_rides(stub, queue_times_ride(), number=58)
    done = sync(dry_run=True)
    assert stored() == []
    assert not EntityMetadata.objects.exists()
    assert data_version.current() == "0"
    assert (done["Test Park"].is_new, len(done["Test Park"].rides.created)) == (True, 1)
    assert (done["Other Park"].is_new, len(done["Other Park"].lands.created)) == (True, 1)
    assert [len(each.rides.created) for each in sync().values()] == [len(each.rides.created) for each in done.values()]


# -- Queue-Times -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "flags"),
    [
        ("Test Parks Company", (False, False)),
        ("Walt Disney Attractions", (True, False)),
        ("UNIVERSAL Parks & Resorts", (False, True)),
    ],
)
def test_number_operator_and_flags_come_from_queue_times(stub, operator, flags):
    report_queue_times(stub, directory_park(name="TEST PARK!"), operator=operator)
    sync()
    park = Park.objects.get()
    assert (park.queue_times_id, park.operator) == (57, operator)
    assert (park.is_disney, park.is_universal) == flags


def test_what_we_know_of_the_operator_stands(stub):
    park = ParkFactory(themeparks_wiki_id=PARK, queue_times_id=57, operator="Oriental Land Company", is_disney=True)
    report_queue_times(stub, directory_park(name="Another Name"))
    sync()
    park.refresh_from_db()
    assert (park.operator, park.is_disney, park.queue_times_id) == ("Oriental Land Company", True, 57)
    assert Park.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"name": "Test Park"}, True),
        ({"name": "Tést Pärk™"}, True),
        ({"name": "Great Test Park of Ohio"}, True),
        ({"name": "Test"}, True),
        ({"name": "Kings Island"}, False),
        ({"latitude": "41"}, False),
        ({"latitude": ""}, False),
    ],
)
def test_a_park_is_found_by_name_and_place(stub, changes, is_same):
    report_queue_times(stub, directory_park(**changes))
    sync()
    assert Park.objects.get(themeparks_wiki_id=PARK).queue_times_id == (57 if is_same else None)


def test_the_name_of_another_park_is_not_taken_for_a_part_of_ours(stub):
    stub.routes["/destinations"] = answer(destinations((PARK, "Test Park"), (SECOND, "Test Park Shores")))
    report_park(stub, entity(SECOND, name="Test Park Shores"))
    report_children(stub, uuid=SECOND)
    report_queue_times(stub, directory_park())
    sync()
    numbers = dict(Park.objects.values_list("name", "queue_times_id"))
    assert numbers == {"Test Park": 57, "Test Park Shores": None}


def test_lands_and_numbers_of_rides_come_from_queue_times(stub):
    report_queue_times(stub, directory_park())
    report_rides(
        stub,
        queue_times_ride(1, name="Test Coaster™"),
        queue_times_ride(2, name="Test Coaster Single Rider"),
        queue_times_ride(3, name="Only There"),
    )
    done = synced_park()
    ride = Ride.objects.get()
    assert (ride.queue_times_id, ride.land_area, ride.name) == (1, "Adrenaline", "Test Coaster")
    assert done.lands.skipped == {"Queue-Times only": 1}


def test_a_name_in_two_lands_finds_no_ride(stub):
    report_children(stub, child(name="Railroad"))
    report_queue_times(stub, directory_park())
    report_rides(stub, queue_times_ride(1, name="Railroad"), queue_times_ride(2, name="Railroad"))
    sync()
    assert Ride.objects.get().queue_times_id is None


def test_a_park_that_only_queue_times_knows_comes_with_its_rides(stub):
    report_queue_times(stub, directory_park(name="Lonely Park", latitude="45", country="United States"))
    report_rides(stub, queue_times_ride(1, name="A"), queue_times_ride(2, name="A Single Rider"))
    assert sync()["Lonely Park"].is_new
    park = Park.objects.get(queue_times_id=57)
    assert (park.themeparks_wiki_id, park.country, park.timezone) == (None, "US", "America/New_York")
    assert (park.operator, park.latitude) == ("Test Parks Company", 45)
    ride = park.rides.get()
    assert (ride.queue_times_id, ride.name, ride.land_area, ride.themeparks_wiki_id) == (1, "A", "Adrenaline", None)
    assert not any(each.is_change for each in sync().values())


def test_new_parks_of_queue_times_keep_to_the_countries(stub):
    report_queue_times(stub, directory_park(name="Lonely Park", country="England", timezone="Europe/London"))
    assert "Lonely Park" not in sync()
    assert sync(frozenset({"GB"}))["Lonely Park"].is_new
    assert Park.objects.get(queue_times_id=57).country == "GB"


def test_a_park_with_the_name_but_not_the_place_of_another_is_reported_not_doubled(stub):
    report_queue_times(stub, directory_park(name="Test Park", latitude="45"))
    limits = Limits(attempts=1)
    with themeparks_wiki.client(limits) as wiki, queue_times.client(limits) as times:
        done = sync_parks(plan_sync(wiki, US), wiki, times)
    assert Park.objects.count() == 1
    assert [problem.field for problem in done[-1].problems] == ["parks[]"]


def test_no_park_comes_from_queue_times_alone_while_answers_fail(stub):
    stub.routes[f"/entity/{PARK}"] = Answer(status=500)
    report_queue_times(stub, directory_park(name="Test Park"))
    sync()
    assert not Park.objects.exists()


def test_no_park_comes_from_queue_times_alone_when_one_destination_was_asked_for(stub):
    report_queue_times(stub, directory_park(name="Lonely Park", latitude="45"))
    sync(destination=DESTINATION)
    assert [park.name for park in Park.objects.all()] == ["Test Park"]


def test_a_park_of_queue_times_that_gets_a_uuid_keeps_its_row_and_rides(stub):
    park = ParkFactory(queue_times_id=57, themeparks_wiki_id=None, name="Test Park", latitude=40, longitude=-80)
    ride = RideFactory(park=park, queue_times_id=1, themeparks_wiki_id=None, name="Test Coaster")
    report_queue_times(stub, directory_park())
    report_rides(stub, queue_times_ride(1))
    sync()
    park.refresh_from_db()
    ride.refresh_from_db()
    assert (park.themeparks_wiki_id, ride.themeparks_wiki_id) == (PARK, RIDE)
    assert (Park.objects.count(), Ride.objects.count()) == (1, 1)


def test_without_queue_times_parks_are_synced_and_the_failure_is_reported(stub):
    stub.routes["/parks.json"] = HTML_PAGE
    done = sync()
    assert done["Test Park"].is_new
    assert done["the lists of parks"].errors[0].startswith("Queue-Times: NOT_JSON")


# -- the command -------------------------------------------------------------------------------------------


def run(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("sync_parks", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_sums_up(stub):
    report_children(stub, child(), child(SHOW, entityType="SHOW"), child(wiki_id(9), mood="good", name="Second"))
    out, err = run("--country", "us")
    assert "Test Park: new" in out
    assert "Synced 1 parks (1 new, 0 changed); rides: 2 new, 0 changed, 0 no longer listed; 1 other entities" in out
    assert "1 problems" in out
    assert "Test Park: children[].mood: is not known" in err


def test_a_dry_run_says_so(stub):
    assert "Would have synced 1 parks (1 new" in run("--dry-run")[0]
    assert not Park.objects.exists()


def test_rides_that_are_gone_are_named(stub):
    RideFactory(park=ParkFactory(themeparks_wiki_id=PARK), name="Splash Mountain")
    assert "Splash Mountain is no longer listed; it stays active" in run()[0]


def test_one_destination(stub):
    assert "Synced 1 parks" in run("--destination", DESTINATION.upper())[0]
    with pytest.raises(CommandError, match="lists no destination") as raised:
        run("--destination", wiki_id(1))
    assert raised.value.returncode == 2


def test_a_failing_park_is_named_with_exit_code_1(stub):
    stub.routes[f"/entity/{PARK}"] = HTML_PAGE
    err = StringIO()
    with pytest.raises(CommandError, match="Test Park") as raised:
        call_command("sync_parks", stdout=StringIO(), stderr=err)
    assert raised.value.returncode == 1
    assert "Test Park: the park: NOT_JSON" in err.getvalue()


def test_without_the_directory_nothing_is_changed(stub):
    stub.routes["/destinations"] = TRUNCATED
    with pytest.raises(CommandError, match="nothing was changed") as raised:
        run()
    assert raised.value.returncode == 1
    assert stub.paths() == ["/destinations"]


@pytest.mark.parametrize("options", [("--country", "XX"), ("--country", "Germany"), ("--destination", "disney")])
def test_a_bad_option_costs_one_line_and_exit_code_2(options):
    with pytest.raises(CommandError, match=options[0]) as raised:
        run(*options)
    assert raised.value.returncode == 2
