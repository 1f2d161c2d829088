"""Statements that took too long, in the log: how long, for which endpoint, and what they were."""

import contextvars
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

from core.web.observed import ROUTE

log = logging.getLogger("ridewatch.slow_queries")

LONGEST_STATEMENT = 2_000
# What is being answered; empty outside a request.
endpoint: contextvars.ContextVar[str] = contextvars.ContextVar("endpoint", default="")


class EndpointMiddleware:
    """Remembers what a request asks for, for the log, and what route it took, for who counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = endpoint.set(f"{request.method} {request.get_full_path()[:500]}")
        try:
            return self.get_response(request)
        finally:
            endpoint.reset(token)
            if request.resolver_match:
                request.META[ROUTE] = f"/{request.resolver_match.route}"


def watch(sender: Any, connection: BaseDatabaseWrapper, **more: Any) -> None:
    """Receiver of `connection_created`: time every statement of the connection."""
    if settings.SLOW_QUERY_MS and timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(timed)


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        milliseconds = (time.perf_counter() - began) * 1000
        if milliseconds >= settings.SLOW_QUERY_MS:
            # The statement without its parameters: those may be many, and belong to nobody's log.
            log.warning("%.0f ms, %s: %s", milliseconds, endpoint.get() or "no request", sql[:LONGEST_STATEMENT])
