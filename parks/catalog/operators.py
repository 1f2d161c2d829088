"""Queue-Times' directory: who operates a park, and its number there (R-26.9)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from parks.catalog.names import folded, holds
from parks.catalog.places import Place, is_near
from parks.upstreams.queue_times import QueueTimesPark


@dataclass(slots=True)
class Operators:
    """The parks of the directory. `names`: folded names of all parks of ThemeParks.wiki; `taken`: numbers of parks
    that have found their counterpart."""

    parks: tuple[QueueTimesPark, ...]
    names: frozenset[str]
    taken: set[int] = field(default_factory=set)

    def numbered(self, number: int | None) -> QueueTimesPark | None:
        return next((park for park in self.parks if park.id == number), None)

    def contradictions(self) -> Iterator[tuple[QueueTimesPark, QueueTimesPark]]:
        """Pairs of one name at one place under two operators: one of the two is wrong."""
        by_name: dict[str, list[QueueTimesPark]] = {}
        for park in self.parks:
            by_name.setdefault(folded(park.name), []).append(park)
        for same in by_name.values():
            for one, other in combinations(same, 2):
                if one.operator != other.operator and is_near(place_of(one), place_of(other)):
                    yield one, other

    def of(self, name: str, place: Place | None) -> QueueTimesPark | None:
        """The free park of that name near that place; None when there is none, or more than one.

        The same name goes before one that holds the other ("Universals Epic Universe", "Epic Universe"). That is not
        tried with a name that is another park's own ("Cedar Point" beside "Cedar Point Shores").
        """
        wanted = folded(name)
        near = [park for park in self.parks if park.id not in self.taken and is_near(place, place_of(park))]
        same = [park for park in near if folded(park.name) == wanted]
        found = same or [park for park in near if self.is_alike(wanted, folded(park.name))]
        return found[0] if len(found) == 1 else None

    def is_alike(self, wanted: str, name: str) -> bool:
        return name not in self.names and (holds(wanted, name) or holds(name, wanted))


def place_of(park: QueueTimesPark) -> Place | None:
    return None if park.latitude is None or park.longitude is None else (park.latitude, park.longitude)


def type_flags(operator: str) -> dict[str, bool]:
    """`is_disney` and `is_universal` of an operator's name; no other park distinguishes DOWN from CLOSED (R-26.9)."""
    return {"is_disney": "disney" in operator.lower(), "is_universal": "universal" in operator.lower()}
