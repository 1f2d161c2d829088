"""Ten thousand messages of somebody who means harm, or whose program is broken: each is answered, none by a 5xx."""

import json
import logging
import random
from collections import Counter
from typing import Any

import pytest
from django.test import RequestFactory

from assistant.mcp.views import mcp
from assistant.tools.registry import TOOLS

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.uncounted]

METHODS = (
    *("tools/call", "tools/list", "ping", "initialize", "server/discover", "resources/list", "resources/read"),
    *("prompts/get", "completion/complete", "logging/setLevel", "subscriptions/listen", "resources/subscribe"),
    *("notifications/initialized", "notifications/cancelled", "rpc.discover", "", "tools/call\0", "__class__"),
)
ACCEPTS = ("application/json, text/event-stream", "application/json", "text/event-stream", "*/*", "", "text/html")
TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data")
VERSIONS = (None, "2026-07-28", "2025-11-25", "2025-06-18", "2024-11-05", "1999-01-01", "", "\xff", "x" * 500)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**40, 1.5, -0.0, 1e308, "", " ", "\0", "a\0b", "x" * 3_000),
    *(
        "\ud800",
        "\u202e",
        "' OR 1=1 --",
        "../../etc/passwd",
        "2025-13-45",
        "2025-07-05",
        "9999-12-31",
        "0001-01-01",
        "NaN",
    ),
    *([], {}, [[]], [None] * 30, {"": {}}, {"$ref": "#"}, {"__proto__": 1}),
)
RAW = (
    *(b"", b"null", b"[]", b"{}", b'"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 5_000, b"1" * 10_000, b"NaN", b"-"),
    *(b'{"jsonrpc":"2.0","id":1,"method":"ping"}' * 2, b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]'),
)


def odd(chance: random.Random, depth: int = 0):
    if depth < 3 and chance.random() < 0.2:
        return {str(chance.choice(ODD))[:20]: odd(chance, depth + 1) for _ in range(chance.randrange(4))}
    return chance.choice(ODD)


def arguments(chance: random.Random) -> dict:
    """Those of a tool's example, some of them spoilt."""
    given = dict(chance.choice(list(TOOLS.values())).example)
    for name in [*given, "cursor", "limit", "x"]:
        if chance.random() < 0.3:
            given[name] = odd(chance)
    return given


def message(chance: random.Random):
    body: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": chance.randrange(100),
        "method": chance.choice(("tools/call", chance.choice(METHODS))),
        "params": {"name": chance.choice(list(TOOLS)), "arguments": arguments(chance)},
    }
    if chance.random() < 0.5:
        body["params"]["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": chance.choice(VERSIONS),
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    for part in (body, body["params"]):
        if chance.random() < 0.15:
            part[chance.choice([*part, "x"])] = odd(chance)
        if chance.random() < 0.1:
            part.pop(chance.choice(list(part)), None)
    return chance.choice([body, body, body, [body]]) if chance.random() < 0.1 else body


def request(chance: random.Random):
    factory = RequestFactory()
    sent = chance.choice(RAW) if chance.random() < 0.05 else json.dumps(message(chance)).encode()
    headers = {"Accept": chance.choice((ACCEPTS[0], ACCEPTS[0], chance.choice(ACCEPTS)))}
    if (version := chance.choice(VERSIONS)) is not None:
        headers["MCP-Protocol-Version"] = version
    if chance.random() < 0.5:
        headers["Mcp-Method"] = "tools/call"
        headers["Mcp-Name"] = chance.choice(list(TOOLS))
    if chance.random() < 0.1:
        headers[chance.choice(("Mcp-Session-Id", "Last-Event-ID", "Mcp-Param-X", "Content-Encoding"))] = "x\xff"
    kind = chance.choice(TYPES) if chance.random() < 0.1 else TYPES[0]
    return factory.generic("POST", "/mcp", sent, content_type=kind, headers=headers)


@pytest.fixture
def _no_log():
    """The SDK's lines about each of them, which take longer than the answers when a run keeps them."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_no_log")
def test_ten_thousand_hostile_calls_get_no_5xx():
    chance, statuses = random.Random(18), Counter()
    for number in range(10_000):
        asked = request(chance)
        response = mcp(asked)
        statuses[response.status_code] += 1
        assert response.status_code < 500, (number, asked.headers, asked.body[:500], response.content)
        assert b"Traceback" not in response.content
        assert len(response.content) < 100_000
    # Enough of them got as far as the tools, and enough did not.
    assert min(statuses[200], statuses[400]) > 1_000, statuses
