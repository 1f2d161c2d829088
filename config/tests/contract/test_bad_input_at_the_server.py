"""Whatever arrives at the real server: what it cannot read it refuses itself, the rest is the application's (JSON)."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator

import pytest

from config.tests.deployment.real_server import serving

pytestmark = pytest.mark.slow

HEAD = b"Host: 127.0.0.1\r\nConnection: close\r\n"
PERIOD = b"/api/rides/downtime?period="


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    """The server of `script/server` with an embedded database of its own."""
    with serving(tmp_path_factory.mktemp("server")) as port:
        yield port


def ask(port: int, request: bytes) -> tuple[int, str, bytes]:
    """Send bytes as they are; returns status, content type and body."""
    deadline = time.monotonic() + 20
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with contextlib.suppress(OSError):  # answered before all was sent
            connection.sendall(request)
        found = b""
        while time.monotonic() < deadline:
            try:
                more = connection.recv(65_536)
            except OSError:
                break
            if not more:
                break
            found += more
    head, _, body = found.partition(b"\r\n\r\n")
    first, *headers = head.decode("latin-1").split("\r\n")
    reported = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in headers)}
    return int(first.split()[1]), reported.get("content-type", ""), body


def get(target: bytes, more: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\n" + HEAD + more + b"\r\n"


def post(body: bytes, content_type: bytes = b"application/json", length: int | None = None) -> bytes:
    size = str(len(body) if length is None else length).encode()
    return (
        get(b"/api/audit/run", b"Content-Type: " + content_type + b"\r\nContent-Length: " + size + b"\r\n", b"POST")
        + body
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get(PERIOD + b"%ff%fe%00"), 400),
        (get(PERIOD + b"%ed%a0%80"), 400),
        (get(PERIOD + b"%zz"), 400),
        (get(PERIOD + b"x" * 60_000), 414),
        (get(b"/api/" + b"x" * 3_000), 414),
        (get(b"/api/health", method=b"get"), 405),
        (get(b"/api/parks/downtime?weighted=%00"), 400),
        (get(b"/api/%00"), 404),
        (get(b"/api/rides/%ff/details"), 404),
        (get(b"/api/rides/" + b"9" * 1_000 + b"/details"), 404),
        (get(b"/api/../../etc/passwd"), 404),
        (get(b"*", method=b"OPTIONS"), 404),
        (get(b"/api/rides/downtime", method=b"BREW"), 405),
        (get(b"/api/rides/downtime", method=b"X" * 5_000), 405),
        (get(b"127.0.0.1:80", method=b"CONNECT"), 405),
        (b"GET /api/health HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n", 400),
        (post(b"[" * 100_000), 400),
        (post(b"{"), 400),
        (post(b"\xff"), 400),
        (post(b"{}", b"text/plain"), 415),
        (post(b"x" * 3_000_000), 413),
        (post(b"{", length=10**12), 413),
        (post(b"x" * 500_000, b"text/plain"), 415),
    ],
    ids=lambda value: str(value)[2:50] if isinstance(value, bytes) else str(value),
)
def test_what_reaches_the_application_is_refused_as_json(port, request_, status):
    found, content_type, body = ask(port, request_)
    assert (found, content_type) == (status, "application/json")
    assert b'"success"' in body
    text = body[body.index(b"{") : body.rindex(b"}") + 1]  # without the sizes of chunks
    assert json.loads(text)["success"] is False


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET /api/health\r\n\r\n", 400),
        (get(b"/api/\xff"), 400),
        (get(b"/api/\x00"), 400),
        (get(b"/api/health", b"no colon\r\n"), 400),
        (get(b"/api/audit/run", b"Content-Length: -2\r\n", b"POST"), 400),
        (get(PERIOD + b"x" * 70_000), 414),
        (get(b"/api/health", b"X-A: " + b"x" * 1_000_000 + b"\r\n"), 431),
        (get(b"/api/health", b"".join(b"X-%d: 1\r\n" % n for n in range(300))), 431),
    ],
    ids=lambda value: str(value)[2:50] if isinstance(value, bytes) else str(value),
)
def test_what_is_no_http_never_gets_that_far_and_gets_no_page(port, request_, status):
    assert ask(port, request_) == (status, "", b"")


def test_odd_headers_and_bodies_change_nothing(port):
    odd = b"Origin: \xff\xfe\r\nIf-None-Match: \xff\r\nCookie: =;=\r\nX-A: " + b"x" * 100_000 + b"\r\n"
    for _ in range(2):  # computed, then stored
        status, content_type, body = ask(port, get(b"/api/rides/downtime", odd))
        assert (status, content_type) == (200, "application/json")
        assert json.loads(body)["success"] is True
    with_body = get(b"/api/rides/downtime", b"Content-Length: 3000000\r\n") + b"x" * 3_000_000
    assert ask(port, with_body)[0] == 200


def test_a_request_without_a_host_is_for_the_server_it_reached(port):
    assert ask(port, b"GET /api/health HTTP/1.0\r\n\r\n")[:2] == (200, "application/json")
