"""Answers that were computed before, served as stored bytes before Django is entered (public-api 2.8).

Around the WSGI application. An answer is kept for `API_CACHE_SECONDS` at most, and only while the data version
it was computed from is the present one. Of several requests for the same answer one computes it and the others
wait. Nothing but 200 answers to GET and HEAD is kept.
"""

import contextlib
import functools
import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from core import data_version
from core.web.cors import origin_headers
from core.web.stored_paths import key_of, stored_paths

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

LONGEST_QUERY = 2_000
LONGEST_WAIT = 10.0  # seconds for another request's answer
LOCK_SECONDS = 30
POLL_SECONDS = 0.02
# What a process keeps at hand.
MOST_ANSWERS = 4_000
MOST_BYTES = 64 * 1_048_576
PER_REQUEST = {"access-control-allow-origin", "vary", "etag", "cache-control", "content-length"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored 200 answer."""

    version: str
    expires: float  # seconds since 1970
    body: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]

    def is_good(self, version: str, now: float) -> bool:
        return self.version == version and now < self.expires

    def packed(self) -> bytes:
        head = json.dumps([self.version, self.expires, self.etag, self.headers])
        return head.encode() + b"\n" + self.body

    @classmethod
    def unpacked(cls, packed: bytes) -> "Answer":
        head, _, body = packed.partition(b"\n")
        version, expires, etag, headers = json.loads(head)
        return cls(version, expires, body, etag, tuple((name, value) for name, value in headers))


class AnswersAtHand:
    """The answers a process keeps, the least recently used dropped first."""

    def __init__(self) -> None:
        self.answers: OrderedDict[str, Answer] = OrderedDict()
        self.bytes = 0
        self.lock = threading.Lock()

    def get(self, key: str) -> Answer | None:
        return self.answers.get(key)

    def put(self, key: str, answer: Answer) -> None:
        with self.lock:
            old = self.answers.pop(key, None)
            self.bytes += len(answer.body) - (len(old.body) if old else 0)
            self.answers[key] = answer
            while len(self.answers) > MOST_ANSWERS or self.bytes > MOST_BYTES:
                _, dropped = self.answers.popitem(last=False)
                self.bytes -= len(dropped.body)


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
        return Answer.unpacked(found) if isinstance(found, bytes) else None

    def put(self, key: str, answer: Answer) -> None:
        if self.url:
            seconds = max(1, int(answer.expires - time.time()))
            with forgiven():
                data_version.client(self.url).set(f"ridewatch:answer:{key}", answer.packed(), ex=seconds)

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


class CachedApplication:
    """A WSGI application in front of another one."""

    def __init__(self, application: Application, seconds: int, redis_url: str) -> None:
        self.application = application
        self.seconds = seconds
        self.paths = stored_paths()
        self.at_hand = AnswersAtHand()
        self.shared = SharedAnswers(redis_url)
        self.spellings: dict[tuple[str, str], str] = {}
        self.computing: dict[str, threading.Lock] = {}
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        key = self.key(environ) if self.seconds else None
        if key is None:
            return self.application(environ, start_response)
        try:
            version = data_version.current()
            answer = self.at_hand.get(key)
            if answer is not None and answer.is_good(version, time.time()):
                return respond(answer, environ, start_response)
            return self.found_or_computed(key, version, environ, start_response)
        except redis.RedisError as error:
            log.warning("the cache cannot be reached: %s", error)
            return self.application(environ, start_response)

    def key(self, environ: Mapping[str, Any]) -> str | None:
        """The name of a request whose answer may be kept; None for all others."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or len(query) > LONGEST_QUERY:
            return None
        host = environ.get("HTTP_HOST", environ.get("SERVER_NAME", ""))
        if not is_our_host(host, tuple(settings.ALLOWED_HOSTS)):
            return None
        known = self.spellings.get((path, query))
        if known is None:
            parameters = self.paths.parameters(path)
            if parameters is None:
                return None
            known = key_of(path, query, parameters)
            if len(self.spellings) >= MOST_ANSWERS:
                self.spellings.clear()
            self.spellings[path, query] = known
        # A plain request may have to be sent to https, so it never gets the answer of a secure one.
        scheme = environ.get("HTTP_X_FORWARDED_PROTO") or environ.get("wsgi.url_scheme")
        return f"https {known}" if scheme == "https" else known

    def found_or_computed(
        self, key: str, version: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """The answer of another process, or a computed one."""
        with self.lock:
            lock = self.computing.setdefault(key, threading.Lock())
        with lock:
            answer = self.wait_for(key, version)
            if answer is not None:
                return respond(answer, environ, start_response)
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
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        result = self.application({**environ, "REQUEST_METHOD": "GET"}, lambda *args: reported.append(args))
        try:
            body = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        status, headers = reported[-1][0], reported[-1][1]
        if not status.startswith("200"):
            start_response(status, headers)
            return [] if is_head else [body]
        kept = tuple((name, value) for name, value in headers if name.lower() not in PER_REQUEST)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        answer = Answer(version, time.time() + self.seconds, body, etag, kept)
        self.at_hand.put(key, answer)
        self.shared.put(key, answer)
        return respond(answer, environ, start_response)


def respond(answer: Answer, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Serve a stored answer, or say that the client has it already (RFC 9110, 13.1.2)."""
    headers = [
        *answer.headers,
        ("ETag", answer.etag),
        ("Cache-Control", "public, no-cache"),  # keep it, but ask whether it still holds
        *origin_headers(environ.get("HTTP_ORIGIN")).items(),
    ]
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked and (asked.strip() == "*" or answer.etag in (tag.strip().removeprefix("W/") for tag in asked.split(","))):
        start_response("304 Not Modified", headers)
        return []
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer.body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def cached(application: Application) -> Application:
    """The application with its cache, as the settings say."""
    return CachedApplication(application, settings.API_CACHE_SECONDS, settings.REDIS_URL)
