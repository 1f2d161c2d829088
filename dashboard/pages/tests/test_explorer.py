"""The explorer: the API's questions as a form, the API's answer as a chart, tables and CSV."""

import csv
import io
import re
from datetime import date
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client

from dashboard.pages.explorer_form import (
    BUCKETS,
    COMPARISONS,
    GROUPINGS,
    MOST_LINES,
    MOST_ROWS,
    ExplorerForm,
    axis_words,
    bucket_words,
    chart,
    keyed,
    measure,
    parameters,
    with_gaps,
)
from dashboard.tests.words import text_of
from dashboard.tests.world import EVIL_PARK
from stats.answers.analytics_rows import METRICS, Figures, ParkAnalyticsRow
from stats.answers.analytics_rows import Bucket as BucketFigures
from stats.answers.groups import groupings
from stats.api import analytics_serializers
from stats.api.analytics_serializers import AnalyticsQuery, ParkAnalytics
from stats.measures.windows import Bucket

pytestmark = pytest.mark.django_db
WEEK = "start=2025-12-15&end=2025-12-21"


def csv_rows(client: Client, query: str) -> list[dict[str, str]]:
    response = client.get(f"/explorer.csv?{query}")
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def call_of(page: str) -> str:
    """The call of the API that the page shows."""
    (call,) = re.findall(r'<a class="call" href="([^"]+)"', page)
    return unescape(call)


# -- form ----------------------------------------------------------------------------------------------


def test_the_form_knows_every_parameter_of_the_api():
    assert ExplorerForm.base_fields.keys() == {"entity", *AnalyticsQuery().fields}


def test_the_form_offers_every_choice_of_the_api():
    assert set(BUCKETS) == set(Bucket)
    assert set(COMPARISONS) == {"", *analytics_serializers.COMPARISONS}
    assert set(GROUPINGS) == {"", *groupings()}
    assert {value for value, _ in ExplorerForm(QueryDict("")).widget("metrics").choices} >= set(METRICS)


def test_what_a_form_leaves_empty_is_not_asked():
    asked = parameters(QueryDict("start=2025-12-15&end=2025-12-16&hours=&timezone=+&compare=&entity=parks"))
    assert asked.urlencode() == "start=2025-12-15&end=2025-12-16"


def test_boxes_become_words_and_ids_stay_apart():
    asked = parameters(QueryDict("weekdays=sat&weekdays=sun&metrics=wait_avg&metrics=wait_p90&park_id=2&park_id=1"))
    assert asked.getlist("weekdays") == ["sat,sun"]
    assert asked.getlist("metrics") == ["wait_avg,wait_p90"]
    assert asked.getlist("park_id") == ["2", "1"]


def test_the_form_shows_what_was_asked(client, world):
    page = client.get(
        f"/explorer?entity=rides&park_id={world.park}&ride_id={world.ride}&{WEEK}&bucket=1d&weekdays=mon,tue"
        "&metrics=wait_p37&hours=10:00-12:00&compare=previous"
    ).content.decode()
    for words in (
        '<option value="rides" selected>',
        '<option value="1d" selected>',
        '<option value="previous" selected>',
        'value="2025-12-15"',
        'value="10:00-12:00"',
        f'name="park_id" value="{world.park}" checked',
        f'name="ride_id" value="{world.ride}" checked',
        'name="weekdays" value="mon" checked',
        'name="weekdays" value="tue" checked',
        'name="metrics" value="wait_p37" checked',
    ):
        assert words in page
    assert 'name="weekdays" value="wed" checked' not in page
    assert 'name="metrics" value="wait_avg" checked' not in page


def test_the_rides_of_the_chosen_parks_can_be_chosen(client, world):
    page = text_of(client.get(f"/explorer?{WEEK}&park_id={world.park}"))
    assert "Rides: all of these parks" in page
    assert "Haunted Mansion" in page
    assert "Tea Cups" not in page


def test_rides_without_a_park_show_their_park_s(client, world):
    assert "Haunted Mansion" in text_of(client.get(f"/explorer?{WEEK}&ride_id={world.ride}"))


