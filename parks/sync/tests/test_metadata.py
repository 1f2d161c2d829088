"""Metadata of rides: place, heights, shelter, and a version for every change (R-26.6)."""

from decimal import Decimal
from typing import Any

import pytest

from parks.models import EntityMetadata, EntityMetadataVersion, Shelter
from parks.sync.metadata import reported_metadata, store_metadata
from parks.sync.tests.upstream_world import RIDE
from parks.tests.factories import RideFactory
from parks.upstreams.themeparks_wiki import Entity


def coaster(*tags: Any, **changes: Any) -> Entity:
    reported = {"latitude": 40.0012345678, "longitude": -80.5, **changes}
    return Entity(RIDE, reported.pop("name", "Test Coaster"), "ATTRACTION", tags=tags, **reported)


def height(code: str, value: Any, unit: Any) -> dict[str, Any]:
    return {"tag": code, "tagName": "Height", "value": {"height": value, "unit": unit}}


def test_the_place_is_rounded_to_what_the_column_holds():
    reported = reported_metadata(coaster())
    assert reported == {
        "entity_name": "Test Coaster",
        "entity_type": "ATTRACTION",
        "latitude": Decimal("40.0012346"),
        "longitude": Decimal("-80.5"),
    }


@pytest.mark.parametrize(
    ("value", "unit", "centimetres"),
    [
        (40, "in", 101),
        (48, "in", 121),
        (102, "cm", 102),
        (102.9, "cm", 102),
        (40, "ft", None),
        ("40", "in", None),
        (True, "in", None),
        (-1, "cm", None),
        (0, "cm", None),
        (None, "cm", None),
        (float("nan"), "cm", None),
    ],
)
def test_heights_are_whole_centimetres_truncated(value, unit, centimetres):
    reported = reported_metadata(coaster(height("MINIMUM_HEIGHT", value, unit), height("MAXIMUM_HEIGHT", value, unit)))
    assert reported.get("height_min_cm") == centimetres
    assert reported.get("height_max_cm") == centimetres


@pytest.mark.parametrize(
    ("tags", "shelter"),
    [
        (("Indoor",), Shelter.INDOOR),
        (("dark-ride", "MAY_GET_WET"), Shelter.INDOOR),
        (("Roller Coaster",), Shelter.OUTDOOR),
        (("COVERED", "log flume"), Shelter.HYBRID),
        (("indoors", "an outdoor ride"), None),
        ((), None),
    ],
)
def test_whole_tags_report_indoor_and_outdoor(tags, shelter):
    reported = reported_metadata(coaster(*({"tag": tag, "tagName": tag} for tag in tags)))
    assert reported.get("indoor_outdoor") == shelter
    assert reported.get("tags", []) == sorted(tags)


def test_odd_tags_are_no_obstacle():
    odd = [
        {},
        {"tag": None},
        {"tag": 5, "value": []},
        {"tag": "MINIMUM_HEIGHT"},
        {"tag": "A", "value": {"height": {}}},
    ]
    assert reported_metadata(coaster(*odd))["tags"] == ["A", "MINIMUM_HEIGHT"]


@pytest.mark.django_db
class TestVersions:
    def test_the_first_is_version_1_and_has_no_past(self):
        assert store_metadata(RideFactory(), None, coaster())
        assert EntityMetadata.objects.get().version == 1
        assert not EntityMetadataVersion.objects.exists()

    def test_each_change_keeps_what_was_and_says_what_changed(self):
        store_metadata(RideFactory(), None, coaster())
        for reported in (coaster(name="New Name"), coaster(name="New Name", latitude=41.0), coaster(name="Newest")):
            assert store_metadata(EntityMetadata.objects.get().ride, EntityMetadata.objects.get(), reported)
        stored = EntityMetadata.objects.get()
        assert (stored.version, stored.entity_name) == (4, "Newest")
        versions = EntityMetadataVersion.objects.order_by("version")
        assert [(each.version, each.changed_fields) for each in versions] == [
            (1, []),
            (2, ["entity_name"]),
            (3, ["latitude"]),
        ]
        assert [each.fields["entity_name"] for each in versions] == ["Test Coaster", "New Name", "New Name"]
        assert Decimal(versions[2].fields["latitude"]) == 41

    def test_the_same_again_changes_nothing(self):
        ride = RideFactory()
        store_metadata(ride, None, coaster(height("MINIMUM_HEIGHT", 40, "in")))
        stored = EntityMetadata.objects.get()
        assert not store_metadata(ride, stored, coaster(height("MINIMUM_HEIGHT", 40, "in")))
        assert EntityMetadata.objects.get().last_synced == stored.last_synced

    def test_what_is_not_reported_erases_nothing(self):
        ride = RideFactory()
        store_metadata(ride, None, coaster(height("MINIMUM_HEIGHT", 40, "in")))
        assert not store_metadata(ride, EntityMetadata.objects.get(), coaster(latitude=None, longitude=None))
        stored = EntityMetadata.objects.get()
        assert (stored.height_min_cm, stored.longitude, stored.version) == (101, Decimal("-80.5"), 1)
