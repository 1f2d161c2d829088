"""Serves Ridewatch with granian, and says where to look once it answers.

Arguments: the port, and `worker` to run the clock beside it, for collection and all other jobs. When this process
ends, be it killed, everything it started ends with it, and the port is free.
"""

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

sys.path.insert(0, os.getcwd())
from core.jobs.forks import end_with_parent

if __name__ == "__mp_main__":
    end_with_parent(os.getppid())  # a process of granian's, before it loads for seconds what it needs

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

HOST = "127.0.0.1"
PATHS = (
    "/",
    "/api/health",
    "/api/parks/downtime?period=yesterday",
    "/api/rides/downtime?period=yesterday",
    "/api/search/index",
    "/api/docs/",
)


answered = threading.Event()


def report_when_ready(port: int) -> None:
    """Wait for the workers to load the application, then name some pages."""
    request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=60) as connection:
                connection.sendall(request)
                if connection.recv(12):
                    answered.set()
                    break
        except OSError:
            time.sleep(0.1)
    links = [f"  http://{HOST}:{port}{path}" for path in PATHS]
    print("\n".join(["", "Ridewatch is serving; Ctrl-C stops it. Open:", *links]), flush=True)


RESTART_SECONDS = 5
# Killed with us from its first moment on, not only when Django is loaded.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class Worker:
    """`manage.py run_jobs` in a process group of its own, started again when it ends by itself."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self.keep, daemon=True)

    def keep(self) -> None:
        while not self.stopping.is_set():
            command = [*ENDS_WITH_US, sys.executable, "manage.py", "run_jobs", "--parent", str(os.getpid())]
            with suppress(OSError):  # no process or no memory left, a full disk: perhaps later
                # Granian's process title overwrites the strings of the environment that a child would inherit.
                environment = dict(os.environ)
                self.process = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603
                code = self.process.wait()
                if not self.stopping.is_set():
                    print(f"run_jobs ended with {code}; starting it again.", flush=True)
            self.stopping.wait(RESTART_SECONDS)

    def stop(self) -> None:
        """Jobs may be killed at any line: two seconds have to do."""
        self.stopping.set()
        process = self.process
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def load(parent: int, target: str) -> Any:
    """The application, in a process of granian's that ends when `parent`, which started it, does."""
    end_with_parent(parent)
    from config.front import application

    return application


def main(port: int, with_worker: bool) -> None:
    # A forked worker would inherit locks that a thread of this process holds just then, and wait for them for ever.
    multiprocessing.set_start_method("spawn")
    server = Granian(
        "config.front:application",
        address=HOST,
        port=port,
        interface=Interfaces.RSGI,
        workers=int(os.environ.get("WEB_CONCURRENCY") or 1),  # SQLite has one writer
        http1_settings=HTTP1Settings(header_read_timeout=10_000),  # milliseconds for a request's head
        respawn_failed_workers=True,
        workers_kill_timeout=1,  # Ctrl-C ends everything within two seconds
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.on_startup(lambda: threading.Thread(target=report_when_ready, args=(port,), daemon=True).start())
    worker = Worker()
    if with_worker:
        worker.thread.start()
    try:
        with suppress(SystemExit):
            server.serve(target_loader=partial(load, os.getpid()))
    finally:
        worker.stop()
    if server.interrupt_signal:
        return
    if not answered.is_set():
        sys.exit(1)
    # Granian gives up when two of its processes end within seconds, whoever killed them.
    time.sleep(RESTART_SECONDS)
    os.execve(sys.executable, sys.orig_argv, dict(os.environ))  # noqa: S606  (ourselves)


if __name__ == "__main__":
    main(int(sys.argv[1]), "worker" in sys.argv[2:])
