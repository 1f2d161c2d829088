"""Whatever is shared between answers (stats.readings.shared), each answer is the one that reads everything itself."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import MappingProxyType, NoneType
from typing import Any

import pytest
import time_machine
from django.db.models import Model
from django.test import Client, override_settings
from msgspec import Struct, UnsetType
from pytest_django import DjangoDbBlocker

from config.tests.contract.contract_table import ENDPOINTS, Endpoint, Query
from config.tests.contract.contract_world import NOW, World, build_larger_world, stage
from config.tests.contract.test_contract import url_of
from core import data_version
from stats.readings import shared

pytestmark = [pytest.mark.django_db, pytest.mark.uncounted]  # else there is no test database

PLAIN = Client()  # which leaves the switch to the tests, and stores nothing
ASKED = [(endpoint, query) for endpoint in ENDPOINTS for query in endpoint.queries()]
LOS_ANGELES_MIDNIGHT = datetime(2025, 12, 24, 8, tzinfo=UTC)
SOON = timedelta(seconds=20)
# When, and for how many seconds readings are shared.
ROUNDS = {
    "alone": (NOW, 0),
    "shared": (NOW, 60),
    "again": (NOW, 60),
    "before midnight": (LOS_ANGELES_MIDNIGHT - SOON, 60),
    "after midnight": (LOS_ANGELES_MIDNIGHT + SOON, 60),
    "after midnight, alone": (LOS_ANGELES_MIDNIGHT + SOON, 0),
}


def answer(world: World, endpoint: Endpoint, query: Query) -> tuple[int, Any]:
    response = PLAIN.get(url_of(world, endpoint, query))
    return response.status_code, response.json()


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, list[tuple[int, Any]]]:
    """Each question of the contract's table, read by itself and with what others have read."""
    found: dict[str, list[tuple[int, Any]]] = {}
    patch = pytest.MonkeyPatch()
    patch.setattr(data_version, "current", lambda: "1")
    shared.kept.clear()
    with stage(django_db_blocker, NOW, build_larger_world) as world:
        for name, (moment, seconds) in ROUNDS.items():
            with override_settings(SHARED_READING_SECONDS=seconds), time_machine.travel(moment, tick=False):
                found[name] = [answer(world, endpoint, query) for endpoint, query in ASKED]
            if name == "again":
                found["kept"] = [(len(shared.kept), [reading.found for reading in shared.kept.values()])]
    shared.kept.clear()
    patch.undo()
    return found


def different(one: list[Any], other: list[Any]) -> list[tuple[str, Query]]:
    return [(endpoint.path, query) for (endpoint, query), a, b in zip(ASKED, one, other, strict=True) if a != b]


@pytest.mark.parametrize("name", ["shared", "again"])
def test_shared_readings_change_no_answer(answers, name):
    assert different(answers["alone"], answers[name]) == []


def test_soon_after_a_midnight_the_answers_are_of_the_new_dates(answers):
    assert len(different(answers["before midnight"], answers["after midnight, alone"])) > 50
    assert different(answers["after midnight"], answers["after midnight, alone"]) == []


def test_readings_were_shared_and_none_had_to_make_room_for_another(answers):
    assert 10 < answers["kept"][0][0] < shared.MOST_KEPT


def changeable(found: Any) -> Iterator[Any]:
    """What an answer could change in a reading; of model instances Django knows no frozen kind."""
    if isinstance(found, MappingProxyType):
        for value in found.values():
            yield from changeable(value)
    elif isinstance(found, tuple | frozenset):
        for value in found:
            yield from changeable(value)
    elif is_dataclass(found) or isinstance(found, Struct):
        names = found.__struct_fields__ if isinstance(found, Struct) else [each.name for each in fields(found)]
        for name in names[:1]:
            with pytest.raises(AttributeError):
                setattr(found, name, None)
        for name in names:
            yield from changeable(getattr(found, name))
    elif not isinstance(found, Model | Enum | str | int | float | Decimal | Fraction | date | UnsetType | NoneType):
        yield found


def test_no_reading_can_be_changed(answers):
    assert list(changeable(tuple(answers["kept"][0][1]))) == []
