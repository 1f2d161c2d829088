"""Cycles of live collection, by the command an operator would use, and who asks first after one."""

import http.client
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from bench.report import load_now
from bench.rows import (
    SLOT_SECONDS,
    Parameters,
    ParkSpec,
    evening,
    park_day,
    park_specs,
    ride_specs,
    slot_starts,
    wiki_key,
)
from bench.traffic import HOST, PATIENCE, Answers, Ask, send, serving
from core.tests.stub_upstream import StubUpstream, answer
from snapshots.status import Status, is_operating

ROUNDS = 3  # cycles, and answers of each kind
SLOT = timedelta(seconds=SLOT_SECONDS)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle took: the whole command, and what it still did after the last answer of the upstream. Seconds."""

    seconds: float
    after_the_answers: float
    load: float


def live_answer(park: ParkSpec, parameters: Parameters, at: datetime) -> dict[str, object]:
    """What the upstream says of a park at an instant: the day goes on as it would have in the set."""
    day = at.astimezone(ZoneInfo(park.zone)).date()
    slot = int((at - slot_starts(day, park.zone)[0]).total_seconds()) // SLOT_SECONDS
    rides = ride_specs(park.number, parameters.rides, parameters.seed)
    entries = []
    for ride, stretches in zip(rides, park_day(park, rides, day, parameters.seed), strict=True):
        now = next((stretch for stretch in stretches if stretch.first <= slot < stretch.end), None)
        status, wait = (Status.CLOSED, None) if now is None else (now.status, now.wait)
        queue = {"STANDBY": {"waitTime": wait}} if is_operating(status, False) else {}
        entries.append(
            {
                "id": wiki_key(2, ride.number),
                "name": f"Ride {ride.number}",
                "entityType": "ATTRACTION",
                "parkId": wiki_key(1, park.number),
                "status": status.value,
                "lastUpdated": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "queue": queue,
            }
        )
    return {
        "id": wiki_key(1, park.number),
        "name": f"Park {park.number}",
        "entityType": "PARK",
        "timezone": park.zone,
        "liveData": entries,
    }


def store_cycle(parameters: Parameters, url: str, at: datetime) -> Cycle:
    """Collect what the upstream says at an instant of the grid; raises CalledProcessError."""
    with StubUpstream() as upstream:
        for park in park_specs(parameters.parks):
            path = f"/v1/entity/{wiki_key(1, park.number)}/live"
            upstream.routes[path] = answer(live_answer(park, parameters, at))
        environ = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "bench.evening",
            "BENCH_NOW": (at + timedelta(seconds=1)).isoformat(),
            "THEMEPARKS_WIKI_URL": f"{upstream.url}/v1",
        }
        load, began = load_now(), time.monotonic()
        command = [sys.executable, "manage.py", "collect_snapshots"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True, stdout=sys.stderr)  # noqa: S603
        ended = time.monotonic()
        return Cycle(ended - began, ended - max(request.ended or began for request in upstream.requests), load)


@contextmanager
def undone(url: str) -> Iterator[None]:
    """The set as it was, before and after: what cycles stored is taken away."""
    command, environ = [sys.executable, "-m", "bench", "undo-cycles", "."], {**os.environ, "DATABASE_URL": url}
    subprocess.run(command, env=environ, check=True)  # noqa: S603
    yield
    subprocess.run(command, env=environ, check=True)  # noqa: S603


def first_askers(
    log: Path, asks: Sequence[Ask], parameters: Parameters, url: str, progress: Callable[[], object]
) -> tuple[Mapping[Ask, Answers], list[Cycle]]:
    """A cycle is stored, then every kind is asked once, in an order of its own after each; ROUNDS times.

    The server keeps answers and readings as in production; what it kept, the cycle dropped.
    """
    found = {ask: Answers() for ask in asks}
    cycles = []
    start = evening(parameters)
    with (
        undone(url),
        serving(log, parameters, {"DATABASE_URL": url}, start + ROUNDS * SLOT) as served,
    ):
        connection = http.client.HTTPConnection(HOST, served.port, timeout=PATIENCE)
        for ask in asks:  # modules, plans and connections are there; only the data are new
            send(connection, ask, ask.sent_to(0, parameters))
        for number in range(ROUNDS):
            cycles.append(store_cycle(parameters, url, start + number * SLOT))
            connection.close()  # it may have waited for too long
            for ask in random.Random(number).sample(asks, len(asks)):
                found[ask].add(send(connection, ask, ask.sent_to(number, parameters)))
                progress()
        connection.close()
    return found, cycles
