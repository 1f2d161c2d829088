"""Insert or update by natural key, whatever the database calls it."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection, models

from core.database.querysets import columns_of, fields_to_store, upsert, upsert_text
from parks.models import Park, Ride
from parks.tests.factories import NOON, ParkFactory, RideFactory, wiki_id

pytestmark = pytest.mark.django_db
KEY = ["themeparks_wiki_id"]


def coaster(number: int, name: str, **columns: object) -> Ride:
    park, _ = Park.objects.get_or_create(name="Park", defaults={"city": "x", "country": "US", "timezone": "UTC"})
    return Ride(park=park, themeparks_wiki_id=wiki_id(number), name=name, **columns)


def names() -> list[str]:
    return list(Ride.objects.order_by("themeparks_wiki_id").values_list("name", flat=True))


def test_new_rows_are_inserted():
    assert upsert(Ride, [coaster(1, "one"), coaster(2, "two")], KEY, ["name"]) == 2
    assert names() == ["one", "two"]


def test_rows_that_exist_are_updated_and_others_inserted():
    upsert(Ride, [coaster(1, "one"), coaster(2, "two")], KEY, ["name"])
    before = dict(Ride.objects.values_list("themeparks_wiki_id", "pk"))
    upsert(Ride, [coaster(2, "second"), coaster(3, "three")], KEY, ["name"])
    assert names() == ["one", "second", "three"]
    after = dict(Ride.objects.values_list("themeparks_wiki_id", "pk"))
    assert before.items() <= after.items(), "a row keeps its id"


def test_only_the_named_columns_change():
    upsert(Ride, [coaster(1, "one", tier=1, land_area="here")], KEY, ["name", "tier"])
    upsert(Ride, [coaster(1, "uno", tier=2, land_area="there")], KEY, ["name", "tier"])
    ride = Ride.objects.get()
    assert (ride.name, ride.tier, ride.land_area) == ("uno", 2, "here")


def test_doing_it_again_changes_nothing():
    rows = [coaster(1, "one"), coaster(2, "two")]
    upsert(Ride, rows, KEY, ["name"])
    before = list(Ride.objects.order_by("pk").values())
    upsert(Ride, [coaster(1, "one"), coaster(2, "two")], KEY, ["name"])
    assert list(Ride.objects.order_by("pk").values()) == before


def test_a_row_that_is_updated_keeps_the_time_of_its_creation():
    with time_machine.travel(NOON, tick=False):
        upsert(Ride, [coaster(1, "one")], KEY, ["name", "updated_at"])
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        upsert(Ride, [coaster(1, "uno")], KEY, ["name", "updated_at"])
    ride = Ride.objects.get()
    assert (ride.created_at, ride.updated_at) == (NOON, NOON + timedelta(days=1))


def test_a_key_of_nothing_is_no_key():
    park = ParkFactory.create()
    rows = [RideFactory.build(park=park, themeparks_wiki_id=None, queue_times_id=None) for _ in range(2)]
    upsert(Ride, rows, KEY, ["name"])
    assert Ride.objects.count() == 2


def test_rows_that_know_their_number_go_with_rows_that_do_not():
    upsert(Ride, [coaster(1, "one")], KEY, ["name"])
    known = Ride.objects.get()
    known.name = "uno"
    assert upsert(Ride, [known, coaster(2, "two")], KEY, ["name"]) == 2
    assert names() == ["uno", "two"]
    assert Ride.objects.get(name="uno").pk == known.pk


def test_no_rows_are_no_work(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert upsert(Ride, [], KEY, ["name"]) == 0


def test_a_generator_of_more_rows_than_a_batch_is_stored_whole():
    park = ParkFactory.create()
    rows = (Ride(park=park, name=f"ride {n}", themeparks_wiki_id=wiki_id(n)) for n in range(2_500))
    assert upsert(Ride, rows, KEY, ["name"]) == 2_500
    assert Ride.objects.count() == 2_500


class SentError(Exception):
    """A statement that was to be sent."""


OURS = [model for model in apps.get_models() if model.__module__.split(".")[0] not in ("django", "rest_framework")]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_the_text_is_that_of_the_compiler(model, monkeypatch):
    key = columns_of(model)[:1]
    update = [name for name in columns_of(model)[1:] if not getattr(model._meta.get_field(name), "primary_key", False)]
    update = [name for name in update if name not in getattr(model._meta.pk, "field_names", ())]
    monkeypatch.setattr(models.QuerySet, "_prepare_for_bulk_create", lambda *_: None)
    rows = [model() for _ in range(3)]

    def refuse(execute: object, sql: str, *_: object) -> None:
        raise SentError(sql)

    with connection.execute_wrapper(refuse), pytest.raises(SentError) as sent:
        model._default_manager.bulk_create(
            rows,
            update_conflicts=True,
            update_fields=update,
            unique_fields=key if connection.features.supports_update_conflicts_with_target else None,
        )
    fields = fields_to_store(model, with_number=False)
    assert [str(sent.value).partition(" RETURNING ")[0]] == [
        upsert_text(model, fields, tuple(key), tuple(update), "default").of(3)
    ]
