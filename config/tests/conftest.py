"""Data that the tests of the whole API share: built once per module, read only, gone afterwards."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from config.tests.contract.contract_world import CROWD_NOW, NOW, World, build_crowd, build_world, stage


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One Disney park and one other park, at a moment at which both are open."""
    with stage(django_db_blocker, NOW, build_world) as built:
        yield built


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """More parks and rides than any list shows."""
    with stage(django_db_blocker, CROWD_NOW, build_crowd):
        yield