def test_an_address_that_asks_nothing_shows_the_last_seven_days_that_were_computed(client, world):
    page = client.get("/explorer").content.decode()
    assert call_of(page) == "/api/analytics/parks?start=2025-12-17&end=2025-12-23&bucket=1d"


def test_without_any_data_the_form_is_there_and_says_so(client):
    response = client.get("/explorer?start=2001-01-01&end=2001-01-02")
    assert response.status_code == 200
    assert "Nothing was observed in this window." in text_of(response)


def test_dates_can_be_turned_into_instants(client, world):
    page = client.get(f"/explorer?{WEEK}").content.decode()
    assert "start=2025-12-15T00%3A00&amp;end=2025-12-22T00%3A00" in page
    page = client.get("/explorer?start=2025-12-15T10:00&end=2025-12-15T12:00").content.decode()
    assert 'type="text" name="start" value="2025-12-15T10:00"' in page
    assert 'name="timezone"' in page


# -- answer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ["parks", "rides"])
@pytest.mark.parametrize("rest", ["bucket=1h&end=2025-12-16", "bucket=1d", "bucket=weekday", "", "metrics=wait_p50"])
def test_a_download_has_the_figures_of_the_call_on_the_page(client, world, entity, rest):
    query = f"entity={entity}&start=2025-12-15&{rest if 'end=' in rest else f'end=2025-12-21&{rest}'}"
    call = call_of(client.get(f"/explorer?{query}").content.decode())
    body = client.get(call).json()
    expected = [
        [str(row[f"{entity[:-1]}_id"]), *("" if each[name] is None else str(each[name]) for name in body["metrics"])]
        for row in body["data"]
        for each in row.get("buckets", [row["total"]])
    ]
    assert expected
    rows = csv_rows(client, query)
    assert [[row[f"{entity[:-1]}_id"], *(row[name] for name in body["metrics"])] for row in rows] == expected


def test_totals_of_a_comparison_stand_beside_what_was_before(client, world):
    page = client.get(f"/explorer?{WEEK}&park_id={world.park}&metrics=downtime_minutes&compare=previous")
    body = client.get(f"/api/analytics/parks?{WEEK}&park_id={world.park}&metrics=downtime_minutes&compare=previous")
    (row,) = body.json()["data"]
    now, before = row["total"]["downtime_minutes"], row["comparison"]["total"]["downtime_minutes"]
    assert now != before
    assert f'<td class="n">{now:,}</td><td class="n">{before:,}</td>' in page.content.decode()
    assert "Compared with 2025-12-08 to 2025-12-14." in text_of(page)


def test_a_download_reports_the_window_from_what_it_is_compared_with(client, world):
    rows = csv_rows(client, f"{WEEK}&park_id={world.park}&bucket=1d&compare=previous")
    assert [row["of"] for row in rows] == ["window"] * 7 + ["compared"] * 7
    assert [row["bucket"] for row in rows] == [f"2025-12-{day:02}" for day in (*range(15, 22), *range(8, 15))]


def test_hours_can_be_reported_apart_by_their_weather_with_the_size_of_each_sample(client, world):
    query = f"{WEEK}&park_id={world.park}&group_by=rain"
    page = client.get(f"/explorer?{query}").content.decode()
    body = client.get(call_of(page)).json()
    reported = [[each["group"], str(each["hours"]), str(each["observations"])] for each in body["data"][0]["groups"]]
    assert reported
    rows = csv_rows(client, query)
    assert [[row["group"], row["hours"], row["observations"]] for row in rows] == reported
    assert '<h2 id="groups">By the weather</h2>' in page
    for text in (reported[0][0].capitalize(), "Open-Meteo"):
        assert text in page
    assert re.search(r'<option value="rain" selected>', page)


def test_weather_and_buckets_together_are_refused_at_the_field(client, world):
    response = client.get(f"/explorer?{WEEK}&group_by=rain&bucket=1d")
    assert response.status_code == 400
    assert "must be none with group_by" in response.content.decode()


