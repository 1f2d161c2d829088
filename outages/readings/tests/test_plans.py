"""Lists begin in an index and end in it: none reads the whole ledger, none sorts to find its newest rows."""

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from outages.readings.selection import Selection

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

DAYS = (date(2025, 10, 1), date(2025, 12, 31), 2)


def plan(rows) -> str:
    return str(rows.explain())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="MariaDB's choice depends on how many rows there are")
@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({}, "outages_of_range"),
        ({"kinds": ("breakdown",), "least_seconds": 600}, "outages_of_range"),
        ({"parks": (4,)}, "outages_of_park"),
        ({"ride": 7}, "sqlite_autoindex_outages_1"),
    ],
)
def test_the_newest_outages_are_found_in_the_order_of_an_index(chosen, index):
    selection, now = Selection(*DAYS, **chosen), timezone.now()
    text = plan(selection.listed(now).order_by("-started_at", "-ride_id"))
    assert index in text
    assert "SCAN" not in text
    counted = plan(selection.counted(now).order_by())
    assert index in counted


def test_a_list_of_all_parks_is_counted_in_the_index_alone():
    text = plan(Selection(*DAYS).listed(timezone.now()).order_by().values("started_at"))
    assert "COVERING INDEX outages_of_range" in text
