"""The one way to an upstream: bounded, patient, polite requests.

Every request is limited in time, size and number; what fails is tried again only where that can help.
"""

import logging
import random
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpcore
import httpx
import tenacity
from django.conf import settings
from django.db.models import TextChoices

log = logging.getLogger(__name__)

DOUBLING = tenacity.wait_exponential(multiplier=0.25, max=5.0)
JITTER = 0.25
KEPT_ALIVE_SECONDS = 5.0  # a connection that nobody uses
CHUNK = 65_536
LONGEST_REFUSAL = 4_000  # bytes
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # by the header of the data


class Reason(TextChoices):
    NOT_FOUND = "NOT_FOUND"
    REFUSED = "REFUSED"  # any other 4xx, or a redirect
    TIMEOUT = "TIMEOUT"
    UNREACHABLE = "UNREACHABLE"
    SERVER_ERROR = "SERVER_ERROR"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_LARGE = "TOO_LARGE"
    NOT_JSON = "NOT_JSON"
    INVALID = "INVALID"  # JSON, but not what was asked for


RETRIED = {Reason.TIMEOUT, Reason.UNREACHABLE, Reason.SERVER_ERROR, Reason.RATE_LIMITED}
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol)
PAUSING_STATUSES = {429, 503}
SERVER_ERRORS = {500, 502, 503, 504}


