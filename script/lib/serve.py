"""How script/server runs gunicorn."""

import os
from typing import Any

_port = os.environ.get("PORT") or "8000"

bind = f"127.0.0.1:{_port}"
workers = 1  # SQLite has one writer
threads = 8
graceful_timeout = 1  # Ctrl-C ends everything within two seconds
accesslog = None
loglevel = "warning"
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Say where to look, once the application is loaded (the socket listens already)."""
    if worker.age > 1:  # a replacement of a worker that died
        return
    base = f"http://127.0.0.1:{_port}"
    paths = (
        "/",
        "/api/health",
        "/api/parks/downtime?period=yesterday",
        "/api/rides/downtime?period=yesterday",
        "/api/search/index",
        "/api/docs/",
    )
    lines = ["", "Ridewatch is serving; Ctrl-C stops it. Open:", *(f"  {base}{path}" for path in paths)]
    print("\n".join(lines), flush=True)
