"""The server's side of a request: an application of granian's RSGI in front of a WSGI one (ADR 25).

No thread ever waits for a client. The event loop reads a body, within a size and a time, and serves what is stored;
only then does a request take a thread, one of its *lane*. A lane has few threads and a short queue: dear questions,
logins and health keep each other waiting as little as slow clients do.
"""

import asyncio
import io
import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import redis
import structlog
from django.conf import settings

from core import data_version
from core.web.abandoned import Abandoned, gone
from core.web.observed import ROUTE, STORED, answered, request_id
from core.web.renewed import Renewed
from core.web.requests import Refusal, refusal, refused
from core.web.stored_answers import Asked, CachedApplication

log = logging.getLogger(__name__)

Environ = dict[str, Any]

REQUEST_ID = "ridewatch.request_id"  # in the environment of a request
BODY_SECONDS = 10.0  # from the first line to the last byte
MOST_BUFFERED = 32 * 1_048_576  # bytes of all bodies that are being read
BODYLESS = ("GET", "HEAD", "OPTIONS", "TRACE")  # what they bring is not read
READING = ("GET", "HEAD")
HEALTH = "/api/health"
HELD_SECONDS, AWAY_SECONDS = 0.005, 1.0
SWITCH_SECONDS = 0.00005  # how long a thread that computes keeps the loop from the interpreter


@dataclass
class Lane:
    """Threads for one kind of request. `patience`: seconds that one waits for a thread before it is sent away."""

    name: str
    threads: int
    longest_queue: int
    patience: float
    waiting: int = 0
    free: asyncio.Semaphore = field(init=False)
    pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.threads)
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix=self.name)


def lanes() -> dict[str, Lane]:
    return {
        lane.name: lane
        for lane in (
            Lane("health", 1, 100, 10),
            Lane("usual", 2, 500, 30),  # with more of them all that are begun end late (ADR 11)
            Lane("dear", settings.DEAR_QUESTIONS_AT_ONCE, 20, 10),
            Lane("login", 1, 20, 10),
        )
    }


def lane_of(environ: Environ) -> str:
    path: str = environ["PATH_INFO"]
    if path in (HEALTH, "/healthz", "/readyz", "/metrics"):
        return "health"
    if path.startswith(settings.DEAR_PATHS):
        return "dear"
    # A password's hash takes half a second of a processor.
    return "login" if path.startswith("/admin/") and environ["REQUEST_METHOD"] == "POST" else "usual"


class Refused(Exception):
    def __init__(self, status: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class Gone(Exception):
    """The client hung up."""


class Versions:
    """The data version. A file's time stamp is read at once; Redis, which may be slow, by a thread of its own.

    It holds for `HELD_SECONDS`, since asking takes a fifth of the time of an answer: an answer may be so much older
    than the data. When Redis is away, nobody asks it for `AWAY_SECONDS`, and every request takes a thread.
    """

    def __init__(self) -> None:
        self.is_local = not settings.REDIS_URL
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="version")
        self.version = ""
        self.until = 0.0
        self.reading: asyncio.Task[None] | None = None

    def known(self) -> str:
        """The version, or "" when it has to be read."""
        now = time.monotonic()
        if now < self.until:
            return self.version
        if not self.is_local:
            return ""
        self.version, self.until = data_version.current(), now + HELD_SECONDS
        return self.version

    def forget(self) -> None:
        """Something may have been written here: who wrote it reads it."""
        self.until = 0.0

    async def read(self) -> str:
        """The version; "" when it cannot be reached. One reading is for all who wait for it."""
        if time.monotonic() >= self.until:
            if self.reading is None:
                self.reading = asyncio.create_task(self.refresh())
            await asyncio.shield(self.reading)
        return self.version

    async def refresh(self) -> None:
        try:
            self.version = await asyncio.get_running_loop().run_in_executor(self.pool, data_version.current)
            self.until = time.monotonic() + HELD_SECONDS
        except redis.RedisError:
            self.version, self.until = "", time.monotonic() + AWAY_SECONDS
        finally:
            self.reading = None


