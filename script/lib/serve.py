"""Serves Ridewatch with granian, and says where to look once it answers. Arguments: the port."""

import os
import socket
import sys
import threading
import time

from granian import Granian
from granian.constants import Interfaces
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


def tell_when_ready(port: int) -> None:
    """Wait for the workers to load the application, then name some pages."""
    request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=60) as connection:
                connection.sendall(request)
                if connection.recv(12):
                    break
        except OSError:
            time.sleep(0.1)
    links = [f"  http://{HOST}:{port}{path}" for path in PATHS]
    print("\n".join(["", "Ridewatch is serving; Ctrl-C stops it. Open:", *links]), flush=True)


def main(port: int) -> None:
    server = Granian(
        "config.wsgi:application",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("WEB_CONCURRENCY") or 1),  # SQLite has one writer
        # Most answers are stored bytes; a few threads keep them quick while others wait for the database.
        blocking_threads=4,
        respawn_failed_workers=True,
        workers_kill_timeout=1,  # Ctrl-C ends everything within two seconds
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.on_startup(lambda: threading.Thread(target=tell_when_ready, args=(port,), daemon=True).start())
    server.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
