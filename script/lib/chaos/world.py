"""A small Ridewatch of its own: a stub upstream, a database, and the server of script/server before both."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

PR_SET_CHILD_SUBREAPER = 36
INTERVAL = 60  # seconds between two collections: as short as the settings allow
GOES_ON_WITHIN = 120.0  # seconds until collection does
PARKS, RIDES = 3, 5
STORED = "/api/parks/downtime"
DELAY = 1.5  # seconds of each answer of the upstream, so that a collection can be killed

# A process whose parent is gone becomes ours, and is found.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import Error, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from core.jobs.ledger import JobLock, JobRun, JobStatus  # noqa: E402
from core.jobs.queue import QueuedTask  # noqa: E402
from core.jobs.runners import is_alive, process  # noqa: E402
from core.tests.stub_upstream import Answer, Request, StubUpstream, answer  # noqa: E402
from parks.models import Park, Ride  # noqa: E402
from snapshots.models import RideStatusSnapshot  # noqa: E402

Row = tuple[int, object]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def uuid(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


def live(park: int) -> Callable[[Request], Answer]:
    """A feed of a park whose rides all run, as of now."""

    def route(request: Request) -> Answer:
        at = timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        rides = [
            {
                "id": uuid(2, park * 100 + number),
                "name": f"Ride {park}.{number}",
                "entityType": "ATTRACTION",
                "status": "OPERATING",
                "queue": {"STANDBY": {"waitTime": 10 + number}},
                "lastUpdated": at,
            }
            for number in range(RIDES)
        ]
        feed = {"id": uuid(1, park), "name": f"Park {park}", "entityType": "PARK", "liveData": rides}
        return answer(feed, delay=DELAY)

    return route


class World:
    def __init__(self) -> None:
        self.directory = Path(os.environ["DATA_DIR"])
        self.stub = StubUpstream()
        self.stub.__enter__()
        for park in range(PARKS):
            self.stub.routes[f"/v1/entity/{uuid(1, park)}/live"] = live(park)
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.log = self.directory.parent / f"{self.directory.name}.log"
        self.children: set[int] = set()
        self.environment = {
            **os.environ,
            "THEMEPARKS_WIKI_URL": f"{self.stub.url}/v1",
            "QUEUE_TIMES_URL": self.stub.url,
            "OPEN_METEO_URL": self.stub.url,
            "UPSTREAM_MIN_INTERVAL_MS": "0",
            "COLLECTION_INTERVAL_SECONDS": str(INTERVAL),
        }
        call_command("migrate", verbosity=0)
        for park in range(PARKS):
            made, _ = Park.objects.get_or_create(
                themeparks_wiki_id=uuid(1, park),
                defaults={"name": f"Park {park}", "city": "Here", "country": "US", "timezone": "America/New_York"},
            )
            for number in range(RIDES):
                wiki = uuid(2, park * 100 + number)
                Ride.objects.get_or_create(
                    themeparks_wiki_id=wiki, defaults={"park": made, "name": f"Ride {park}.{number}"}
                )

    def start(self, **variables: str) -> None:
        command = [sys.executable, "script/lib/serve.py", str(self.port), "worker"]
        with self.log.open("ab") as out:
            self.server = subprocess.Popen(  # noqa: S603
                command, env={**self.environment, **variables}, stdout=out, stderr=out, start_new_session=True
            )
        self.children.add(self.server.pid)

    def stop(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(15)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()

    def end(self) -> None:
        self.stop()
        self.stub.__exit__()

    # -- what goes on ------------------------------------------------------------------------------------

    def answers(self, path: str = STORED) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as found:
                return bool(found.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def collections(self, statuses: tuple[str, ...] = (JobStatus.SUCCESS,)) -> int:
        """The key of the newest good collection, whatever the clock says."""
        done = JobRun.objects.filter(job="collect_snapshots", status__in=statuses)
        return done.order_by("-pk").values_list("pk", flat=True).first() or 0

    def goes_on(
        self, since: int, seconds: float = 300, statuses: tuple[str, ...] = (JobStatus.SUCCESS,)
    ) -> float | None:
        """Seconds from now until answers come and a later collection than `since` is done; None: not within them."""
        began = time.monotonic()
        good = eventually(lambda: self.collections(statuses) > since and self.answers(), seconds)
        return time.monotonic() - began if good else None

    def rows(self) -> set[Row]:
        return set(RideStatusSnapshot.objects.values_list("ride_id", "recorded_at"))

    # -- what is wrong -----------------------------------------------------------------------------------

    def overlapping(self) -> int:
        """Rows of a ride that begin before the one before has ended."""
        found, before, until = 0, 0, 0.0
        rows = RideStatusSnapshot.objects.order_by("ride_id", "recorded_at")
        for ride, at, seconds in rows.values_list("ride_id", "recorded_at", "duration_seconds"):
            begins = at.timestamp()
            found += ride == before and begins < until
            before, until = ride, begins + seconds
        return found

    def stuck(self) -> list[str]:
        """What says that somebody is at it who is gone, or waits though nobody comes."""
        found = [str(lock) for lock in JobLock.objects.exclude(runner="") if not is_alive(lock.runner)]
        now = timezone.now()
        waiting = QueuedTask.objects.filter(due_at__lt=now - timedelta(minutes=2))
        return found + [str(task) for task in waiting if not task.is_held(now)]

    def orphans(self) -> list[str]:
        """Children that we did not start."""
        found = []
        for task in Path("/proc/self/task").glob("*/children"):
            for pid in map(int, task.read_text().split()):
                state = process(pid)
                if pid not in self.children and state is not None and state.state not in "ZX":
                    found.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:100])
        return found

    def left_behind(self) -> list[str]:
        """Orphans that have not ended ten seconds later."""
        eventually(lambda: not self.orphans(), 10)
        return self.orphans()

    def port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return probe.connect_ex(("127.0.0.1", self.port)) != 0


def eventually(is_so: Callable[[], bool], seconds: float) -> bool:
    """Does it come true in time? A database that is away has not made it true yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_so():
                return True
        except Error:
            connection.close()
        time.sleep(0.5)
    return False


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""
