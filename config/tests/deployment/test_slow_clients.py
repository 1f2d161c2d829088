"""Clients that send a byte a second, against the real server: nobody else notices."""

import socket
import time
import urllib.request
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
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"POST /api/audit/run HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\n{{".encode())
        began = time.monotonic()
        assert read_answer(connection) == 408
        assert 9 < time.monotonic() - began < 30


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


def test_long_values_and_paths_cost_nothing(port):
    began = time.monotonic()
    for path in ("/api/search/index?limit=" + "0" * 7_000 + "x", "/api/rides/downtime?limit=" + "0" * 7_000 + "x"):
        assert timed(port, path)[0] in (200, 400)
    for n in range(50):
        assert timed(port, f"/{n}" + "x" * 60_000)[0] == 414
    assert time.monotonic() - began < 5


def test_a_session_of_nobody_is_not_stored_as_everybodys_logout(port):
    for cookie in ("Cookie: sessionid=abc\r\n", ""):
        request = f"GET /api/rides/downtime HTTP/1.1\r\n{HEAD}{cookie}Connection: close\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(request)
            found = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert found.startswith(b"HTTP/1.1 200")
        assert b"set-cookie" not in found.lower()


def test_a_flood_of_logins_keeps_nobody_waiting(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=20) as page:
        cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = cookie.partition("=")[2]
    body = f"username=ada&password={'x' * 4_000}&csrfmiddlewaretoken={token}".encode()
    head = f"POST /admin/login/ HTTP/1.1\r\n{HEAD}Cookie: {cookie}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n"
    flood = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(15)]
    for each in flood:
        each.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    status, stored = timed(port, "/api/parks/downtime", 50)
    assert (status, stored[47] <= 100) == (200, True), stored
    status, (took,) = timed(port, "/api/health")
    assert (status, took < 2_000) == (200, True)
    statuses = [read_answer(each) for each in flood]
    assert statuses == [200] * 5 + [429] * 10, "each of the first five cost a hash"
    for each in flood:
        each.close()
