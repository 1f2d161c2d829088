"""Whatever is shared between answers (stats.readings.shared), each answer is the one that reads everything itself."""

from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from config.tests.contract.contract_table import ENDPOINTS, Endpoint, Query
from config.tests.contract.contract_world import NOW, World, build_larger_world, stage
from config.tests.contract.test_contract import url_of
from core import data_version
from stats.readings import shared

pytestmark = pytest.mark.django_db  # else there is no test database

PLAIN = Client()  # which leaves the switch to the tests, and stores nothing
ASKED = [(endpoint, query) for endpoint in ENDPOINTS for query in endpoint.queries()]


def answer(world: World, endpoint: Endpoint, query: Query) -> tuple[int, Any]:
    response = PLAIN.get(url_of(world, endpoint, query))
    return response.status_code, response.json()


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, list[tuple[int, Any]]]:
    """Each question of the contract's table, read by itself, then twice with what others have read."""
    found: dict[str, list[tuple[int, Any]]] = {}
    patch = pytest.MonkeyPatch()
    patch.setattr(data_version, "current", lambda: "1")
    shared.kept.clear()
    with stage(django_db_blocker, NOW, build_larger_world) as world:
        for name, seconds in (("alone", 0), ("shared", 60), ("again", 60)):
            with override_settings(SHARED_READING_SECONDS=seconds):
                found[name] = [answer(world, endpoint, query) for endpoint, query in ASKED]
    found["kept"] = [(len(shared.kept), None)]
    shared.kept.clear()
    patch.undo()
    return found


@pytest.mark.parametrize("name", ["shared", "again"])
def test_shared_readings_change_no_answer(answers, name):
    different = [
        (endpoint.path, query)
        for (endpoint, query), alone, other in zip(ASKED, answers["alone"], answers[name], strict=True)
        if alone != other
    ]
    assert different == []


def test_readings_were_shared_and_none_had_to_make_room_for_another(answers):
    assert 10 < answers["kept"][0][0] < shared.MOST_KEPT
