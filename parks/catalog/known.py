"""Well-known facts about real parks, typed in: who they are, where they lie, which clock they keep.

The archive names a park by UUID and slug only; these facts fill in the rest. A *sample twin* of a park has
the same facts under UUIDs of its own and a visibly different name, so that synthetic history can never be
taken for the real park's.
"""

import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from parks.catalog.known_data import TABLE

SAMPLE_NAMESPACE = uuid.UUID("6b1f7c52-93d4-5e0a-8c47-2f1d9ab0e6c3")


@dataclass(frozen=True, slots=True)
class CatalogPark:
    """One park. UUIDs are lower-case text, `country` is ISO 3166-1 alpha-2, coordinates are degrees (WGS 84),
    `timezone` is an IANA name. `slug` is unique within the catalogue, which upstream's is not."""

    themeparks_wiki_id: str
    destination_id: str
    destination_name: str
    name: str
    slug: str
    city: str
    state_province: str | None
    country: str
    latitude: float
    longitude: float
    timezone: str
    operator: str
    is_disney: bool
    is_universal: bool
    queue_times_id: int | None


# Tokyo's operator is a licensee; its feed distinguishes breakdowns from closures all the same.
_DISNEY_OPERATORS = {"Disney", "Oriental Land Company"}


def _slug(name: str) -> str:
    """The letters and digits of a name, as upstream's slugs are made: `Parc Astérix` → `parcasterix`."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def _read(table: str) -> Iterator[CatalogPark]:
    """The parks of a table in the form `parks.catalog.known_data` describes."""
    destination: list[str] = []
    place: list[str] = []
    for line in filter(None, table.splitlines()):
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("    "):
            yield _park(destination, place, cells)
        elif line.startswith("  "):
            place = cells
        else:
            destination = cells


def _park(destination: list[str], place: list[str], cells: list[str]) -> CatalogPark:
    city, state, country, zone, operator = place
    return CatalogPark(
        themeparks_wiki_id=cells[0],
        destination_id=destination[0],
        destination_name=destination[1],
        name=cells[1],
        slug=cells[5] if len(cells) > 5 else _slug(cells[1]),
        city=city,
        state_province=None if state == "-" else state,
        country=country,
        latitude=float(cells[2]),
        longitude=float(cells[3]),
        timezone=zone,
        operator=operator,
        is_disney=operator in _DISNEY_OPERATORS,
        is_universal=operator == "Universal",
        queue_times_id=int(cells[4]),
    )


CATALOG: tuple[CatalogPark, ...] = tuple(_read(TABLE))


def sample_twin(park: CatalogPark) -> CatalogPark:
    """The park under which synthetic history of `park` is kept: its facts, but UUIDs and names of its own."""
    return replace(
        park,
        themeparks_wiki_id=str(uuid.uuid5(SAMPLE_NAMESPACE, park.themeparks_wiki_id)),
        destination_id=str(uuid.uuid5(SAMPLE_NAMESPACE, park.destination_id)),
        destination_name=f"{park.destination_name} (sample)",
        name=f"{park.name} (sample)",
        slug=f"{park.slug}-sample",
        queue_times_id=None,
    )


SAMPLE_IDS = frozenset(sample_twin(park).themeparks_wiki_id for park in CATALOG)
_BY_ID = {known.themeparks_wiki_id: known for park in CATALOG for known in (park, sample_twin(park))}


def facts_for(themeparks_wiki_id: str) -> CatalogPark | None:
    """The catalogue's park or sample twin of that UUID (any letter case); None when we know nothing."""
    return _BY_ID.get(themeparks_wiki_id.lower())
