"""Every park by country and operator, and its dot on the map."""

import re
from html import unescape

import pytest

from stats.tests.builders import make_park

pytestmark = pytest.mark.django_db


def ask(client) -> str:
    return unescape(client.get("/parks").content.decode())


def test_parks_stand_under_their_country_and_operator(client):
    for name, country, operator in (
        ("Efteling", "NL", None),
        ("EPCOT", "US", "Disney"),
        ("Animal Kingdom", "US", "Disney"),
        ("Dollywood", "US", "Herschend"),
        ("Somewhere", "US", None),
    ):
        make_park(name=name, country=country, operator=operator)
    page = ask(client)
    found = re.findall(r"<h2>(.*?)</h2>|<h3><bdi>(.*?)</bdi></h3>|<li><a href=\"/parks/\d+\"><bdi>(.*?)</bdi>", page)
    assert ["".join(each) for each in found] == [
        *("Netherlands", "Operator not known", "Efteling", "United States"),
        *("Disney", "Animal Kingdom", "EPCOT", "Herschend", "Dollywood", "Operator not known", "Somewhere"),
    ]


def test_a_dot_lies_where_the_park_does(client):
    make_park(name="Null", latitude="0", longitude="0")
    make_park(name="South-east", latitude="-75", longitude="180")
    make_park(name="Nowhere", latitude=None, longitude=None)
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="4"><title>([^,]+),', ask(client))
    assert dots == [("360.0", "150.0", "Null"), ("720.0", "300.0", "South-east")]


def test_former_parks_stay_and_names_stay_text(client, django_assert_max_num_queries):
    make_park(name="<b>Gone</b>", is_active=False)
    with django_assert_max_num_queries(4):
        body = client.get("/parks").content.decode()
    assert "no longer followed" in body
    assert "<b>Gone" not in body


def test_without_parks_the_page_says_how_to_load_them(client):
    assert "No parks are known yet." in ask(client)
