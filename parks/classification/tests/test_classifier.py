"""Asking a language model: only an answer that is whole is believed (R-9.2, 3)."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests import stub_upstream
from core.tests.stub_upstream import HTML_PAGE, TRUNCATED, StubUpstream, rate_limited
from core.upstream import http
from core.upstream.http import Limits, Upstream
from parks.classification.language_model import (
    LIMITS,
    Answer,
    ChatClassifier,
    NoAnswer,
    Question,
    configured_classifier,
    read_answer,
)
from parks.models import Category

PATH = "/v1/chat/completions"
GOOD: dict[str, Any] = {
    "tier": 1,
    "category": "ATTRACTION",
    "confidence": 0.93,
    "reasoning": "The park's headline coaster.",
    "sources": ["https://en.wikipedia.org/wiki/Space_Mountain"],
}
SPACE_MOUNTAIN = Question("Space Mountain", "Magic Kingdom", "Orlando, Florida", "US", "Disney", "Tomorrowland", None)
QUICK = Limits(timeout_seconds=1, deadline_seconds=2.4, at_a_time=4, interval_seconds=0, max_bytes=20_000)


def completion(content: Any) -> dict[str, Any]:
    return {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}


def says(value: Any, **faults: Any) -> stub_upstream.Answer:
    """A model's answer with this JSON value in it."""
    return stub_upstream.answer(completion(json.dumps(value)), **faults)


# -- what an answer must hold ----------------------------------------------------------------------------


def test_a_whole_answer_is_read():
    assert read_answer(GOOD) == Answer(
        tier=1,
        category=Category.ATTRACTION,
        confidence=Decimal("0.93"),
        reasoning="The park's headline coaster.",
        sources=("https://en.wikipedia.org/wiki/Space_Mountain",),
    )


@pytest.mark.parametrize("category", Category.values)
def test_every_category_can_be_answered(category):
    assert read_answer({**GOOD, "category": category}).category == category


@pytest.mark.parametrize(
    ("confidence", "stored"), [(0.5, "0.50"), (1, "1.00"), (1.0, "1.00"), (0.845, "0.85"), (0.8449, "0.84")]
)
def test_confidence_is_kept_to_two_decimals(confidence, stored):
    assert str(read_answer({**GOOD, "confidence": confidence}).confidence) == stored


def test_more_than_was_asked_for_does_no_harm():
    assert read_answer({**GOOD, "note": "also fast"}) == read_answer(GOOD)


def test_no_sources_are_an_answer_too():
    assert read_answer({**GOOD, "sources": []}).sources == ()


BAD: dict[str, list[Any]] = {
    "tier": [0, 4, -1, "1", 1.0, 1.5, True, None, [1], {}, 10**30],
    "category": ["attraction", "RIDE", "", None, 1, ["SHOW"], {}],
    "confidence": [0.49, 0.4999, 1.01, 93, "0.93", True, None, [], float("nan"), float("inf")],
    "reasoning": ["", "  ", None, 1, ["because"], "x" * 4_001, "a\0b", "\ud800"],
    "sources": [
        None,
        "https://example.org",
        [1],
        [""],
        ["example.org"],
        ["javascript:alert(1)"],
        ["ftp://example.org/x"],
        ["https://"],
        ["https://[::1"],
        ["https://example.org/" + "x" * 500],
        ["https://example.org"] * 21,
    ],
}


@pytest.mark.parametrize(("member", "value"), [(member, value) for member, values in BAD.items() for value in values])
def test_a_member_that_is_not_as_asked_for_is_named(member, value):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (urlsplit raises some of them, without the name)
        read_answer({**GOOD, member: value})
    assert str(caught.value).startswith(f"{member}: ") or "Invalid IPv6" in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("member", list(GOOD))
def test_every_member_is_needed(member):
    with pytest.raises(ValueError, match=f"^{member}: None is not "):
        read_answer({name: value for name, value in GOOD.items() if name != member})


@pytest.mark.parametrize("value", [None, [], [GOOD], "tier 1", 1, True])
def test_an_answer_is_an_object(value):
    with pytest.raises(ValueError, match="it is no JSON object"):
        read_answer(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(GOOD)), JSON)
def test_whatever_stands_in_a_member_the_answer_can_be_stored_or_is_refused(member, value):
    try:
        answer = read_answer({**GOOD, member: value})
    except ValueError:
        return
    assert answer.tier in (1, 2, 3)
    assert Decimal("0.50") <= answer.confidence <= 1
    assert answer.reasoning.encode()
    assert all(source.startswith(("http://", "https://")) for source in answer.sources)


# -- over HTTP -------------------------------------------------------------------------------------------


@pytest.fixture
def stub():
    with StubUpstream() as running:
        yield running


@pytest.fixture
def ask(stub, monkeypatch):
    """Asks the stub about Space Mountain, with short pauses between attempts."""
    monkeypatch.setattr(http, "back_off", lambda attempt: 0.01)
    with Upstream(f"{stub.url}/v1", QUICK, {"Authorization": "Bearer sesame"}) as upstream:
        yield lambda: ChatClassifier(upstream, "small-model").ask(SPACE_MOUNTAIN)


