"""Finding parks and rides by name in spite of typing errors."""

import pytest

from parks.search.find import find, words_of
from parks.tests.factories import ParkFactory, RideFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def names():
    kingdom = ParkFactory.create(name="Magic Kingdom Park")
    paris = ParkFactory.create(name="Disneyland Paris")
    for park, rides in {
        kingdom: [
            "Space Mountain",
            "Big Thunder Mountain Railroad",
            "Splash Mountain",
            "“it’s a small world”",
            "Dumbo",
        ],
        paris: ["Star Wars Hyperspace Mountain", "Pirates des Caraïbes", "Tower of Terror"],
    }.items():
        for name in rides:
            RideFactory.create(park=park, name=name)
    RideFactory.create(park=kingdom, name="Gone Mountain", is_active=False)


def found(text, limit=10):
    return [hit.name for hit in find(text, limit)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("space mountain", "Space Mountain"),
        ("spce montain", "Space Mountain"),
        ("SPACE MOUNTIAN", "Space Mountain"),
        ("spacemountain", "Space Mountain"),
        ("thunde", "Big Thunder Mountain Railroad"),
        ("thudner", "Big Thunder Mountain Railroad"),
        ("caraibes", "Pirates des Caraïbes"),
        ("its a small wrold", "“it’s a small world”"),
        ("magic kingdm", "Magic Kingdom Park"),
        ("dum", "Dumbo"),
        ("twoer of teror", "Tower of Terror"),
        ("mountain paris", "Star Wars Hyperspace Mountain"),
    ],
)
def test_it_finds_what_was_meant(names, text, first):
    assert found(text)[0] == first


@pytest.mark.parametrize("text", ["", "   ", "“”!", "zzzzzz", "xq"])
def test_it_finds_nothing_where_nothing_is_like_it(names, text):
    assert found(text) == []


def test_the_exact_name_comes_before_longer_ones(names):
    assert found("mountain")[:2] == ["Space Mountain", "Splash Mountain"]


def test_what_is_gone_is_not_found(names):
    assert "Gone Mountain" not in found("mountain")


def test_a_park_comes_before_its_rides(names):
    RideFactory.create(name="Magic Kingdom Railroad")
    assert found("magic kingdom")[0] == "Magic Kingdom Park"


def test_no_more_than_asked_for(names):
    assert len(found("mountain", 2)) == 2


def test_names_without_letters_do_no_harm(names):
    RideFactory.create(name="🎢🎢")
    assert found("dumbo") == ["Dumbo"]


def test_words_are_plain():
    assert words_of("Pirates’ Çave: “Ünder” the-Sea") == ["pirates", "cave", "under", "the", "sea"]