class Front:
    """An RSGI application. Raises nothing for what clients do."""

    def __init__(self, application: CachedApplication) -> None:
        self.application = application
        self.lanes = lanes()
        self.buffered = 0
        self.versions = Versions()
        self.renewed = Renewed(self.computed)
        sys.setswitchinterval(SWITCH_SECONDS)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        began, number = time.perf_counter(), request_id(scope.headers.get("x-request-id"))
        method = scope.method
        if method in READING:
            version = self.versions.known() or await self.versions.read()
            ready = self.application.at_once(version, asked_of(scope, method)) if version else None
            if ready is not None:
                send(protocol, ready.status, [*ready.headers, ("X-Request-ID", number)], ready.body)
                answered(method, scope.path, ready.route, True, number, ready.status, len(ready.body), began)
                return
        environ = environ_of(scope) | {REQUEST_ID: number}
        if method == "GET" and scope.path == HEALTH and not scope.query_string:
            response = await self.renewed.get(asked_of(scope, method), environ)
        else:
            response = await self.computed(environ, protocol)
        if response is None:
            return
        if method not in READING:
            self.versions.forget()
        text, headers, body = response
        status, sent = int(text[:3]), b"" if method == "HEAD" else body
        send(protocol, status, [*headers, ("X-Request-ID", number)], sent)
        route, stored = environ.get(ROUTE), environ.get(STORED)
        answered(method, environ["PATH_INFO"], route, stored, number, status, len(sent), began)

    async def computed(self, environ: Environ, protocol: Any) -> Refusal | None:
        """What a thread or a limit answers; None: nobody waits for it any more."""
        try:
            return refused(environ) or await self.response(environ, protocol)
        except Refused as no:
            return refusal(environ, no.status, str(no), **no.headers)
        except Gone:
            return None
        except Exception:
            log.exception("unhandled error", extra={"request_id": environ[REQUEST_ID]})
            return refusal(environ, "500 Internal Server Error", "Internal server error")

    async def response(self, environ: Environ, protocol: Any) -> Refusal:
        size = 0
        try:
            if environ["REQUEST_METHOD"] not in BODYLESS:
                size = self.room_for(environ)
                body = await read(protocol, size)
                environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            found = await self.in_lane(lane_of(environ), self.application, environ, protocol)
        finally:
            self.buffered -= size
        if found is None:
            raise Gone
        return found

    def room_for(self, environ: Environ) -> int:
        """Reserve memory for a body, of the size that it says or the largest; raises Refused."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        text = environ.get("CONTENT_LENGTH", "")
        is_chunked = environ.pop("HTTP_TRANSFER_ENCODING", "")
        if text and not (text.isascii() and text.isdigit()):
            raise Refused("400 Bad Request", "Content-Length is no number", Connection="close")
        size = most if is_chunked else int(text[:20] or 0)
        if size > most:
            raise Refused("413 Content Too Large", "The request body is too large", Connection="close")
        if self.buffered + size > MOST_BUFFERED:
            raise Refused("503 Service Unavailable", "Too many bodies are being sent", Retry_After="5")
        self.buffered += size
        return size

    async def in_lane(
        self, name: str, application: Callable[..., Any], environ: Environ, protocol: Any
    ) -> Refusal | None:
        """What the application answers on a thread of the lane; None when it has nothing to say.

        Raises Refused when no thread was free in time, Gone when the client left meanwhile: what waits is not begun,
        what computes ends at its next statement.
        """
        lane = self.lanes[name]
        if lane.waiting >= lane.longest_queue:
            raise busy(lane)
        left = threading.Event()
        watch = asyncio.ensure_future(departure(protocol))
        lane.waiting += 1
        try:
            await wait_for_a_thread(lane, watch)
        finally:
            lane.waiting -= 1
        work = asyncio.get_running_loop().run_in_executor(lane.pool, with_leave, left, application, environ)
        work.add_done_callback(lambda done: lane.free.release())
        try:
            awaited: set[asyncio.Future[Any]] = {work, watch}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                left.set()
                work.add_done_callback(lambda done: done.cancelled() or done.exception())  # it was stopped
                raise Gone
            return await work
        finally:
            watch.cancel()


async def wait_for_a_thread(lane: Lane, watch: "asyncio.Future[None]") -> None:
    """Takes one of the lane; raises Refused or Gone."""
    if not lane.free.locked():
        await lane.free.acquire()
        return
    taking = asyncio.ensure_future(lane.free.acquire())
    awaited: set[asyncio.Future[Any]] = {taking, watch}
    done, _ = await asyncio.wait(awaited, timeout=lane.patience, return_when=asyncio.FIRST_COMPLETED)
    if taking in done and not watch.done():
        return
    if taking in done:
        lane.free.release()
    taking.cancel()
    is_gone = watch.done()
    watch.cancel()
    raise Gone if is_gone else busy(lane)


def busy(lane: Lane) -> Refused:
    what = "dear questions" if lane.name == "dear" else "requests"
    return Refused(
        "503 Service Unavailable",
        f"Too many {what} at once; come again in {lane.patience:.0f} seconds",
        Retry_After=f"{lane.patience:.0f}",
    )


async def departure(protocol: Any) -> None:
    """Returns when the client has hung up."""
    await protocol.client_disconnect()


async def read(protocol: Any, most: int) -> bytes:
    """The body; raises Refused when it is larger or late."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in protocol:
                parts.append(part)
                size += len(part)
                if size > most:
                    raise Refused("413 Content Too Large", "The request body is too large", Connection="close")
    except TimeoutError:
        most_seconds = f"A request body may take {BODY_SECONDS:.0f} seconds at most"
        raise Refused("408 Request Timeout", most_seconds, Connection="close") from None
    return b"".join(parts)


def send(protocol: Any, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    if body:
        protocol.response_bytes(status, headers, body)
    else:
        protocol.response_empty(status, headers)


def with_leave(left: threading.Event, application: Callable[..., Any], environ: Environ) -> Refusal | None:
    """On a thread: the application's answer, unless its client leaves."""
    if left.is_set():
        return None
    token = gone.set(left)
    try:
        with structlog.contextvars.bound_contextvars(request_id=environ[REQUEST_ID]):
            return called(application, environ)
    except Abandoned:
        return None
    finally:
        gone.reset(token)


def called(application: Callable[..., Any], environ: Environ) -> Refusal | None:
    """A WSGI application's answer, whole."""
    reported: list[Any] = []
    result = application(environ, lambda *args: reported.append(args))
    if result is None:
        return None
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    return reported[-1][0], reported[-1][1], body


def asked_of(scope: Any, method: str) -> Asked:
    """As much of a request as a stored answer depends on, in the order of ASKED."""
    get = scope.headers.get
    return (
        method,
        scope.path,
        scope.query_string,
        scope.scheme,
        get("host") or scope.authority or scope.server.rpartition(":")[0],
        get("accept-encoding"),
        get("origin"),
        get("if-none-match"),
        get("x-forwarded-proto"),
    )


def environ_of(scope: Any) -> Environ:
    """PEP 3333's variables of a request, without a body."""
    name, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pose as another (X_Forwarded_For)
        key = name.replace("-", "_").upper()
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        before = environ.get(key)
        environ[key] = value if before is None else f"{before}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    if scope.authority:
        environ.setdefault("HTTP_HOST", scope.authority)  # HTTP/2 has it in its first line
    return environ
