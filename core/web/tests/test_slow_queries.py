"""The log of slow statements: what, how long, for whom."""

import logging

import pytest
from django.db import connection
from django.test import Client

from core.web.slow_queries import timed, watch
from parks.models import Park

pytestmark = pytest.mark.django_db


@pytest.fixture
def _all_are_slow(settings):
    settings.SLOW_QUERY_MS = 1
    connection.ensure_connection()
    slow = []

    def waits(execute, sql, params, many, context):
        import time

        time.sleep(0.002)
        return execute(sql, params, many, context)

    if timed not in connection.execute_wrappers:
        slow.append(timed)
        connection.execute_wrappers.append(timed)
    connection.execute_wrappers.append(waits)
    yield
    connection.execute_wrappers.remove(waits)
    for wrapper in slow:
        connection.execute_wrappers.remove(wrapper)


@pytest.mark.usefixtures("_all_are_slow")
def test_a_slow_statement_is_logged_with_time_and_endpoint(caplog):
    with caplog.at_level(logging.WARNING, logger="ridewatch.slow_queries"):
        Client().get("/api/search/index?x=1")
    assert caplog.messages
    assert "GET /api/search/index?x=1: SELECT" in caplog.messages[0]
    assert int(caplog.messages[0].split(" ms")[0]) >= 1


@pytest.mark.usefixtures("_all_are_slow")
def test_outside_a_request_it_says_so_and_shows_no_parameters(caplog):
    with caplog.at_level(logging.WARNING, logger="ridewatch.slow_queries"):
        list(Park.objects.filter(name="a secret"))
    assert "no request: SELECT" in caplog.messages[0]
    assert "a secret" not in caplog.text


def test_quick_statements_are_not_logged(caplog, settings):
    settings.SLOW_QUERY_MS = 60_000
    with caplog.at_level(logging.WARNING, logger="ridewatch.slow_queries"):
        Client().get("/api/search/index")
    assert not caplog.messages


@pytest.mark.parametrize(("threshold", "watched"), [(0, 0), (1000, 1)])
def test_a_connection_is_watched_once_unless_switched_off(settings, threshold, watched):
    class Connection:
        execute_wrappers: list = []

    settings.SLOW_QUERY_MS = threshold
    Connection.execute_wrappers = []
    for _ in range(2):
        watch(None, Connection)
    assert len(Connection.execute_wrappers) == watched
