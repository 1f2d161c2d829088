"""The public id of an outage: its ride and its first instant, in the thirty-two letters that nobody mixes up.

Nothing is drawn or counted, so the same outage has the same id in every database and after every recomputation.
"""

from datetime import datetime

from core.instants import instant, seconds

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u
SAME = str.maketrans("ilo", "110")  # as people read them
LONGEST = 13  # letters of 64 bits
SECONDS_BITS = 32  # since 1970: up to 2106
LARGEST_RIDE = 2**31 - 1


def address_of(ride: int, started_at: datetime) -> str:
    number = ride << SECONDS_BITS | seconds(started_at)
    text = ""
    while number:
        number, rest = divmod(number, 32)
        text = LETTERS[rest] + text
    return text


def parse_address(text: str) -> tuple[int, datetime] | None:
    """(ride, first instant) of an id in either case; None: it is none."""
    number = 0
    if not 0 < len(text) <= LONGEST:
        return None
    for letter in text.lower().translate(SAME):
        value = LETTERS.find(letter)
        if value < 0:
            return None
        number = number * 32 + value
    ride, at = number >> SECONDS_BITS, number & (1 << SECONDS_BITS) - 1
    return (ride, instant(at)) if 0 < ride <= LARGEST_RIDE else None
