"""Names of two sources compared (R-26.4): without letter case, accents, marks and punctuation."""

import re
import unicodedata

MARKS = re.compile("[™®©℠'`\u2018\u2019\u00b4]")  # these join or end a word; other punctuation parts words


def folded(name: str) -> str:
    """`TRON™ Lightcycle / Run` → `tron lightcycle run`; letters of every script stay."""
    plain = unicodedata.normalize("NFKD", MARKS.sub("", name)).casefold()
    kept = (letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(kept).split())


def holds(longer: str, shorter: str) -> bool:
    """Does a folded name hold all of another as whole words?"""
    return bool(shorter) and f" {shorter} " in f" {longer} "
