"""What a ride's name reports it: the last resort of classification (R-9.4)."""

import re
from dataclasses import dataclass
from decimal import Decimal

from parks.models import Category

# No ride's name is stored longer. A pattern with something in the middle is tried from every first word.
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """`tier` None: the name says nothing. `confidence` is 0 to 1, `reason` is meant for a reviewer."""

    tier: int | None
    category: Category
    confidence: Decimal
    reason: str


def words(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Patterns that match whole words only, in any letter case."""
    return tuple(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE | re.DOTALL) for pattern in patterns)


def later(first: str, *others: str) -> str:
    """A word that is followed, anywhere later, by one of the others."""
    return rf"{first}\b.*\b(?:{'|'.join(others)})"


# Checked in this order, and inside each in the order of its words.
CATEGORIES = {
    Category.MEET_AND_GREET: words(
        "meet",
        later("character", "spot", "encounter", "greeting", "experience"),
        "greeting",
        later("photo", "opportunity", "spot", "op"),
        later("encounter", "character", "princess", "villain"),
    ),
    Category.SHOW: words(
        "show",
        "theater",
        "theatre",
        "presents?",
        "spectacular",
        "musical",
        "4-?d",
        "sing[- ]?along",
        "stunt",
        "fireworks",
        "parade",
    ),
    Category.EXPERIENCE: words(
        "trail",
        "exhibit",
        later("discovery", "center", "zone", "area"),
        "walk[- ]?through",
        "tour",
        r"play\s*(?:ground|area|zone)",
    ),
}
# Tier 1 goes before tier 3: a kiddie coaster is a coaster.
TIER_1 = words(
    "coaster",
    "mountain",
    "space",
    "tower",
    "drop",
    "expedition",
    "splash",
    "radio flyer",
    "inverted",
    "hyper",
    "giga",
    later("wing", "coaster"),
)
TIER_3 = words(
    "kiddie",
    "carousel",
    "teacups",
    later("spinning", "teacups"),
    "dumbo",
    "spinner",
    "astrorbiter",
    "carpets",
    "theater",
    "merry.?go.?round",
    "playground",
    "junior|jr",
)
# These count anywhere in the name, also inside a word.
TIER_2 = (
    "ride",
    "adventure",
    "safari",
    "cruise",
    "journey",
    "voyage",
    "flight",
    "mansion",
    "pirates",
    "world",
)


def first_match(patterns: tuple[re.Pattern[str], ...], name: str) -> str | None:
    """The words of `name` that the first fitting pattern found."""
    matches = (pattern.search(name) for pattern in patterns)
    return next((match[0] for match in matches if match), None)


def match_category(name: str) -> tuple[Category, str | None]:
    """The category and the words that say it; without any, an attraction."""
    for category, patterns in CATEGORIES.items():
        if found := first_match(patterns, name[:LONGEST_NAME]):
            return category, found
    return Category.ATTRACTION, None


def match_pattern(name: str) -> PatternMatch:
    """Tier and category of a ride by its name alone (R-9.4)."""
    name = name[:LONGEST_NAME]
    category, reported_by = match_category(name)
    if found := first_match(TIER_1, name):
        return PatternMatch(1, category, Decimal("0.75"), f"major ride: {found!r} in the name")
    if found := first_match(TIER_3, name):
        return PatternMatch(3, category, Decimal("0.70"), f"minor ride: {found!r} in the name")
    lowered = name.lower()
    if found := next((part for part in TIER_2 if part in lowered), None):
        return PatternMatch(2, category, Decimal("0.60"), f"standard ride: {found!r} in the name")
    if reported_by:
        return PatternMatch(3, category, Decimal("0.65"), f"{category.label.lower()}: {reported_by!r} in the name")
    return PatternMatch(None, category, Decimal("0.0"), "no known word in the name")
