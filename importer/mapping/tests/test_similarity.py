import pytest

from importer.mapping.similarity import best_match, likeness
from parks.catalog.names import folded
from parks.models import Ride


def match(name, *rides):
    return best_match(name, [Ride(name=each) for each in rides])


@pytest.mark.parametrize(
    ("name", "ride"),
    [
        ("Space Mountain", "Space Mountain"),
        ("TRON™ Lightcycle / Run", "TRON Lightcycle Run"),
        ("  SPACE   mountain!", "Space Mountain"),
        ("Café Fantasia", "Cafe Fantasia"),
    ],
)
def test_identical_names_but_for_case_marks_and_punctuation_are_no_edits_apart(name, ride):
    found = match(name, ride, "Something Else")
    assert (found.ride.name, found.edits, found.confidence) == (ride, 0, 1)


@pytest.mark.parametrize(
    ("name", "ride", "edits"),
    [
        ("Pirates of the Carribean", "Pirates of the Caribbean", 2),
        ("Astro Orbiter", "Astro Orbitor", 1),
        ("Space Mountian", "Space Mountain", 2),
        ("Seven Dwarves Mine Train", "Seven Dwarfs Mine Train", 2),
        ("Spiderman Adventure", "Spider-Man Adventure", 1),
        ("Rockin' Roller Coaster", "Rockin' Rollercoaster", 1),
        ("Tower of Terror", "Tower of the Terror", 4),
        ("Pirates of the Carribeen", "Pirates of the Caribbean", 3),
        ("Big Thunder Mountain Railroaddds", "Big Thunder Mountain Railroad", 3),
        ("Haunted Mansionnn", "Haunted Mansion", 2),
        ("Offroad Adventurre", "Off Road Adventure", 2),
    ],
)
def test_misspellings_within_three_edits_match(name, ride, edits):
    found = match(name, ride)
    assert (found and found.edits) == (edits if edits <= 3 else None)


# Within three edits and above 0.8 confidence (the first eight are recorded names of one park).
NEIGHBOURS = [
    ("Sky Ride East", "Sky Ride West"),
    ("Power Tower Drop", "Power Tower Shot"),
    ("Dominator Green", "Dominator Red"),
    ("Racer 75 - North", "Racer 75 - South"),
    ("Driving School", "Jr. Driving School"),
    ("Krazy Kars", "Krazy Kups"),
    ("Ohno of the Ohyah and Ohno Drop Slides", "Ohyah of the Ohyah and Ohno Drop Slides"),
    ("ミッキーグリーティング", "ミニーグリーティング"),
    ("Water Slide 1", "Water Slide 2"),
    ("Thunder Racers II", "Thunder Racers I"),
    ("Main Street Vehicles A", "Main Street Vehicles B"),
    ("Prince Carousel Court", "Princess Carousel Court"),
    ("Mine Train 1880", "Mine Train 1889"),
    ("Eastern Star Flyer", "Western Star Flyer"),
    # recorded, of several parks
    ("Space Mountain", "Splash Mountain"),
    ("Adventure Cove", "Adventure River"),
    ("Calico River Rapids", "Kali River Rapids"),
    ("Raging Rapids", "Roaring Rapids"),
    ("Twisted Cyclone", "Wicked Cyclone"),
    ("Thunder River", "Thunder Striker"),
]


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_neighbours_that_differ_by_a_word_with_a_meaning_do_not_match(one, other):
    assert likeness(folded(one), Ride(name=other)) is None
    assert likeness(folded(other), Ride(name=one)) is None


@pytest.mark.parametrize("line", ["Space Mountain Single Rider", "Space Mountain (Single Rider)"])
def test_a_single_rider_line_is_not_its_ride(line):
    assert match(line, "Space Mountain") is None


def test_four_edits_or_less_than_eight_tenths_confidence_do_not_match():
    assert match("Abcdefghij Klmnopqrst", "Abcdefgh Klmnopqr") is None
    assert match("Matterhrn", "Materhon") is None


@pytest.mark.parametrize(
    ("name", "ride", "fits"),
    [
        ("Tiki Advantares", "Tiki Adventures", True),  # 2 of 15
        ("Tiki Advantaris", "Tiki Adventures", True),  # 3 of 15: 0.8
        ("Tik Advantaris", "Tik Adventures", False),  # 3 of 14
        ("The Big Tiki Advantariz", "The Big Tiki Adventures", False),  # 4 of 23
    ],
)
def test_three_edits_and_eight_tenths_are_within_the_limits(name, ride, fits):
    assert (match(name, ride) is not None) is fits


def test_the_nearest_ride_wins():
    assert match("Astro Orbiters", "Astro Orbitor", "Astro Orbiter").ride.name == "Astro Orbiter"


def test_two_rides_as_near_are_no_match():
    assert match("Astro Orbitex", "Astro Orbited", "Astro Orbiter") is None
    assert match("Space Mountain", "Space Mountain", "SPACE MOUNTAIN") is None


@pytest.mark.parametrize("name", ["", "™", "  "])
def test_no_name_matches_nothing(name):
    assert match(name, "", "A") is None
