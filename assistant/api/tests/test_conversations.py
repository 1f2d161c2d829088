"""Conversations over REST and on the page: answered with citations and tool calls, stored whole or not at all."""

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from assistant.models import Citation, Conversation, Message, ToolCall
from assistant.tests.factories import ConversationFactory, MessageFactory
from core.tests.forgetting import forget_cached
from stats.daily.recompute import recompute_park_day
from stats.tests.builders import local, make_park, make_ride, report, show_park
from visits import visitors
from visits.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = date(2025, 7, 5)
NOW = local(DAY + timedelta(days=1), "12:00")
JSON = "application/json"


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests():
    forget_cached()
    yield
    forget_cached()


@pytest.fixture
def me() -> Client:
    client = Client()
    client.cookies[visitors.COOKIE] = visitors.proof_of(UserFactory.create(), visitors.COOKIE_SALT)
    return client


@pytest.fixture
def _a_day(settings):
    park = make_park(name="Magic Kingdom", is_disney=True)
    ride = make_ride(park, 1, name="Space Mountain")
    report(ride, local(DAY, "09:00"), "O120 D60 O420", wait=30)
    show_park(park, local(DAY, "09:00"), 600)
    with time_machine.travel(NOW, tick=False):
        recompute_park_day(park, DAY, settings.METRICS_VERSION)


def begun(client: Client) -> str:
    answer = client.post("/api/conversations")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["conversation"]["id"])


def asked(client: Client, number: str, content: Any, status: int = 201) -> Any:
    answer = client.post(f"/api/conversations/{number}/messages", {"content": content}, content_type=JSON)
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.usefixtures("_a_day")
def test_a_question_is_answered_with_citations_and_tool_calls(me):
    with time_machine.travel(NOW, tick=False):
        number = begun(me)
        found = asked(me, number, "How long was Space Mountain down yesterday?")
    answer = found["answer"]
    assert answer["role"] == "assistant"
    assert "60 minutes [1]" in answer["content"]
    first = answer["citations"][0]
    assert (first["ordinal"], first["kind"], first["value"], first["unit"]) == (1, "figure", "60", "min")
    assert me.get(first["permalink"]).status_code == 200
    (call,) = answer["tool_calls"]
    assert (call["name"], call["ok"]) == ("downtime", True)
    assert re.fullmatch(r"[0-9a-f]{64}", call["result_digest"])
    assert found["question"]["content"] == "How long was Space Mountain down yesterday?"
    instants = [datetime.fromisoformat(each["created_at"]) for each in (found["question"], answer)]
    assert instants[0] < instants[1], "also where the clock stands still"
    listed = me.get(f"/api/conversations/{number}/messages").json()
    assert listed["items"] == [found["question"], answer]
    (conversation,) = me.get("/api/conversations").json()["items"]
    assert conversation["first_question"] == "How long was Space Mountain down yesterday?"
    assert me.get(f"/api/conversations/{number}").json()["conversation"] == conversation


def test_conversations_are_paged_with_the_last_used_one_first(me):
    numbers = [begun(me) for _ in range(3)]
    asked(me, numbers[0], "hello")
    first = me.get("/api/conversations", {"limit": 2}).json()
    rest = me.get("/api/conversations", {"limit": 2, "cursor": first["next"]}).json()
    assert [row["id"] for row in [*first["items"], *rest["items"]]] == [numbers[0], numbers[2], numbers[1]]
    assert (first["total"], rest["next"]) == (3, None)


def test_messages_are_paged_oldest_first(me):
    number = begun(me)
    for text in ("one", "two", "three"):
        asked(me, number, text)
    path, query, seen = f"/api/conversations/{number}/messages", {"limit": 4}, []
    first = me.get(path, query).json()
    rest = me.get(path, {**query, "cursor": first["next"]}).json()
    seen = [row["content"] for row in [*first["items"], *rest["items"]] if row["role"] == "user"]
    assert seen == ["one", "two", "three"]


