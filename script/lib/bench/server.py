"""The project's real server (script/lib/serve.py) with two workers, on the evening at which the set ends."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from bench.parameters import Parameters

HOST = "127.0.0.1"
WORKERS = 2
SLOW_QUERY_MS = 1_000
READY = "Ridewatch is serving"
SLOW = re.compile(r"ridewatch\.slow_queries: (.*)")


def evening(parameters: Parameters) -> datetime:
    """The last day at 20:00 in New York: every American park is open, which are most of them."""
    return datetime.combine(parameters.last, time(20), ZoneInfo("America/New_York"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(log: Path, parameters: Parameters, variables: Mapping[str, str]) -> Iterator[int]:
    """The port of a server with these environment variables; what it says goes to `log`. Raises RuntimeError."""
    port = free_port()
    environ = {
        **os.environ,
        "WEB_CONCURRENCY": str(WORKERS),
        "SLOW_QUERY_MS": str(SLOW_QUERY_MS),
        "DJANGO_SETTINGS_MODULE": "bench.evening",
        "BENCH_NOW": evening(parameters).isoformat(),
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
            yield port
        finally:
            server.terminate()
            server.wait()


def slow_queries(log: Path) -> list[str]:
    """What the server logged of statements that took longer than SLOW_QUERY_MS."""
    return SLOW.findall(log.read_text())
