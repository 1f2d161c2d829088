"""Orders of rides: the one that has most of them done in time, and among those the one that is done first.

Minutes count from the start. `done[ride][t]`: when a ride is done by somebody who is there at `t`; it never falls
with `t`, because a visitor may wait a while before joining a line that becomes shorter. Hence the earliest end of a
set of rides is all that has to be known of it, and dynamic programming over subsets is exact. No randomness.
"""

from collections.abc import Sequence

MOST_EXACT = 12
ROUNDS = 40  # of the local search; each takes the best of all moves

Minutes = Sequence[int]
Table = Sequence[Minutes]


def best_order(first: Minutes, walk: Table, done: Table) -> list[int]:
    """Indexes of the rides that are done in time, in their order.

    `first`: minutes from the start to each ride; `walk`: between two; `done` has one entry for each minute up to the
    end, which is its last; what is above the end is too late.
    """
    if len(first) <= MOST_EXACT:
        return exact_order(first, walk, done)
    return searched_order(first, walk, done)


def exact_order(first: Minutes, walk: Table, done: Table) -> list[int]:
    """Dynamic programming over (rides done, the last of them): its earliest end. 4,096 × 12 states at most."""
    count = len(first)
    if not count:
        return []
    end = len(done[0]) - 1
    late = end + 1
    ends = [[late] * count for _ in range(1 << count)]
    before = [[-1] * count for _ in range(1 << count)]
    for ride in range(count):
        if first[ride] <= end:
            ends[1 << ride][ride] = done[ride][first[ride]]
    best, best_rank = (0, -1), (0, 0)
    for rides in range(1, 1 << count):
        row = ends[rides]
        left = [ride for ride in range(count) if not rides >> ride & 1]
        size = count - len(left)
        for last in range(count):
            at = row[last]
            if at > end:
                continue
            if (size, -at) > best_rank:
                best, best_rank = (rides, last), (size, -at)
            walks = walk[last]
            for ride in left:
                there = at + walks[ride]
                if there <= end:
                    leaves = done[ride][there]
                    more = rides | 1 << ride
                    if leaves < ends[more][ride]:
                        ends[more][ride], before[more][ride] = leaves, last
    order = []
    rides, last = best
    while last >= 0:
        order.append(last)
        rides, last = rides & ~(1 << last), before[rides][last]
    return order[::-1]


def searched_order(first: Minutes, walk: Table, done: Table) -> list[int]:
    """Nearest end first, then the best move of one ride to another place, until none helps."""
    order = greedy_order(first, walk, done)
    best = rank(order, first, walk, done)
    for _ in range(ROUNDS):
        moved, found = order, best
        for old in range(len(order)):
            rest = order[:old] + order[old + 1 :]
            for new in range(len(order)):
                tried = [*rest[:new], order[old], *rest[new:]]
                value = rank(tried, first, walk, done)
                if value < found:
                    moved, found = tried, value
        if found == best:
            break
        order, best = moved, found
    return in_time(order, first, walk, done)[0]


def greedy_order(first: Minutes, walk: Table, done: Table) -> list[int]:
    """All rides, each time the one that is done first; those that are too late at the end."""
    left, at = list(range(len(first))), 0
    order: list[int] = []
    late = len(done[0])
    while left:
        walks = walk[order[-1]] if order else first
        ends = [done[ride][at + walks[ride]] if at + walks[ride] < late else late for ride in left]
        leaves = min(ends)
        if leaves >= late:
            return order + left
        order.append(left.pop(ends.index(leaves)))
        at = leaves
    return order


def rank(order: Sequence[int], first: Minutes, walk: Table, done: Table) -> tuple[int, int]:
    """The less the better: rides that are not done in time, and the end of those that are."""
    fitting, leaves = in_time(order, first, walk, done)
    return len(order) - len(fitting), leaves


def in_time(order: Sequence[int], first: Minutes, walk: Table, done: Table) -> tuple[list[int], int]:
    """The rides of an order that are done in time, those between that are not left out, and the end."""
    fitting: list[int] = []
    at, late = 0, len(done[0])
    for ride in order:
        there = at + (walk[fitting[-1]] if fitting else first)[ride]
        if there < late and done[ride][there] < late:
            fitting.append(ride)
            at = done[ride][there]
    return fitting, at


def earliest_ends(costs: Sequence[int], end: int) -> tuple[list[int], list[int]]:
    """(`done`, when to join the line for it) by minute of being there; `costs`: wait and ride of who joins then.

    Joining at once wins where waiting gains nothing; `end` + 1: too late.
    """
    done, join = [end + 1] * (end + 1), list(range(end + 1))
    best, best_join = end + 1, end
    for at in range(end, -1, -1):
        if at + costs[at] <= best and at + costs[at] <= end:
            best, best_join = at + costs[at], at
        done[at], join[at] = best, best_join
    return done, join
