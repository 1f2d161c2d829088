"""Places on the globe, as latitude and longitude in degrees (WGS 84)."""

import math

from parks.catalog.countries import places_of_country
from parks.catalog.known import CATALOG

Place = tuple[float, float]

EARTH_KM = 6371.0
SAME_PLACE_KM = 5.0  # one source puts a park's pin on its gate, another in its middle
NEIGHBOUR_KM = 250.0  # a park this near is nearly always in the same zone
COUNTRY_KM = 2_000.0  # no place of a country is farther from the places by which its time zones are named


def km_between(one: Place, other: Place) -> float:
    """Along the globe."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (one, other))
    share = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(share, 1.0)))


def is_near(one: Place | None, other: Place | None) -> bool:
    """May two pins mean the same park? Not when one is missing."""
    return one is not None and other is not None and km_between(one, other) <= SAME_PLACE_KM


def may_lie_in(country: str, place: Place) -> bool:
    """May a place lie in a country? By distance: what is swapped or signed wrongly lies elsewhere on the globe."""
    known = places_of_country(country)
    return not known or min(km_between(place, each) for each in known) <= COUNTRY_KM


def zone_near(place: Place) -> str | None:
    """The zone of the nearest well-known park, if it is near enough (R-26.9: resolve from coordinates)."""
    distances = [(km_between(place, (park.latitude, park.longitude)), park.timezone) for park in CATALOG]
    distance, zone = min(distances)
    return zone if distance <= NEIGHBOUR_KM else None
