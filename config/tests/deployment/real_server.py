"""The server of `script/server` in a process of its own, with an embedded database, and a client that is rude."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.tests.processes import ROOT, migrated

HEAD = "Host: 127.0.0.1\r\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(directory: Path, **more: str) -> Iterator[int]:
    """The port of a server whose database is in `directory`."""
    variables = {"DATA_DIR": str(directory), "DATABASE_URL": migrated(directory / "db.sqlite3"), "LOG_LEVEL": "ERROR"}
    variables |= more
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "script/lib/serve.py", str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    patience = threading.Timer(120, server.kill)
    patience.start()
    try:
        assert server.stdout is not None
        if not any("Ridewatch is serving" in line for line in server.stdout):
            pytest.fail("the server did not begin to serve")
        yield port
    finally:
        patience.cancel()
        server.send_signal(signal.SIGTERM)
        server.wait(60)


class Drip:
    """Connections that each send one byte of a body a second."""

    def __init__(self, port: int, heads: list[str], count: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
        for n, each in enumerate(self.sockets):
            body = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            each.sendall(f"{heads[n % len(heads)]} HTTP/1.1\r\n{HEAD}{body}".encode())
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.drip)

    def drip(self) -> None:
        while not self.stopping.wait(1):
            for each in self.sockets:
                with contextlib.suppress(OSError):
                    each.send(b" ")

    def __enter__(self) -> "Drip":
        self.thread.start()
        return self

    def __exit__(self, *how: object) -> None:
        self.stopping.set()
        self.thread.join()
        for each in self.sockets:
            each.close()


def timed(port: int, path: str, times: int = 1, headers: str = "") -> tuple[int, list[float]]:
    """The status of the last answer, and the milliseconds of each, over one connection."""
    request = f"GET {path} HTTP/1.1\r\n{HEAD}{headers}\r\n".encode()
    status, found = 0, []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(times):
            began = time.perf_counter()
            connection.sendall(request)
            status = read_answer(connection)
            found.append((time.perf_counter() - began) * 1_000)
    return status, sorted(found)


def read_answer(connection: socket.socket) -> int:
    """The status of an answer that says its length, read to its end."""
    found = b""
    while b"\r\n\r\n" not in found:
        more = connection.recv(65_536)
        if not more:
            return 0
        found += more
    head, _, body = found.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    left = int(next(line for line in lines if line.startswith("content-length")).split(":")[1]) - len(body)
    while left > 0:
        left -= len(connection.recv(65_536))
    return int(lines[0].split()[1])
