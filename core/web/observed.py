"""What is known of a request besides its answer: an id, its route, how long it took, whether it was stored."""

import itertools
import logging
import re
import secrets
import time
from urllib.parse import quote

from django.conf import settings

from core.monitoring.metrics import process_metrics

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


def answered(
    method: str, path: str, route: str | None, stored: bool | None, number: str, status: int, size: int, began: float
) -> None:
    """Count an answer, and log it if that is wanted. `route`: the pattern of the path; `stored`: whether it was at
    hand, None where it may not be; `number`: the request's id; `began`: on `perf_counter`."""
    seconds, route = time.perf_counter() - began, route or route_of(path)
    process_metrics().count(route, method if method in METHODS else "other", str(status), stored, seconds)
    if settings.ACCESS_LOG:
        line = {
            "request_id": number,
            "method": method[:20],
            "route": route,
            "path": quote(path[:LONGEST_PATH], errors="replace"),
            "status": status,
            "ms": round(seconds * 1_000, 2),
            "bytes": size,
            "stored": stored,
        }
        log.info("answered", extra=line)
