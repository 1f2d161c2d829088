"""ISO 3166 codes of time zones and of English country names, from the tables of the tzdata package."""

import functools
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
def codes_of_names() -> dict[str, str]:
    return {name.casefold(): code for code, name in table("iso3166.tab")} | OTHER_NAMES


def is_country(code: str) -> bool:
    """Is `code` an ISO 3166-1 alpha-2 code in capitals?"""
    return code in codes_of_names().values()


def country_of_zone(zone: str) -> str | None:
    """`Europe/Berlin` → `DE`; None for a zone that belongs to no one country."""
    return countries_of_zones().get(zone)


def country_of_name(name: str) -> str | None:
    """`England` → `GB`; None for a name nobody knows."""
    return codes_of_names().get(name.strip().casefold())
