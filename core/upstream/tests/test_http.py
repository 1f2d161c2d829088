"""Asking an upstream: what is tried again, what is final, and what no answer can do to us."""

import itertools
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.tests.stub_upstream import (
    FIFTY_MEGABYTES,
    GZIP_BOMB,
    HTML_PAGE,
    Answer,
    StubUpstream,
    answer,
    gzipped,
    rate_limited,
)
from core.upstream.http import Limits, Reason, Upstream, UpstreamError, back_off, pause_seconds

GOOD = answer({"good": True})
BODY = b'{"good": true}'


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.slept.append(seconds)
            self.now += seconds


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with StubUpstream() as stub:
        yield stub


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


def upstream(stub: StubUpstream, fake: FakeTime | None = None, headers: Any = None, **limits: Any) -> Upstream:
    reported = Limits(**{"interval_seconds": 0.0, "timeout_seconds": 2.0, **limits})
    if fake is None:
        return Upstream(stub.url, reported, headers)
    return Upstream(stub.url, reported, headers, clock=fake.clock, sleep=fake.sleep)


def refused(asked: Upstream, path: str = "/a") -> UpstreamError:
    with pytest.raises(UpstreamError) as raised:
        asked.get(path)
    return raised.value


# -- what is asked -----------------------------------------------------------------------------------------


def test_the_body_comes_back_as_it_was_sent(stub, fake):
    stub.routes["/a"] = GOOD
    assert upstream(stub, fake).get("/a", {"from": "2026-09-26"}) == BODY
    assert stub.requests[0].params == {"from": "2026-09-26"}
    assert fake.slept == []


def test_requests_name_us_honestly_and_carry_the_headers_of_the_caller(stub, fake, settings):
    settings.UPSTREAM_USER_AGENT = "ridewatch/9 (+https://example.org)"
    stub.routes["/a"] = GOOD
    upstream(stub, fake, {"x-api-key": "abc"}).get("/a")
    reported = stub.requests[0].headers
    assert reported["user-agent"] == "ridewatch/9 (+https://example.org)"
    assert reported["x-api-key"] == "abc"
    assert reported["accept"] == "application/json"


def test_the_limits_without_a_number_are_those_of_the_settings(settings):
    settings.UPSTREAM_CONCURRENCY = 3
    settings.UPSTREAM_MIN_INTERVAL_MS = 250
    settings.UPSTREAM_MAX_BYTES = 12_345
    limits = Limits()
    assert (limits.at_a_time, limits.interval_seconds, limits.max_bytes) == (3, 0.25, 12_345)


def test_one_connection_serves_many_requests(stub, fake):
    ports = set()

    def route(request):
        return GOOD

    original = stub.server.process_request

    def process_request(request, address):
        ports.add(address[1])
        original(request, address)

    stub.server.process_request = process_request
    stub.routes["/a"] = route
    asked = upstream(stub, fake)
    for _ in range(5):
        asked.get("/a")
    assert len(stub.requests) == 5
    assert len(ports) == 1


# -- what is tried again -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Answer(status=500), Reason.SERVER_ERROR, id="500"),
        pytest.param(Answer(status=502, body=b"<html>", content_type="text/html"), Reason.SERVER_ERROR, id="502 page"),
        pytest.param(Answer(status=503), Reason.SERVER_ERROR, id="503"),
        pytest.param(Answer(status=504), Reason.SERVER_ERROR, id="504"),
        pytest.param(Answer(status=429), Reason.RATE_LIMITED, id="429 without Retry-After"),
        pytest.param(Answer(BODY, cut_after=0), Reason.UNREACHABLE, id="cut before the body"),
        pytest.param(Answer(BODY, cut_after=5), Reason.UNREACHABLE, id="cut inside the body"),
        pytest.param(
            Answer(b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"}), Reason.UNREACHABLE, id="damaged gzip"
        ),
        pytest.param(
            Answer(gzipped(b"x" * 1000).body[:-9], headers={"Content-Encoding": "gzip"}),
            Reason.UNREACHABLE,
            id="gzip that ends early",
        ),
    ],
)
class TestTransientFaults:
    def test_one_is_got_over(self, stub, fake, fault, reason):
        stub.routes["/a"] = [fault, GOOD]
        assert upstream(stub, fake).get("/a") == BODY
        assert len(stub.requests) == 2

    def test_one_that_stays_is_reported_after_three_attempts(self, stub, fake, fault, reason):
        stub.routes["/a"] = fault
        assert refused(upstream(stub, fake)).reason == reason
        assert len(stub.requests) == 3
        assert len(fake.slept) == 2


def test_a_late_answer_is_a_time_out_and_tried_again(stub):
    stub.routes["/a"] = [Answer(delay=5), GOOD]
    assert upstream(stub, timeout_seconds=0.2).get("/a") == BODY


