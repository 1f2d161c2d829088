"""Django's test client with what production has around each request: shared readings and stored answers.

Tests write rows without moving the data version, as no writer of the product does. Here each statement that writes
moves it, so an answer is computed anew after each write, and what was read and answered before is used in between.
"""

from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.client import ClientHandler

from core import data_version
from core.web.compression import StartResponse
from core.web.stored_answers import CachedApplication

# Statements after which the rows are those of before. What a rollback undoes was written in the same test.
READS = ("SELECT", "WITH", "EXPLAIN", "PRAGMA", "SHOW", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
PRODUCTION_SECONDS = settings.SHARED_READING_SECONDS  # read before the tests switch it off


class Writes:
    """How many statements wrote through the connection of the tests."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip(" (\n").upper().startswith(READS):
            self.happened()
        return execute(sql, params, many, context)

    def happened(self) -> None:
        """Of what is written or undone without a statement, as the end of a transaction is."""
        self.count += 1

    def watch(self) -> None:
        """See what this thread's connection executes from now on."""
        if self not in connection.execute_wrappers:
            connection.execute_wrappers.append(self)


writes = Writes()


class ProductionHandler(ClientHandler):
    """Answers as the WSGI application does, the outermost layer included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = CachedApplication(self.application, settings.API_CACHE_SECONDS, "")

    def __call__(self, environ: dict[str, Any]) -> Any:
        moved_by_the_product = data_version.current

        def moved_by_writes() -> str:
            """And by another version of the metrics, with which a process begins anew."""
            return f"{moved_by_the_product()} {writes.count} {settings.METRICS_VERSION}"

        with (
            override_settings(SHARED_READING_SECONDS=PRODUCTION_SECONDS),
            mock.patch.object(data_version, "current", moved_by_writes),
        ):
            if self.stored.key(environ) is None:
                return super().__call__(environ)
            started: list[tuple[str, list[tuple[str, str]]]] = []
            body = b"".join(self.stored(environ, lambda *args: started.append(args)))
        status, headers = started[-1]
        response: Any = HttpResponse(body, status=int(status[:3]), headers=dict(headers))
        response.wsgi_request = WSGIRequest(environ)
        return response

    def application(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Django, as a WSGI application."""
        response = super().__call__(environ)
        assert isinstance(response, HttpResponse)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]


class ProductionClient(Client):
    """A test client whose answers come as they do in production."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handler = ProductionHandler(enforce_csrf_checks=False)
