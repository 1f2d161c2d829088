"""The official client against `/mcp`: what it lists, what it calls, what it is refused."""

import asyncio
import json
import queue
from concurrent.futures import Future, ThreadPoolExecutor

import httpx2
import msgspec
import pytest
from django.test import Client as Browser
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tdqs import lint_server, parse_tool_definitions

from assistant.mcp import views
from assistant.mcp.server import ToolServer
from assistant.tools.reading import MOST_BYTES
from assistant.tools.registry import TOOLS, run

pytestmark = pytest.mark.django_db
VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
ACCEPTED = {"Accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def through_django(request: httpx2.Request) -> httpx2.Response:
    """In this thread, whose transaction has the rows of the test."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    response = Browser().generic(
        request.method, request.url.path, request.content, headers.get("content-type", ""), headers=headers
    )
    return httpx2.Response(response.status_code, headers=dict(response.headers), content=response.content)


def speak(mode, conversation):
    """What a conversation with a connected client gives. The client has a thread of its own, for its loop."""
    asked = queue.SimpleQueue()

    def answered(request):
        answer = Future()
        asked.put((request, answer))
        return answer.result(30)

    async def main():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answered)) as http:
            transport = streamable_http_client("http://localhost/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await conversation(client)

    with ThreadPoolExecutor(1) as pool:
        talk = pool.submit(asyncio.run, main())
        talk.add_done_callback(lambda done: asked.put(None))
        while (job := asked.get(timeout=60)) is not None:
            request, answer = job
            answer.set_result(through_django(request))
        return talk.result()


def post(body, **headers):
    text = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return Browser().post("/mcp", text, content_type="application/json", headers=ACCEPTED | headers)


def examples(world):
    """Arguments of each tool that ask for what the world has."""
    ids = {"ride_ids": [world["space"].pk], "ride_id": world["space"].pk, "park_id": world["park"].pk}
    dates = {"start": "2025-07-05", "end": "2025-07-05"}
    for tool in TOOLS.values():
        given = ids | dates
        yield tool.name, {name: given.get(name, value) for name, value in tool.example.items()}


@pytest.mark.parametrize("mode", VERSIONS)
def test_the_official_client_lists_every_tool_with_the_schema_of_what_it_answers(mode):
    async def conversation(client):
        return client.protocol_version, (await client.list_tools()).tools

    version, tools = speak(mode, conversation)
    assert version == VERSIONS[mode]
    assert [tool.name for tool in tools] == list(TOOLS)
    for tool in tools:
        assert tool.output_schema["type"] == tool.input_schema["type"] == "object"
        assert tool.output_schema["properties"]["tool"] == {"const": tool.name}
        assert tool.annotations.read_only_hint


@pytest.mark.parametrize("mode", VERSIONS)
def test_the_official_client_calls_every_tool_and_gets_what_rest_answers(world, mode):
    calls = list(examples(world))

    async def conversation(client):
        return [await client.call_tool(name, given) for name, given in calls]

    for (name, given), answer in zip(calls, speak(mode, conversation), strict=True):
        assert not answer.is_error, (name, answer.content)
        expected = json.loads(msgspec.json.encode(run(name, given)))
        assert answer.structured_content == expected, name
        assert json.loads(answer.content[0].text) == expected
        assert len(answer.content[0].text.encode()) <= MOST_BYTES


def test_a_cursor_leads_to_what_did_not_fit(world):
    async def conversation(client):
        given = {"ride_id": world["space"].pk, "start": "2025-07-05", "end": "2025-07-05", "limit": 5}
        seen, cursor = [], ""
        while cursor is not None:
            answer = (await client.call_tool("waits", {**given, "cursor": cursor})).structured_content
            seen += answer["items"]
            cursor = answer["next"]
        return seen, answer["total"]

    seen, total = speak("auto", conversation)
    assert len(seen) == total > 5


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("downtime", {"ride_ids": [0], "start": "2025-07-05", "end": "2025-07-05"}, "ride_ids: "),
        ("downtime", {"ride_ids": [1]}, "start: is needed"),
        ("weather", {"park_id": 2_000_000_000, "start": "2025-07-05", "end": "2025-07-05"}, "park_id: "),
        ("find", {"text": "x" * 101}, "text: "),
        ("find", {"text": "a\0b"}, "text: "),
        ("drop_tables", {}, "tool: 'drop_tables' is not known"),
    ],
)
def test_a_refusal_begins_with_the_name_of_the_argument(name, given, expected):
    async def conversation(client):
        return await client.call_tool(name, given)

    answer = speak("auto", conversation)
    assert answer.is_error
    assert answer.content[0].text.startswith(expected)


def test_another_host_another_origin_and_another_method_are_refused(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    assert post(PING, Host="localhost").status_code == 200
    assert post(PING, Host="localhost", Origin="http://localhost").status_code == 200
    assert post(PING, Host="attacker.example").status_code == 400
    assert post(PING, Host="localhost", Origin="http://attacker.example").status_code == 403
    for method in ("get", "delete", "put"):
        response = getattr(Browser(), method)("/mcp", headers={"Host": "localhost"})
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_a_message_of_more_than_a_megabyte_is_refused(settings):
    assert post(b"[" + b" " * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b"]").status_code == 413


def test_questions_count_as_dear_ones(settings):
    settings.API_RATE_LIMIT = "30/hour"
    assert [post(PING).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_without_the_sdk_the_address_says_what_to_install(monkeypatch):
    def missing():
        raise ModuleNotFoundError("No module named 'mcp'")

    monkeypatch.setattr(views, "protocol", missing)
    response = post(PING)
    assert response.status_code == 404
    assert "requirements/mcp.txt" in response.json()["error"]


def test_a_fault_of_a_tool_is_an_error_of_the_call_alone(monkeypatch, world):
    monkeypatch.setattr("assistant.mcp.server.called", lambda name, given: 1 / 0)

    async def conversation(client):
        return await client.call_tool("find", {"text": "space"})

    answer = speak("auto", conversation)
    assert answer.is_error
    assert "division" not in answer.content[0].text


def test_tool_definitions_have_no_finding_that_tells_a_model_too_little():
    """Descriptions that say something, annotations, described parameters, output schemas: `tdqs lint`, offline."""
    tools = [tool.model_dump(by_alias=True, exclude_none=True, mode="json") for tool in ToolServer().definitions]
    report = lint_server(server_name="ridewatch", tools=parse_tool_definitions(tools).tools)
    # A cheaper sibling is a question for a reader, which the descriptions answer: "Use it for …".
    assert [each.message for each in report.findings if each.rule != "shadow-candidate"] == []
