"""Answers that were computed before, served as stored bytes before Django is entered (public-api 2.8).

Around the WSGI application. An answer is kept for `API_CACHE_SECONDS` at most, and only while the data version
it was computed from is the present one. Of several requests for the same answer one computes it and the others
wait. Nothing but 200 answers to GET and HEAD is kept, and of those only what everybody may have: an answer is computed
for a request of nobody, and only the listed headers of it are kept.
"""

import contextlib
import functools
import gzip
import hashlib
import io
import json
import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from core import data_version
from core.api.queries import unknown_of
from core.web.clients import CLIENT, client_of
from core.web.compression import Application, Packing, StartResponse, accepted, packed
from core.web.cors import origin_headers
from core.web.observed import ROUTE, STORED
from core.web.requests import refused
from core.web.stored_paths import key_of, stored_paths

log = logging.getLogger(__name__)

LONGEST_PATH = 200
LONGEST_QUERY = 2_000
LONGEST_WAIT = 10.0  # seconds for another request's answer
LOCK_SECONDS = 30
POLL_SECONDS = 0.02
# What a process keeps at hand.
MOST_ANSWERS = 4_000
MOST_BYTES = 64 * 1_048_576
LARGEST_ANSWER = 1_000_000  # bytes, unpacked; a larger one is computed for each who asks
# What is kept of an answer's headers, besides those that `respond` sets. Never a cookie: it would be everybody's.
KEPT = {
    "content-disposition",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
}
PER_REQUEST = {"access-control-allow-origin", "set-cookie", "vary"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored 200 answer."""

    version: str
    expires: float  # seconds since 1970
    body: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]
    packed: Mapping[str, bytes]  # the body by encoding; empty for a small one

    @property
    def size(self) -> int:
        return len(self.body) + sum(map(len, self.packed.values()))

    def is_good(self, version: str, now: float) -> bool:
        return self.version == version and now < self.expires

    def to_bytes(self) -> bytes:
        """Without the body where it is packed: gzip has it too."""
        parts = dict(self.packed) or {"": self.body}
        sizes = [(name, len(part)) for name, part in parts.items()]
        head = json.dumps([self.version, self.expires, self.etag, self.headers, sizes])
        return b"".join([head.encode(), b"\n", *parts.values()])

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Answer":
        """Raises ValueError or LookupError for what another version of this code stored."""
        head, _, rest = stored.partition(b"\n")
        version, expires, etag, headers, sizes = json.loads(head)
        parts = {}
        for name, size in sizes:
            parts[name], rest = rest[:size], rest[size:]
        body = gzip.decompress(parts["gzip"]) if "gzip" in parts else parts.pop("")
        return cls(version, expires, body, etag, tuple((name, value) for name, value in headers), parts)


# As much of a request as a stored answer depends on; None: it has no such header.
Asked = tuple[str | None, ...]
ASKED = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "QUERY_STRING",
    "wsgi.url_scheme",
    "HTTP_HOST",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ORIGIN",
    "HTTP_IF_NONE_MATCH",
    "HTTP_X_FORWARDED_PROTO",
)
LONGEST_ASKED = 4_000  # characters of all of them


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer as it is sent to all who ask with the same words."""

    answer: Answer
    status: int
    headers: list[tuple[str, str]]
    body: bytes  # empty for HEAD, and for who has it
    route: str  # the pattern of its path


class AnswersAtHand:
    """The answers a process keeps, the least recently used dropped first."""

    def __init__(self) -> None:
        self.answers: OrderedDict[str, Answer] = OrderedDict()
        self.ready: dict[Asked, Ready] = {}  # of answers above, or of ones dropped this moment
        self.asked: OrderedDict[str, float] = OrderedDict()  # when somebody asked, by key, the latest last
        self.bytes = 0
        self.lock = threading.Lock()

    def get(self, key: str) -> Answer | None:
        return self.answers.get(key)

    def note(self, key: str) -> None:
        """Somebody asks; of those who do so with the same words the first after each new answer is noted."""
        with self.lock:
            self.asked[key] = time.monotonic()
            self.asked.move_to_end(key)
            if len(self.asked) > MOST_ANSWERS:
                self.asked.popitem(last=False)

    def asked_since(self, then: float) -> list[str]:
        """Who was asked for since an instant of the monotonic clock, the latest first."""
        with self.lock:
            return [key for key, at in reversed(self.asked.items()) if at >= then]

    def put(self, key: str, answer: Answer) -> None:
        with self.lock:
            old = self.answers.pop(key, None)
            self.bytes += answer.size - (old.size if old else 0)
            self.answers[key] = answer
            while len(self.answers) > MOST_ANSWERS or self.bytes > MOST_BYTES:
                _, old = self.answers.popitem(last=False)
                self.bytes -= old.size
            if old:
                self.ready.clear()  # it would keep the old one in memory

    def put_ready(self, asked: Asked, ready: Ready) -> None:
        if sum(len(part or "") for part in asked) <= LONGEST_ASKED:
            if len(self.ready) >= MOST_ANSWERS:
                self.ready.clear()
            self.ready[asked] = ready


@contextlib.contextmanager
def forgiven() -> Iterator[None]:
    """An answer that is on its way must not fail because it cannot be kept."""
    try:
        yield
    except redis.RedisError as error:
        log.warning("the cache cannot be written: %s", error)


class SharedAnswers:
    """The answers of all processes and machines, in Redis; without Redis there is one process, and nothing here."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, key: str) -> Answer | None:
        found = data_version.client(self.url).get(f"ridewatch:answer:{key}") if self.url else None
        try:
            return Answer.from_bytes(found) if isinstance(found, bytes) else None
        except (ValueError, LookupError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        if self.url:
            seconds = max(1, int(answer.expires - time.time()))
            with forgiven():
                data_version.client(self.url).set(f"ridewatch:answer:{key}", answer.to_bytes(), ex=seconds)

    def claim(self, key: str, version: str) -> bool:
        """Is it on this process to compute the answer?"""
        if not self.url:
            return True
        name = f"ridewatch:computing:{version}:{key}"
        return bool(data_version.client(self.url).set(name, b"1", nx=True, ex=LOCK_SECONDS))

    def release(self, key: str, version: str) -> None:
        if self.url:
            with forgiven():
                data_version.client(self.url).delete(f"ridewatch:computing:{version}:{key}")


@functools.lru_cache(maxsize=1_000)
def is_our_host(host: str, ours: tuple[str, ...]) -> bool:
    """Is it one of ALLOWED_HOSTS? Others are refused by Django, which also knows what to say to them."""
    return validate_host(split_domain_port(host)[0], ours)


class Spelling(NamedTuple):
    """A question: its name, the warning about parameters that nobody knows, the pattern of its path."""

    key: str
    warning: str
    route: str


class CachedApplication:
    """A WSGI application in front of another one."""

    def __init__(self, application: Application, seconds: int, redis_url: str) -> None:
        self.application = application
        self.others = Packing(application)
        self.seconds = seconds
        self.paths = stored_paths()
        self.at_hand = AnswersAtHand()
        self.shared = SharedAnswers(redis_url)
        self.spellings: dict[tuple[str, str], Spelling] = {}
        self.computing: dict[str, threading.Lock] = {}
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if no := refused(environ):
            start_response(*no[:2])
            return [no[2]]
        key = self.key(environ)
        if key is None:
            return self.others(environ, start_response)
        self.at_hand.note(key)
        try:
            version = data_version.current()
            answer = self.at_hand.get(key)
            if answer is not None and answer.is_good(version, time.time()):
                return self.respond(answer, environ, start_response)
            return self.found_or_computed(key, version, environ, start_response)
        except redis.RedisError as error:
            log.warning("the cache cannot be reached: %s", error)
            return self.others(environ, start_response)

    def at_once(self, version: str, asked: Asked) -> Ready | None:
        """The answer to a request at a data version where this process has it at hand, else None; it never waits."""
        ready = self.at_hand.ready.get(asked)
        if ready is None or not ready.answer.is_good(version, time.time()):
            ready = self.made_ready(version, asked)
        return ready

    def made_ready(self, version: str, asked: Asked) -> Ready | None:
        environ = {name: value for name, value in zip(ASKED, asked, strict=True) if value is not None}
        key = self.key(environ)
        answer = self.at_hand.get(key) if key else None
        if key is None or answer is None or not answer.is_good(version, time.time()):
            return None
        self.at_hand.note(key)
        reported: list[Any] = []
        body = b"".join(self.respond(answer, environ, lambda *args: reported.append(args)))
        status, headers = reported[-1]
        ready = Ready(answer, int(status[:3]), headers, body, environ[ROUTE])
        self.at_hand.put_ready(asked, ready)
        return ready

    def renew(self, key: str, version: str) -> None:
        """Have an answer at hand before it is asked for; another process may have computed it."""
        self.found_or_computed(key, version, neutral({}, key), lambda *args: None)

    def key(self, environ: Mapping[str, Any]) -> str | None:
        """The name of a request whose answer may be kept; None for all others."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if not self.seconds or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
            return None
        host = environ.get("HTTP_HOST", environ.get("SERVER_NAME", ""))
        if not is_our_host(host, tuple(settings.ALLOWED_HOSTS)):
            return None
        known = self.spelled(path, query)
        if known is None:
            return None
        is_secure = (environ.get("HTTP_X_FORWARDED_PROTO") or environ.get("wsgi.url_scheme")) == "https"
        if settings.SECURE_SSL_REDIRECT and not is_secure:
            return None  # it is to be sent to https
        # What a secure request gets says so (HSTS), so a plain one never gets its answer.
        return f"https {known.key}" if is_secure else known.key

    def spelled(self, path: str, query: str) -> Spelling | None:
        """What is known of a question; None: its answer is not stored."""
        known = self.spellings.get((path, query))
        if known is None:
            stored = self.paths.of(path)
            if stored is None:
                return None
            parameters = stored.parameters
            known = Spelling(key_of(path, query, parameters), unknown_of(query, parameters), stored.route)
            if len(self.spellings) >= MOST_ANSWERS:
                self.spellings.clear()
            self.spellings[path, query] = known
        return known

    def found_or_computed(
        self, key: str, version: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """The answer of another process, or a computed one."""
        with self.lock:
            lock = self.computing.setdefault(key, threading.Lock())
        with lock:
            answer = self.wait_for(key, version)
            if answer is not None:
                return self.respond(answer, environ, start_response)
            try:
                return self.compute(key, version, environ, start_response)
            finally:
                self.shared.release(key, version)
                with self.lock:
                    self.computing.pop(key, None)

    def wait_for(self, key: str, version: str) -> Answer | None:
        """A good answer, from here or another process; None when it is on us to compute it."""
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            answer = self.at_hand.get(key)
            if answer is not None and answer.is_good(version, time.time()):
                return answer
            answer = self.shared.get(key)
            if answer is not None and answer.is_good(version, time.time()):
                self.at_hand.put(key, answer)
                return answer
            if self.shared.claim(key, version) or time.monotonic() > deadline:
                return None
            time.sleep(POLL_SECONDS)

    def compute(
        self, key: str, version: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        reported: list[Any] = []
        result = self.application(neutral(environ, key), lambda *args: reported.append(args))
        try:
            body = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        status, headers = reported[-1][0], reported[-1][1]
        if not status.startswith("200"):
            answered = [(name, value) for name, value in headers if name.lower() not in PER_REQUEST]
            answered += [*origin_headers(environ.get("HTTP_ORIGIN")).items(), *self.noted(environ, was_stored=False)]
            start_response(status, answered)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        kept = tuple((name, value) for name, value in headers if name.lower() in KEPT)
        etag = hashlib.sha256(body).hexdigest()[:32]
        answer = Answer(version, time.time() + self.seconds, body, etag, kept, packed(body))
        if len(body) <= LARGEST_ANSWER:
            self.at_hand.put(key, answer)
            self.shared.put(key, answer)
        return self.respond(answer, environ, start_response, was_stored=False)

    def noted(self, environ: dict[str, Any], was_stored: bool) -> list[tuple[str, str]]:
        """Say in the environment what answers the request; the header that warns of parameters nobody knows."""
        known = self.spelled(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        environ[ROUTE], environ[STORED] = known.route if known else "", was_stored
        return [("Warning", known.warning)] if known and known.warning else []

    def respond(
        self, answer: Answer, environ: dict[str, Any], start_response: StartResponse, was_stored: bool = True
    ) -> Iterable[bytes]:
        """Serve a stored answer, or say that the client has it already (RFC 9110, 13.1.2)."""
        encoding = next(iter(accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))), "") if answer.packed else ""
        body = answer.packed.get(encoding, answer.body)
        origin = origin_headers(environ.get("HTTP_ORIGIN"))
        vary = [*(["Accept-Encoding"] if answer.packed else []), *filter(None, [origin.pop("Vary", "")])]
        headers = [
            *answer.headers,
            ("ETag", f'"{answer.etag}-{encoding}"' if encoding else f'"{answer.etag}"'),
            ("Cache-Control", "public, no-cache"),  # keep it, but ask whether it still holds
            *origin.items(),
            *([("Vary", ", ".join(vary))] if vary else []),
            *self.noted(environ, was_stored),
        ]
        if is_known(answer, environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 Not Modified", headers)
            return []
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def is_known(answer: Answer, asked: str | None) -> bool:
    """Does `If-None-Match` name the answer, in whatever encoding?"""
    if not asked:
        return False
    ours = {f'"{answer.etag}"', *(f'"{answer.etag}-{encoding}"' for encoding in answer.packed)}
    return asked.strip() == "*" or any(tag.strip().removeprefix("W/") in ours for tag in asked.split(","))


def neutral(environ: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The question of `key`, as nobody in particular would send it: no cookies, no headers, no body. What differs for
    who asks would else be stored for all."""
    scheme, _, known = key.rpartition(" ")
    path, _, query = known.partition("?")
    ours = next(iter(settings.ALLOWED_HOSTS), "localhost").lstrip(".")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost" if ours == "*" else ours.strip("[]"),
        "SERVER_PORT": "443" if scheme else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost" if ours == "*" else ours,
        "REMOTE_ADDR": "",
        **({"HTTP_X_FORWARDED_PROTO": "https"} if scheme else {}),
        CLIENT: environ.get(CLIENT) or client_of(environ),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme or "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def cached(application: Application) -> CachedApplication:
    """The application with its cache, as the settings say."""
    return CachedApplication(application, settings.API_CACHE_SECONDS, settings.CACHE_REDIS_URL)
