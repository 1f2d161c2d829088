"""Addresses of parks and rides. Put together by hand: a list links hundreds, and `reverse` is slow; a test holds
them to the routes."""


def park_url(park_id: int, first: str = "", last: str = "") -> str:
    """The page of a park, over local dates where they are given: a list's link leads to what the list says (N-1)."""
    return f"/parks/{park_id}{days_asked(first, last)}"


def ride_url(ride_id: int, first: str = "", last: str = "") -> str:
    return f"/rides/{ride_id}{days_asked(first, last)}"


def days_asked(first: str, last: str) -> str:
    return f"?start={first}&end={last}" if first else ""
