"""Search: what is found, in which order, and how it is shown."""

import pytest

from dashboard.tests.world import EVIL_RIDE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/search", "/search/results"])
def test_a_typing_error_does_no_harm(browser_client, world, address):
    page = browser_client.get(address, {"q": "spce montain"}).content.decode()
    assert f'href="/rides/{world.ride}"' in page
    assert "1 found for" in page


def test_nothing_found_says_so_with_the_name_as_text(browser_client, world):
    page = browser_client.get("/search", {"q": "<b>zzzz"}).content.decode()
    assert "Nothing is called “<bdi>&lt;b&gt;zzzz</bdi>”" in page


def test_strange_names_are_found_and_shown_as_text(browser_client, world):
    page = browser_client.get("/search", {"q": "Löwenbahn"}).content.decode()
    assert f'href="/rides/{world.evil_ride}"' in page
    assert EVIL_RIDE not in page


def test_right_to_left_names_are_found(browser_client, world):
    assert f'href="/rides/{world.evil_ride}"' in browser_client.get("/search", {"q": "أفعوانية"}).content.decode()


def test_the_dialog_gets_the_list_alone(browser_client, world):
    assert "<html" not in browser_client.get("/search/results", {"q": "dumbo"}).content.decode()


@pytest.mark.parametrize("q", ["", "   "])
def test_without_a_name_it_invites(browser_client, q):
    assert "Type a name" in browser_client.get("/search", {"q": q}).content.decode()


@pytest.mark.parametrize(("kind", "target"), [("park", "/parks/7"), ("ride", "/rides/7")])
def test_addresses_of_the_search_index_lead_to_the_pages(client, kind, target):
    response = client.get(f"/{kind}-detail.html?id=7")
    assert (response.status_code, response["Location"]) == (302, target)
