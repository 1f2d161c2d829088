"""An upstream for tests: canned answers over real HTTP on 127.0.0.1, with every fault a real one has shown.

with StubUpstream() as stub:
    stub.routes["/v1/entity/…/live"] = answer({"id": …, "liveData": []})
    stub.routes["/parks.json"] = [Answer(status=503), answer([])]  # in turn, the last one again and again
    settings.THEMEPARKS_WIKI_URL = f"{stub.url}/v1"
"""

import gzip
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Answer:
    """What a route answers, and what goes wrong with it.

    `delay`: seconds before anything is sent. `drip`: seconds between single bytes of the body, `drip_head`: of the
    head. `cut_after`: bytes of the body after which the connection is cut, though more were promised.
    `padding`: blanks sent after the body, without saying how many.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delay: float = 0
    drip: float = 0
    drip_head: float = 0
    cut_after: int | None = None
    padding: int = 0


@dataclass
class Request:
    """`path` without the query; `began` and `ended` as time.monotonic; `body` of a POST."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    began: float
    ended: float | None = None
    body: bytes = b""


Route = Answer | Sequence[Answer] | Callable[[Request], Answer]


def answer(value: Any, **faults: Any) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(value).encode(), **faults)


def gzipped(value: Any) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})


HTML_PAGE = Answer(HTML, content_type="text/html")
TRUNCATED = Answer(b'{"id": "75ea578a-adc8-4116-a54d-dccb60765ef9", "liveData": [{"id": "b22')
FIFTY_MEGABYTES = Answer(b"{}", padding=50 * MEGABYTE)
GZIP_BOMB = gzipped(b" " * (50 * MEGABYTE))  # 49 kB on the wire
NOT_FOUND = answer({"success": False, "error": {"type": "Not found", "message": "…", "code": 404}}, status=404)


def rate_limited(retry_after: str = "17") -> Answer:
    body = {"error": "Too Many Requests", "message": "…", "retryAfter": 17}
    return answer(body, status=429, headers={"Retry-After": retry_after})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 200

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news: many faults here are about just that."""


class StubUpstream:
    """The server, running while the context lasts. Unknown paths are 404."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[Request] = []
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.at_once = 0
        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", 0), handler_of(self))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()  # ends drips and delays
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]

    def begin(self, request: Request) -> Answer:
        with self.lock:
            earlier = sum(known.path == request.path for known in self.requests)
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        route = self.routes.get(request.path, NOT_FOUND)
        if callable(route):
            return route(request)
        return route if isinstance(route, Answer) else route[min(earlier, len(route) - 1)]

    def end(self, request: Request) -> None:
        with self.lock:
            self.at_once -= 1
            request.ended = time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.closing.wait(seconds)


def handler_of(stub: StubUpstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep-alive
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            request = Request(parts.path, dict(parse_qsl(parts.query)), headers, time.monotonic(), body=body)
            reported = stub.begin(request)
            try:
                stub.sleep(reported.delay)
                self.send(reported)
            except OSError:  # the client gave up
                self.close_connection = True
            finally:
                stub.end(request)

        do_POST = do_GET  # noqa: N815  (the name http.server calls)

        def send(self, reported: Answer) -> None:
            head = {"Content-Type": reported.content_type, **reported.headers}
            if reported.padding:
                head["Connection"] = "close"  # the length is not reported
            else:
                head["Content-Length"] = str(len(reported.body))
            self.close_connection = bool(reported.padding) or reported.cut_after is not None
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            self.write(f"HTTP/1.1 {reported.status} Answer\r\n{lines}\r\n".encode(), reported.drip_head)
            self.write(reported.body[: reported.cut_after], reported.drip)
            for _ in range(0, reported.padding, MEGABYTE):
                self.write(b" " * MEGABYTE, 0)

        def write(self, data: bytes, drip: float) -> None:
            for part in [data[i : i + 1] for i in range(len(data))] if drip else [data]:
                self.wfile.write(part)
                self.wfile.flush()
                if drip:
                    stub.sleep(drip)
                if drip and stub.closing.is_set():
                    raise OSError("the test is over")

        def log_message(self, *_: Any) -> None:
            """Tests say what they expect; a log of requests says nothing more."""

    return Handler
