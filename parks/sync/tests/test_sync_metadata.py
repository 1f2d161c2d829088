"""`manage.py sync_metadata` and `metadata_coverage`: what is known of rides, since when, and how much (R-26.6)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from core.commands import SomeFailed
from core.tests.stub_upstream import HTML_PAGE, NOT_FOUND, StubUpstream, answer
from parks.models import EntityMetadata, EntityMetadataVersion, Park, Ride
from parks.sync.metadata import history
from parks.sync.tests.upstream_world import PARK, RIDE, SHOW, child, children
from parks.tests.factories import NOON, MetadataFactory, ParkFactory, RideFactory, wiki_id

pytestmark = pytest.mark.django_db
OTHER_PARK = wiki_id(700_002)
OWN, LIST = f"/entity/{RIDE}", f"/entity/{PARK}/children"
TAGS = [{"tag": "MINIMUM_HEIGHT", "tagName": "Height", "value": {"height": 40, "unit": "in"}}]


@pytest.fixture(autouse=True)
def stub(settings: Any) -> Iterator[StubUpstream]:
    """An upstream that lists one ride below the park; the ride's own answer has its height."""
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as stub, time_machine.travel(NOON, tick=False):
        settings.THEMEPARKS_WIKI_URL = stub.url
        stub.routes[LIST] = answer(children(child()))
        stub.routes[OWN] = answer(child(tags=TAGS))
        yield stub


@pytest.fixture(autouse=True)
def park() -> Park:
    return ParkFactory.create(themeparks_wiki_id=PARK, name="Test Park")


@pytest.fixture(autouse=True)
def ride(park: Park) -> Ride:
    return RideFactory.create(park=park, themeparks_wiki_id=RIDE, name="Test Coaster")


def test_place_and_heights_come_from_the_list_and_from_the_rides_own_answer(ride):
    call_command("sync_metadata")
    row = ride.metadata
    assert (row.latitude, row.longitude, row.height_min_cm) == (Decimal("40.001"), Decimal("-80.001"), 101)
    assert (row.tags, row.version, row.checked_at) == (["MINIMUM_HEIGHT"], 1, NOON)


def test_a_ride_is_asked_for_once_in_a_month(stub, capsys):
    call_command("sync_metadata")
    with time_machine.travel(NOON + timedelta(days=29)):
        call_command("sync_metadata")
    assert stub.paths() == [LIST, OWN, LIST]
    with time_machine.travel(NOON + timedelta(days=30)):
        call_command("sync_metadata")
    assert stub.paths()[3:] == [LIST, OWN]


def test_a_ride_that_a_clock_ahead_asked_for_is_asked_for_again(stub):
    with time_machine.travel(NOON + timedelta(days=400)):
        call_command("sync_metadata")
    call_command("sync_metadata")
    assert stub.paths() == [LIST, OWN] * 2


def test_every_ride_is_asked_for_when_wanted(stub):
    call_command("sync_metadata")
    call_command("sync_metadata", "--all")
    assert stub.paths() == [LIST, OWN] * 2


def test_the_same_again_is_the_same_version():
    for _ in range(3):
        call_command("sync_metadata", "--all")
    assert EntityMetadata.objects.get().version == 1
    assert not EntityMetadataVersion.objects.exists()


def test_where_both_answers_differ_the_list_counts_so_that_nothing_flips(stub, ride):
    stub.routes[OWN] = answer(child(tags=TAGS, location={"latitude": 41.5, "longitude": -80.0}))
    call_command("sync_metadata", "--all")
    with time_machine.travel(NOON + timedelta(days=1)):
        call_command("sync_metadata")
    row = EntityMetadata.objects.get()
    assert (row.latitude, row.version) == (Decimal("40.001"), 1)


def test_a_change_is_a_version_that_says_what_changed_and_when(stub, ride):
    call_command("sync_metadata")
    stub.routes[LIST] = answer(children(child(location={"latitude": 40.5, "longitude": -80.001})))
    changed = NOON + timedelta(days=3)
    with time_machine.travel(changed, tick=False):
        call_command("sync_metadata")
    row = EntityMetadata.objects.get()
    assert (row.version, row.latitude, row.last_synced, row.height_min_cm) == (2, Decimal("40.5"), changed, 101)
    before = row.versions.get()
    assert (before.version, before.fields["latitude"], before.recorded_at) == (1, "40.0010000", changed)
    assert [(each.number, each.since, each.changed) for each in history(row)] == [
        (1, None, ()),
        (2, changed, ("latitude",)),
    ]


