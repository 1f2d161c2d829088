"""MariaDB and Redis are killed and come back; Redis holds messages that are none."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings

from chaos.result import Result
from chaos.world import GOES_ON_WITHIN, World, eventually
from core.jobs.ledger import JobRun, JobStatus
from core.jobs.runners import process
from core.jobs.tasks import run_job

AWAY = 8  # seconds
BROKEN = (b"\xff\xfe", b"no JSON", b"[]", b"{}", b'{"body": 1}', b"7", b"null")


class Server:
    """A server that somebody started, and the words that start it again."""

    def __init__(self, pid: int, command: list[str]) -> None:
        self.pid, self.command = pid, command

    def restart(self, world: World) -> None:
        os.kill(self.pid, signal.SIGKILL)
        eventually(lambda: is_gone(self.pid), 10)
        time.sleep(AWAY)
        started = subprocess.Popen(  # noqa: S603
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.pid = started.pid
        world.children.add(self.pid)


def is_gone(pid: int) -> bool:
    found = process(pid)
    return found is None or found.state in "ZX"


def run(world: World, rounds: int) -> Result:
    result = Result("servers")
    mariadb, cache = (int(os.environ[f"CHAOS_{name}_PID"]) for name in ("MARIADB", "REDIS"))
    words = Path(f"/proc/{mariadb}/cmdline").read_text().rstrip("\0").split("\0")
    port = str(urlsplit(settings.REDIS_URL).port)
    again = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", str(world.directory), "--save", ""]
    servers = {"mariadb": Server(mariadb, words), "redis": Server(cache, again)}  # Redis says another command line
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "--loglevel", "INFO"]
    with world.log.open("ab") as out:
        worker = subprocess.Popen(command, env=world.environment, stdout=out, stderr=out, start_new_session=True)  # noqa: S603
    world.children.add(worker.pid)
    try:
        world.start()
        if world.goes_on(0) is None:
            result.wrong("the server never began")
        handed(result, "a task before all")
        for _ in range(rounds):
            for name, server in servers.items():
                before, since = world.rows(), world.collections()
                server.restart(world)
                result.recovered(f"kill -9 {name}, away for {AWAY} s", world.goes_on(since), GOES_ON_WITHIN)
                result.lost += len(before - world.rows())
                handed(result, f"a task after {name} came back")
            for message in BROKEN:
                redis.from_url(settings.REDIS_URL).lpush("celery", message)
            handed(result, f"a task behind {len(BROKEN)} broken messages")
            if worker.poll() is not None:
                result.wrong(f"the worker of Celery ended with {worker.returncode}")
        result.doubled += world.overlapping()
        for each in world.stuck():
            result.wrong(each)
    finally:
        world.stop()
        worker.terminate()
        worker.wait(30)
        result.leaves(world.left_behind())
        for server in servers.values():
            with suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGTERM)
    return result


def handed(result: Result, what: str) -> None:
    """Hand a task over to Celery, a slot of long ago, and wait until it is done."""
    slot = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=result.tried)
    began = time.monotonic()
    run_job.delay("clean_weather", slot.isoformat())
    done = JobRun.objects.filter(job="clean_weather", slot=slot, status=JobStatus.SUCCESS)
    good = eventually(done.exists, 120)
    result.recovered(what, time.monotonic() - began if good else None, 60)
