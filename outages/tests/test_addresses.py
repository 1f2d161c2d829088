from datetime import UTC, datetime

import pytest

from outages.addresses import LARGEST_RIDE, address_of, parse_address

AT = datetime(2025, 12, 22, 15, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("ride", [1, 7, 4_711, LARGEST_RIDE])
@pytest.mark.parametrize("at", [datetime(1970, 1, 2, tzinfo=UTC), AT, datetime(2105, 1, 1, tzinfo=UTC)])
def test_an_address_leads_back_to_ride_and_instant(ride, at):
    assert parse_address(address_of(ride, at)) == (ride, at)
    assert parse_address(address_of(ride, at).upper()) == (ride, at)


def test_an_address_is_short():
    assert len(address_of(99_999, AT)) <= 10


def test_letters_that_people_mix_up_are_read_as_they_mean():
    assert parse_address("oil0") == parse_address("0110")
    assert parse_address("7ighp2a8r") == parse_address("71ghp2a8r")


@pytest.mark.parametrize("text", ["", "u", "a-b", "<b>", "١٢", "0" * 14, "zzzzzzzzzzzzz", "1", "ü"])
def test_other_texts_are_no_addresses(text):
    assert parse_address(text) is None
