"""Status strips: what is drawn, where, and what is said to those who do not see it."""

import re
from datetime import date

import pytest

from core.periods import Days
from dashboard.components.timeline import Axis, axis_of, legend, spell_table, strip, words
from snapshots.status import Status
from stats.measures.timeline import UNKNOWN, Spell, Timeline
from stats.tests.builders import PARIS, local

DAY = date(2025, 12, 22)
AXIS = Axis(9 * 3600, 19 * 3600)
STATES = [*Status.values, UNKNOWN]


class Place:
    """As much of a park as an axis needs."""

    timezone = PARIS


def spell(start: str, end: str, state: str = "OPERATING", day: date = DAY) -> Spell:
    return Spell(int(local(day, start, PARIS).timestamp()), int(local(day, end, PARIS).timestamp()), state)


def bars(svg: str) -> list[tuple[str, ...]]:
    """(class, x, width)"""
    return re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)


def strips(*spells: Spell, day: date = DAY) -> Timeline:
    return Timeline(Place(), Days(day, day), {(1, day): list(spells)}, {day: []})  # type: ignore[arg-type]


def test_a_spell_lies_at_its_hours():
    svg = strip([spell("09:00", "14:00"), spell("14:00", "16:30", "DOWN")], AXIS, PARIS)
    assert bars(svg) == [("up", "0.0", "500.0"), ("down", "500.0", "250.0")]


def test_nothing_is_drawn_in_a_gap():
    svg = strip([spell("09:00", "10:00"), spell("18:00", "19:00")], AXIS, PARIS)
    assert bars(svg) == [("up", "0.0", "100.0"), ("up", "900.0", "100.0")]


def test_unknown_time_is_hatched_and_no_bar():
    svg = strip([spell("09:00", "10:00", UNKNOWN)], AXIS, PARIS)
    assert bars(svg) == []
    assert '<path class="unknown" d="M0.0 12H100.0"/>' in svg


def test_the_shortest_outage_can_be_seen():
    assert (
        bars(strip([Spell(spell("12:00", "13:00").start, spell("12:00", "13:00").start + 5, "DOWN")], AXIS, PARIS))[0][
            2
        ]
        == "1.5"
    )


def test_states_differ_in_more_than_colour():
    shapes = {
        re.sub(r'class="\w+"|aria-label="[^"]*"', "", strip([spell("09:00", "10:00", each)], AXIS, PARIS))
        for each in STATES
    }
    assert len(shapes) == len(STATES)


def test_the_words_report_states_and_times():
    reported = words(
        [spell("09:00", "14:20"), spell("14:20", "15:05", "DOWN"), spell("15:05", "16:00", UNKNOWN)], PARIS
    )
    assert reported == "Operating 09:00–14:20, Down 14:20–15:05, Unknown 15:05–16:00"


def test_long_words_end_with_a_hint_at_the_table():
    many = [spell(f"09:{n:02}", f"09:{n + 1:02}") for n in range(20)]
    assert words(many, PARIS).endswith(", Operating 09:11–09:12, 8 more in the table")


def test_an_empty_day_says_so():
    assert 'aria-label="No report while the park was open"' in strip([], AXIS, PARIS)


def test_the_axis_holds_everything_in_full_hours():
    assert axis_of(strips(spell("09:20", "18:01"))) == AXIS


def test_without_spells_there_is_no_axis():
    assert axis_of(strips()) is None


def test_a_night_that_ends_at_midnight_ends_the_axis():
    end = spell("23:00", "23:00").end + 3600
    assert axis_of(strips(Spell(end - 7200, end, "OPERATING"))) == Axis(22 * 3600, 24 * 3600)


def test_ticks_are_few_full_hours_at_their_places():
    assert AXIS.ticks == [(0.0, "9:00"), (20.0, "11:00"), (40.0, "13:00"), (60.0, "15:00"), (80.0, "17:00")]


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])
def test_after_the_clock_is_changed_noon_is_still_at_noon(day):
    axis = Axis(0, 86_400)
    svg = strip([spell("12:00", "18:00", day=day)], axis, PARIS)
    assert bars(svg) == [("up", "500.0", "250.0")]


def test_the_table_has_a_row_for_each_spell_and_escapes_names():
    table = spell_table(
        "Status", "Ride", [('<b>"Ö"</b>', [spell("09:00", "10:05"), spell("10:05", "10:06", "DOWN")])], PARIS
    )
    assert table.count("<tr>") == 3
    assert "&lt;b&gt;&quot;Ö&quot;&lt;/b&gt;" in table
    assert "<b>" not in table
    assert "<td>09:00</td><td>10:05</td>" in table
    assert "1 h 05 min" in table


def test_the_legend_reports_every_state():
    assert [text for _, text in legend()] == ["Operating", "Down", "Closed", "Refurbishment", "Unknown"]


def test_no_strip_styles_itself():
    svg = strip([spell("09:00", "10:00", each) for each in STATES], AXIS, PARIS)
    assert "style=" not in svg
    assert "<script" not in svg
