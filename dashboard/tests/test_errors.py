"""What people get when something is wrong, and what the API's clients get at the same place."""

import pytest
from django.test import Client, RequestFactory

from dashboard.views import server_error

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "reported"),
    [
        ("/downtime/rides?period=soon", "The period “soon” is not known"),
        ("/waits/parks?filter=mine", "The filter “mine” is not known"),
        ("/downtime/rides?sort=name", "The sort “name” is not known"),
        ("/downtime/rides?order=up", "The order “up” is not known"),
        ("/downtime/rides?length=0", "The length “0” is not a whole number from 1 to 1000"),
        ("/downtime/rides?length=1e3", "The length “1e3” is not a whole number"),
        ("/downtime/rides?page=99", "The page “99” is not a whole number from 1 to 1"),
        ("/downtime/rides.csv?period=soon", "The period “soon” is not known"),
        ("/?refresh=never", "The refresh “never” is not known"),
        (f"/search?q={'x' * 101}", "at most 100 characters"),
        ("/park-detail.html?id=-1", "The id “-1” is not a whole number"),
    ],
)
def test_a_bad_parameter_is_named_with_what_would_do(browser_client, address, reported):
    response = browser_client.get(address)
    assert response.status_code == 400
    assert reported in response.content.decode()
    assert 'href="/downtime"' in response.content.decode()


@pytest.mark.parametrize("address", ["/nowhere", "/downtime/hotels", "/waits/rides/", "/park-detail.html"])
def test_an_unknown_page_is_a_404_with_a_search(browser_client, address):
    response = browser_client.get(address)
    assert response.status_code == 404
    assert 'role="search"' in response.content.decode()


@pytest.mark.parametrize("address", ["/nowhere", "/api/nowhere"])
def test_clients_of_the_api_keep_their_json(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert response.json()["success"] is False


def test_the_api_answers_browsers_in_json_too(browser_client):
    assert browser_client.get("/api/nowhere").json()["success"] is False


def test_pages_are_read_only(browser_client):
    assert browser_client.post("/downtime/rides").status_code == 405


def test_nonsense_is_shown_as_text(browser_client):
    page = browser_client.get("/downtime/rides?period=<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_fault_of_ours_reports_nothing_of_its_cause():
    response = server_error(RequestFactory().get("/downtime/rides"))
    assert response.status_code == 500
    assert "The fault is ours" in response.content.decode()


def test_a_failing_page_ends_as_a_page(monkeypatch):
    monkeypatch.setattr("dashboard.pages.search.find", lambda *args: 1 / 0)
    client = Client(raise_request_exception=False, headers={"accept": "text/html"})
    response = client.get("/search?q=x")
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")
    assert "ZeroDivisionError" not in response.content.decode()
