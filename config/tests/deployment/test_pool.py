"""The pool of connections to MariaDB and MySQL: how many, how old, how they come back; off unless asked for."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.utils import ConnectionHandler

from config.tests.deployment.test_settings import settings_with
from parks.models import Park
from parks.tests.factories import ParkFactory

SESSIONS = 20
mariadb = pytest.mark.mariadb


def pool_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    monkeypatch.setenv("DATABASE_URL", "mysql://rw:pw@db.example.org/rw")
    return settings_with(monkeypatch, **variables)["DATABASES"]["default"]


def test_there_is_no_pool_unless_it_is_asked_for(monkeypatch):
    database = pool_of(monkeypatch)
    assert (database["POOL"], database["CONN_MAX_AGE"]) == (None, 600)


def test_a_pool_of_five_takes_ten_more_and_is_renewed_by_the_hour(monkeypatch):
    database = pool_of(monkeypatch, DATABASE_POOL_SIZE="5")
    assert database["POOL"] == {"pool_size": 5, "max_overflow": 10, "recycle": 3600, "timeout": 30}
    assert database["CONN_MAX_AGE"] == 0, "a thread that kept its connection would keep it from the others"


def test_each_figure_of_the_pool_can_be_set(monkeypatch):
    figures = {"SIZE": "3", "OVERFLOW": "0", "RECYCLE_SECONDS": "60", "TIMEOUT_SECONDS": "1"}
    database = pool_of(monkeypatch, **{f"DATABASE_POOL_{name}": figure for name, figure in figures.items()})
    assert database["POOL"] == {"pool_size": 3, "max_overflow": 0, "recycle": 60, "timeout": 1}


Connected = Callable[..., ConnectionHandler]


@pytest.fixture
def handler(db) -> Iterator[Connected]:
    """A function to connections of the test database with a pool of these figures; the pool is empty at first."""
    from core.database.mysql.base import pools

    given = {**connection.settings_dict, "CONN_MAX_AGE": 0}

    def connected(**figures: int) -> ConnectionHandler:
        pool = {"pool_size": 5, "max_overflow": 10, "recycle": 3600, "timeout": 30, **figures}
        return ConnectionHandler({"default": {**given, "POOL": pool}})

    yield connected
    for pool in pools.values():
        pool.dispose()
    pools.clear()


def the_pool() -> Any:
    from core.database.mysql.base import pools

    (pool,) = pools.values()
    return pool


def at_once(count: int, act: Callable[[], None]) -> list[BaseException]:
    """Run `act` in so many threads that begin together; what they raised."""
    barrier, errors = threading.Barrier(count), []

    def session() -> None:
        barrier.wait()
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=session) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


@contextmanager
def session_of(handler: ConnectionHandler) -> Iterator[Any]:
    """A connection for as long as a request takes."""
    connection = handler["default"]
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def number(cursor: Any) -> int:
    cursor.execute("SELECT CONNECTION_ID()")
    return int(cursor.fetchone()[0])


@mariadb
def test_twenty_sessions_at_once_all_get_a_connection(handler):
    pooled, asked = handler(), []

    def ask() -> None:
        for _ in range(3):
            with session_of(pooled) as cursor:
                asked.append(number(cursor))
                cursor.execute("SELECT SLEEP(0.05)")

    assert at_once(SESSIONS, ask) == []
    assert len(asked) == 3 * SESSIONS
    assert the_pool().checkedout() == 0
    assert the_pool().checkedin() <= 5, "what was more is closed"


@mariadb
def test_the_pool_is_never_larger_than_its_size_and_its_overflow(handler):
    pooled, out = handler(), []

    def ask() -> None:
        with session_of(pooled) as cursor:
            out.append(the_pool().checkedout())
            cursor.execute("SELECT SLEEP(0.05)")

    assert at_once(SESSIONS, ask) == []
    assert 5 < max(out) <= 15


@mariadb
def test_twenty_sessions_without_a_pool_all_get_a_connection(handler):
    pooled, used = handler(), set()
    pooled.settings["default"]["POOL"] = None

    def ask() -> None:
        with session_of(pooled) as cursor:
            used.add(number(cursor))
            cursor.execute("SELECT SLEEP(0.05)")

    assert at_once(SESSIONS, ask) == []
    assert len(used) == SESSIONS


@mariadb
def test_a_connection_is_used_again(handler):
    pooled, used = handler(), set()
    for _ in range(3):
        with session_of(pooled) as cursor:
            used.add(number(cursor))
    assert len(used) == 1


@mariadb
def test_an_old_connection_is_made_anew(handler):
    pooled, used = handler(recycle=1), set()
    for _ in range(2):
        with session_of(pooled) as cursor:
            used.add(number(cursor))
        time.sleep(1.1)
    assert len(used) == 2


@mariadb
def test_a_connection_that_the_server_has_closed_is_made_anew(handler):
    pooled = handler()
    with session_of(pooled) as cursor:
        killed = number(cursor)
    with connection.cursor() as cursor:
        cursor.execute("KILL %s", [killed])
    with session_of(pooled) as cursor:
        assert number(cursor) != killed


@mariadb
def test_when_none_becomes_free_in_time_the_error_says_so(handler):
    pooled = handler(pool_size=1, max_overflow=0, timeout=1)
    errors = []

    def too_many() -> None:
        errors.extend(at_once(1, lambda: session_of(pooled).__enter__()))

    with session_of(pooled):
        too_many()
    (error,) = errors
    assert isinstance(error, OperationalError)
    assert "no database connection became free within 1 seconds; all 1 + 0 of the pool are in use" in str(error)


@mariadb
def test_what_was_not_committed_does_not_come_back_with_the_connection(handler):
    pooled = handler(pool_size=1, max_overflow=0)
    with session_of(pooled) as cursor:
        used = number(cursor)
        pooled["default"].set_autocommit(False)
        cursor.execute("INSERT INTO parks (name, city, country, timezone) VALUES ('Half', 'X', 'US', 'UTC')")
    with session_of(pooled) as cursor:
        assert number(cursor) == used
        assert pooled["default"].get_autocommit()
        cursor.execute("SELECT COUNT(*) FROM parks WHERE name = 'Half'")
        assert cursor.fetchone() == (0,)


@mariadb
def test_a_forked_child_leaves_the_connections_to_its_parent(handler):
    pooled = handler()
    with session_of(pooled) as cursor:
        parents = number(cursor)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with session_of(pooled) as cursor:
                os.write(write, str(number(cursor)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    childs = int(os.read(read, 32))
    os.close(read)
    os.close(write)
    with session_of(pooled) as cursor:
        assert number(cursor) == parents
    assert childs != parents


@mariadb
def test_transactions_and_the_orm_work_through_the_pool(handler, monkeypatch):
    pooled = handler()
    monkeypatch.setattr(connections, "settings", pooled.settings)
    found = []

    def work() -> None:  # in a thread, which has no connection yet
        with transaction.atomic():
            ParkFactory.create(name="Undone")
            transaction.set_rollback(True)
        done = ParkFactory.create(name="Done")
        found.extend(Park.objects.values_list("name", flat=True))
        done.delete()
        found.append(the_pool().checkedout())
        connections["default"].close()

    assert at_once(1, work) == []
    assert found == ["Done", 1]
    assert the_pool().checkedout() == 0
