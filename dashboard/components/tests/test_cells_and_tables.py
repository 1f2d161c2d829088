"""How values look, and how a table becomes CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import resolve

from dashboard.components import formatting
from dashboard.components.chart import Chart, Series
from dashboard.components.links import park_url, ride_url
from dashboard.components.tables import Column, csv_answer, sorted_rows
from snapshots.status import PARK_CLOSED, Status

AT = datetime(2025, 7, 4, 18, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shape", "words"),
    [
        ("America/New_York", "time", "14:05 EDT"),
        ("Asia/Singapore", "time", "02:05 UTC+08"),
        ("Europe/Paris", "day", "Fri 4 Jul 2025, 20:05 CEST"),
        ("Asia/Tokyo", "clock", "03:05"),
    ],
)
@time_machine.travel(AT, tick=False)
def test_a_time_is_the_park_s_with_the_zone_named(zone, shape, words):
    reported = formatting.local_time(AT, zone, shape)
    assert f">{words}</time>" in reported
    assert 'datetime="2025-07-04T18:05:00Z"' in reported


def test_a_time_that_is_not_today_there_names_its_date():
    """N-6: at 18:05 of 4 July in New York it is the 5th in Tokyo, and 18:05 was on the 5th there."""
    with time_machine.travel(AT, tick=False):
        assert ">03:05 JST</time>" in formatting.local_time(AT, "Asia/Tokyo")
    with time_machine.travel(AT + timedelta(hours=10), tick=False):
        assert ">Fri 4 Jul 2025, 14:05 EDT</time>" in formatting.local_time(AT, "America/New_York")
        assert ">03:05 JST</time>" in formatting.local_time(AT, "Asia/Tokyo")


def test_a_link_of_a_list_carries_its_dates():
    """N-1."""
    row = {"ride_id": 7, "ride_name": "Slide", "park_id": 4, "park_name": "Kingdom"}
    dates = {"start_date": "2025-12-14", "end_date": "2025-12-20"}
    assert 'href="/rides/7"' in formatting.ride_link(row)
    assert 'href="/rides/7?start=2025-12-14&amp;end=2025-12-20"' in formatting.ride_link({**row, **dates})
    assert 'href="/parks/4?start=2025-12-14&amp;end=2025-12-20"' in formatting.park_link({**row, **dates})


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (formatting.hours(1234.5), "1,234.50"),
        (formatting.hours(None), "–"),
        (formatting.minutes(40.0), "40"),
        (formatting.minutes(40.25), "40.2"),
        (formatting.percent(99.95), "100.0 %"),
        (formatting.length(59), "59 min"),
        (formatting.length(125), "2 h 05 min"),
        (formatting.trend(None), "–"),
    ],
)
def test_numbers_have_one_form_each(shown, words):
    assert shown == words


@pytest.mark.parametrize(("value", "sign"), [(5.0, "→"), (5.1, "▲"), (-5.0, "→"), (-5.1, "▼")])
def test_an_arrow_turns_where_a_trend_begins(value, sign):
    assert f">{sign}</span>" in formatting.trend(value)


def test_states_differ_by_sign_and_words():
    shown = [formatting.state(word) for word in (*Status.values, PARK_CLOSED, None)]
    assert len({text.split('aria-hidden="true">')[1] for text in shown}) == 6


def test_a_line_leaves_out_what_is_not_known():
    line = formatting.sparkline([1.0, None, 2.0])
    assert 'aria-label="by day: 1, no data, 2"' in line
    assert line.count("M") == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_spreadsheet_takes_no_name_for_a_formula(text):
    body = csv_answer("x", [Column("name", "Name")], [{"name": text}]).content.decode()
    assert list(csv.reader(io.StringIO(body))) == [["name"], [f"'{text}"]]


def test_a_negative_number_stays_one():
    assert csv_answer("x", [Column("n", "N")], [{"n": -1.5}, {"n": None}]).content == b'n\r\n-1.5\r\n""\r\n'


def test_equals_keep_their_order():
    rows = [{"n": 1, "x": "a"}, {"n": 2, "x": "b"}, {"n": 1, "x": "c"}]
    assert [row["x"] for row in sorted_rows(rows, Column("n", "N"), "asc")] == ["a", "c", "b"]
    assert [row["x"] for row in sorted_rows(rows, Column("n", "N"), "desc")] == ["b", "a", "c"]


def test_a_chart_gives_the_machine_and_the_reader_each_their_form():
    chart = Chart("Waits", "Hour", ["9", "10"], [Series("Dumbo", [1234.5, None])])
    assert list(chart.rows()) == [("9", [("1234.5", "1,234.5")]), ("10", [("", "–")])]
    assert not chart.is_empty
    assert Chart("Waits", "Hour", ["9"], [Series("Dumbo", [None])]).is_empty


def test_addresses_made_by_hand_are_those_of_the_routes():
    assert resolve(park_url(7)).view_name == "dashboard:park"
    assert resolve(ride_url(7)).view_name == "dashboard:ride"
