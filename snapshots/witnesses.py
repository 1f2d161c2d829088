"""When was a park open that has no schedule? Its rides bear witness (N-8; docs/adr/0024). Pure.

One definition for live collection, the archive and recompute: a park is open while more than a quarter of its
witnesses operate. Witnesses are the rides that operated in the open park within the seven days before or operate now,
less those that ran apart from the others in that time. Where no ride did, every ride that is reported is one. Where
all of them ran apart there are no others to be apart from: it is no reason then.

`Runs`: by ride, the intervals of one local day in which it operated.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import accumulate, pairwise

from core.intervals import Interval, length, merged, without

Runs = Mapping[int, Sequence[Interval]]

# A shorter pause is a storm in the open day, a longer one a night. Seconds.
LONGEST_PAUSE = 3 * 3_600


def are_enough(operating: int, witnesses: int) -> bool:
    """More than a quarter: of three one, of four two; of none nobody."""
    return 4 * operating > witnesses


def witnesses(operated_lately: Set[int], operating: Set[int], reported: Set[int], apart: Set[int]) -> Set[int]:
    """The rides that are asked, as the module says."""
    asked = (operated_lately | operating) if operated_lately else reported
    return asked - apart or asked


def while_operating(runs: Sequence[Sequence[Interval]], number: int) -> list[Interval]:
    """When at least `number` of the rides operated at once."""
    turns = [(start, 1) for ran in runs for start, _ in merged(ran)]
    turns += [(end, -1) for ran in runs for _, end in merged(ran)]
    turns.sort()
    counts = accumulate(step for _, step in turns)
    parts = zip(pairwise(at for at, _ in turns), counts, strict=False)  # after the last turn nothing runs
    return merged(part for part, count in parts if count >= number)


def joined(spans: Iterable[Interval]) -> list[Interval]:
    """Spans without the pauses that are too short to be a night."""
    return [(start, end - LONGEST_PAUSE) for start, end in merged((a, b + LONGEST_PAUSE) for a, b in spans)]


def running_apart(runs: Runs, observed: Sequence[Interval]) -> set[int]:
    """The rides that keep other hours than the park: transport, play areas, what runs around the clock.

    The bulk of the day is the time in which at least half of the rides that ran, and at least two, operate. A ride
    runs apart that spends more than a tenth of its running time outside the bulk, and runs there for more than three
    quarters of what was `observed`.
    """
    ran = [ride for ride, found in runs.items() if length(found)]
    if len(ran) < 2:
        return set()
    bulk = joined(while_operating([runs[ride] for ride in ran], max(2, (len(ran) + 1) // 2)))
    idle = length(without(observed, bulk))
    outside = {ride: length(without(runs[ride], bulk)) for ride in ran}
    return {ride for ride in ran if 10 * outside[ride] > length(runs[ride]) and 4 * outside[ride] > 3 * idle}


def open_spans(runs: Runs, asked: Set[int]) -> list[Interval]:
    """From the first to the last moment at which enough of the witnesses `asked` operated; a night parts two spans."""
    least = len(asked) // 4 + 1
    return joined(while_operating([found for ride, found in runs.items() if ride in asked], least))
