"""ISO 3166 codes of time zones and of English country names, from the tables of the tzdata package."""

import functools
import re
from importlib.resources import files

# Where Queue-Times and the table call a country differently.
OTHER_NAMES = {
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "united kingdom": "GB",
    "south korea": "KR",
    "czechia": "CZ",
    "the netherlands": "NL",
    "usa": "US",
}


def table(name: str) -> list[list[str]]:
    lines = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@functools.cache
def countries_of_zones() -> dict[str, str]:
    return {columns[2]: columns[0] for columns in table("zone.tab")}


@functools.cache
def names_of_codes() -> dict[str, str]:
    return {columns[0]: columns[1] for columns in table("iso3166.tab")}


def country_name(code: str) -> str:
    """In English; the code itself where the table has none."""
    return names_of_codes().get(code.upper(), code)


@functools.cache
def codes_of_names() -> dict[str, str]:
    return {name.casefold(): code for code, name in table("iso3166.tab")} | OTHER_NAMES


# Degrees, minutes and perhaps seconds, north or south and east or west: `+404251-0740023`, `+5130-00007`.
ZONE_PLACE = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d\d\d)(\d\d)(\d\d)?")


@functools.cache
def places_of_country(code: str) -> tuple[tuple[float, float], ...]:
    """A place in each time zone of a country, in degrees; none for a code nobody knows."""
    found = []
    for columns in table("zone.tab"):
        match = ZONE_PLACE.fullmatch(columns[1]) if columns[0] == code else None
        if match:
            north, east = (
                float(f"{sign}1") * (int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3_600)
                for sign, degrees, minutes, seconds in (match.groups()[:4], match.groups()[4:])
            )
            found.append((north, east))
    return tuple(found)


def is_country(code: str) -> bool:
    """Is `code` an ISO 3166-1 alpha-2 code in capitals?"""
    return code in codes_of_names().values()


def country_of_zone(zone: str) -> str | None:
    """`Europe/Berlin` → `DE`; None for a zone that belongs to no one country."""
    return countries_of_zones().get(zone)


def country_of_name(name: str) -> str | None:
    """`England` → `GB`; None for a name nobody knows."""
    return codes_of_names().get(name.strip().casefold())
