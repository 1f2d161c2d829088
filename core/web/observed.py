"""What is known of a request besides its answer: an id, its route, how long it took, whether it was stored."""

import itertools
import logging
import re
import secrets
import time
from typing import Any
from urllib.parse import quote

from django.conf import settings

from core.metrics import process_metrics

log = logging.getLogger("ridewatch.access")

# In the environment of a request: the pattern of its path; whether its answer was at hand, where it may be stored.
ROUTE, STORED = "ridewatch.route", "ridewatch.stored"
METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
LONGEST_PATH = 200  # of a line of the log

ours = secrets.token_hex(6)
numbers = itertools.count(1)


def request_id(given: str | None) -> str:
    """The id that a proxy or client gave, if it may stand in a log; else one of ours, by process and number."""
    if given and SANE_ID.fullmatch(given):
        return given
    return f"{ours}-{next(numbers):x}"


def route_of(path: str) -> str:
    """Of what no view answered: never the path itself, of which there are many."""
    return "/static/" if path.startswith(settings.STATIC_URL) else "none"


def answered(environ: dict[str, Any], number: str, status: str, size: int, began: float) -> None:
    """Count an answer, and log it if that is wanted. `number`: the request's id; `began`: on `perf_counter`."""
    seconds, method, stored = time.perf_counter() - began, environ["REQUEST_METHOD"], environ.get(STORED)
    route = environ.get(ROUTE) or route_of(environ["PATH_INFO"])
    process_metrics().count(route, method if method in METHODS else "other", status[:3], stored, seconds)
    if settings.ACCESS_LOG:
        line = {
            "request_id": number,
            "method": method[:20],
            "route": route,
            "path": quote(environ["PATH_INFO"][:LONGEST_PATH], errors="replace"),
            "status": int(status[:3]),
            "ms": round(seconds * 1_000, 2),
            "bytes": size,
            "stored": stored,
        }
        log.info("answered", extra=line)
