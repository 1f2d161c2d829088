"""A cycle that is killed leaves whole parks or none, and the next try completes it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from core.tests.shared_database import shared_database
from core.tests.stub_upstream import Answer, StubUpstream
from parks.models import Park
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.models import ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.tests.live_answers import entry, live

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_mariadb, pytest.mark.slow, pytest.mark.uncounted]

PARKS, RIDES = 12, 25
KILLS = int(os.environ.get("KILLS", "5"))
# Collects one instant after the other, and says so on stdout.
COLLECTOR = """
import sys
from datetime import UTC, datetime
import django
django.setup()
from snapshots.collection.run import collect
print("ready", flush=True)
for at in sys.argv[1:]:
    print(collect(datetime.fromisoformat(at)), flush=True)
"""


@pytest.fixture
def environment(tmp_path) -> Iterator[dict[str, str]]:
    """Twelve parks whose rides say another state every minute, and a database and a stub to run a process with."""
    with shared_database(tmp_path) as url, StubUpstream() as stub:
        for number in range(PARKS):
            park = ParkFactory.create()
            rides = RideFactory.create_batch(RIDES, park=park)
            path = f"/v1/entity/{park.themeparks_wiki_id}/live"
            lines = {"SINGLE_RIDER": {"waitTime": 5}}
            stub.routes[path] = [  # in turn
                Answer(live(park, *(entry(ride, status, 10, queue=lines) for ride in rides)), delay=0.002 * number)
                for _ in range(200)
                for status in ("OPERATING", "DOWN")
            ]
        yield {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path / "data"),
            "THEMEPARKS_WIKI_URL": f"{stub.url}/v1",
            "UPSTREAM_MIN_INTERVAL_MS": "0",
            "LOG_LEVEL": "ERROR",
        }


def start(environment: dict[str, str], *instants: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, *instants],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def instant(minute: int) -> str:
    return f"2026-07-01T{12 + minute // 60:02d}:{minute % 60:02d}:00+00:00"


def check_whole() -> None:
    """At every instant a park has all its rows or none."""
    connection.close()
    parks = Counter(ParkActivitySnapshot.objects.values_list("park", "recorded_at"))
    rides = Counter(RideStatusSnapshot.objects.values_list("park", "recorded_at"))
    queues = Counter(QueueData.objects.values_list("ride__park", "recorded_at"))
    assert set(parks.values()) <= {1}
    assert rides == dict.fromkeys(parks, RIDES)
    assert queues == dict.fromkeys(parks, RIDES)
    changes = Counter(RideStatusChange.objects.values_list("ride__park", "changed_at"))
    assert changes.keys() <= parks.keys()
    assert set(changes.values()) <= {RIDES}


def check_states() -> None:
    """Every change is one of two neighbouring rows, and every such pair has one."""
    expected: list[tuple[int, datetime, str | None]] = []
    for ride, at, status in RideStatusSnapshot.objects.order_by("ride", "recorded_at").values_list(
        "ride", "recorded_at", "status"
    ):
        if expected and expected[-1][0] == ride and expected[-1][2] == status:
            continue
        expected.append((ride, at, status))
    firsts = {ride: at for ride, at, _ in reversed(expected)}
    wanted = [row for row in expected if firsts[row[0]] != row[1]]
    columns = ("ride", "changed_at", "new_status_enum")
    assert list(RideStatusChange.objects.order_by("ride", "changed_at").values_list(*columns)) == wanted


def test_a_cycle_killed_at_any_moment_leaves_whole_parks_and_the_next_one_is_fine(environment):
    chance = random.Random(20260701)
    process = start(environment, instant(0))
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    began = time.monotonic()
    out, errors = process.communicate(timeout=60)
    usual = time.monotonic() - began
    assert process.returncode == 0, errors
    assert f"{PARKS} parks" in out
    for number in range(1, KILLS + 1):
        process = start(environment, instant(2 * number))
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.05, 1.05) * usual)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        check_whole()
        if chance.random() < 0.5 or number == KILLS:  # the same cycle again, or only the next one
            process = start(environment, instant(2 * number))
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
            check_whole()
            assert ParkActivitySnapshot.objects.filter(recorded_at=instant(2 * number)).count() == PARKS
    check_states()
    assert Park.objects.filter(activity__isnull=True).count() == 0
