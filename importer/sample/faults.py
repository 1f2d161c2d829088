"""What is wrong with a sample file: duplicates, malformed events, absurd waits, disorder.

Upstream's files have all of these; an importer that was only ever shown clean files cannot be trusted.
"""

import re
from random import Random

MALFORMED_ONE_IN = 5_000
ABSURD_ONE_IN = 15_000
DUPLICATE_ONE_IN = 800
SWAPPED_ONE_IN = 200
BORDER_MILLISECONDS = 120_000
"""Events this close to the end of a UTC day may be repeated in the next file."""

Event = tuple[int, str]

_STANDBY_NUMBER = re.compile(r'"STANDBY":\{"waitTime":\d+\}')
_MALFORMATIONS = (
    (re.compile(r'"entityId":"[^"]*",'), ""),
    (re.compile(r'"eventTime":"[^"]*"'), '"eventTime":"shortly before noon"'),
    (re.compile(r'"status":"OPERATING"'), '"status":"DAYDREAMING"'),
    (re.compile(r'"STANDBY":\{'), '"TELEPATHIC_QUEUE":{'),
    (re.compile(r',"data":\{.*'), "}"),
)


def _count(rng: Random, events: int, one_in: int) -> int:
    """How many of `events` are struck: one in `one_in` on average, also in files too small for one."""
    return int(events / one_in + rng.random())


def _strikes(rng: Random, events: list[Event], count: int, before: int) -> list[int]:
    """`count` indexes of events of operating rides with a standby wait, all earlier than instant `before`.

    Such a ride reports again within minutes; a spoilt closing event would leave it open all night.
    """
    struck: list[int] = []
    for _ in range(count * 40):
        index = rng.randrange(len(events))
        at, text = events[index]
        sound = '"status":"OPERATING"' in text and _STANDBY_NUMBER.search(text)
        if sound and at < before and index not in struck:
            struck.append(index)
        if len(struck) == count:
            break
    return struck


def with_faults(rng: Random, events: list[Event], number: int, border: int) -> list[str]:
    """The texts of a day's sorted events, with a few faults. `number` is the day's, for variety of faults.

    Events from `border` (epoch milliseconds) on stay sound: the next file may repeat them.
    """
    texts = [text for _, text in events]
    if not events:
        return texts
    malformed = _count(rng, len(events), MALFORMED_ONE_IN)
    struck = _strikes(rng, events, malformed + _count(rng, len(events), ABSURD_ONE_IN), border)
    for turn, index in enumerate(struck):
        if turn < malformed:
            pattern, wrong = _MALFORMATIONS[(number + turn) % len(_MALFORMATIONS)]
        else:
            pattern, wrong = _STANDBY_NUMBER, '"STANDBY":{"waitTime":995}'
        texts[index] = pattern.sub(wrong, texts[index], count=1)
    for _ in range(_count(rng, len(texts), SWAPPED_ONE_IN)):
        index = rng.randrange(max(1, len(texts) - 1))
        texts[index : index + 2] = reversed(texts[index : index + 2])
    for _ in range(_count(rng, len(texts), DUPLICATE_ONE_IN)):
        index = rng.randrange(len(texts))
        texts.insert(min(len(texts), index + rng.randrange(1, 5)), texts[index])
    return texts


def repeated_at_border(rng: Random, events: list[Event]) -> list[str]:
    """The last events of the day before that a file begins with once more (any two of three of them)."""
    return [text for _, text in sorted(events) if rng.random() < 0.65]
