"""Awards, charts and heatmaps: the API's figures for every period, as lists, lines and cells."""

import re
from datetime import date

import pytest
import time_machine

from dashboard.components.chart import DASHES, Chart, Series
from dashboard.components.series_names import reported_apart
from dashboard.components.shades import STEPS, shade, shades
from dashboard.tests.words import text_of
from dashboard.tests.world import NOW
from stats.api.award_serializers import AWARD_PERIODS
from stats.api.trend_serializers import CHART_PERIODS, HEATMAP_PERIODS
from stats.charts.heatmaps import HeatmapType
from stats.charts.parks_and_rides import ChartType
from stats.tests.builders import LOS_ANGELES, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db


def figures_of(page: str, heading: str) -> list[list[str]]:
    """The words of each row of the table under a heading."""
    part = page.split(f'<h2 id="{heading}">')[1].split("</section>", maxsplit=1)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part.split("<tbody>")[1], re.S) if "<tbody>" in part else []
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]


# -- awards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", AWARD_PERIODS)
@pytest.mark.parametrize("entity", ["parks", "rides"])
@pytest.mark.parametrize(
    ("award", "path", "shown"),
    [
        ("longest-waits", "longest-wait-times", {"parks": ("avg_wait_time", 0), "rides": ("avg_wait_time", 0)}),
        ("least-reliable", "least-reliable", {"parks": ("avg_shame_score", 1), "rides": ("downtime_hours", 2)}),
    ],
)
def test_awards_have_the_rows_of_the_api(client, world, award, path, shown, entity, period):
    page = client.get(f"/awards?award={award}&entity={entity}&period={period}").content.decode()
    rows = client.get(f"/api/trends/{path}?entity={entity}&period={period}&filter=all-parks").json()["data"]
    assert bool(rows) == (period != "last_month")  # the world is two weeks old
    key, digits = shown[entity]
    assert [row[3] for row in figures_of(page, award)] == [f"{row[key]:.{digits}f}" for row in rows]


@pytest.mark.parametrize("name", ["improving", "declining"])
@pytest.mark.parametrize("entity", ["parks", "rides"])
def test_changes_of_downtime_are_those_of_the_api(client, world, entity, name):
    page = client.get(f"/awards?award=changes&entity={entity}&period=today").content.decode()
    rows = client.get(f"/api/trends?category={entity}-{name}&period=today").json()[entity]
    key = "improvement_percentage" if name == "improving" else "decline_percentage"
    assert [row[1] for row in figures_of(page, name)] == [f"{row[key]:,.2f} %" for row in rows]


def test_less_and_more_downtime_cost_no_more_than_one_of_them(client, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        client.get("/awards?award=changes&entity=rides&period=last_week")


def test_a_period_has_only_the_columns_it_can_fill(client, world):
    day = client.get("/awards?period=yesterday").content.decode()
    week = client.get("/awards?period=last_week").content.decode()
    assert (">Reports<" in day, ">Days<" in day) == (True, False)
    assert (">Reports<" in week, ">Days<" in week) == (False, True)


@pytest.mark.parametrize(
    ("award", "words"),
    [
        ("longest-waits", "No wait was posted in this period."),
        ("least-reliable", "Nothing was down for long enough in this period."),
        ("changes", "Nobody’s downtime changed by more than 5 %"),
    ],
)
def test_empty_awards_tell_a_quiet_period_from_an_unknown_one(client, award, words):
    """N-6."""
    address, unknown = f"/awards?award={award}&period=last_month", "Nothing is known of this period."
    with time_machine.travel(NOW, tick=False):
        page = text_of(client.get(address))
    assert unknown in page
    assert words not in page
    with time_machine.travel(NOW, tick=False):
        park, day = make_park(timezone=LOS_ANGELES), date(2025, 11, 10)
        report(make_ride(park), local(day, "09:00", LOS_ANGELES), "O600", wait=0)
        recomputed(park, day)
        page = text_of(client.get(address))
    assert words in page
    assert unknown not in page


@pytest.mark.parametrize(
    "address",
    ["/awards?period=live", "/awards?award=x", "/awards?entity=shops", "/charts?type=pies", "/heatmaps?period=live"],
)
def test_what_does_not_exist_is_a_friendly_400(browser_client, address):
    response = browser_client.get(address)
    assert response.status_code == 400
    assert "Choose one of:" in text_of(response)


@pytest.mark.parametrize("address", ["/awards?limit=21", "/charts?limit=0", "/heatmaps?limit=x"])
def test_a_number_of_rows_that_cannot_be_is_a_friendly_400(browser_client, address):
    response = browser_client.get(address)
    assert response.status_code == 400
    assert "is not a whole number from 1 to 20" in text_of(response)


# -- charts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", CHART_PERIODS)
@pytest.mark.parametrize("kind", ChartType.values)
def test_a_chart_has_the_labels_and_values_of_the_api(client, world, kind, period):
    page = client.get(f"/charts?type={kind}&period={period}&limit=20").content.decode()
    data = client.get(f"/api/trends/chart-data?type={kind}&period={period}&filter=all-parks&limit=20").json()
    lines = data["chart_data"]["datasets"]
    table = page.split('<figure class="chart"')[1].split("</table>")[0] if lines else ""
    found = [
        ["" if value == "" else float(value) for value in re.findall(r'data-value="([^"]*)"', row)]
        for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.S)
    ]
    expected = [
        ["" if line["data"][n] is None else pytest.approx(line["data"][n]) for line in lines]
        for n in range(len(data["chart_data"]["labels"]) if lines else 0)
    ]
    assert found == expected
    assert re.findall(r'<th scope="row">([^<]+)', table) == (data["chart_data"]["labels"] if lines else [])


