"""Addresses of parks and rides. Put together by hand: a list links hundreds, and `reverse` is slow; a test holds
them to the routes."""


def park_url(park_id: int) -> str:
    return f"/parks/{park_id}"


def ride_url(ride_id: int) -> str:
    return f"/rides/{ride_id}"
