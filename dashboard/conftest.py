"""Data that the tests of the pages share: built once per module, read only, gone afterwards."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from core.web.tests.production_client import ProductionClient
from dashboard.tests.world import World, stage


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with stage(django_db_blocker) as built:
        yield built


@pytest.fixture(scope="session")
def browser_client() -> ProductionClient:
    """Asks as browsers do: rather for HTML than for anything else."""
    return ProductionClient(headers={"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"})