def test_a_chart_links_to_what_it_shows(client, world):
    page = client.get("/charts?type=rides&period=yesterday").content.decode()
    assert f'href="/rides/{world.ride}?start=2025-12-22&amp;end=2025-12-22"' in page


def test_a_chart_without_data_says_what_to_try(client):
    assert "Nothing to draw: no figure above 0 is known for this period." in text_of(
        client.get("/charts?period=last_month")
    )


def test_lines_of_one_name_are_reported_apart_by_their_place():
    rows = [{"name": "Dumbo", "of": "Paris"}, {"name": "Dumbo", "of": "Tokyo"}, {"name": "Space", "of": "Paris"}]
    assert reported_apart(rows) == ["Dumbo, Paris", "Dumbo, Tokyo", "Space"]


def test_no_two_of_twenty_lines_look_alike():
    chart = Chart("x", "x", ["1"], [Series(str(n), [1]) for n in range(20)])
    looks = [(colour, dash) for _, colour, dash in chart.legend]
    assert len(set(looks)) == 20
    # Even without colour those drawn first differ.
    assert len({dash for _, dash in looks[: len(DASHES)]}) == len(DASHES)


# -- heatmaps ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", HEATMAP_PERIODS)
@pytest.mark.parametrize("kind", HeatmapType.values)
def test_a_heatmap_has_the_matrix_of_the_api(client, world, kind, period):
    page = client.get(f"/heatmaps?type={kind}&period={period}").content.decode()
    data = client.get(f"/api/trends/heatmap-data?type={kind}&period={period}").json()
    digits = {"shame_score": 1, "downtime_hours": 2}.get(data["metric"], 0)
    body = page.split("<tbody>")[1].split("</tbody>")[0] if data["entities"] else ""
    found = [re.findall(r'<td class="[^"]+">(?:<a [^>]+>)?([^<]+)', row) for row in body.split("</tr>")[:-1]]
    assert found == [["–" if v is None else f"{v:,.{digits}f}" for v in row] for row in data["matrix"]]


def test_a_cell_without_data_is_no_shade(client, world):
    page = client.get("/heatmaps?period=yesterday&type=rides-downtime").content.decode()
    assert '<td class="none">–</td>' in page
    assert '<td class="h6">' in page


@pytest.mark.parametrize(("value", "step"), [(0, 0), (0.1, 1), (16.6, 1), (16.7, 2), (99.9, 6), (100, 6)])
def test_shades_grow_with_the_value(value, step):
    assert shade(value, 100) == step


def test_the_shades_of_the_legend_cover_everything():
    assert shades(12.0, 0) == [(0, "0"), *((n, f"{2 * n - 2} to {2 * n}") for n in range(1, STEPS + 1))]


@pytest.mark.parametrize("address", ["/charts?period=today", "/heatmaps?period=today", "/awards?period=today"])
def test_names_cannot_break_out(client, world, address):
    page = client.get(f"{address}&type=parks" if "awards" not in address else f"{address}&entity=parks")
    assert "<b>Söhne" not in page.content.decode()
