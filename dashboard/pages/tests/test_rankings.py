"""Downtime and waits: the API's figures, in any order, in pages, as CSV."""

import csv
import io
import re
from datetime import date

import pytest
import time_machine
from django.test import Client, RequestFactory

from core.periods import Period
from dashboard.components.tables import Column, sorted_rows, value_of
from dashboard.pages.rankings import RANKINGS, Question
from dashboard.tests.world import EVIL_PARK, NOW
from stats.tests.builders import LOS_ANGELES, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db
LISTS = [f"/{measure}/{entity}" for measure, entity in RANKINGS]
API = {
    "/downtime/parks": ("/api/parks/downtime", "park_id", "shame_score"),
    "/downtime/rides": ("/api/rides/downtime", "ride_id", "downtime_hours"),
    "/waits/parks": ("/api/parks/waittimes", "park_id", "avg_wait_minutes"),
    "/waits/rides": ("/api/rides/waittimes", "ride_id", "avg_wait_minutes"),
}


def csv_rows(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def names(page: str) -> list[str]:
    """The first linked name of each row."""
    return re.findall(r'<tr><td class="n">\d+</td><td><a href="[^"]+"><bdi>([^<]+)', page)


@pytest.mark.parametrize("period", list(Period))
@pytest.mark.parametrize("address", LISTS)
def test_a_list_has_the_rows_and_figures_of_the_api(client, world, address, period):
    path, key, figure = API[address]
    name = "mode" if address == "/waits/rides" else "period"
    for chosen in ("all-parks", "disney-universal"):
        expected = client.get(f"{path}?{name}={period}&filter={chosen}").json()["data"]
        found = csv_rows(client, f"{address}.csv?period={period}&filter={chosen}")
        assert [(row[key], row[figure]) for row in found] == [(str(row[key]), str(row[figure])) for row in expected]


@pytest.mark.parametrize(("measure", "entity"), RANKINGS)
def test_every_column_sorts_both_ways(world, measure, entity):
    for column in RANKINGS[measure, entity].columns:
        if not column.is_sortable:
            continue
        orders = []
        for order in ("asc", "desc"):
            request = RequestFactory().get("/", {"period": "last_week", "sort": column.key, "order": order})
            rows = Question.read(request, measure, entity, NOW).rows(NOW)
            reported = [value for row in rows if (value := value_of(row, column.key)) is not None]
            orders.append([value.casefold() if isinstance(value, str) else value for value in reported])
        assert orders[0] == sorted(orders[0])
        assert orders[1] == sorted(orders[1], reverse=True)


def test_rows_without_a_value_come_last_whichever_way(client, world):
    for order in ("asc", "desc"):
        rows = csv_rows(client, f"/downtime/rides.csv?period=last_month&sort=trend_percentage&order={order}")
        reported = [bool(row["trend_percentage"]) for row in rows]
        assert reported == sorted(reported, reverse=True)


def test_pages_together_are_the_list(browser_client, world):
    whole = names(browser_client.get("/downtime/rides?period=last_week").content.decode())
    pages = [
        names(browser_client.get(f"/downtime/rides?period=last_week&length=1&page={n}").content.decode())
        for n in range(1, len(whole) + 1)
    ]
    assert len(whole) > 1
    assert [name for page in pages for name in page] == whole


def test_a_filter_is_kept_by_every_link_of_the_page(browser_client, world):
    page = browser_client.get("/downtime/parks?period=today&filter=disney-universal").content.decode()
    links = re.findall(r'href="(\?[^"]+|/downtime/(?:parks|rides)(?:\.csv)?\?[^"]+)"', page)
    assert len(links) > 8
    assert [link for link in links if "filter=" not in link] == []


def test_a_row_has_a_line_of_the_fourteen_days_before_today(browser_client, world):
    page = browser_client.get("/downtime/rides?period=last_week").content.decode()
    # Space Mountain was down ten minutes a day longer the further back: the oldest day first.
    assert "by day: 2.33, 2.17, 2, 1.83, 1.67, 1.5, 1.33, 1.17, 1, 0.83, 0.67, 0.5, 0.33, 0.17" in page


def test_an_arrow_is_words_too(browser_client, world):
    page = browser_client.get("/downtime/rides?period=last_week").content.decode()
    assert re.search(r'▼</span> −\d+\.\d %<span class="hidden"> less than before', page)


def test_an_empty_list_tells_a_quiet_period_from_an_unknown_one(browser_client):
    """N-6."""
    address = "/downtime/rides?period=last_month"
    with time_machine.travel(NOW, tick=False):
        page = browser_client.get(address).content.decode()
    assert "Nothing is known of this period." in page
    assert "Nothing was down" not in page
    with time_machine.travel(NOW, tick=False):
        park, day = make_park(timezone=LOS_ANGELES), date(2025, 11, 10)
        report(make_ride(park), local(day, "09:00", LOS_ANGELES), "O600")
        recomputed(park, day)
        page = browser_client.get(address).content.decode()
    assert "Nothing was down in this period" in page
    assert "Nothing is known" not in page


def test_links_and_downloads_carry_the_dates_of_their_rows(browser_client, client, world):
    """N-1."""
    page = browser_client.get("/downtime/rides?period=last_week").content.decode()
    assert f'href="/rides/{world.ride}?start=2025-12-14&amp;end=2025-12-20"' in page
    assert "2025-12-14 to 2025-12-20" in page
    row = csv_rows(client, "/downtime/rides.csv?period=last_week")[0]
    assert (row["start_date"], row["end_date"], row["is_complete"]) == ("2025-12-14", "2025-12-20", "True")
    page = browser_client.get("/downtime/parks?period=today").content.decode()
    assert "?start=2025-12-24&amp;end=2025-12-24" in page  # Ōsaka is a day ahead
    assert "2025-12-23 to 2025-12-24, not over everywhere" in page


def test_states_are_sorted_by_what_they_mean():
    """N-12."""
    rows = [{"now": state} for state in ("CLOSED", "UNKNOWN", "OPERATING", "DOWN")]
    column = Column("now", "Now", "state")
    assert [row["now"] for row in sorted_rows(rows, column, "asc")] == ["DOWN", "OPERATING", "CLOSED", "UNKNOWN"]


def test_names_cannot_break_out_of_the_page(browser_client, world):
    page = browser_client.get("/downtime/rides").content.decode()
    assert "<script>alert" not in page
    assert "<b>Söhne" not in page
    assert "&lt;b&gt;Söhne&lt;/b&gt; 🎢 مدينة الملاهي" in page


def test_names_stand_whole_in_a_download(client, world):
    assert EVIL_PARK in [row["park_name"] for row in csv_rows(client, "/downtime/parks.csv")]


def test_the_short_address_leads_to_the_rides_and_keeps_the_question(client):
    response = client.get("/waits?period=today")
    assert response.status_code == 302
    assert response["Location"] == "/waits/rides?period=today"


@pytest.mark.parametrize("address", LISTS)
def test_a_longer_list_costs_no_more_queries(browser_client, world, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(17):
        browser_client.get(f"{address}?period=today")


def test_an_arrow_never_stands_without_what_it_came_from(client, world):
    page = client.get("/downtime/rides?period=yesterday").content.decode()
    trends = re.findall(r'<span class="trend">.*?</td>', page)
    assert trends
    assert all(re.search(r'<small class="base">from [\d,.]+ h</small>', each) for each in trends)
