"""Rate limiting: on by default, by address and key, and clear."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config.environment import rate
from core.tests.forgetting import forget_cached
from core.web.clients import client_of

pytestmark = pytest.mark.django_db
URL = "/api/search/index"


@pytest.fixture
def _two_a_minute(settings, monkeypatch):
    forget_cached()
    monkeypatch.setattr(
        "core.web.rate_limit.time.time", lambda: 1_000_000_000.0
    )  # twenty seconds are left of a minute
    settings.API_RATE_LIMIT = "2/minute"
    yield
    forget_cached()


@pytest.mark.usefixtures("_two_a_minute")
def test_who_asks_too_often_is_reported_when_to_come_again():
    answers = [Client().get(URL, HTTP_ORIGIN="https://one.example") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) == 21
    assert answers[2]["Access-Control-Allow-Origin"] == "https://one.example"
    body = answers[2].json()
    assert body["success"] is False
    assert "throttled" in body["error"]


@pytest.mark.usefixtures("_two_a_minute")
def test_the_next_minute_counts_anew(monkeypatch):
    assert [Client().get(URL).status_code for _ in range(3)] == [200, 200, 429]
    monkeypatch.setattr("core.web.rate_limit.time.time", lambda: 1_000_000_020.0)
    assert Client().get(URL).status_code == 200


@pytest.mark.usefixtures("_two_a_minute")
def test_pages_count_too_and_monitoring_never_does():
    assert [Client().get("/search").status_code for _ in range(3)] == [200, 200, 429]
    assert {Client().get("/api/health").status_code for _ in range(5)} == {200}


@pytest.mark.usefixtures("_two_a_minute")
def test_a_client_cannot_pose_as_many():
    answers = [Client().get(URL, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}") for n in range(3)]
    assert answers[2].status_code == 429


@pytest.mark.usefixtures("_two_a_minute")
def test_clients_do_not_share_a_budget():
    for n in range(4):
        assert Client(REMOTE_ADDR=f"10.0.0.{n}").get(URL).status_code == 200


@pytest.mark.usefixtures("_two_a_minute")
def test_a_key_has_one_budget_from_everywhere():
    asked = [Client(REMOTE_ADDR=f"10.0.0.{n}").get(URL, HTTP_AUTHORIZATION="Bearer k") for n in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]


@pytest.mark.usefixtures("_two_a_minute")
def test_a_stored_answer_counts_nothing_and_a_computed_one_its_client(client):
    assert {client.get(URL).status_code for _ in range(9)} == {200}
    other = [client.get(f"/api/rides/waittimes?limit={n + 1}").status_code for n in range(2)]
    assert other == [200, 429]
    elsewhere = client.get("/api/rides/waittimes?limit=9", REMOTE_ADDR="10.0.0.7")
    assert elsewhere.status_code == 200


def test_a_dear_question_counts_ten_times(settings):
    forget_cached()
    settings.API_RATE_LIMIT = "25/minute"
    asked = [Client().get("/api/analytics/parks?start=2025-07-01&end=2025-07-01").status_code for _ in range(3)]
    assert asked == [200, 200, 429]
    forget_cached()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address", "client"),
    [
        (0, "1.1.1.1", "10.0.0.1", "10.0.0.1"),
        (1, "1.1.1.1, 2.2.2.2", "10.0.0.1", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2", "10.0.0.1", "1.1.1.1"),
        (5, "1.1.1.1, 2.2.2.2", "10.0.0.1", "1.1.1.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "no address" * 90, "10.0.0.1", ("no address" * 90)[:50]),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_address_is_that_which_trusted_proxies_report(settings, proxies, forwarded, address, client):
    settings.TRUSTED_PROXIES = proxies
    assert client_of({"HTTP_X_FORWARDED_FOR": forwarded, "REMOTE_ADDR": address}) == client


def test_every_operation_documents_the_limits():
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) > 40
    for operation in operations:
        assert "Retry-After" in operation["responses"]["429"]["headers"], operation["operationId"]


@pytest.mark.parametrize(("value", "expected"), [("", None), ("100/minute", "100/minute"), ("1/day", "1/day")])
def test_the_setting_is_a_rate(monkeypatch, value, expected):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    assert rate("API_RATE_LIMIT", "5/day") == expected


def test_it_is_on_by_default(monkeypatch):
    monkeypatch.delenv("API_RATE_LIMIT", raising=False)
    assert rate("API_RATE_LIMIT", "5/day") == "5/day"


@pytest.mark.parametrize("value", ["100", "0/minute", "many/minute", "100/fortnight", "-1/day", "100 / minute"])
def test_nonsense_is_refused_with_the_name_of_the_variable(monkeypatch, value):
    monkeypatch.setenv("API_RATE_LIMIT", value)
    with pytest.raises(ImproperlyConfigured, match="API_RATE_LIMIT must look like"):
        rate("API_RATE_LIMIT", "")