def test_the_model_is_asked_about_the_ride_and_its_answer_read(stub, ask):
    stub.routes[PATH] = says(GOOD)
    assert ask() == read_answer(GOOD)
    (request,) = stub.requests
    assert request.headers["authorization"] == "Bearer sesame"
    assert request.headers["content-type"] == "application/json"
    body = json.loads(request.body)
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("small-model", 0.3, 1_000)
    assert body["response_format"] == {"type": "json_object"}
    system, user = body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert all(word in system["content"] for word in ("tier", "confidence", "reasoning", "sources", *Category.values))
    assert json.loads(user["content"]) == {
        "ride": "Space Mountain",
        "park": "Magic Kingdom",
        "location": "Orlando, Florida",
        "country": "US",
        "operator": "Disney",
        "land_area": "Tomorrowland",
        "entity_type": None,
    }


@pytest.mark.parametrize("trouble", [stub_upstream.Answer(status=500), stub_upstream.Answer(status=503)])
def test_a_service_in_trouble_is_asked_again(stub, ask, trouble):
    stub.routes[PATH] = [trouble, says(GOOD)]
    assert ask().tier == 1
    assert len(stub.requests) == 2


def test_a_service_that_wants_a_pause_gets_it(stub, ask):
    stub.routes[PATH] = [rate_limited("1"), says(GOOD)]
    began = time.monotonic()
    assert ask().tier == 1
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refusal_is_not_repeated(stub, ask, status):
    stub.routes[PATH] = stub_upstream.answer({"error": "no"}, status=status)
    with pytest.raises(NoAnswer, match=f"HTTP {status}"):
        ask()
    assert len(stub.requests) == 1


UNUSABLE = {
    "a page": HTML_PAGE,
    "half an answer": TRUNCATED,
    "nothing": stub_upstream.Answer(b""),
    "another API": stub_upstream.answer({"tier": 1}),
    "a list": stub_upstream.answer([]),
    "no choices": stub_upstream.answer({"choices": []}),
    "choices that are none": stub_upstream.answer({"choices": 7}),
    "a refusal": stub_upstream.answer(completion(None)),
    "parts": stub_upstream.answer(completion([{"type": "text", "text": "{}"}])),
    "prose": stub_upstream.answer(completion("Space Mountain is tier 1.")),
    "a fence": stub_upstream.answer(completion(f"```json\n{json.dumps(GOOD)}\n```")),
    "a lone surrogate": stub_upstream.answer(completion("\ud800")),
    "a lone surrogate inside": stub_upstream.answer(completion('{"tier": "\\ud800"}')),
    "no number": stub_upstream.answer(completion(json.dumps({**GOOD, "confidence": float("nan")}))),
    "a number past all numbers": stub_upstream.answer(completion('{"tier": 1e999999}')),
    "depth": stub_upstream.answer(completion("[" * 9_000)),
    "an unknown tier": says({**GOOD, "tier": 4}),
    "too much": stub_upstream.answer(completion(json.dumps({**GOOD, "note": "x" * 20_000}))),
}


@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_that_cannot_be_used_is_no_answer_and_one_line(stub, ask, unusable):
    stub.routes[PATH] = unusable
    with pytest.raises(NoAnswer) as caught:
        ask()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_slow_model_is_given_up_and_the_key_is_reported_nobody(stub, ask, caplog):
    stub.routes[PATH] = says(GOOD, delay=20)
    began = time.monotonic()
    with caplog.at_level("DEBUG"), pytest.raises(NoAnswer, match="TIMEOUT") as caught:
        ask()
    assert time.monotonic() - began < 5
    assert "sesame" not in str(caught.value) + caplog.text


def test_a_service_that_is_not_there_is_no_answer(ask, stub):
    stub.__exit__()
    with pytest.raises(NoAnswer, match="UNREACHABLE"):
        ask()


# -- switched on by settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "model"), [("", ""), ("", "m"), ("https://x", "")])
def test_it_is_off_unless_url_and_model_are_set(settings, url, model):
    settings.CLASSIFIER_URL, settings.CLASSIFIER_MODEL, settings.CLASSIFIER_KEY = url, model, "k"
    with configured_classifier() as classifier:
        assert classifier is None


def test_it_is_off_by_default(settings):
    assert settings.CLASSIFIER_URL == settings.CLASSIFIER_MODEL == settings.CLASSIFIER_KEY == ""


@pytest.mark.parametrize(("key", "sent"), [("sesame", "Bearer sesame"), ("", None)])
def test_the_settings_say_where_what_and_with_which_key(settings, stub, key, sent):
    settings.CLASSIFIER_URL, settings.CLASSIFIER_MODEL, settings.CLASSIFIER_KEY = f"{stub.url}/v1/", "m", key
    stub.routes[PATH] = says(GOOD)
    with configured_classifier() as classifier:
        assert classifier is not None
        assert classifier.ask(SPACE_MOUNTAIN).tier == 1
    (request,) = stub.requests
    assert request.headers.get("authorization") == sent
    assert json.loads(request.body)["model"] == "m"


def test_a_model_has_more_time_than_a_feed_and_a_bounded_answer():
    assert LIMITS.timeout_seconds > Limits().timeout_seconds
    assert LIMITS.max_bytes <= 1_000_000
