"""How reliable rides and parks are over any days, how far that can be believed, and who earns a rank (ADR 36)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from core.periods import Days
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import EntityMetadata, Park, Ride, Shelter
from stats.measures.ride_measures import availability, hours, uptime
from stats.readings.identity import Listed, Row, number
from stats.readings.roster import tier_of
from stats.readings.selection import attractions_of
from stats.reliability import lengths as outage_lengths
from stats.reliability.block_sums import BlockSums, block_sums, days_a_block, empty
from stats.reliability.bootstrap import Blocks, interval
from stats.reliability.lengths import Lengths, lengths_of
from stats.reliability.ranks import Withheld, refusal, shared_ranks

Pair = tuple[float, float]
Ends = Pair | None
INTERVAL = "of 95 in 100 windows of as many days, their seasons mixed as here; null: less than four blocks are known"


class ReliabilityFigures(Shape):
    coverage_percentage: Annotated[
        float | None, describe("share of the open time of which something is known; null: never open")
    ]
    days: Annotated[int, describe("with known open time")]
    known_hours: Annotated[float, describe("known open time; parks: ride-hours of their attractions")]
    down_hours: float
    uptime_percentage: Annotated[
        float | None, describe("operating of the known open time; parks: the same as availability (N-3)")
    ]
    uptime_low: Annotated[float | None, describe(f"lower end {INTERVAL}")]
    uptime_high: Annotated[float | None, describe(f"upper end {INTERVAL}")]
    availability_percentage: Annotated[float | None, describe("operating of the time it was meant to run (N-3)")]
    availability_low: Annotated[float | None, describe(f"lower end {INTERVAL}")]
    availability_high: Annotated[float | None, describe(f"upper end {INTERVAL}")]
    outages: Annotated[int, describe("that touch the days")]
    mean_outage_minutes: Annotated[float | None, describe("of whole outages; null: there are none")]
    median_outage_minutes: Annotated[float | None, describe("of whole outages; null: there are none")]
    opening_delays: Annotated[int, describe("days that began with the ride down, of each ride")]
    opening_delay_minutes: Annotated[int, describe("the downtime before the first run, in all")]


class ReliabilityRow(ReliabilityFigures):
    rank: Annotated[int | None, describe("1 is the most reliable; null: withheld, `withheld` says why")]
    shares_ranks: Annotated[
        list[int] | None, describe("[first, last] that it can have, where intervals overlap; null: in no order")
    ]
    withheld: Annotated[
        str | None,
        describe(
            "why it has no rank: under 80 % of the open time known, under 10 days or too few for an interval, or other"
            " intervals overlap its own",
            enum=list(Withheld),
        ),
    ]
    park_id: int
    park_name: str
    ride_id: Annotated[int | UnsetType, describe("rides only")] = UNSET
    ride_name: Annotated[str | UnsetType, describe("rides only")] = UNSET
    tier: Annotated[int | UnsetType | None, describe("rides only; null: unclassified")] = UNSET
    shelter: Annotated[str | UnsetType | None, describe("rides only; null: no source says", enum=Shelter.values)] = (
        UNSET
    )


@dataclass(frozen=True, slots=True)
class Reliability:
    """Rows of a page, how many there are in all, and the selection as one."""

    listed: Listed[ReliabilityRow]
    summary: ReliabilityFigures
    rides: int
    rides_with_shelter: int


@dataclass(frozen=True, slots=True)
class Question:
    """Attractions of some parks over local days; `ride`, `tier`, `shelter` None: whichever."""

    parks: tuple[Park, ...]
    days: Days
    ride: int | None = None
    tier: int | None = None
    shelter: str | None = None
    of_parks: bool = False  # rows are parks, not rides
    measure: str = "uptime"  # or availability: what ranks
    is_worst_first: bool = False
    limit: int | None = None  # None: all of them
    offset: int = 0


@dataclass(slots=True)
class Member:
    """A ride or park to be listed: how it is named, its sums, its rides, what ranks it."""

    names: Row
    sums: BlockSums
    rides: list[int]
    typical: float  # seconds of a mean outage
    is_park: bool
    step: int  # days a block

    def share(self, measure: str) -> tuple[float | None, Ends]:
        """The measure in percent and its interval, as published; a park's uptime is its availability (N-3)."""
        known, up, down = self.sums.open_seconds, self.sums.up_seconds, self.sums.down_seconds
        if measure == "availability" or self.is_park:
            return rounded(
                availability(up, down),
                [(ran, ran + lost) for _, ran, lost in self.sums.blocks],
                self.step,
                self.typical,
            )
        parts = [(ran, of) for of, ran, _ in self.sums.blocks]
        return rounded(uptime(up, known, up > 0), parts, self.step, self.typical)

    @property
    def coverage(self) -> float | None:
        return number(availability(self.sums.open_seconds, self.sums.unknown_seconds))

    @property
    def name(self) -> tuple[str, int]:
        kind = "park" if self.is_park else "ride"
        return self.names[f"{kind}_name"], self.names[f"{kind}_id"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member stands."""

    member: Member
    rank: int | None = None
    shares_ranks: list[int] | None = None
    withheld: Withheld | None = None


def rounded(value: Decimal | None, blocks: Blocks, step: int, typical: float) -> tuple[float | None, Ends]:
    """One decimal, as the value has; no interval without a value."""
    ends = None if value is None else interval(blocks, step, typical)
    if ends is None:
        return number(value), None
    return number(value), (number(half_up(Decimal(ends[0]), 1)), number(half_up(Decimal(ends[1]), 1)))


def reliability(question: Question) -> Reliability:
    """Five queries, or four and one for each block of days (`block_sums`)."""
    rides = attractions_of(question.parks, former=True)
    if question.ride is not None:
        rides = rides.filter(pk=question.ride)
    known = shelters(question)
    chosen = {
        ride.pk: ride
        for ride in rides
        if (question.tier is None or tier_of(ride) == question.tier)
        and (question.shelter is None or known.get(ride.pk) == question.shelter)
    }
    every = block_sums(question.parks, question.days)
    sums = {pk: every[pk] for pk in chosen if pk in every}
    lengths = lengths_of(sums, question.days)
    typical = typical_outages(chosen, lengths)
    step = days_a_block(question.days)
    members = [
        Member(names, together(question.days, sums, own), own, typical[names["park_id"]], question.of_parks, step)
        for names, own in groups(question, chosen, sums, known)
    ]
    ordered = in_order(members, question.measure, question.is_worst_first)
    until = None if question.limit is None else question.offset + question.limit
    rows = [row_of(place, lengths) for place in ordered[question.offset : until]]
    largest = max(typical.values(), default=0.0)
    whole = Member({}, together(question.days, sums, list(sums)), list(sums), largest, True, step)
    summary = ReliabilityFigures(**figures(whole, lengths))
    return Reliability(Listed(rows, len(ordered)), summary, len(chosen), sum(pk in known for pk in chosen))


def shelters(question: Question) -> dict[int, str]:
    """Whether a ride stands indoors, of those of which a source says so; one query."""
    parks = [park.pk for park in question.parks]
    rows = EntityMetadata.objects.filter(indoor_outdoor__isnull=False, ride__park__in=parks)
    return {pk: shelter for pk, shelter in rows.values_list("ride_id", "indoor_outdoor") if shelter}


def together(days: Days, sums: Mapping[int, BlockSums], rides: Sequence[int]) -> BlockSums:
    if len(rides) == 1:
        return sums[rides[0]]
    total = empty(days)
    for pk in rides:
        total.merge(sums[pk])
    return total


def groups(
    question: Question, chosen: Mapping[int, Ride], sums: Mapping[int, BlockSums], known: Mapping[int, str]
) -> Iterator[tuple[Row, list[int]]]:
    """How each row is named, and its rides."""
    parks: dict[int, list[int]] = defaultdict(list)
    for pk in sums:
        ride = chosen[pk]
        parks[ride.park_id].append(pk)
        if not question.of_parks:
            park = {"park_id": ride.park_id, "park_name": ride.park.name}
            yield (
                {**park, "ride_id": pk, "ride_name": ride.name, "tier": tier_of(ride), "shelter": known.get(pk)},
                [pk],
            )
    if question.of_parks:
        for pk, rides in parks.items():
            yield {"park_id": pk, "park_name": chosen[rides[0]].park.name}, rides


def typical_outages(chosen: Mapping[int, Ride], lengths: Mapping[int, Lengths]) -> dict[int, float]:
    """Seconds of a mean outage, by park."""
    merged: dict[int, Lengths] = {ride.park_id: Counter() for ride in chosen.values()}
    for pk, own in lengths.items():
        merged[chosen[pk].park_id].update(own)
    return {park: outage_lengths.mean(own) or 0.0 for park, own in merged.items()}


# -- figures ---------------------------------------------------------------------------------------------


def figures(member: Member, lengths: Mapping[int, Lengths]) -> Row:
    """The values of `ReliabilityFigures`."""
    sums, own = member.sums, Counter[int]()
    for pk in member.rides:
        own.update(lengths.get(pk, {}))
    found: Row = {}
    for measure in ("uptime", "availability"):
        value, ends = member.share(measure)
        low, high = ends or (None, None)
        found |= {f"{measure}_percentage": value, f"{measure}_low": low, f"{measure}_high": high}
    return {
        **found,
        "coverage_percentage": member.coverage,
        "days": sum(sums.days),
        "known_hours": number(hours(sums.open_seconds)),
        "down_hours": number(hours(sums.down_seconds)),
        "outages": own.total(),
        "mean_outage_minutes": minutes(outage_lengths.mean(own)),
        "median_outage_minutes": minutes(outage_lengths.median(own)),
        "opening_delays": sums.delays,
        "opening_delay_minutes": int(half_up(Decimal(sums.delay_seconds) / 60, 0)),
    }


def row_of(place: Place, lengths: Mapping[int, Lengths]) -> ReliabilityRow:
    return ReliabilityRow(
        **figures(place.member, lengths),
        **place.member.names,
        rank=place.rank,
        shares_ranks=place.shares_ranks,
        withheld=place.withheld,
    )


def minutes(seconds: float | None) -> float | None:
    return None if seconds is None else number(half_up(Decimal(seconds) / 60, 1))


# -- order -----------------------------------------------------------------------------------------------


def in_order(members: Iterable[Member], measure: str, is_worst_first: bool) -> list[Place]:
    """By the measure, with the ranks; those in no order last, by name."""
    placed: list[tuple[float, Pair, Member]] = []
    others: list[Place] = []
    for member in members:
        value, ends = member.share(measure)
        reason = refusal(member.coverage, sum(member.sums.days), ends is not None)
        if reason is not None or ends is None or value is None:
            others.append(Place(member, withheld=reason or Withheld.DAYS))
        else:
            placed.append((value, ends, member))
    sign = 1 if is_worst_first else -1
    placed.sort(key=lambda each: (sign * each[0], *each[2].name))
    ranks = shared_ranks([ends for _, ends, _ in placed])
    others.sort(key=lambda each: each.member.name)
    return [at(member, *span) for (_, _, member), span in zip(placed, ranks, strict=True)] + others


def at(member: Member, first: int, last: int) -> Place:
    if first == last:
        return Place(member, rank=first)
    return Place(member, shares_ranks=[first, last], withheld=Withheld.OVERLAP)
