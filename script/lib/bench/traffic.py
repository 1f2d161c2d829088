"""Clients of the server: wrk for stored answers, threads for computed ones."""

import http.client
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from bench.parameters import Parameters
from bench.requests import Ask
from bench.server import HOST

USERS = 20
PATIENCE = 60  # seconds for one answer
SCRIPT = Path(__file__).with_name("cached.lua")


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
    """The answers to one kind of request: milliseconds of each, the size of the largest, what went wrong last."""

    times: list[float] = field(default_factory=list)
    largest: int = 0
    wrong: str = ""

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
    port: int, asks: Sequence[Ask], parameters: Parameters, runs: int, progress: Callable[[], object]
) -> dict[Ask, Answers]:
    """One client: each kind `runs` times, after one that does not count. Ids vary from run to run."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    found = {}
    for ask in asks:
        send(connection, ask, ask.sent_to(0, parameters))
        found[ask] = Answers()
        for run in range(runs):
            found[ask].add(send(connection, ask, ask.sent_to(run, parameters)))
            progress()
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
