"""How far a share of time can be believed: an interval by a seeded bootstrap over blocks of park-days (ADR 36)."""

import functools
from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from math import sqrt
from random import Random

SEED = 17
REPLICATES = 200
# Blocks are drawn, not days: a day resembles the days around it. Of these lengths in days the one that spreads most.
BLOCK_DAYS = (1, 7, 14, 28)
LEAST_BLOCKS = 4  # of fewer nothing can be said
NORMAL = 1.959964  # 95 % of a normal distribution lie so many deviations around its middle
FIELD = 64  # bits of a packed sum: 400 years of seconds, and more

Blocks = Sequence[tuple[int, int]]
"""(seconds that count, seconds of which) of consecutive stretches of days."""


def interval(blocks: Blocks, days_a_block: int, one_more: float) -> tuple[float, float] | None:
    """[low, high] of the share in percent: 95 of 100 windows of as many days, of the same seasons, have theirs in it.

    Two windows differ by what either of them drew, so the spread counts twice. `one_more`: seconds of a typical
    outage, because a ride that was never down can be. None: nothing is known, or of less than four blocks.
    """
    whole = sum(of for _, of in blocks)
    chosen = most_spread(blocks, days_a_block)
    if not whole or chosen is None:
        return None
    share = sum(part for part, _ in blocks) / whole
    error = sqrt(deviation(chosen, share) ** 2 + (one_more / whole) ** 2)
    width = student(len(chosen) - 1) * sqrt(2) * error
    return 100 * max(0.0, share - width), 100 * min(1.0, share + width)


def most_spread(blocks: Blocks, days_a_block: int) -> Blocks | None:
    """The blocks, joined to that length in days whose shares differ most; those of no known time are left out."""
    found, widest = None, -1.0
    for days in BLOCK_DAYS:
        if days % days_a_block:
            continue
        merged = [each for each in joined(blocks, days // days_a_block) if each[1]]
        if len(merged) < LEAST_BLOCKS:
            continue
        error = expected_error(merged)
        if error > widest:
            found, widest = merged, error
    return found


def joined(blocks: Blocks, number: int) -> Blocks:
    """So many consecutive ones made one."""
    if number == 1:
        return blocks
    starts = range(0, len(blocks), number)
    return [tuple(map(sum, zip(*islice(blocks, at, at + number), strict=True))) for at in starts]  # type: ignore[misc]


def expected_error(blocks: Blocks) -> float:
    """The standard error of the share, as the bootstrap would find it to first order, times √n/(n−1)."""
    whole = sum(of for _, of in blocks)
    share = sum(part for part, _ in blocks) / whole
    squares = sum((part - share * of) ** 2 for part, of in blocks)
    number = len(blocks)
    return sqrt(squares * number / (number - 1)) / whole * student(number - 1)


def deviation(blocks: Blocks, share: float) -> float:
    """The standard error of the share, by drawing the blocks again and again."""
    weights = draws(len(blocks))
    parts = packed(sum(part * weight for (part, _), weight in zip(blocks, weights, strict=True)))
    wholes = packed(sum(of * weight for (_, of), weight in zip(blocks, weights, strict=True)))
    squares = sum((part / of - share) ** 2 for part, of in zip(parts, wholes, strict=True) if of)
    number = len(blocks)
    return sqrt(squares / REPLICATES * number / (number - 1))


@functools.lru_cache(maxsize=600)
def draws(number: int) -> tuple[int, ...]:
    """How often each of so many blocks is drawn, in all replicates at once: a field of an integer for each.

    A product with it is one multiplication for all replicates: a hundred times as fast as a loop over them.
    """
    random = Random(f"{SEED} {number}")
    found = [0] * number
    for replicate in range(REPLICATES):
        for block, times in Counter(random.choices(range(number), k=number)).items():
            found[block] |= times << (FIELD * replicate)
    return tuple(found)


def packed(total: int) -> "array[int]":
    """The fields of such a sum, one for each replicate."""
    return array("Q", total.to_bytes(REPLICATES * FIELD // 8, "little"))


@functools.lru_cache(maxsize=600)
def student(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's distribution, by its expansion around the normal one; 1 % low at three."""
    z = NORMAL
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
