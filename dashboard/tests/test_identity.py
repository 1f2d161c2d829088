"""`/` is the identity document of the API and the page Now: which of both, the client's Accept decides."""

import pytest

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/html, application/json;q=0.5"])
def test_who_would_rather_have_html_gets_the_page(client, accept):
    response = client.get("/", headers={"accept": accept})
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "What is down now" in response.content.decode()


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json, text/html", "application/json, text/*;q=0.9"]
)
def test_everyone_else_gets_the_identity(client, accept):
    assert client.get("/", headers={"accept": accept}).json()["status"] == "running"


def test_without_a_wish_it_is_the_identity(client):
    assert client.get("/").json()["status"] == "running"


@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_caches_are_reported_that_the_wish_decides(client, accept):
    assert "Accept" in client.get("/", headers={"accept": accept})["Vary"]


def test_the_page_answers_head_and_the_identity_refuses_post(client):
    head = client.head("/", headers={"accept": BROWSER})
    assert head.status_code == 200
    assert head["Content-Type"].startswith("text/html")
    refused = client.post("/", headers={"accept": BROWSER})
    assert refused.status_code == 405
    assert refused.json()["success"] is False
