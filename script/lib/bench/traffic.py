"""Clients of the server: wrk for stored answers, threads for computed ones."""

import http.client
import json
import random
import subprocess
import time
from collections.abc import Callable, Sequence
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
    p95: float  # milliseconds
    failed: int


def hammer(port: int, paths: Sequence[str], seconds: int) -> Throughput:
    """USERS connections of wrk ask for stored answers as fast as they can; raises CalledProcessError."""
    options = ["-t", "2", "-c", str(USERS), "-d", f"{seconds}s", "-s", str(SCRIPT)]
    command = ["wrk", *options, f"http://{HOST}:{port}", "--", *paths]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return throughput(told)


def throughput(told: str) -> Throughput:
    """The figures in the last line that wrk wrote."""
    found = json.loads(told.strip().splitlines()[-1])
    seconds = found["microseconds"] / 1e6
    return Throughput(found["requests"] / seconds, found["p95_microseconds"] / 1000, found["failed"])


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
        told = []
        for number, ask in enumerate(order):
            told.append((ask, send(connection, ask, ask.sent_to(user + USERS * number, parameters))))
            progress()
        connection.close()
        return told

    found = {ask: Answers() for ask in asks}
    with ThreadPoolExecutor(USERS) as pool:
        for ask, answers in chain.from_iterable(pool.map(walk, range(USERS))):
            found[ask].add(answers)
    return found
