"""Trust: every rule in words with the code's own numbers, sources as they ask, coverage from the API's figures."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings

from dashboard.components.coverage_table import unknown_share
from dashboard.pages.trust import numbers
from dashboard.tests.words import text_of
from parks.models import Park
from snapshots.models import DataQualityIssue, DataQualityLog, IssueSource, IssueType, LogType
from stats.measures.bucket_sums import Figures
from stats.tests.builders import LOS_ANGELES, local

pytestmark = pytest.mark.django_db
RULE = re.compile(r"\bR-\d+\.\d+\b")
APPS = ("parks", "snapshots", "stats", "weather", "importer", "outages", "visits", "assistant", "dashboard", "config")


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of the coverage table by the park's name."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("</tr>")[:-1]]
    return {re.sub(r"<[^>]+>", "", row[0]): [re.sub(r"<[^>]+>", "", cell) for cell in row[1:]] for row in cells}


def test_every_rule_that_the_code_names_is_explained(client):
    reported = set(re.findall(r'<article class="rule" id="(R-[\d.]+)"', client.get("/trust/rules").content.decode()))
    named = {
        rule
        for app in APPS
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        for rule in RULE.findall(path.read_text())
    }
    assert len(named) > 50
    assert named - reported == set()


def test_no_rule_has_two_meanings(client):
    reported = re.findall(r'id="(R-[\d.]+)"', client.get("/trust/rules").content.decode())
    assert len(reported) == len(set(reported))


def test_links_to_rules_lead_somewhere(client, world):
    rules = client.get("/trust/rules").content.decode()
    for address in ("/trust", "/trust/rules", "/trust/sources", "/awards", "/charts", "/heatmaps"):
        for anchor in re.findall(r'href="(?:/trust/rules)?#(R-[\d.]+)"', client.get(address).content.decode()):
            assert f'id="{anchor}"' in rules


def test_the_words_have_the_numbers_of_the_code(client, settings):
    settings.COLLECTION_INTERVAL_SECONDS = 450
    settings.MAX_FEED_SILENCE_SECONDS = 10_800
    settings.METRICS_VERSION = 37
    text = text_of(client.get("/trust/rules"))
    assert "now 7.5 minutes" in text
    assert "more than 3 hours in the open park" in text
    assert "now 37" in text


def test_every_number_is_reported(client):
    pages = " ".join(
        path.read_text() for path in (Path(settings.BASE_DIR) / "dashboard/templates/dashboard/trust").glob("*.html")
    )
    assert [name for name in numbers() if name not in pages] == []


def test_no_rule_has_a_hole_where_a_number_should_be(client):
    page = client.get("/trust/rules").content.decode()
    assert re.findall(r"<p[^>]*>[^<]*(?:  |\( |\bthan  ?%| \.)[^<]*</p>", page) == []


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("Powered by ThemeParks.wiki", "https://themeparks.wiki"),
        ("Powered by Queue-Times.com", "https://queue-times.com"),
        ("Weather data by Open-Meteo.com", "https://open-meteo.com"),
        ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ],
)
def test_sources_are_named_as_they_ask_for(client, words, link):
    response = client.get("/trust/sources")
    assert words in text_of(response)
    assert f'href="{link}"' in response.content.decode()


def test_what_unknown_means_is_reported(client):
    assert "neither up nor down" in text_of(client.get("/trust"))


# -- coverage ------------------------------------------------------------------------------------------


def test_coverage_is_made_of_the_api_s_figures(client, world):
    body = client.get(
        f"/api/analytics/parks?park_id={world.park}&start=2025-12-14&end=2025-12-20"
        "&metrics=unknown_minutes,open_minutes,observations"
    ).json()
    total = body["data"][0]["total"]
    row = rows_of(client.get("/trust/coverage").content.decode())["Disneyland Park"]
    share = 100 * total["unknown_minutes"] / total["open_minutes"]
    assert row[2:4] == ["7", f"{share:.1f} %"]
    assert row[6] == f"{total['observations']:,}"
    assert row[7] == "2025-12-08"


def test_gaps_and_notices_count_on_the_park_s_own_days(client, world):
    begin, end = local_days()
    for at in (begin, end):
        DataQualityLog.objects.create(
            issue_type=LogType.GAP,
            entity_type="park",
            entity_id=world.park,
            timestamp_start=at,
            description="silence",
        )
        DataQualityIssue.objects.create(
            data_source=IssueSource.THEMEPARKS_WIKI,
            issue_type=IssueType.STALE_DATA,
            detected_at=at,
            park_id=world.park,
        )
    row = rows_of(client.get("/trust/coverage").content.decode())["Disneyland Park"]
    assert row[4:6] == ["1", "1"]


def local_days() -> tuple[datetime, datetime]:
    """The first instant of last week in Los Angeles, and the first after it."""
    return local(date(2025, 12, 14), "00:00", LOS_ANGELES), local(date(2025, 12, 21), "00:00", LOS_ANGELES)


def test_parks_of_which_nothing_was_reported_are_reported_apart(client, world):
    page = client.get("/trust/coverage")
    assert "Announced Park" not in rows_of(page.content.decode())
    assert "1 park of which nothing was reported yet Announced Park" in text_of(page)


def test_a_feed_that_does_not_report_breakdowns_is_marked(client, world):
    rows = rows_of(client.get("/trust/coverage").content.decode())
    assert rows["Disneyland Park"][1] == "reported"
    assert {row[1] for name, row in rows.items() if name != "Disneyland Park"} == {"not reported"}


def test_a_park_that_was_never_open_has_no_share():
    assert unknown_share(Figures()) is None
    assert unknown_share(Figures(open_seconds=5_400, unknown_seconds=1_800)) == 25


def test_coverage_of_many_parks_costs_no_more_queries(client, world, django_assert_max_num_queries):
    Park.objects.bulk_create([Park(name=f"Park {n}", timezone=LOS_ANGELES) for n in range(30)])
    with django_assert_max_num_queries(14):
        client.get("/trust/coverage")


def test_periods_that_still_run_have_no_coverage(browser_client):
    response = browser_client.get("/trust/coverage?period=today")
    assert response.status_code == 400
    assert "yesterday, last_week, last_month" in text_of(response)
