"""Finding parks and rides by name, typing errors forgiven."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from parks.search.index import SearchPark, SearchRide, search_index

Hit = SearchPark | SearchRide
WORD = re.compile(r"\w+")
# Of 100: words less alike than this are different words. One error in four letters passes, one in three does not.
LEAST_LIKENESS = 74
# A word that is only begun counts a little less than a whole one.
BEGUN = 97
# A name that is the query, run together or not; and what a park has ahead of rides of the same likeness.
WHOLE_NAME, PARK_AHEAD = 6, 3


def find(text: str, limit: int) -> list[Hit]:
    """The parks and rides whose names are most like `text`, the best first; two queries.

    Every word of `text` has to be like one of the name or of the ride's park. Accents, case and signs do not count.
    """
    index = search_index()
    entries: list[Hit] = [*index.parks, *index.rides]
    asked = words_of(text)
    if not asked:
        return []
    parks = ["" if isinstance(entry, SearchPark) else entry.park_name for entry in entries]
    spoken = [(words_of(entry.name), words_of(park)) for entry, park in zip(entries, parks, strict=True)]
    vocabulary = sorted({word for name, park in spoken for word in (*name, *park)})
    likeness = [likeness_of(word, vocabulary) for word in asked]
    joined = "".join(asked)
    whole = dict.fromkeys(range(len(entries)), 0.0)
    for _, score, n in process.extract(
        joined, ["".join(name) for name, _ in spoken], scorer=fuzz.ratio, score_cutoff=85, limit=None, processor=None
    ):
        whole[n] = score
    found = []
    for n, (entry, (name, park)) in enumerate(zip(entries, spoken, strict=True)):
        score = max(score_of(likeness, name, park), whole[n])
        if score:
            ahead = (PARK_AHEAD if entry.type == "park" else 0) + WHOLE_NAME * (whole[n] / 100)
            found.append((-(score + ahead), len(entry.name), entry.name, n, entry))
    return [entry for *_, entry in sorted(found)[:limit]]


def words_of(text: str) -> list[str]:
    """Lower case, without accents and apostrophes: "Pirates’ Çave" becomes "pirates", "cave"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in "'’")
    return WORD.findall(kept)


def likeness_of(word: str, vocabulary: Iterable[str]) -> dict[str, float]:
    """How like `word` the known words are, 0 to 100; those that differ are missing. A beginning is like its word."""
    known = list(vocabulary)
    size = len(word)
    found = {
        each: score
        for each, score, _ in process.extract(word, known, scorer=fuzz.ratio, limit=None, score_cutoff=LEAST_LIKENESS)
    }
    if size > 3:
        begun = [each[:size] for each in known]
        for _, score, n in process.extract(word, begun, scorer=fuzz.ratio, limit=None, score_cutoff=LEAST_LIKENESS):
            found[known[n]] = max(found.get(known[n], 0), score * BEGUN / 100)
    for each in known:
        if each != word and each.startswith(word):
            found[each] = max(found.get(each, 0), BEGUN)
    return found


def score_of(likeness: list[dict[str, float]], name: list[str], park: list[str]) -> float:
    """The mean over the asked words of their best likeness; 0 when one has none, or none is in the name itself."""
    total, in_name = 0.0, False
    for words in likeness:
        own = max((words.get(word, 0) for word in name), default=0)
        other = max((words.get(word, 0) * 0.9 for word in park), default=0)
        if not own and not other:
            return 0
        in_name = in_name or own > 0
        total += max(own, other)
    return total / len(likeness) if in_name else 0
