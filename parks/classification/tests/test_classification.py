"""What a name alone reports a ride (R-9.4)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from parks.classification.patterns import match_pattern
from parks.models import Category

MEET, SHOW, EXPERIENCE = Category.MEET_AND_GREET, Category.SHOW, Category.EXPERIENCE
ATTRACTION = Category.ATTRACTION

# The words of the rule, each in a name that has no other of them.
CATEGORY_NAMES = {
    MEET: [
        "Meet",
        "Character Spot",
        "Character Encounter",
        "Character Greeting",
        "Character Dining Experience",
        "Greeting",
        "Photo Opportunity",
        "Photo Spot",
        "Photo Op",
        "Encounter a Character",
        "Encounter the Princess",
        "Encounter with a Villain",
    ],
    SHOW: [
        "Show",
        "Theater",
        "Theatre",
        "Goofy Present",
        "Goofy Presents",
        "Spectacular",
        "Musical",
        "Bugs 4D",
        "Bugs 4-D",
        "Sing-Along",
        "Sing Along",
        "Singalong",
        "Stunt",
        "Fireworks",
        "Parade",
    ],
    EXPERIENCE: [
        "Trail",
        "Exhibit",
        "Discovery Center",
        "Discovery Zone",
        "Discovery and Fun Area",
        "Walk-Through",
        "Walk Through",
        "Walkthrough",
        "Tour",
        "Playground",
        "Play Ground",
        "Play Area",
        "Play  Zone",
    ],
}
TIER_1_NAMES = [
    "Coaster",
    "Mountain",
    "Space",
    "Tower",
    "Drop",
    "Expedition",
    "Splash",
    "Radio Flyer",
    "Inverted",
    "Hyper",
    "Giga",
    "Wing Coaster",
]
TIER_3_NAMES = [
    "Kiddie",
    "Carousel",
    "Teacups",
    "Spinning Teacups",
    "Dumbo",
    "Spinner",
    "Astrorbiter",
    "Carpets",
    "Theater",
    "Merry-Go-Round",
    "Merry Go Round",
    "Merrygoround",
    "Playground",
    "Junior",
    "Jr",
]
TIER_2_WORDS = ["Ride", "Adventure", "Safari", "Cruise", "Journey", "Voyage", "Flight", "Mansion", "Pirates", "World"]


def tier_of(name):
    found = match_pattern(name)
    return found.tier, found.confidence


@pytest.mark.parametrize("case", golden_cases("pattern_matcher", "cases"))
def test_the_golden_names_hold(case):
    found = match_pattern(case["name"])
    assert (found.tier, found.category, found.confidence) == (
        case["expected"]["tier"],
        case["expected"]["category"],
        case["expected"]["confidence"],
    )


@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.title])
@pytest.mark.parametrize(
    ("category", "name"), [(category, name) for category, names in CATEGORY_NAMES.items() for name in names]
)
def test_every_word_of_a_category_reports_it_in_any_letter_case(category, name, case):
    assert match_pattern(case(name)).category == category


@pytest.mark.parametrize("name", TIER_1_NAMES)
def test_every_word_of_tier_1_reports_it_over_all_others(name):
    for written in (name, name.upper(), f"Kiddie {name} World", f"The {name}!"):
        assert tier_of(written) == (1, Decimal("0.75")), written


@pytest.mark.parametrize("name", TIER_3_NAMES)
def test_every_word_of_tier_3_reports_it_over_tier_2(name):
    for written in (name, name.lower(), f"{name} Ride", f"World of {name}"):
        assert tier_of(written) == (3, Decimal("0.70")), written


@pytest.mark.parametrize("word", TIER_2_WORDS)
def test_every_word_of_tier_2_counts_anywhere_also_inside_a_word(word):
    for written in (word, f"Xx{word.upper()}xx", f"The {word}s"):
        assert tier_of(written) == (2, Decimal("0.60")), written


@pytest.mark.parametrize(
    ("name", "tier", "category"),
    [
        # words are whole words
        ("Twin Towers", None, ATTRACTION),
        ("Coasters", None, ATTRACTION),
        ("Dropzone", None, ATTRACTION),
        ("Spacecraft", None, ATTRACTION),
        ("Meeting Point", None, ATTRACTION),
        ("Meetings", None, ATTRACTION),
        ("Showdown", None, ATTRACTION),
        ("Presenting", None, ATTRACTION),
        ("Tournament", None, ATTRACTION),
        ("Detour", None, ATTRACTION),
        ("Trailer", None, ATTRACTION),
        ("14D", None, ATTRACTION),
        ("Photo Opera", None, ATTRACTION),
        # what may end or begin a word
        ("Tower-of-London", 1, ATTRACTION),
        ("O'Meet's", 3, MEET),
        ("Jr.", 3, ATTRACTION),
        # an underscore does not end a word
        ("Space_Race", None, ATTRACTION),
        # the second word has to come later
        ("Spot the Character", None, ATTRACTION),
        ("Opportunity: Photo", None, ATTRACTION),
        ("Villain Encounter", None, ATTRACTION),
        ("Center of Discovery", None, ATTRACTION),
        ("Coaster Wing", 1, ATTRACTION),
        ("Wing", None, ATTRACTION),
        ("Spinning Barrels", None, ATTRACTION),
        # one arbitrary character between the parts, or none
        ("Merry.Go_Round", 3, ATTRACTION),
        ("Merry - Go - Round", None, ATTRACTION),
        # only spaces between play and what it goes with
        ("Play in the Area", None, ATTRACTION),
        ("Play-Area", None, ATTRACTION),
        # the order of the categories
        ("Meet the Musical Parade on Tour", 3, MEET),
        ("Stunt Show Tour", 3, SHOW),
        # the category does not depend on the tier, nor the tier on the category
        ("Space Mountain Exhibit", 1, EXPERIENCE),
        ("Splash Theater", 1, SHOW),
        ("Dumbo Meet", 3, MEET),
        ("Safari Trail", 2, EXPERIENCE),
        ("Theatre", 3, SHOW),
        ("Photo\nSpot", 3, MEET),
        ("  ", None, ATTRACTION),
    ],
)
def test_the_edges_of_the_rule(name, tier, category):
    found = match_pattern(name)
    assert (found.tier, found.category) == (tier, category)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Space Mountain Coaster", "major ride: 'Coaster' in the name"),  # the first of the list, not of the name
        ("Junior Carousel", "minor ride: 'Carousel' in the name"),
        ("Voyage Adventure", "standard ride: 'adventure' in the name"),
        ("Photo with a Spot", "meet and greet: 'Photo with a Spot' in the name"),
        ("Bumper Cars", "no known word in the name"),
    ],
)
def test_the_reason_names_the_first_word_of_the_list_that_was_found(name, reason):
    assert match_pattern(name).reason == reason


@given(st.text(st.characters(codec="ascii"), max_size=60), st.sampled_from([*TIER_1_NAMES, *TIER_2_WORDS, ""]))
def test_any_name_gives_one_of_the_five_results_whatever_its_letter_case(name, word):
    found = match_pattern(f"{name} {word}")
    results = {(1, "0.75"), (3, "0.70"), (2, "0.60"), (3, "0.65"), (None, "0.0")}
    assert (found.tier, str(found.confidence)) in results
    if found.confidence == Decimal("0.65"):
        assert found.category != ATTRACTION
    if found.tier is None:
        assert found.category == ATTRACTION
    upper = match_pattern(f"{name} {word}".upper())
    assert (upper.tier, upper.category, upper.confidence) == (found.tier, found.category, found.confidence)
