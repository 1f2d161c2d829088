"""Names, countries and places of two sources compared."""

from zoneinfo import available_timezones

import pytest

from parks.catalog.countries import country_of_name, country_of_zone, is_country
from parks.catalog.known import CATALOG
from parks.catalog.names import folded, holds
from parks.catalog.places import is_near, km_between, zone_near


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("TRON™ Lightcycle / Run", "tron lightcycle run"),
        ("Tiana’s Bayou Adventure", "tianas bayou adventure"),
        ("Tiana's Bayou Adventure", "tianas bayou adventure"),
        ("Parc Astérix", "parc asterix"),
        ("“it’s a small world”", "its a small world"),
        ("  Space   Mountain: Mission 2  ", "space mountain mission 2"),
        ("Straße", "strasse"),
        ("美女と野獣", "美女と野獣"),
        ("!!!", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_marks_and_punctuation(name, plain):
    assert folded(name) == plain


def test_a_name_holds_another_as_whole_words():
    assert holds("universals epic universe", "epic universe")
    assert not holds("cedar pointe", "cedar point")
    assert not holds("cedar point", "")


def test_zones_and_english_names_report_the_country():
    assert country_of_zone("Europe/Berlin") == "DE"
    assert country_of_zone("America/Los_Angeles") == "US"
    assert country_of_zone("Asia/Hong_Kong") == "HK"
    assert country_of_zone("UTC") is None
    assert [country_of_name(name) for name in ("England", "Scotland", " wales ", "United States")] == [
        *("GB", "GB", "GB", "US")
    ]
    assert country_of_name("Atlantis") is None
    assert is_country("DE")
    assert not is_country("de")
    assert not is_country("XX")


def test_every_country_of_the_recorded_directory_is_known():
    names = "Austria Belgium Brazil Canada China Denmark France Germany Italy Japan Mexico Netherlands Poland Spain"
    for name in (*names.split(), "Hong Kong", "South Korea", "Sweden"):
        assert country_of_name(name), name


def test_the_catalogue_agrees_with_the_zones():
    assert {park.name: country_of_zone(park.timezone) for park in CATALOG} == {
        park.name: park.country for park in CATALOG
    }
    assert all(park.timezone in available_timezones() for park in CATALOG)


def test_distances_are_those_of_the_globe():
    orlando, paris = (28.4177, -81.5812), (48.8722, 2.7758)
    assert km_between(orlando, paris) == pytest.approx(7250, abs=60)
    assert km_between(orlando, orlando) == 0
    assert km_between((0, 179.9), (0, -179.9)) == pytest.approx(22.2, abs=0.1)
    assert is_near(orlando, (28.43, -81.58))
    assert not is_near(orlando, (28.5, -81.58))
    assert not is_near(orlando, None)


def test_the_zone_of_a_place_is_that_of_a_park_nearby():
    assert zone_near((28.0, -81.7)) == "America/New_York"
    assert zone_near((48.5, 2.0)) == "Europe/Paris"
    assert zone_near((0.0, -140.0)) is None
