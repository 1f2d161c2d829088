"""Health from memory: as old as a few seconds, the same for everybody, and never older because something hangs."""

import asyncio
from typing import Any

import pytest

from core.web import renewed
from core.web.observed import ROUTE
from core.web.renewed import Renewed
from core.web.requests import Refusal

ASKED = ("GET", "/api/health", "")


class Counting:
    """Answers with the number of the request; hangs while `free` is not set."""

    def __init__(self) -> None:
        self.environs: list[dict[str, Any]] = []
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, environ: dict[str, Any], protocol: Any) -> Refusal:
        self.environs.append(environ)
        number = len(self.environs)
        await self.free.wait()
        environ[ROUTE] = "/api/health"
        return "200 OK", [], str(number).encode()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    for name, seconds in (("EVERY_SECONDS", 0.05), ("OLDEST_SECONDS", 0.3), ("WANTED_SECONDS", 0.4)):
        monkeypatch.setattr(renewed, name, seconds)


async def body(kept: Renewed, asked: tuple[str, ...] = ASKED, **more: str) -> bytes:
    environ: dict[str, Any] = {"PATH_INFO": "/api/health", **more}
    found = await kept.get(asked, environ)
    assert found is not None
    assert environ[ROUTE] == "/api/health"
    return found[2]


def run(scenario: Any) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def test_all_who_ask_at_once_wait_for_one_answer():
    async def scenario() -> None:
        counting = Counting()
        kept = Renewed(counting)
        assert set(await asyncio.gather(*(body(kept) for _ in range(20)))) == {b"1"}
        assert len(counting.environs) == 1

    run(scenario())


def test_an_answer_is_made_anew_while_somebody_asks_and_no_longer():
    async def scenario() -> None:
        counting = Counting()
        kept = Renewed(counting)
        assert await body(kept) == b"1"
        await asyncio.sleep(0.2)
        assert int(await body(kept)) > 1
        await asyncio.sleep(1)
        made = len(counting.environs)
        assert kept.kept == {}
        await asyncio.sleep(0.2)
        assert len(counting.environs) == made
        assert await body(kept) == str(made + 1).encode()

    run(scenario())


def test_an_answer_that_became_too_old_is_waited_for():
    async def scenario() -> None:
        counting = Counting()
        kept = Renewed(counting)
        await body(kept)
        counting.free.clear()
        await asyncio.sleep(0.35)
        waiting = asyncio.ensure_future(body(kept))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        counting.free.set()
        assert int(await waiting) > 1

    run(scenario())


def test_what_one_client_says_of_itself_decides_nothing_for_others():
    async def scenario() -> None:
        counting = Counting()
        await body(
            Renewed(counting), HTTP_COOKIE="sessionid=abc", HTTP_AUTHORIZATION="Bearer no", HTTP_HOST="localhost"
        )
        found = {name for name in counting.environs[0] if name.startswith("HTTP_")}
        assert found == {"HTTP_HOST"}

    run(scenario())


def test_many_ways_to_ask_are_not_all_kept(monkeypatch):
    async def scenario() -> None:
        kept = Renewed(Counting())
        for number in range(renewed.MOST + 5):
            await body(kept, (*ASKED, str(number)))
        assert len(kept.kept) <= renewed.MOST

    run(scenario())
