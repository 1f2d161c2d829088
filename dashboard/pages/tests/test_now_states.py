"""The page Now when there is little to say, or nothing new; and what it costs."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from dashboard.pages.now import figures
from dashboard.tests.words import text_of
from dashboard.tests.world import NOW
from parks.models import Park
from snapshots.models import DataSource, ParkActivitySnapshot
from stats.tests.builders import LOS_ANGELES, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("minutes", "word"), [(29, "fresh"), (30, "stale"), (59, "stale"), (60, "silent"), (600, "silent")]
)
def test_a_feed_grows_old_as_the_health_check_says(minutes, word):
    park = make_park()
    show_park(park, NOW - timedelta(minutes=minutes + 10), 10)
    assert figures(False, NOW)["parks"][0]["freshness"] == word


def test_when_every_feed_is_old_the_page_says_so_first(browser_client):
    show_park(make_park(), datetime(2025, 12, 23, 23, tzinfo=UTC), 10)
    with time_machine.travel(NOW, tick=False):
        reported = text_of(browser_client.get("/"))
    assert "Nothing new for a while." in reported
    assert "Tue 23 Dec 2025, 23:10 UTC" in reported


def test_history_of_the_archive_is_marked_as_such(browser_client):
    show_park(make_park(), NOW - timedelta(minutes=10), 10)
    ParkActivitySnapshot.objects.update(data_source=DataSource.ARCHIVE)
    with time_machine.travel(NOW, tick=False):
        assert "EST , archive" in text_of(browser_client.get("/"))


def test_before_anything_is_observed_it_says_how_to_begin(browser_client):
    make_park()
    assert "Nothing has been observed yet" in text_of(browser_client.get("/"))
    Park.objects.all().delete()
    assert "No parks are known yet" in text_of(browser_client.get("/"))


def test_when_nothing_is_down_it_says_so(browser_client):
    park = make_park(timezone=LOS_ANGELES)
    start = NOW - timedelta(hours=2)
    report(make_ride(park, last_operated_at=NOW), start, "O120")
    show_park(park, start, 120)
    with time_machine.travel(NOW, tick=False):
        assert "No ride is down" in text_of(browser_client.get("/"))


def test_what_nobody_has_heard_of_is_neither_down_nor_counted(browser_client):
    """N-6: one park is silent for 2½ hours; with it alone nothing is known."""
    start = NOW - timedelta(hours=8)
    silent = make_park(timezone=LOS_ANGELES)
    report(make_ride(silent, last_operated_at=NOW), start, "O300 D30")
    show_park(silent, start, 330, "10.0")
    with time_machine.travel(NOW, tick=False):
        page = text_of(browser_client.get("/"))
        assert "Parks silent 1 Rides down – Rides operating –" in page
        assert "what is down is not known" in page
        assert "No ride is down" not in page
        heard = make_park(timezone=LOS_ANGELES)
        report(make_ride(heard, 1, last_operated_at=NOW), start, "O480")
        report(make_ride(heard, 3, last_operated_at=NOW), start, "O420 D60")
        show_park(heard, start, 480, "9.9")
        page = text_of(browser_client.get("/"))
    assert "Parks silent 1 Rides down 1 Rides operating 1" in page
    assert "Open 1 1 2.5" in page  # 1 of a weight of 4 is down beside it, whatever the cycle stored


def test_more_parks_cost_no_more_queries(django_assert_num_queries):
    for n in range(2):
        park = make_park(timezone=LOS_ANGELES)
        start = NOW - timedelta(hours=5)
        report(make_ride(park, last_operated_at=NOW), start, "O240 D60")
        show_park(park, start, 300)
        with django_assert_num_queries(15):
            assert figures(False, NOW)["counts"]["down"] == n + 1
