"""What every test can rely on: which servers are there, the shared recorded data, patient property tests."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from unittest import mock

import hypothesis
import pytest
from coverage import Coverage
from django.conf import settings
from django.db import connection
from django.test import override_settings

from core import data_version
from core.web.tests.production_client import ProductionClient, writes

# Coverage and two busy cores make the time of a single example say nothing.
hypothesis.settings.register_profile("ridewatch", deadline=None)
hypothesis.settings.load_profile("ridewatch")
# Tests are collected in great numbers and stay: to look for garbage after each 700 objects takes a second.
gc.set_threshold(50_000, 20, 100)


def pytest_report_header() -> str:
    """Name the servers of this run, so that a log shows which of the two it is."""
    return f"database: {connection.vendor}, Redis: {'yes' if os.environ.get('REDIS_URL') else 'no'}"


# Fixtures through which a test reaches the database, besides the marker django_db.
DATABASE = {"db", "transactional_db", "django_db_setup"}
# Rooms that put together what lower rooms read. What the databases do differently is in those, which run on both; so
# do the contract and the agreement net, which ask each answer and page.
ON_SQLITE = tuple(
    f"{room}/"
    for room in (
        *("dashboard", "stats/answers", "stats/charts", "stats/audit", "stats/api", "weather"),
        *("snapshots/api", "snapshots/quality", "importer/api", "parks"),
    )
)
# Where branches are counted on SQLite: cheap rooms that MariaDB's run leaves out, wholly or in part.
COUNTED_ON_SQLITE = tuple(
    f"{room}/"
    for room in (
        *("dashboard/pages", "dashboard/components", "stats/audit", "stats/api", "weather", "parks"),
        *("snapshots/api", "snapshots/quality", "importer/api", "core/web", "core/database"),
    )
)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Skip what this run has no server for, mark what the databases do not change, slow files first."""
    missing = {
        "mariadb": connection.vendor != "mysql",
        "redis": not os.environ.get("REDIS_URL"),
    }
    for item in items:
        for marker, is_missing in missing.items():
            if is_missing and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"needs {marker}"))
        is_alike = needs_no_database(item) or item.nodeid.startswith(ON_SQLITE)
        if is_alike and not any(map(item.get_closest_marker, ("mariadb", "on_mariadb"))):
            item.add_marker(pytest.mark.on_sqlite)
    yield
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """To count branches nearly doubles the time: it rests where enough others walk them, in the fixtures too."""
    counter = Coverage.current()
    if counter is None or is_counted(item):
        return (yield)
    counter.stop()
    try:
        return (yield)
    finally:
        counter.start()


def is_counted(item: pytest.Item) -> bool:
    if item.get_closest_marker("uncounted"):
        return False
    return connection.vendor == "mysql" or item.nodeid.startswith(COUNTED_ON_SQLITE)


def needs_no_database(item: pytest.Item) -> bool:
    """Whether a test asks for no database; one whose module imports `connection` finds its own or asks which it is."""
    fixtures = set(getattr(item, "fixturenames", ()))
    module = vars(getattr(item, "module", None) or object)
    return not (item.get_closest_marker("django_db") or fixtures & DATABASE or "connection" in module)


@pytest.fixture(scope="session")
def shared_data_dir() -> Path:
    """The recorded inputs beside the project (archive, golden cases); without them, the test is skipped."""
    directory = Path(settings.SHARED_DATA_DIR)
    if not directory.is_dir():
        pytest.skip(f"no shared data at {directory}")
    return directory


@pytest.fixture(scope="session", autouse=True)
def _plain_answers() -> Iterator[None]:
    """Functions share nothing when a test calls them, as it moves no data version; static files are not listed.

    A password's hash is made to take long, which here takes long. The processes of a run each have a data version of
    their own: one that another moved in the middle of a request would have its readings read again, and counted.
    """
    writes.watch()
    process = os.environ.get("PYTEST_XDIST_WORKER", "")
    own = {
        "DATA_VERSION_FILE": settings.DATA_VERSION_FILE.with_name(f"data-version{process}"),
        "API_RATE_LIMIT": None,  # a run asks more than any client
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
    with (
        override_settings(SHARED_READING_SECONDS=0, WHITENOISE_USE_FINDERS=False, **own),
        mock.patch.object(data_version, "KEY", f"{data_version.KEY}{process}"),
    ):
        yield


@pytest.fixture(autouse=True)
def _rows_of_a_test_are_gone_after_it() -> Iterator[None]:
    """Nothing is answered from them in the next one."""
    before = writes.count
    yield
    if writes.count != before:
        writes.happened()


@pytest.fixture
def client() -> ProductionClient:
    """What requests get in production, instead of pytest-django's plain client."""
    return ProductionClient()