def test_a_bar_is_as_long_as_its_figure(client, world):
    page = client.get(f"/explorer?{WEEK}&metrics=downtime_minutes").content.decode()
    widths = [float(width) for width in re.findall(r'<rect width="([^"]+)"', page)]
    values = [float(row["downtime_minutes"]) for row in csv_rows(client, f"{WEEK}&metrics=downtime_minutes")]
    assert widths == [pytest.approx(120 * value / max(values), abs=0.1) for value in values]


def test_the_drawn_figure_can_be_chosen(client, world):
    page = client.get(f"/explorer?{WEEK}&bucket=1d&show=downtime_minutes").content.decode()
    assert "<figcaption>Downtime <small>min</small></figcaption>" in page


def test_names_cannot_break_out(client, world):
    page = client.get(f"/explorer?entity=rides&{WEEK}&bucket=1d&park_id={world.evil_park}").content.decode()
    assert "<script>alert" not in page
    assert "<b>Söhne" not in page
    assert EVIL_PARK in [row["park_name"] for row in csv_rows(client, WEEK)]


def test_long_tables_are_cut_and_say_so(client, world):
    response = client.get("/explorer?entity=rides&start=2025-12-14&end=2025-12-21&bucket=30m")
    rows = len(csv_rows(client, "entity=rides&start=2025-12-14&end=2025-12-21&bucket=30m"))
    assert rows > MOST_ROWS
    assert f"{rows - MOST_ROWS:,} of {rows:,} rows are left out here" in text_of(response)
    part = response.content.decode().split('<h2 id="buckets">')[1].split("</table>")[0]
    assert part.count("<tr>") == MOST_ROWS + 1


# -- pictures ------------------------------------------------------------------------------------------


def body_of(
    lines: dict[str, dict[str, float]], zone: str = "America/New_York", bucket: Bucket = Bucket.H1
) -> ParkAnalytics:
    """An answer of the API with one metric."""
    rows = [
        ParkAnalyticsRow(
            park_id=n,
            park_name=name,
            timezone=zone,
            start_date="2025-07-05",
            end_date="2025-07-06",
            is_complete=True,
            total=Figures(wait_avg=max(values.values())),
            buckets=[BucketFigures(bucket=each, wait_avg=value) for each, value in values.items()],
        )
        for n, (name, values) in enumerate(lines.items())
    ]
    return ParkAnalytics(
        start="2025-07-05",
        end="2025-07-06",
        hours=None,
        weekdays=[],
        bucket=bucket,
        metrics=["wait_avg"],
        compare=None,
        data=rows,
    )


def test_an_hour_that_the_clock_shows_twice_is_two_places_in_order():
    twice = [f"2025-11-02T{clock}" for clock in ("00:30-04:00", "01:00-04:00", "01:30-04:00", "01:00-05:00")]
    assert [keyed(twice)[key] for key in sorted(keyed(twice))] == twice


def test_parks_of_several_zones_share_the_places_of_the_clock():
    lines = {"A": {"2025-07-05T10:00:00-04:00": 1}, "B": {"2025-07-05T10:00:00+09:00": 2}}
    drawn = chart(body_of(lines), "wait_avg")
    assert drawn.labels == ["5 Jul, 10:00"]
    assert [(series.name, series.values) for series in drawn.series] == [("B", [2]), ("A", [1])]


def test_a_line_breaks_where_nothing_is_known():
    values = {"2025-07-05T20:00:00-04:00": 1, "2025-07-06T09:00:00-04:00": 2}
    drawn = chart(body_of({"A": values}), "wait_avg")
    assert drawn.labels == ["5 Jul, 20:00", "5 Jul, 21:00", "6 Jul, 09:00"]
    assert drawn.series[0].values == [1, None, 2]


@pytest.mark.parametrize("bucket", [Bucket.HOUR_OF_DAY, Bucket.WEEKDAY, Bucket.WEEK, Bucket.MONTH])
def test_profiles_and_long_spans_have_no_gaps(bucket):
    keys = sorted(keyed({Bucket.WEEKDAY: ["sat", "mon"], Bucket.HOUR_OF_DAY: ["09:00", "20:00"]}.get(bucket, [])))
    assert with_gaps(keys, bucket) == keys