def test_an_answer_that_is_always_late_is_reported(stub):
    stub.routes["/a"] = Answer(delay=5)
    assert refused(upstream(stub, timeout_seconds=0.1, attempts=2)).reason == Reason.TIMEOUT
    assert len(stub.requests) == 2


def test_nobody_listening_is_tried_again_and_reported(fake):
    with StubUpstream() as stub:
        gone = stub.url
    asked = Upstream(gone, Limits(interval_seconds=0), clock=fake.clock, sleep=fake.sleep)
    assert refused(asked).reason == Reason.UNREACHABLE
    assert len(fake.slept) == 2


def test_the_delays_double_from_a_quarter_second_with_jitter_up_to_five_seconds(monkeypatch):
    states = [SimpleNamespace(attempt_number=n) for n in range(1, 8)]
    monkeypatch.setattr("core.upstream.http.random.uniform", lambda low, high: low)
    assert [back_off(state) for state in states] == [0.25, 0.5, 1, 2, 4, 5, 5]
    monkeypatch.setattr("core.upstream.http.random.uniform", lambda low, high: high)
    assert [back_off(state) for state in states[:5]] == [0.3125, 0.625, 1.25, 2.5, 5]


# -- what is final -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.NOT_FOUND),
        (400, Reason.REFUSED),
        (401, Reason.REFUSED),
        (403, Reason.REFUSED),
        (418, Reason.REFUSED),
        (204, Reason.INVALID),
        (501, Reason.INVALID),
    ],
)
def test_a_final_status_is_not_tried_again(stub, fake, status, reason):
    stub.routes["/a"] = Answer(status=status)
    error = refused(upstream(stub, fake))
    assert error.reason == reason
    assert f"HTTP {status}" in str(error)
    assert len(stub.requests) == 1


def test_a_redirect_is_not_followed(stub, fake):
    stub.routes["/a"] = Answer(status=302, headers={"Location": f"{stub.url}/b"})
    stub.routes["/b"] = GOOD
    assert refused(upstream(stub, fake)).reason == Reason.REFUSED
    assert stub.paths() == ["/a"]


def test_a_page_in_html_is_handed_on_for_the_reader_to_refuse(stub, fake):
    stub.routes["/a"] = HTML_PAGE
    assert upstream(stub, fake).get("/a") == HTML_PAGE.body


def test_an_encoding_that_was_not_asked_for_is_refused(stub, fake):
    stub.routes["/a"] = Answer(BODY, headers={"Content-Encoding": "br"})
    assert refused(upstream(stub, fake)).reason == Reason.INVALID
    assert len(stub.requests) == 1


# -- size and time -----------------------------------------------------------------------------------------


def test_fifty_megabytes_are_cut_off(stub, fake):
    stub.routes["/a"] = FIFTY_MEGABYTES
    error = refused(upstream(stub, fake, max_bytes=1_000_000))
    assert error.reason == Reason.TOO_LARGE
    assert len(stub.requests) == 1


def test_an_announced_size_is_believed_without_reading(stub, fake):
    stub.routes["/a"] = Answer(b" " * 2_000)
    error = refused(upstream(stub, fake, max_bytes=1_999))
    assert error.reason == Reason.TOO_LARGE
    assert "2000" in error.text
    assert upstream(stub, fake, max_bytes=2_000).get("/a") == b" " * 2_000


def test_a_gzip_bomb_is_cut_off_after_unpacking(stub, fake):
    assert len(GZIP_BOMB.body) < 100_000
    stub.routes["/a"] = GZIP_BOMB
    assert refused(upstream(stub, fake, max_bytes=1_000_000)).reason == Reason.TOO_LARGE


def test_a_gzipped_answer_is_unpacked(stub, fake):
    stub.routes["/a"] = gzipped({"a": "é" * 100_000})
    assert b"a" in upstream(stub, fake).get("/a")[:5]
    assert stub.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "fault", [Answer(BODY * 100, drip=0.05), Answer(BODY, drip_head=0.05)], ids=["body", "headers"]
)
def test_a_slow_drip_ends_at_the_deadline(stub, fault):
    stub.routes["/a"] = fault
    began = time.monotonic()
    error = refused(upstream(stub, timeout_seconds=5, deadline_seconds=0.5))
    assert error.reason == Reason.TIMEOUT
    assert time.monotonic() - began < 5, "the whole of it takes longer"
    assert len(stub.requests) == 1


def test_the_connection_of_a_drip_is_not_used_again(stub):
    stub.routes["/a"] = Answer(BODY * 100, drip=0.05)
    stub.routes["/b"] = GOOD
    asked = upstream(stub, deadline_seconds=1.5)  # the next answer has as long, on a busy machine
    refused(asked)
    assert asked.get("/b") == BODY


def test_attempts_end_with_the_deadline(stub, fake):
    stub.routes["/a"] = Answer(status=500)
    assert refused(upstream(stub, fake, attempts=50, deadline_seconds=12)).reason == Reason.SERVER_ERROR
    assert 3 < len(stub.requests) < 10
    assert sum(fake.slept) < 12


