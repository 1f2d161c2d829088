"""The project's real server on the evening at which the set ends, what it is asked, and its clients."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings

from bench.report import cpu_ms
from bench.rows import Parameters, evening

USERS = 20
PATIENCE = 60  # seconds for one answer
SCRIPT = Path(__file__).with_name("cached.lua")
HOST = "127.0.0.1"
WORKERS = 2
SLOW_QUERY_MS = 1_000
READY = "Ridewatch is serving"
# Parameters whose every choice is another question; the others narrow, sort or cut what is found.
CHOICES = ("period", "type", "category", "entity", "filter")
# These have targets of their own (bench/yardstick.py), or are no answer from data.
ELSEWHERE = ("/api/analytics/", "/api/schema/", "/api/docs/", "/api/admin/")
# The rankings, charts, heatmaps and details.
BUSY = ("/downtime", "/waittimes", "/charts", "/chart-data", "/heatmap-data", "/details")
CACHED = (
    "/api/parks/downtime?period=today",
    "/api/rides/downtime?period=live",
    "/api/parks/waittimes?period=yesterday",
    "/api/rides/waittimes?period=last_week",
    "/api/live/status-summary",
    "/api/trends/chart-data?period=last_month",
    "/api/parks/1/details?period=today",
    "/api/rides/1/details",
)
SLOW = re.compile(r"ridewatch\.slow_queries: (.*)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Served(NamedTuple):
    port: int
    pid: int

    def cpu_ms(self) -> float:
        """Milliseconds that the server and its database have computed so far."""
        return cpu_ms(self.pid) + database_cpu_ms()


def database_cpu_ms() -> float:
    """0 where the database's process is not known."""
    return cpu_ms(int(os.environ.get("BENCH_MARIADB_PID") or 0))


