"""The attractions of the sample archive: invented names and tempers, drawn once and for all per park.

The roster depends on the park alone, not on the seed: two archives speak of the same rides.
"""

import uuid
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from random import Random

from parks.catalog.known import CatalogPark


class Kind(StrEnum):
    """What an attraction is; decides its waits, queues and how easily it breaks."""

    FLAGSHIP = "flagship"
    COASTER = "coaster"
    DARK_RIDE = "dark ride"
    FLUME = "flume"
    FAMILY = "family"
    KIDDIE = "kiddie"
    WALK = "walk"
    MEET = "meet"
    SHOW = "show"
    RESTAURANT = "restaurant"


@dataclass(frozen=True, slots=True)
class Temper:
    """How the attractions of a kind behave.

    `peak` is the range of the ordinary day's longest standby wait in minutes, `shape` the curve over the day,
    `breakdowns` their mean number in twelve hours, `outdoors` whether a storm stops them.
    """

    peak: tuple[int, int]
    shape: str
    breakdowns: float
    outdoors: bool


TEMPERS = {
    Kind.FLAGSHIP: Temper((75, 120), "headliner", 0.9, True),
    Kind.COASTER: Temper((35, 75), "headliner", 0.6, True),
    Kind.DARK_RIDE: Temper((25, 70), "plateau", 0.45, False),
    Kind.FLUME: Temper((25, 65), "afternoon", 0.5, True),
    Kind.FAMILY: Temper((15, 40), "plateau", 0.3, False),
    Kind.KIDDIE: Temper((5, 20), "plateau", 0.15, True),
    Kind.WALK: Temper((0, 0), "plateau", 0.03, False),
    Kind.MEET: Temper((10, 45), "plateau", 0.02, False),
    Kind.SHOW: Temper((0, 0), "plateau", 0.03, False),
    Kind.RESTAURANT: Temper((0, 30), "meals", 0.0, False),
}

# A name is one word of the first list and one of its kind's; the kinds' words avoid names of real rides.
_FIRST_WORDS = tuple(
    """
    Amber Arctic Brass Broken Cobalt Copperleaf Crooked Distant Ember Fabled Forgotten Gilded Granite Hollow
    Howling Indigo Jade Lanternlight Marble Midnight Moonlit Nimble Northern Painted Rambling Restless
    Saltwater Scarlet Sleepless Starlit Sunken Tumbling Velvet Wandering Whispering Windswept
    """.split()  # noqa: SIM905 - a list literal of one word a line would fill the page
)
_SECOND_WORDS = {
    kind: words.split(", ")
    for kind, words in {
        Kind.FLAGSHIP: "Wyvern Mountain, Meridian Expedition, Orbit Coaster, Summit Drop, Leviathan Coaster",
        Kind.COASTER: "Badger Run, Canyon Coaster, Falcon, Foxhound, Gale, Lynx, Mine Chase, Stallion",
        Kind.DARK_RIDE: "Archive, Clockmaker, Heist, Manor, Observatory, Orchestra, Voyage, Workshop",
        Kind.FLUME: "Creek Splash, Rapids, River Journey, Sluice, Waterfall",
        Kind.FAMILY: "Airships, Cruise, Ferris Wheel, Galleons, Locomotive, Swings, Trolley Adventure",
        Kind.KIDDIE: "Acorns Jr., Bumblebees, Carousel, Ladybirds, Snail Chase Kiddie Ride, Teacups",
        Kind.WALK: "Discovery Trail, Exhibit, Hedge Maze, Playground, Walk-Through",
        Kind.MEET: "Friends Character Greeting, Heroes: Meet and Greet",
        Kind.SHOW: "Musical Revue, Night Spectacular, Stunt Show, Theater: The Sing-Along",
        Kind.RESTAURANT: "Bakery, Grill, Kitchen, Tavern",
    }.items()
}

# Castle parks share a name that everybody searches for, so that a search has to tell parks apart.
_SPACE_MOUNTAINS = {
    f"{slug}-sample"
    for slug in (
        "magickingdompark",
        "disneylandpark",
        "disneylandparkparis",
        "tokyodisneyland",
        "hongkongdisneylandpark",
    )
}
_SPACE_MOUNTAIN = "Space Mountain Orbiter"

# Attractions by kind in a small, a middling and a large park.
_COUNTS = {
    Kind.FLAGSHIP: (1, 2, 3),
    Kind.COASTER: (3, 5, 5),
    Kind.DARK_RIDE: (1, 2, 5),
    Kind.FLUME: (1, 2, 2),
    Kind.FAMILY: (2, 3, 4),
    Kind.KIDDIE: (2, 3, 3),
    Kind.WALK: (1, 1, 1),
    Kind.MEET: (0, 0, 2),
    Kind.SHOW: (1, 2, 3),
    Kind.RESTAURANT: (1, 2, 2),
}
_LARGE_OPERATORS = {"Disney", "Universal", "Oriental Land Company", "Mack"}
_SMALL_OPERATORS = {"Merlin Entertainments", "Phantasialand", "Liseberg"}


