"""Clients that send a byte a second, against the real server: nobody else notices."""

import socket
import time
from collections.abc import Iterator

import pytest

from config.tests.deployment.real_server import HEAD, Drip, read_answer, serving, timed

pytestmark = [pytest.mark.slow, pytest.mark.on_sqlite]

HEADS = ["POST /api/audit/run", "POST /admin/login/", "GET /api/parks/downtime", "PUT /", "DELETE /api/admin/import/x"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(tmp_path_factory.mktemp("server")) as port:
        yield port


def test_two_hundred_drips_keep_nobody_waiting(port):
    timed(port, "/api/parks/downtime")
    with Drip(port, HEADS, 200):
        time.sleep(2)
        status, stored = timed(port, "/api/parks/downtime", 100)
        assert (status, stored[94] <= 20) == (200, True), stored
        for path in ("/api/health", "/", "/admin/login/", "/api/search/index"):
            status, (took,) = timed(port, path)
            assert (status, took < 5_000) == (200, True), (path, took)


def test_a_body_that_takes_too_long_is_given_up(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /api/audit/run HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\n{{".encode())
        began = time.monotonic()
        assert read_answer(connection) == 408
        assert 9 < time.monotonic() - began < 15


@pytest.mark.parametrize("length", ["Content-Length: 1048577", "Content-Length: 1000000000000000"])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(port, length):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /api/audit/run HTTP/1.1\r\n{HEAD}{length}\r\n\r\n".encode())
        assert read_answer(connection) == 413


def test_a_body_in_chunks_without_end_is_refused(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /admin/login/ HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            for _ in range(40):
                connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        except OSError:
            return  # answered and closed meanwhile
        assert read_answer(connection) == 413
