"""Parks from the catalogue."""

import pytest

from parks.catalog.directory import load_catalog, park_from
from parks.catalog.known import CATALOG
from parks.models import Park
from parks.tests.factories import ParkFactory

pytestmark = pytest.mark.django_db


def test_loading_creates_every_park_of_the_catalogue_once(django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        assert load_catalog() == len(CATALOG)
    before = list(Park.objects.order_by("pk").values())
    assert load_catalog() == 0
    assert list(Park.objects.order_by("pk").values()) == before


def test_the_facts_arrive_in_the_columns():
    load_catalog()
    for facts in CATALOG:
        park = Park.objects.get(themeparks_wiki_id=facts.themeparks_wiki_id)
        park.full_clean()
        assert (park.name, park.timezone, park.country) == (facts.name, facts.timezone, facts.country)
        assert (float(park.latitude or 0), float(park.longitude or 0)) == (facts.latitude, facts.longitude)
        assert park.is_active


@pytest.mark.parametrize("column", ["themeparks_wiki_id", "queue_times_id"])
def test_a_known_park_stays_as_it_is(column):
    facts = CATALOG[0]
    other = {"themeparks_wiki_id": None, "queue_times_id": None}
    known = ParkFactory.create(name="Ours", **{**other, column: getattr(facts, column)})
    assert load_catalog() == len(CATALOG) - 1
    known.refresh_from_db()
    assert known.name == "Ours"
    assert not Park.objects.filter(name=facts.name).exists()


def test_a_park_without_any_upstream_id_is_in_nobodys_way():
    ParkFactory.create(themeparks_wiki_id=None, queue_times_id=None)
    assert load_catalog() == len(CATALOG)


def test_a_park_from_facts_is_not_saved():
    assert park_from(CATALOG[0]).pk is None