def test_the_history_of_a_ride_names_the_fields_of_each_change(stub, ride):
    call_command("sync_metadata")
    stub.routes[LIST] = answer(children(child(name="New Name")))
    call_command("sync_metadata")
    stub.routes[OWN] = answer(child(tags=[{**TAGS[0], "value": {"height": 44, "unit": "in"}}]))
    call_command("sync_metadata", "--all")
    reported = history(EntityMetadata.objects.get())
    assert [(each.number, each.changed) for each in reported] == [
        (1, ()),
        (2, ("entity_name",)),
        (3, ("height_min_cm",)),
    ]
    assert [each.fields["height_min_cm"] for each in reported] == [101, 101, 111]


def test_what_upstream_forgets_stays(stub, ride):
    call_command("sync_metadata")
    stub.routes[LIST] = answer(children(child(location={"latitude": None, "longitude": None})))
    stub.routes[OWN] = NOT_FOUND
    call_command("sync_metadata", "--all")
    row = EntityMetadata.objects.get()
    assert (row.latitude, row.height_min_cm, row.version) == (Decimal("40.001"), 101, 1)


def test_a_place_may_come_as_a_tag(stub):
    place = {"tag": "LOCATION", "tagName": "Location", "value": {"latitude": 40.25, "longitude": -80.5}}
    stub.routes[LIST] = answer(children(child(location=None)))
    stub.routes[OWN] = answer(child(location=None, tags=[place]))
    call_command("sync_metadata")
    row = EntityMetadata.objects.get()
    assert (row.latitude, row.longitude) == (Decimal("40.25"), Decimal("-80.5"))


def test_entities_that_are_no_rides_of_ours_get_no_metadata(stub):
    stub.routes[LIST] = answer(children(child(), child(SHOW, entityType="SHOW")))
    call_command("sync_metadata")
    assert [row.themeparks_wiki_id for row in EntityMetadata.objects.all()] == [RIDE]


def test_inactive_rides_and_parks_are_not_asked_for(stub, ride):
    RideFactory(park=ride.park, is_active=False)
    ParkFactory(themeparks_wiki_id=OTHER_PARK, is_active=False)
    call_command("sync_metadata")
    assert stub.paths() == [LIST, OWN]


# -- failures --------------------------------------------------------------------------------------------


def test_a_park_that_fails_costs_no_other(stub, capsys):
    ParkFactory(themeparks_wiki_id=OTHER_PARK, name="Broken Park")
    stub.routes[f"/entity/{OTHER_PARK}/children"] = HTML_PAGE
    with pytest.raises(SomeFailed, match="Broken Park") as caught:
        call_command("sync_metadata")
    assert caught.value.returncode == 1
    assert EntityMetadata.objects.get().themeparks_wiki_id == RIDE
    assert "its list of rides" in capsys.readouterr().err


def test_a_ride_whose_answer_fails_keeps_its_place_and_is_asked_for_again(stub):
    stub.routes[OWN] = [HTML_PAGE, answer(child(tags=TAGS))]
    with pytest.raises(CommandError):
        call_command("sync_metadata")
    row = EntityMetadata.objects.get()
    assert (row.latitude, row.height_min_cm, row.checked_at) == (Decimal("40.001"), None, None)
    call_command("sync_metadata")
    assert EntityMetadata.objects.get().height_min_cm == 101


def test_the_answer_of_another_entity_is_not_believed(stub):
    stub.routes[OWN] = answer(child(SHOW, tags=TAGS))
    with pytest.raises(CommandError):
        call_command("sync_metadata")
    assert EntityMetadata.objects.get().height_min_cm is None


@pytest.mark.parametrize("number", ["9999", "-1"])
def test_an_unknown_park_is_refused(stub, number):
    with pytest.raises(CommandError, match=f"park {number} is not known") as caught:
        call_command("sync_metadata", f"--park-id={number}")
    assert caught.value.returncode == 2
    assert stub.requests == []


def test_a_park_that_upstream_does_not_know_is_refused(stub):
    park = ParkFactory(themeparks_wiki_id=None, name="Elsewhere")
    with pytest.raises(CommandError, match="Elsewhere is not an active park"):
        call_command("sync_metadata", "--park-id", str(park.pk))


# -- coverage --------------------------------------------------------------------------------------------


def test_coverage_is_reported_by_park_and_together(park, capsys):
    MetadataFactory(ride=park.rides.get(), latitude=1, longitude=1, height_min_cm=100)
    RideFactory(park=park)
    MetadataFactory(ride=RideFactory(park__name="Another Park"))
    call_command("metadata_coverage")
    lines = {line[:36].strip(): line[36:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines["Test Park"] == ["2", "1", "1", "0", "1", "50.0", "%", "50.0", "%"]
    assert lines["Another Park"] == ["1", "1", "0", "0", "0", "100.0", "%", "0.0", "%"]
    assert lines["all rides"] == ["3", "2", "1", "0", "1", "66.7", "%", "33.3", "%"]


def test_coverage_of_one_park(park, capsys):
    ParkFactory(name="Another Park")
    call_command("metadata_coverage", "--park-id", str(park.pk))
    assert "Another Park" not in capsys.readouterr().out
