"""What `docs/quantities.md` says, read as it stands there: quantities, places, and numbers that are none of them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "quantities.md"
CODE = re.compile(r"`([^`]+)`")
LAST_KEY = re.compile(r"[^.:]+$")
DIGITS = re.compile(r"\d+")
# The innermost braces with a comma; `{park}` in a path is no choice.
CHOICE = re.compile(r"\{([^{},]*(?:\{[^{},]*\}[^{},]*)*(?:,[^{},]*(?:\{[^{},]*\}[^{},]*)*)+)\}")


@dataclass(frozen=True)
class Place:
    """Where a figure is published. `digits` after the point; `fitted`: whole numbers made to add up; `zero`: what
    is none elsewhere is 0 here."""

    id: str
    quantity: str
    unit: str
    digits: int
    fitted: bool
    zero: bool

    @property
    def key(self) -> str:
        found = LAST_KEY.search(self.id)
        assert found is not None, self.id
        return found.group()

    @property
    def prefix(self) -> str:
        return self.id.removesuffix(self.key)


@dataclass(frozen=True)
class Places:
    all: tuple[Place, ...]

    def get(self, place_id: str) -> Place | None:
        return self._by_id().get(place_id)

    def under(self, prefix: str) -> tuple[Place, ...]:
        return self._by_prefix()[prefix]

    @cache  # noqa: B019 - there is one for the process
    def _by_id(self) -> dict[str, Place]:
        return {place.id: place for place in self.all}

    @cache  # noqa: B019
    def _by_prefix(self) -> dict[str, tuple[Place, ...]]:
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self.all:
            found[place.prefix].append(place)
        return defaultdict(tuple, {prefix: tuple(each) for prefix, each in found.items()})


def tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """(section, cells) of each row of each table; head and ruler are left out."""
    section, is_head = "", True
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ").strip()
        if not line.startswith("|"):
            is_head = True
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if is_head or set(line) <= set("|-: "):
            is_head = False
            continue
        yield section, cells


def spelled_out(name: str) -> Iterator[str]:
    """A name with braces as each of its words."""
    found = CHOICE.search(name)
    if found is None:
        yield name
        return
    for word in found.group(1).split(","):
        yield from spelled_out(name[: found.start()] + word + name[found.end() :])


def places_of(cells: list[str]) -> Iterator[Place]:
    name, quantity, unit, digits = cells[:4]
    for code in CODE.findall(name):
        for spelled in spelled_out(code):
            number = DIGITS.match(digits)
            places_after = int(number.group()) if number else 0
            yield Place(spelled, quantity, unit, places_after, "fitted" in digits, "or 0" in digits)


@cache
def places() -> Places:
    rows = (cells for section, cells in tables(DOCUMENT.read_text()) if section == "Places")
    return Places(tuple(place for cells in rows for place in places_of(cells)))


@cache
def defined() -> dict[str, list[str]]:
    """Each quantity with the other cells of its row."""
    return {cells[0]: cells[1:] for section, cells in tables(DOCUMENT.read_text()) if section == "Quantities"}


def exact_unit(quantity: str) -> str:
    return defined()[quantity][-1]


@cache
def other_numbers() -> tuple[str, ...]:
    """Patterns of places with numbers or dates that are no quantity of these."""
    rows = (cells for section, cells in tables(DOCUMENT.read_text()) if section == "Other numbers")
    return tuple(name for cells in rows for code in CODE.findall(cells[0]) for name in spelled_out(code))
