"""The page Now: what is open, what is down since when, how fresh the feeds are."""

from datetime import timedelta

import pytest
from msgspec.structs import asdict

from dashboard.pages.now import figures
from dashboard.tests.words import text_of
from dashboard.tests.world import NOW
from stats.answers.status_summary import status_summary

pytestmark = pytest.mark.django_db


def test_it_counts_what_the_status_summary_counts(world):
    reported, summary = figures(False, NOW), status_summary(False, None, NOW)
    assert {**reported["counts"], "total": summary.total} == {
        name.lower(): count for name, count in asdict(summary).items()
    }
    assert reported["counts"]["down"] == 3
    assert reported["open"] == 2


def test_rides_that_are_down_are_listed_with_their_start_the_longest_first(world):
    outages = figures(False, NOW)["longest"]
    assert [(row["ride"].name[:8], row["minutes"]) for row in outages] == [
        ("Haunted ", 120),
        ("</script", 70),
        ("Dumbo th", 30),
    ]
    assert outages[0]["since"] == NOW - timedelta(minutes=120)


def test_the_start_is_reported_on_the_park_s_clock_with_the_zone(browser_client, world):
    reported = text_of(browser_client.get("/"))
    assert "Haunted Mansion Disneyland Park Disneyland Park 15:30 PST 2 h 00 min" in reported
    assert "09:20 JST 1 h 10 min" in reported


def test_a_filter_leaves_other_parks_out(browser_client, world):
    reported = text_of(browser_client.get("/?filter=disney-universal"))
    assert "Haunted Mansion" in reported
    assert "JST" not in reported


def test_parks_without_any_data_are_reported_apart(world):
    reported = figures(False, NOW)
    assert [park.name for park in reported["unheard"]] == ["Announced Park"]
    assert "Announced Park" not in [row["park"].name for row in reported["parks"]]


def test_of_a_silent_park_no_number_is_known(world):
    parks = figures(False, NOW + timedelta(hours=6))["parks"]
    assert parks
    assert {(park["is_open"], park["down"], park["operating"]) for park in parks} == {(None, None, None)}


def test_the_part_that_refreshes_is_the_part_of_the_page(browser_client, world):
    whole, part = browser_client.get("/").content.decode(), browser_client.get("/now/live").content.decode()
    assert part.strip() in whole
    assert "<html" not in part


def test_a_paused_page_does_not_ask_again(browser_client, world):
    assert 'hx-get="/now/live?' in browser_client.get("/?filter=all-parks").content.decode()
    assert 'hx-get="/now/live' not in browser_client.get("/?refresh=off").content.decode()
