"""What browsers and search engines ask of the site beside its pages."""

import json
import re
from xml.etree import ElementTree

import pytest

from dashboard.pages.site import SITEMAP

pytestmark = pytest.mark.django_db


def test_the_manifest_names_icons_that_are_there(client):
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    body = json.loads(response.content)
    assert (body["display"], body["start_url"]) == ("standalone", "/")
    assert {icon["sizes"] for icon in body["icons"]} == {"192x192", "512x512", "any"}
    assert all(icon["src"].startswith("/static/dashboard/icon") for icon in body["icons"])
    assert client.get("/favicon.ico")["Location"].startswith("/static/dashboard/icon-192")


def test_robots_are_led_to_the_sitemap_and_away_from_the_api(client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /api/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text


def test_the_sitemap_has_whole_addresses_of_parks_and_rides_that_answer(client, world):
    root = ElementTree.fromstring(client.get("/sitemap.xml").content)  # noqa: S314  (our own)
    addresses = [each.text for each in root.iter(f"{{{SITEMAP}}}loc")]
    assert "http://testserver" + world.path("/parks/{park}") in addresses
    assert "http://testserver" + world.path("/rides/{ride}") in addresses
    assert len(addresses) == len(set(addresses))
    for address in addresses[:12]:
        answer = client.get(address.removeprefix("http://testserver"), headers={"accept": "text/html"})
        assert answer.status_code in (200, 302)


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("/downtime/rides?sort=tier&order=asc&filter=all-parks&start=2025-12-01&end=2025-12-02&page=1",
         "/downtime/rides?filter=all-parks&amp;start=2025-12-01&amp;end=2025-12-02"),
        ("/?refresh=off", "/"),
        ("/awards", "/awards"),
    ],
)  # fmt: skip
def test_a_page_names_its_one_address_and_what_it_says_when_it_is_shared(client, world, address, canonical):
    page = client.get(address, headers={"accept": "text/html"}).content.decode()
    assert f'<link rel="canonical" href="http://testserver{canonical}">' in page
    assert f'<meta property="og:url" content="http://testserver{canonical}">' in page


def test_a_shared_ride_says_its_name_and_an_error_has_no_address(client, world):
    page = client.get(world.path("/rides/{ride}")).content.decode()
    title = re.search(r'<meta property="og:title" content="([^"]*)">', page)
    assert title is not None
    assert title[1] == re.search(r"<title>(.*) · Ridewatch</title>", page)[1]
    assert 'rel="canonical"' not in client.get("/nowhere", headers={"accept": "text/html"}).content.decode()
