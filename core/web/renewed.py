"""Answers that monitoring asks for again and again: from memory, made anew beside those who ask.

What computes keeps a thread from the interpreter, and an answer of a dozen statements asks for it a dozen times; so
nobody waits for one that was made seconds ago (ADR 33).
"""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from core.web.observed import ROUTE
from core.web.requests import Refusal
from core.web.stored_answers import ASKED, Asked

EVERY_SECONDS = 2.0  # between two makings
OLDEST_SECONDS = 5.0  # an older answer is waited for: a database that hangs is not well
WANTED_SECONDS = 90.0  # so long after the last request it is made anew; monitoring asks once a minute or more often
MOST = 20  # ways to ask: hosts, encodings, origins

Environ = dict[str, Any]


class Nobody:
    """The client of a request that we make: it never hangs up."""

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()


@dataclass
class Kept:
    """An answer, when it was made and last asked for (on the monotonic clock), and the making of the next."""

    environ: Environ
    answer: Refusal | None = None
    route: str | None = None
    made_at: float = float("-inf")
    asked_at: float = 0.0
    next: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    renewing: "asyncio.Task[None] | None" = None


def neutral(environ: Environ) -> Environ:
    """Without what one client says of itself: its cookies and keys must not decide what others are told."""
    return {name: value for name, value in environ.items() if not name.startswith("HTTP_") or name in ASKED}


class Renewed:
    """`compute(environ, protocol)` answers a request; it raises nothing."""

    def __init__(self, compute: Callable[[Environ, Any], Awaitable[Refusal | None]]) -> None:
        self.compute = compute
        self.kept: dict[Asked, Kept] = {}

    async def get(self, asked: Asked, environ: Environ) -> Refusal | None:
        """The answer to requests of these words, at most OLDEST_SECONDS old; says its route in `environ`."""
        kept = self.kept.get(asked)
        if kept is None:
            if len(self.kept) >= MOST:
                return await self.compute(environ, Nobody())
            kept = self.kept[asked] = Kept(neutral(environ))
            kept.renewing = asyncio.create_task(self.renew(asked, kept))
        kept.asked_at = time.monotonic()
        while time.monotonic() - kept.made_at > OLDEST_SECONDS:
            await asyncio.shield(kept.next)
        environ[ROUTE] = kept.route
        return kept.answer

    async def renew(self, asked: Asked, kept: Kept) -> None:
        """Make it anew for as long as somebody wants it."""
        while True:
            environ = kept.environ | {"wsgi.input": io.BytesIO()}
            began = time.monotonic()
            kept.answer = await self.compute(environ, Nobody())
            kept.route, kept.made_at = environ.get(ROUTE), began
            made, kept.next = kept.next, asyncio.get_running_loop().create_future()
            made.set_result(None)
            await asyncio.sleep(EVERY_SECONDS)
            if time.monotonic() - kept.asked_at > WANTED_SECONDS:
                del self.kept[asked]
                return