def test_weekdays_stand_in_their_order():
    assert axis_words(sorted(keyed(["sun", "sat", "mon"]))) == ["Mon", "Sat", "Sun"]


def test_the_year_is_reported_where_there_are_several():
    assert axis_words(sorted(keyed(["2025-12-31", "2026-01-01"]))) == ["31 Dec 2025", "1 Jan 2026"]
    assert axis_words(sorted(keyed(["2025-12-30", "2025-12-31"]))) == ["30 Dec", "31 Dec"]


def test_only_the_highest_lines_are_drawn_and_the_rest_is_reported():
    lines = {f"Park {n}": {"2025-07-05": n, "2025-07-06": n} for n in range(10)}
    drawn = chart(body_of(lines, bucket=Bucket.DAY), "wait_avg")
    assert [series.name for series in drawn.series] == [f"Park {n}" for n in range(9, 9 - MOST_LINES, -1)]
    assert "4 more are in the download" in drawn.note


def test_a_bucket_is_reported_exactly_in_the_table():
    assert bucket_words("2025-11-02T01:00:00-05:00", is_exact=True) == "2 Nov 2025, 01:00 UTC-0500"
    assert bucket_words("2025-11-02") == "2 Nov 2025"
    assert bucket_words("09:00") == "09:00"


def test_any_percentile_has_words():
    assert measure("wait_p37") == ("Wait, percentile 37", "min", "number")


# -- bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=soon&end=2025-12-21", "start"),
        ("start=2025-12-22&end=2025-12-21", "start"),
        ("start=2025-12-15&end=2025-12-21T10:00", "end"),
        ("end=2025-12-21", "start"),
        (f"{WEEK}&hours=25:00-26:00", "hours"),
        (f"{WEEK}&weekdays=someday", "weekdays"),
        (f"{WEEK}&bucket=7m", "bucket"),
        ("start=2025-01-01&end=2025-12-21&bucket=5m", "bucket"),
        (f"{WEEK}&metrics=beauty", "metrics"),
        (f"{WEEK}&compare=yesterday", "compare"),
        (f"{WEEK}&timezone=Mars/Base", "timezone"),
        (f"{WEEK}&park_id=999999", "park_id"),
        (f"{WEEK}&park_id=x", "park_id"),
        (f"{WEEK}&ride_id=999999&entity=rides", "ride_id"),
    ],
)
def test_a_question_that_cannot_be_answered_names_the_field_as_the_api_does(browser_client, world, query, field):
    response = browser_client.get(f"/explorer?{query}")
    api = browser_client.get(f"/api/analytics/parks?{query.replace('&entity=rides', '')}")
    assert (response.status_code, api.status_code) == (400, 400)
    assert (
        f"<strong>{ExplorerForm.base_fields[field].label}</strong> (<code>{field}</code>)" in response.content.decode()
    )
    reported = api.json()["error"].removeprefix(f"{field}: ")
    assert reported in unescape(response.content.decode())


@pytest.mark.parametrize(
    "query",
    [
        f"{WEEK}&entity=shops",
        f"{WEEK}&show=beauty",
        "start=%00&end=%00",
        f"{WEEK}&park_id=9999999999999999999",
        f"{WEEK}&park_id=²",
        "start=9999-12-31&end=9999-12-31",
        "start=0001-01-01&end=0001-01-01",
        f"{WEEK}&hours={'1' * 3_000}",
    ],
)
def test_nonsense_is_a_friendly_400(browser_client, world, query):
    for path in ("/explorer", "/explorer.csv"):
        response = browser_client.get(f"{path}?{query}")
        if path == "/explorer.csv" and "show=" in query:
            continue
        assert response.status_code == 400
        assert "<h1>" in response.content.decode()


def test_the_last_day_there_is_offers_no_instants():
    assert ExplorerForm(QueryDict(f"start=2025-01-01&end={date.max}")).instants == {}