def test_a_deleted_conversation_is_gone_with_its_messages(me):
    number = begun(me)
    asked(me, number, "What does downtime mean?")
    assert Citation.objects.exists()
    assert me.delete(f"/api/conversations/{number}").json() == {"success": True}
    assert me.get(f"/api/conversations/{number}").status_code == 404
    assert not [model for model in (Conversation, Message, Citation, ToolCall) if model._base_manager.exists()]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "content: "),
        ({"content": ""}, "content: "),
        ({"content": "  "}, "content: "),
        ({"content": "a\0b"}, "content: "),
        ({"content": "x" * 2_001}, "content: "),
        ({"content": {"a": {"b": []}}}, "content: "),
        ({"content": "What?", "role": "assistant"}, "role: "),
        ({"content": "What?", "role": "system"}, "role: "),
        ({"content": "What?", "role": None}, "role: "),
        ([], ""),
    ],
)
def test_a_message_that_cannot_be_is_refused_and_nothing_is_half_written(body, named, me):
    number = begun(me)
    answer = me.post(f"/api/conversations/{number}/messages", json.dumps(body), content_type=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(named)
    assert not Message.objects.exists()


def test_a_message_of_a_megabyte_is_413_and_a_form_415(me):
    number = begun(me)
    path = f"/api/conversations/{number}/messages"
    assert me.post(path, json.dumps({"content": "x" * 1_100_000}), content_type=JSON).status_code == 413
    assert me.post(path, {"content": "What?"}).status_code == 415
    assert not Message.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_messages_are_append_only_for_clients_too(me, method):
    number = begun(me)
    assert getattr(me, method)(f"/api/conversations/{number}/messages", {}, content_type=JSON).status_code == 405


def test_a_failure_while_an_answer_is_stored_leaves_nothing(me, monkeypatch):
    number = begun(me)

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Citation.objects, "bulk_create", fails)
    answer = me.post(f"/api/conversations/{number}/messages", {"content": "What does uptime mean?"}, content_type=JSON)
    assert answer.status_code == 500
    assert not Message.objects.exists()


# -- the page ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_a_day")
def test_the_page_answers_without_script_and_its_footnotes_lead_to_the_evidence():
    client = Client()
    first = client.get("/ask")
    assert first.status_code == 200
    assert not first.cookies, "looking makes no visitor"
    with time_machine.travel(NOW, tick=False):
        sent = client.post("/ask", {"content": "How long was Space Mountain down yesterday?"})
        assert sent.status_code == 302
        page = client.get(sent["Location"].partition("#")[0])
        listed = client.get("/ask").content.decode()
    text = page.content.decode()
    assert "60 minutes <sup><a href=" in text
    link = re.search(r'60 minutes <sup><a href="([^"]+)"', text)[1].replace("&amp;", "&")
    assert client.get(link).status_code == 200
    assert page["Cache-Control"] == "private, no-store"
    assert "How long was Space Mountain down yesterday?" in listed


def test_what_a_visitor_writes_is_text_on_the_page():
    client = Client()
    sent = client.post("/ask", {"content": "<script>alert(1)</script> [1]"})
    text = client.get(sent["Location"].partition("#")[0]).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize("content", ["", "  ", "x" * 2_001, "a\0b"])
def test_a_question_that_is_none_is_a_friendly_page(content):
    answer = Client().post("/ask", {"content": content})
    assert answer.status_code == 400
    assert not Conversation.objects.exists()


def test_anothers_conversation_is_404_on_the_page_too(me):
    other = MessageFactory.create(content="A secret plan").conversation
    mine = ConversationFactory.create()
    for number in (other.pk, mine.pk, "x", "", "0"):
        assert me.get("/ask", {"conversation": number}).status_code == 404
        assert me.post(f"/ask?conversation={number}", {"content": "What?"}).status_code == 404
    assert Message.objects.count() == 1


def test_a_page_of_another_site_asks_nothing_in_a_visitors_name(me):
    answer = me.post("/ask", {"content": "What?"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not Conversation.objects.exists()


def test_a_question_counts_ten_times_against_the_rate_limit(me, settings):
    settings.API_RATE_LIMIT = "25/hour"
    number = begun(me)  # one
    statuses = [
        me.post(f"/api/conversations/{number}/messages", {"content": "hello"}, content_type=JSON).status_code
        for _ in range(3)
    ]
    assert statuses == [201, 201, 429]