class UpstreamError(Exception):
    """An answer that could not be had or not be read: why, and a line for people."""

    def __init__(self, reason: Reason, text: str, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.status = status  # of the answer, where there was one besides 200
        self.body = body  # the beginning of what a 4xx said

    def __str__(self) -> str:
        return f"{self.reason}: {self.text}"


def is_transient(error: BaseException) -> bool:
    return isinstance(error, UpstreamError) and error.reason in RETRIED


def clipped(timeout: float | None, left: float, error: type[Exception]) -> float:
    """The shorter of a time-out and the seconds left; raises `error` when none are."""
    if left <= 0:
        raise error("the deadline has passed")
    return left if timeout is None else min(timeout, left)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline of the request that uses it.

    httpx limits each read; a server that drips one byte a second would keep it for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, remaining: Callable[[], float]) -> None:
        self.stream = stream
        self.remaining = remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, clipped(timeout, self.remaining(), httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, clipped(timeout, self.remaining(), httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = clipped(timeout, self.remaining(), httpcore.ConnectTimeout)
        return DeadlineStream(self.stream.start_tls(ssl_context, server_hostname, timeout), self.remaining)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self, remaining: Callable[[], float]) -> None:
        self.backend = httpcore.SyncBackend()
        self.remaining = remaining

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = clipped(timeout, self.remaining(), httpcore.ConnectTimeout)
        stream = self.backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return DeadlineStream(stream, self.remaining)


class Body(httpx.SyncByteStream):
    """The body of an answer as httpx wants it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self.stream

    def close(self) -> None:
        self.stream.close()


class DeadlineTransport(httpx.BaseTransport):
    """Requests of httpx over connections that obey the deadline of `remaining()` seconds from now.

    httpx's own transport cannot be reported how to connect, so this one asks httpcore. Raises httpcore's errors.
    """

    def __init__(self, at_a_time: int, remaining: Callable[[], float]) -> None:
        self.pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=at_a_time,
            keepalive_expiry=KEPT_ALIVE_SECONDS,
            network_backend=DeadlineBackend(remaining),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = self.pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=Body(answer.stream))

    def close(self) -> None:
        self.pool.close()


@dataclass(slots=True)
class Turns:
    """When the next request to a host may begin: not before a pause ends, not closer than `interval` seconds."""

    interval: float
    clock: Callable[[], float]
    next_start: float = float("-inf")
    resume_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pause(self, seconds: float) -> None:
        with self.lock:
            self.resume_at = max(self.resume_at, self.clock() + seconds)

    def wait(self) -> tuple[float, bool]:
        """(0, False): go, the turn is taken. Else the seconds to wait before asking again, and: is it a pause?"""
        with self.lock:
            now = self.clock()
            if self.resume_at > now:
                return self.resume_at - now, True
            if self.next_start > now:
                return self.next_start - now, False
            self.next_start = now + self.interval
            return 0.0, False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request to an upstream may take; the numbers without a default here are settings."""

    timeout_seconds: float = 10.0  # of one connect or one read
    attempts: int = 3
    deadline_seconds: float = 30.0  # of one request with all its attempts; waiting for its turn is not counted
    longest_pause_seconds: float = 60.0  # a request waits this long for a host that asked for a pause
    at_a_time: int = field(default_factory=lambda: settings.UPSTREAM_CONCURRENCY)
    interval_seconds: float = field(default_factory=lambda: settings.UPSTREAM_MIN_INTERVAL_MS / 1000)
    max_bytes: int = field(default_factory=lambda: settings.UPSTREAM_MAX_BYTES)


class Upstream:
    """Requests to one base URL, usable from many threads. Close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.limits = limits or Limits()
        self.clock = clock
        self.sleep = sleep
        self.turns = Turns(self.limits.interval_seconds, clock)
        self.slots = threading.BoundedSemaphore(self.limits.at_a_time)
        self.request = threading.local()  # of the request a thread is at: .ends (clock), .paused (seconds)
        self.http = httpx.Client(
            timeout=self.limits.timeout_seconds,
            follow_redirects=False,
            transport=DeadlineTransport(self.limits.at_a_time, self.remaining),
            # gzip alone: it is unpacked here, bounded, and not by httpx, which unpacks a bomb whole.
            headers={
                "User-Agent": settings.UPSTREAM_USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                **(headers or {}),
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def remaining(self) -> float:
        """Seconds the request of this thread may still take."""
        ends: float = getattr(self.request, "ends", float("inf"))
        return ends - self.clock()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """The body of `base_url` + `path`, unpacked. Raises UpstreamError."""
        return self.answered("GET", path, params=params)

    def post_json(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The answer to `body`, sent as JSON. It is sent again where that can help. Raises UpstreamError."""
        return self.answered("POST", path, json=body)

    def answered(self, method: str, path: str, **content: Any) -> bytes:
        """The body of an answer, after as many attempts as it takes and may take. Raises UpstreamError."""
        with self.slots:
            self.request.ends = self.clock() + self.limits.deadline_seconds
            self.request.paused = 0.0
            attempts = tenacity.Retrying(
                retry=tenacity.retry_if_exception(is_transient),
                before=lambda _: self.take_turn(),
                wait=back_off,
                stop=self.gives_up,
                sleep=self.sleep,
                before_sleep=self.log_failure,
                reraise=True,
            )
            return attempts(self.attempt, method, path, **content)

    def gives_up(self, state: tenacity.RetryCallState) -> bool:
        """After the last attempt, or when the next would begin behind the deadline."""
        return state.attempt_number >= self.limits.attempts or state.upcoming_sleep >= self.remaining()

    def log_failure(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome and state.outcome.exception()
        log.info("%s%s: %s; attempt %d failed", self.base_url, state.args[1], error, state.attempt_number)

    def attempt(self, method: str, path: str, **content: Any) -> bytes:
        """Raises UpstreamError."""
        try:
            with self.http.stream(method, self.base_url + path, **content) as response:
                if response.status_code != httpx.codes.OK:
                    raise self.refusal(response)
                return self.body(response)
        except httpcore.TimeoutException as error:
            raise UpstreamError(Reason.TIMEOUT, f"no answer in time ({type(error).__name__})") from error
        except (*BROKEN, httpx.TransportError, httpx.InvalidURL) as error:
            raise UpstreamError(Reason.UNREACHABLE, f"{type(error).__name__}: {error}") from error

    def take_turn(self) -> None:
        """Wait until the host may be asked. Raises UpstreamError when it wants a longer pause than we have."""
        while True:
            seconds, is_pause = self.turns.wait()
            if seconds <= 0:
                return
            if is_pause:
                self.request.paused += seconds
                if self.request.paused > self.limits.longest_pause_seconds:
                    raise UpstreamError(Reason.RATE_LIMITED, f"the host wants a pause of {seconds:.0f} s")
            self.sleep(seconds)
            self.request.ends += seconds

    def refusal(self, response: httpx.Response) -> UpstreamError:
        """What a status besides 200 means; a pause the host asks for begins here, for all requests."""
        status = response.status_code
        text = f"HTTP {status}"
        asked = pause_seconds(response.headers.get("Retry-After")) if status in PAUSING_STATUSES else None
        if asked is not None:
            self.turns.pause(asked)
            text += f", Retry-After {asked:.0f} s"
        reason = Reason.REFUSED if 300 <= status < 500 else Reason.INVALID
        if status == httpx.codes.TOO_MANY_REQUESTS:
            reason = Reason.RATE_LIMITED
        elif status in SERVER_ERRORS:
            reason = Reason.SERVER_ERROR
        elif status == httpx.codes.NOT_FOUND:
            reason = Reason.NOT_FOUND
        return UpstreamError(reason, text, status, self.words(response) if 400 <= status < 500 else b"")

    def words(self, response: httpx.Response) -> bytes:
        """The beginning of what came with a refusal; empty when it cannot be read."""
        try:
            return self.body(response)[:LONGEST_REFUSAL]
        except (UpstreamError, httpcore.TimeoutException, *BROKEN):
            return b""

    def body(self, response: httpx.Response) -> bytes:
        """The unpacked body, cut off past `max_bytes`. Raises UpstreamError."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "deflate", ""):
            raise UpstreamError(Reason.INVALID, f"unknown content encoding {encoding[:40]!r}")
        unpack = None if encoding in ("identity", "") else zlib.decompressobj(wbits=GZIP_OR_ZLIB)
        reported = response.headers.get("Content-Length", "")
        if reported.isdecimal() and int(reported) > self.limits.max_bytes:
            raise UpstreamError(Reason.TOO_LARGE, f"{reported} bytes, more than {self.limits.max_bytes}")
        parts: list[bytes] = []
        size = 0
        for chunk in response.iter_raw(CHUNK):
            if self.remaining() <= 0:
                raise UpstreamError(Reason.TIMEOUT, f"no end within {self.limits.deadline_seconds:.0f} s")
            try:
                parts.append(unpack.decompress(chunk, self.limits.max_bytes - size + 1) if unpack else chunk)
            except zlib.error as error:
                raise UpstreamError(Reason.UNREACHABLE, f"damaged compression: {error}") from error
            size += len(parts[-1])
            if size > self.limits.max_bytes:
                raise UpstreamError(Reason.TOO_LARGE, f"more than {self.limits.max_bytes} bytes")
        if unpack and not unpack.eof:
            raise UpstreamError(Reason.UNREACHABLE, "the compressed answer ends early")
        return b"".join(parts)


class Source:
    """The endpoints of one upstream, in a subclass. Close it, or use it as a context manager."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.upstream.close()


def back_off(state: tenacity.RetryCallState) -> float:
    """Seconds before the next attempt: doubling from 0.25, 5 at most, up to 25 % jitter."""
    return float(min(DOUBLING(state) * (1 + random.uniform(0, JITTER)), DOUBLING.max))


def pause_seconds(value: str | None) -> float | None:
    """The seconds of a Retry-After header (a number, or an HTTP date); None when it says nothing."""
    value = (value or "").strip()
    if value.isascii() and value.isdecimal() and len(value) <= 9:
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
