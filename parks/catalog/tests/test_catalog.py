"""The typed-in facts about parks, and their sample twins."""

import re
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from parks.catalog.known import CATALOG, CatalogPark, facts_for, sample_twin

every_park = pytest.mark.parametrize("park", CATALOG, ids=lambda park: park.slug)


def test_the_catalogue_knows_some_forty_parks_once_each():
    assert len(CATALOG) >= 40
    assert len({park.themeparks_wiki_id for park in CATALOG}) == len(CATALOG)
    assert len({park.slug for park in CATALOG}) == len(CATALOG)
    assert len({park.queue_times_id for park in CATALOG}) == len(CATALOG)


@every_park
def test_uuids_are_canonical(park: CatalogPark):
    for text in (park.themeparks_wiki_id, park.destination_id):
        assert str(uuid.UUID(text)) == text


@every_park
def test_the_zone_is_known_and_fits_the_longitude(park: CatalogPark):
    zone = ZoneInfo(park.timezone)
    offset = datetime(2026, 1, 15, 12, tzinfo=zone).utcoffset()
    assert offset is not None
    assert abs(offset.total_seconds() / 3600 - park.longitude / 15) < 2


@every_park
def test_the_country_is_two_letters_and_american_parks_have_a_state(park: CatalogPark):
    assert re.fullmatch("[A-Z]{2}", park.country)
    assert (park.state_province is not None) == (park.country in {"US", "CA"})
    assert park.city
    assert park.operator


@every_park
def test_coordinates_lie_on_the_northern_half_of_the_right_side(park: CatalogPark):
    assert 20 < park.latitude < 60
    assert (park.longitude < -70) == (park.country in {"US", "CA"})


def test_parks_of_one_destination_share_name_and_zone():
    shared: dict[str, set[tuple[str, str]]] = {}
    for park in CATALOG:
        shared.setdefault(park.destination_id, set()).add((park.destination_name, park.timezone))
    assert all(len(facts) == 1 for facts in shared.values())


def test_flags_follow_the_company_that_reports_the_status():
    flags = {park.name: (park.is_disney, park.is_universal) for park in CATALOG}
    assert flags["Tokyo DisneySea"] == (True, False)
    assert flags["Universal Epic Universe"] == (False, True)
    assert flags["Dollywood"] == (False, False)


def test_efteling_keeps_dutch_time():
    (efteling,) = (park for park in CATALOG if park.name == "Efteling")
    assert (efteling.country, efteling.timezone) == ("NL", "Europe/Amsterdam")


@every_park
def test_a_twin_has_the_facts_but_not_the_identity(park: CatalogPark):
    twin = sample_twin(park)
    assert twin.name == f"{park.name} (sample)"
    assert twin.slug == f"{park.slug}-sample"
    assert twin.queue_times_id is None
    assert facts_for(twin.destination_id) is None
    assert twin.themeparks_wiki_id not in {other.themeparks_wiki_id for other in CATALOG}
    assert twin.destination_id not in {other.destination_id for other in CATALOG}
    same = ("city", "country", "timezone", "latitude", "operator", "is_disney", "is_universal")
    assert all(getattr(twin, field) == getattr(park, field) for field in same)


@every_park
def test_facts_are_found_for_park_and_twin(park: CatalogPark):
    assert facts_for(park.themeparks_wiki_id.upper()) == park
    assert facts_for(sample_twin(park).themeparks_wiki_id) == sample_twin(park)


def test_facts_of_an_unknown_park_are_none():
    assert facts_for("00000000-0000-0000-0000-000000000000") is None
    assert facts_for("") is None
