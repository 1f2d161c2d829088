"""How alike two names of rides are (R-26.4, step 3), and which likeness proves nothing.

Neighbours of one park differ by a word with a meaning: a direction, a colour, a number, "Jr.". Misspellings change
a word a little. Both can have the same distance, so words are compared one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from operator import eq

from Levenshtein import distance

from parks.catalog.names import folded
from parks.models import Ride

MOST_EDITS = 3
LEAST_CONFIDENCE = 0.8
# Words of so few letters are names of their own: "Red", "Jr", "II".
SHORT_WORD = 3
LETTERS_PER_EDIT = 5
# From here on a letter says more than a sound, and names are written without blanks: "ミッキー", "ミニー".
IDEOGRAPHS = "\u2e80"
# All edits may be in one longer word that begins the same: "Dwarfs", "Dwarves"; "Caribbean", "Carribeen". Words of
# opposite meaning begin differently: "Eastern", "Western". What only goes on is another word: "Prince", "Princess";
# behind more letters it is not.
LONGER_WORD, SAME_BEGINNING, WHOLE_WORD = 6, 3, 7
# A word more or less of these changes no meaning.
FILLERS = frozenset(
    ["a", "an", "and", "at", "by", "in", "of", "on", "the", "to", "le", "la", "les", "de", "der", "die"]
)


@dataclass(frozen=True, slots=True)
class Match:
    """A ride that a name fits: `edits` between the folded names, confidence 0.8 to 1."""

    ride: Ride
    edits: int
    confidence: float


def confidence_of(edits: int, one: str, other: str) -> float:
    """1 - distance / longer length (R-26.4), of folded names."""
    return 1 - edits / max(len(one), len(other), 1)


def is_misspelt(one: str, other: str) -> bool:
    """Are two different words one word, spelt differently?"""
    longer = max(len(one), len(other))
    if longer <= SHORT_WORD or any(map(str.isdigit, one + other)) or max(one + other) >= IDEOGRAPHS:
        return False
    edits = distance(one, other)
    if edits <= max(1, longer // LETTERS_PER_EDIT) or (edits == 2 and sorted(one) == sorted(other)):
        return True
    shorter = min(len(one), len(other))
    least = WHOLE_WORD if one.startswith(other) or other.startswith(one) else LONGER_WORD
    return edits <= MOST_EDITS and shorter >= least and one[:SAME_BEGINNING] == other[:SAME_BEGINNING]


def may_be_one(one: str, other: str) -> bool:
    """Do two folded names say the same, but for spelling? Else their likeness proves nothing."""
    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    words, others = ([word for word in name.split() if word not in FILLERS] for name in (one, other))
    if len(words) != len(others):
        # A blank more or less: "Off Road", "Offroad"; what differs is looked at as one word.
        return is_misspelt(*apart(words, others))
    return all(a == b or is_misspelt(a, b) for a, b in zip(words, others, strict=True))


def apart(words: list[str], others: list[str]) -> tuple[str, str]:
    """What is between the words with which both begin and those with which both end, without blanks."""
    head = sum(1 for _ in takewhile(bool, map(eq, words, others)))
    words, others = words[head:], others[head:]
    tail = sum(1 for _ in takewhile(bool, map(eq, reversed(words), reversed(others))))
    return "".join(words[: len(words) - tail]), "".join(others[: len(others) - tail])


def likeness(name: str, ride: Ride) -> Match | None:
    """How well a folded name fits a ride's, within the limits of R-26.4; None: it does not."""
    other = folded(ride.name)
    edits = distance(name, other, score_cutoff=MOST_EDITS)
    confidence = confidence_of(edits, name, other)
    if edits > MOST_EDITS or confidence < LEAST_CONFIDENCE or not may_be_one(name, other):
        return None
    return Match(ride, edits, confidence)


def best_match(name: str, rides: Iterable[Ride]) -> Match | None:
    """The ride a name fits best (identical names are 0 edits apart); None without one, or with two as good."""
    wanted = folded(name)
    if not wanted:
        return None
    matches = sorted(filter(None, (likeness(wanted, ride) for ride in rides)), key=lambda match: match.edits)
    if len(matches) > 1 and matches[0].edits == matches[1].edits:
        return None
    return matches[0] if matches else None
