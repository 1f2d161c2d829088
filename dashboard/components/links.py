"""Addresses of parks, rides and outages. Put together by hand: a list links hundreds, and `reverse` is slow; a test
holds them to the routes."""

from typing import Any
from urllib.parse import urlencode


def park_url(park_id: int, first: str = "", last: str = "") -> str:
    """The page of a park, over local dates where they are given: a list's link leads to what the list says (N-1)."""
    return f"/parks/{park_id}{days_asked(first, last)}"


def ride_url(ride_id: int, first: str = "", last: str = "") -> str:
    return f"/rides/{ride_id}{days_asked(first, last)}"


def outage_url(address: str) -> str:
    return f"/outages/{address}"


def outages_url(first: str = "", last: str = "", **chosen: Any) -> str:
    """The outages that add up to a figure: of a ride or park (`ride_id`, `park_id`), over local dates."""
    asked = {**chosen, **({"start": first, "end": last} if first else {})}
    return f"/outages?{urlencode(asked)}"


def days_asked(first: str, last: str) -> str:
    return f"?start={first}&end={last}" if first else ""