@contextmanager
def serving(
    log: Path, parameters: Parameters, variables: Mapping[str, str], now: datetime | None = None
) -> Iterator[Served]:
    """A server with these environment variables; what it says goes to `log`. Raises RuntimeError.

    `now`: when it believes to start; default: the evening of the set.
    """
    port = free_port()
    environ = {
        **os.environ,
        "WEB_CONCURRENCY": str(WORKERS),
        "SLOW_QUERY_MS": str(SLOW_QUERY_MS),
        "DJANGO_SETTINGS_MODULE": "bench.evening",
        "BENCH_NOW": (now or evening(parameters)).isoformat(),
        "API_RATE_LIMIT": "",  # twenty users of one address
        **variables,
    }
    command = [sys.executable, "script/lib/serve.py", str(port)]
    with log.open("w") as errors:
        server = subprocess.Popen(  # noqa: S603
            command, cwd=settings.BASE_DIR, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            if server.stdout is None or not any(READY in line for line in server.stdout):
                raise RuntimeError(f"the server did not begin to serve; see {log}")
            yield Served(port, server.pid)
        finally:
            server.terminate()
            server.wait()


def slow_queries(log: Path) -> list[str]:
    """What the server logged of statements that took longer than SLOW_QUERY_MS."""
    return SLOW.findall(log.read_text())


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of request; `{park_id}` and `{ride_id}` in the target are filled in when it is sent."""

    method: str
    endpoint: str  # as the schema writes it
    target: str
    body: bytes = b""

    @property
    def is_busy(self) -> bool:
        return self.endpoint.endswith(BUSY)

    def sent_to(self, number: int, parameters: Parameters) -> str:
        """The target with the ids of another park and ride for every number."""
        parks = parameters.parks
        rides = parks * parameters.rides
        return self.target.format(park_id=number % parks + 1, ride_id=number * 7 % rides + 1)


def choices(operation: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, list[str]]:
    """The choices of an operation's parameters, of those that ask another question."""
    found = {}
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        for part in (schema, *schema.get("allOf", []), *schema.get("oneOf", [])):
            named = components[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
            if parameter["name"] in CHOICES and "enum" in named:
                found[parameter["name"]] = [str(each) for each in named["enum"]]
    return found


def needed(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The examples of the parameters without which an operation refuses to answer, and that are no choice."""
    given = (each for each in operation.get("parameters", []) if each.get("required") and each["in"] == "query")
    return {each["name"]: each["schema"]["example"] for each in given if "example" in each["schema"]}


def asks(schema: Mapping[str, Any]) -> Iterator[Ask]:
    """Every GET request of an OpenAPI schema, and what is posted to the audit."""
    components = schema.get("components", {}).get("schemas", {})
    for endpoint, operations in schema["paths"].items():
        if endpoint.startswith(ELSEWHERE):
            continue
        if "get" in operations:
            found = choices(operations["get"], components)
            for chosen in product(*found.values()):
                query = urlencode([*zip(found, chosen, strict=True), *needed(operations["get"]).items()])
                yield Ask("GET", endpoint, f"{endpoint}?{query}" if query else endpoint)
    for period, kind in product(("today", "7days", "30days"), ("park_shame_score", "ride_downtime")):
        claim = {"type": kind, "entity_id": 1, "period": period, "displayed_value": 1}
        yield Ask("POST", "/api/audit/verify", "/api/audit/verify", json.dumps(claim).encode())
    yield Ask("POST", "/api/audit/run", "/api/audit/run", b"{}")


class Throughput(NamedTuple):
    """What wrk found."""

    per_second: float
    p95: float  # milliseconds, of the requests that were sent
    longest: float
    failed: int


def hammer(port: int, paths: Sequence[str], seconds: int) -> Throughput:
    """USERS connections of wrk ask for stored answers as fast as they can; raises CalledProcessError."""
    options = ["-t", "2", "-c", str(USERS), "-d", f"{seconds}s", "-s", str(SCRIPT)]
    command = ["wrk", *options, f"http://{HOST}:{port}", "--", *paths]
    reported = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return throughput(reported)


def throughput(reported: str) -> Throughput:
    """The figures in the last line that wrk wrote."""
    found = json.loads(reported.strip().splitlines()[-1])
    requests, failed = found["requests"], found["failed"]
    every = found["microseconds"] // max(1, requests // USERS)
    latencies = really_sent(dict(found["latencies"]), every)
    if not failed and latencies.total() != requests:
        raise ValueError(f"wrk reported {latencies.total()} latencies of {requests} requests")
    p95 = share_below(latencies, 95) / 1000
    return Throughput(requests / found["microseconds"] * 1e6, p95, max(latencies, default=0) / 1000, failed)


def really_sent(reported: Mapping[int, int], every: int) -> Counter[int]:
    """How many requests took how many microseconds, from what wrk says.

    Beside a request that took long wrk counts those that its connection would have sent meanwhile, one `every` so many
    microseconds, each shorter by that. Users who wait for an answer send none, and the legacy was not measured so.
    """
    found = Counter(reported)
    for took in sorted(reported, reverse=True):
        # What longer ones added to this count has been taken away by now.
        for made_up in range(took - every, every, -every):
            found[made_up] -= found[took]
    return +found


def share_below(latencies: Counter[int], share: int) -> int:
    """The least latency that at least `share` percent of the requests do not exceed (nearest rank); 0 without any."""
    wanted, seen = latencies.total() * share, 0
    for took in sorted(latencies):
        seen += latencies[took]
        if seen * 100 >= wanted:
            return took
    return 0


@dataclass(slots=True)
class Answers:
    """The answers to one kind of request: milliseconds of each, the size of the largest, what went wrong last.

    `cpu_ms` and `load` are known of one client alone: computing for one answer, and the machine's load then.
    """

    times: list[float] = field(default_factory=list)
    largest: int = 0
    wrong: str = ""
    cpu_ms: float | None = None
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, other: "Answers") -> None:
        self.times += other.times
        self.largest = max(self.largest, other.largest)
        self.wrong = other.wrong or self.wrong


def send(connection: http.client.HTTPConnection, ask: Ask, target: str) -> Answers:
    """One request over a connection that is kept."""
    headers = {"Content-Type": "application/json"} if ask.body else {}
    began = time.perf_counter()
    try:
        connection.request(ask.method, target, ask.body or None, headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # the next request opens it again
        return Answers([], 0, f"{type(error).__name__}: {error}")
    took = (time.perf_counter() - began) * 1000
    return Answers([took], len(body), "" if response.status == 200 else f"HTTP {response.status}: {body[:120]!r}")


def one_after_another(
    served: Served, asks: Sequence[Ask], parameters: Parameters, runs: int, progress: Callable[[], object]
) -> dict[Ask, Answers]:
    """One client: each kind `runs` times, after one that does not count. Ids vary from run to run."""
    connection = http.client.HTTPConnection(HOST, served.port, timeout=PATIENCE)
    found = {}
    for ask in asks:
        send(connection, ask, ask.sent_to(0, parameters))
        found[ask] = Answers()
        before = served.cpu_ms()
        for run in range(runs):
            found[ask].add(send(connection, ask, ask.sent_to(run, parameters)))
            progress()
        found[ask].cpu_ms = (served.cpu_ms() - before) / runs
    connection.close()
    return found


def at_once(
    port: int, asks: Sequence[Ask], parameters: Parameters, rounds: int, progress: Callable[[], object]
) -> dict[Ask, Answers]:
    """USERS clients at the same time: each asks every kind `rounds` times, in an order of its own."""

    def walk(user: int) -> list[tuple[Ask, Answers]]:
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        order = list(asks) * rounds
        random.Random(user).shuffle(order)
        reported = []
        for number, ask in enumerate(order):
            reported.append((ask, send(connection, ask, ask.sent_to(user + USERS * number, parameters))))
            progress()
        connection.close()
        return reported

    found = {ask: Answers() for ask in asks}
    with ThreadPoolExecutor(USERS) as pool:
        for ask, answers in chain.from_iterable(pool.map(walk, range(USERS))):
            found[ask].add(answers)
    return found