# -- politeness --------------------------------------------------------------------------------------------


def test_retry_after_holds_the_request_back(stub, fake):
    stub.routes["/a"] = [rate_limited("17"), GOOD]
    assert upstream(stub, fake).get("/a") == BODY
    assert sum(fake.slept) == pytest.approx(17)


def test_a_pause_of_the_host_does_not_eat_the_deadline(stub, fake):
    stub.routes["/a"] = [rate_limited("45"), Answer(status=500), GOOD]
    assert upstream(stub, fake, deadline_seconds=5).get("/a") == BODY


def test_a_503_with_retry_after_pauses_too(stub, fake):
    stub.routes["/a"] = [Answer(status=503, headers={"Retry-After": "9"}), GOOD]
    assert upstream(stub, fake).get("/a") == BODY
    assert sum(fake.slept) == pytest.approx(9)


def test_a_pause_holds_back_every_request_to_the_host(stub):
    stub.routes["/limited"] = [rate_limited("1"), GOOD]
    stub.routes["/other"] = GOOD
    asked = upstream(stub)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked.get, "/limited")
        while not (stub.requests and stub.requests[0].ended):
            time.sleep(0.005)
        time.sleep(0.1)
        second = pool.submit(asked.get, "/other")
        assert (first.result(), second.result()) == (BODY, BODY)
    other = next(request for request in stub.requests if request.path == "/other")
    assert other.began - stub.requests[0].began > 0.9


def test_a_pause_longer_than_we_wait_is_an_error_and_binds_later_requests(stub, fake):
    stub.routes["/a"] = rate_limited("3600")
    stub.routes["/b"] = GOOD
    asked = upstream(stub, fake)
    assert refused(asked).reason == Reason.RATE_LIMITED
    assert refused(asked, "/b").reason == Reason.RATE_LIMITED
    assert len(stub.requests) == 1, "the host is left alone"
    fake.now += 3600
    assert asked.get("/b") == BODY


def test_a_host_that_pauses_again_and_again_is_given_up(stub, fake):
    stub.routes["/a"] = rate_limited("40")
    assert refused(upstream(stub, fake, attempts=10)).reason == Reason.RATE_LIMITED
    assert len(stub.requests) == 2


def test_retry_after_is_a_number_or_a_date(time_machine_at_noon):
    noon = time_machine_at_noon
    assert pause_seconds("17") == 17
    assert pause_seconds(format_datetime(noon + timedelta(seconds=90), usegmt=True)) == 90
    assert pause_seconds(format_datetime(noon - timedelta(days=1), usegmt=True)) == 0
    for nonsense in (None, "", "soon", "-5", "1.5", "٣", "9" * 40, "Mon, 99 Foo 2026 25:00:00 GMT"):
        assert pause_seconds(nonsense) is None


@pytest.fixture
def time_machine_at_noon() -> Iterator[datetime]:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        yield noon


def test_no_more_requests_run_at_once_than_allowed(stub):
    stub.routes["/a"] = answer({"good": True}, delay=0.05)
    asked = upstream(stub, at_a_time=3)
    with ThreadPoolExecutor(12) as pool:
        bodies = list(pool.map(lambda _: asked.get("/a"), range(24)))
    assert bodies == [BODY] * 24
    assert stub.most_at_once == 3


def test_requests_begin_no_closer_than_the_interval(stub):
    stub.routes["/a"] = GOOD
    asked = upstream(stub, at_a_time=4, interval_seconds=0.1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: asked.get("/a"), range(5)))
    begun = sorted(request.began for request in stub.requests)
    assert begun[-1] - begun[0] >= 0.39
    assert all(later - earlier > 0.05 for earlier, later in itertools.pairwise(begun))


def test_a_failed_request_frees_its_place(stub, fake):
    stub.routes["/a"] = Answer(status=404)
    stub.routes["/b"] = GOOD
    asked = upstream(stub, fake, at_a_time=1)
    for _ in range(3):
        refused(asked)
    assert asked.get("/b") == BODY


# -- TLS ---------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of 127.0.0.1, good for one day, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    return file


def test_a_certificate_is_checked_and_the_deadline_holds_behind_tls(stub, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    stub.server.socket = context.wrap_socket(stub.server.socket, server_side=True)
    stub.routes["/a"] = [GOOD, Answer(BODY * 100, drip=0.05)]
    url, limits = stub.url.replace("http:", "https:"), Limits(interval_seconds=0, attempts=1, deadline_seconds=1.5)
    assert refused(Upstream(url, limits)).reason == Reason.UNREACHABLE, "nobody we trust has signed it"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trusting = Upstream(url, limits)
    assert trusting.get("/a") == BODY
    assert refused(trusting).reason == Reason.TIMEOUT
