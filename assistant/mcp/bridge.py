"""Between the thread of a request and the loop that speaks the protocol.

One event loop in the background is for all requests of a process. The thread that serves a request waits for the loop,
and meanwhile runs the tools that the loop asks of it: so they use its database connection, count as its statements,
and end when its client leaves.
"""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Application = Callable[..., Awaitable[None]]

PATIENCE = 30.0  # seconds without a word from the loop

here: ContextVar["Exchange | None"] = ContextVar("here", default=None)


class Exchange:
    """One request and its answer: `status`, `headers`, `body`."""

    def __init__(self, scope: dict[str, Any], sent: bytes) -> None:
        self.scope, self.sent = scope, sent
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def answer(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        """On the request's thread. Raises what the application raises, and queue.Empty when the loop says nothing."""
        speaking = asyncio.run_coroutine_threadsafe(self.speak(application), loop)
        speaking.add_done_callback(lambda done: self.work.put(None))
        try:
            while (job := self.work.get(timeout=PATIENCE)) is not None:
                job()
            speaking.result()
        finally:
            speaking.cancel()

    async def run(self, function: Callable[..., T], *given: Any) -> T:
        """In the loop: what the function gives on the request's thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def set_result(result: T) -> None:
            if not done.done():
                done.set_result(result)

        def set_error(error: Exception) -> None:
            if not done.done():
                done.set_exception(error)

        def job() -> None:
            try:
                result = function(*given)
            except Exception as error:
                loop.call_soon_threadsafe(set_error, error)
            else:
                loop.call_soon_threadsafe(set_result, result)

        self.work.put(job)
        return await done

    async def speak(self, application: Application) -> None:
        here.set(self)
        messages = iter([{"type": "http.request", "body": self.sent, "more_body": False}])

        async def receive() -> dict[str, Any]:
            message = next(messages, None)
            if message is None:  # nothing more comes; who leaves is noticed by the thread
                await asyncio.get_running_loop().create_future()
            return message or {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = [
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
                ]
            else:
                self.body += message.get("body", b"")

        await application(self.scope, receive, send)


starting = threading.Lock()
started: list[tuple[Application, asyncio.AbstractEventLoop]] = []


def protocol() -> tuple[Application, asyncio.AbstractEventLoop]:
    """The application that speaks it, and its loop, which the first request of a process starts.

    Raises ModuleNotFoundError where the SDK is not installed.
    """
    with starting:
        if not started:
            from assistant.mcp.server import ToolServer

            ready: queue.SimpleQueue[tuple[Application, asyncio.AbstractEventLoop]] = queue.SimpleQueue()
            serving = serve(ToolServer(), ready)
            threading.Thread(target=asyncio.run, args=(serving,), name="mcp", daemon=True).start()
            started.append(ready.get(timeout=PATIENCE))
    return started[0]


async def serve(server: Any, ready: "queue.SimpleQueue[Any]") -> None:
    """Every request stands alone, and gets plain JSON: no open streams. Host and Origin are looked at by the view."""
    from mcp.server.transport_security import TransportSecuritySettings

    checked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(json_response=True, stateless_http=True, transport_security=checked)
    async with server.session_manager.run():
        ready.put((server.session_manager.handle_request, asyncio.get_running_loop()))
        await asyncio.Event().wait()