@dataclass(frozen=True, slots=True)
class SampleRide:
    """One invented attraction, show or restaurant. `peak` and `opens_late`, `closes_early` are minutes."""

    uuid: str
    name: str
    internal_id: str
    kind: Kind
    peak: int
    opens_late: int = 0
    closes_early: int = 0
    single_rider: str | None = None
    """None, "posted", or "unposted": the line exists but no number is shown."""
    window: str | None = None
    """The moving queue: RETURN_TIME, PAID_RETURN_TIME, BOARDING_GROUP or None."""
    paid_standby: bool = False

    @property
    def temper(self) -> Temper:
        return TEMPERS[self.kind]

    @property
    def posts_waits(self) -> bool:
        return self.peak > 0


def _entity_type(kind: Kind) -> str:
    return {Kind.SHOW: "Entertainment", Kind.RESTAURANT: "Restaurant"}.get(kind, "Attraction")


def _moving_queue(park: CatalogPark, kind: Kind, number: int, rng: Random) -> str | None:
    """Which queue with a moving window the `number`-th attraction of its kind has."""
    if park.slug.startswith("universalsvolcanobay"):  # the whole water park queues by wristband
        return "RETURN_TIME" if kind not in {Kind.WALK, Kind.SHOW, Kind.RESTAURANT} else None
    if kind is Kind.FLAGSHIP and park.is_disney:
        return ("BOARDING_GROUP", "PAID_RETURN_TIME", "PAID_RETURN_TIME")[number]
    if kind is Kind.FLAGSHIP:
        return "RETURN_TIME" if number == 0 else None
    chances = {Kind.COASTER: 0.9, Kind.DARK_RIDE: 0.8, Kind.FLUME: 0.9, Kind.FAMILY: 0.4, Kind.MEET: 0.5}
    if park.is_disney and rng.random() < chances.get(kind, 0):
        return "RETURN_TIME"
    if park.is_universal and kind in {Kind.COASTER, Kind.DARK_RIDE} and rng.random() < 0.5:
        return "RETURN_TIME"
    return None


def _ride(park: CatalogPark, kind: Kind, number: int, name: str, index: int) -> SampleRide:
    rng = Random(f"{park.themeparks_wiki_id}|{name}")
    thrilling = kind in {Kind.FLAGSHIP, Kind.COASTER, Kind.FLUME}
    single = rng.random() < (0.5 if park.is_universal else 0.3)
    # Walks, shows and a few small rides never post a number.
    silent = kind in {Kind.KIDDIE, Kind.FAMILY, Kind.RESTAURANT} and rng.random() < 0.15
    sells_fast_lane = thrilling or (kind is Kind.DARK_RIDE and park.is_universal)
    return SampleRide(
        uuid=str(uuid.uuid5(uuid.UUID(park.themeparks_wiki_id), name)),
        name=name,
        internal_id=f"synthetic;{park.slug}-{index:02};entityType={_entity_type(kind)}",
        kind=kind,
        peak=0 if silent else rng.randint(*TEMPERS[kind].peak),
        opens_late=rng.choice((0, 0, 0, 0, 30, 60)) if kind is not Kind.FLAGSHIP else 0,
        closes_early=rng.choice((0, 0, 0, 0, 60, 90)) if kind is Kind.KIDDIE else 0,
        single_rider=rng.choice(("posted", "unposted")) if thrilling and single else None,
        window=_moving_queue(park, kind, number, rng),
        # One such lane at each Disney park too, so that every sample shows every queue type.
        paid_standby=sells_fast_lane and (not park.is_disney or (kind is Kind.COASTER and number == 0)),
    )


@lru_cache(maxsize=256)
def roster(twin: CatalogPark) -> tuple[SampleRide, ...]:
    """The rides, shows and restaurants of a sample twin, always the same ones."""
    rng = Random(f"roster|{twin.themeparks_wiki_id}")
    size = 2 if twin.operator in _LARGE_OPERATORS else 0 if twin.operator in _SMALL_OPERATORS else 1
    rides: list[SampleRide] = []
    first_words = rng.sample(_FIRST_WORDS, len(_FIRST_WORDS))
    for kind, counts in _COUNTS.items():
        second_words = rng.sample(_SECOND_WORDS[kind], len(_SECOND_WORDS[kind]))
        for number in range(counts[size]):
            name = f"{first_words[len(rides)]} {second_words[number % len(second_words)]}"
            if kind is Kind.FLAGSHIP and number == counts[size] - 1 and twin.slug in _SPACE_MOUNTAINS:
                name = _SPACE_MOUNTAIN
            rides.append(_ride(twin, kind, number, name, len(rides) + 1))
    return tuple(rides)
