"""Rate limiting: off by default, and clear when it is on."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from rest_framework.settings import api_settings
from rest_framework.throttling import AnonRateThrottle

from config.settings import rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def _two_a_minute(monkeypatch):
    cache.clear()
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "2/minute"})
    yield
    cache.clear()


def test_it_is_off_by_default():
    assert api_settings.DEFAULT_THROTTLE_RATES == {"anon": None}
    assert {Client().get("/api/search/index").status_code for _ in range(30)} == {200}


@pytest.mark.usefixtures("_two_a_minute")
def test_who_asks_too_often_is_reported_when_to_come_again():
    answers = [Client().get("/api/search/index") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    body = answers[2].json()
    assert body["success"] is False
    assert "throttled" in body["error"]


@pytest.mark.usefixtures("_two_a_minute")
def test_a_client_cannot_pose_as_many():
    answers = [Client().get("/api/search/index", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}") for n in range(3)]
    assert answers[2].status_code == 429


@pytest.mark.usefixtures("_two_a_minute")
def test_clients_do_not_share_a_budget():
    for n in range(4):
        assert Client(REMOTE_ADDR=f"10.0.0.{n}").get("/api/search/index").status_code == 200


@pytest.mark.parametrize(("value", "expected"), [("", None), ("100/minute", "100/minute"), ("1/day", "1/day")])
def test_the_setting_is_a_rate(monkeypatch, value, expected):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    assert rate("API_RATE_LIMIT") == expected


@pytest.mark.parametrize("value", ["100", "0/minute", "many/minute", "100/fortnight", "-1/day", "100 / minute"])
def test_nonsense_is_refused_with_the_name_of_the_variable(monkeypatch, value):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    with pytest.raises(ImproperlyConfigured, match="API_RATE_LIMIT must look like"):
        rate("API_RATE_LIMIT")
