"""From events to rows with durations, by hand-made days. Times are minutes after the local midnight."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.intervals import clipped, merged, without
from importer.archive.events import Event, Source
from importer.days.build import build_day
from importer.days.shapes import ParkDay, RideFacts, RideMemory
from snapshots.queues import QueueState
from snapshots.status import Status

MINUTE = 60
START = 1_720_065_600  # 2024-07-04 00:00 in New York
END = START + 24 * 60 * MINUTE
UP, DOWN, CLOSED, WORKS = Status.OPERATING, Status.DOWN, Status.CLOSED, Status.REFURBISHMENT
A, B = 1, 2


def at(minutes: float) -> int:
    return START + round(minutes * MINUTE)


def happened(minutes, status, wait=None, queues=()):
    return Event(Source("", None, "ATTRACTION", "", "", None), at(minutes), at(minutes) * 1000, status, wait, queues)


def known(status, wait=None, minutes=-600.0, last_operated=None):
    """A state reported that many minutes after midnight (before it, when negative)."""
    operated = None if last_operated is None else at(last_operated)
    return RideMemory((status, wait), at(minutes), at(minutes), at(minutes), operated)


def day_of(events, *, schedule=None, memory=None, feed=(), before=None, after=60 * 33, **changes):
    """A day whose feed goes on the next morning; `feed` adds signs of life of something that is no ride."""
    signs = sorted([event.at for found in events.values() for event in found] + [at(sign) for sign in feed])
    memory = memory or {}
    fields = {
        "start": START,
        "midnight": START,
        "covered_until": 0,
        "end": END,
        "events": events,
        "feed": signs,
        "feed_before": None if before is None else at(before),
        "feed_after": None if after is None else at(after),
        "memory": memory,
        "rides": {ride: RideFacts(2, True) for ride in {*events, *memory}},
        "reports_down": True,
        "schedule": None if schedule is None else [(at(a), at(b)) for a, b in schedule],
    }
    return ParkDay(**{**fields, **changes})


def ride_rows(rows, ride=A):
    """(minute, minutes, status, wait, park open, carried) of a ride's rows."""
    return [
        ((row.at - START) / 60, row.seconds / 60, row.status, row.wait, row.park_open, row.carried)
        for row in rows.rides
        if row.ride == ride
    ]


def spans(rows):
    return [((a - START) / 60, (b - START) / 60) for a, b in rows.spans]


EVERY_HOUR = tuple(range(0, 24 * 60, 60))


# -- durations -------------------------------------------------------------------------------------------


def test_a_state_lasts_until_the_next_event():
    events = {A: [happened(540, UP, 10), happened(600, UP, 20), happened(660, DOWN), happened(720, CLOSED)]}
    rows = build_day(day_of(events, feed=EVERY_HOUR))
    assert ride_rows(rows) == [
        (540, 60, UP, 10, True, False),
        (600, 60, UP, 20, True, False),
        (660, 60, DOWN, None, False, False),
        (720, 720, CLOSED, None, False, False),
    ]


def test_events_that_only_move_a_return_window_lengthen_the_row_and_keep_their_queue():
    def window(minutes):
        return (QueueState("RETURN_TIME", return_time_start=at(minutes + 60)),)

    moved = [happened(540 + n, UP, 10, window(540 + n)) for n in (0, 5, 10, 15)]
    rows = build_day(day_of({A: [*moved, happened(600, CLOSED)]}))
    assert ride_rows(rows)[0] == (540, 60, UP, 10, True, False)
    assert [(row.at - START) // 60 for row in rows.queues] == [540, 545, 550, 555]


def test_of_two_events_in_one_second_the_later_wins():
    events = {A: [happened(540, DOWN), happened(540, UP, 5), happened(600, CLOSED)]}
    assert ride_rows(build_day(day_of(events)))[0] == (540, 60, UP, 5, True, False)


def test_a_state_that_returns_within_one_second_makes_no_row():
    events = {A: [happened(540, UP, 5), happened(550, DOWN), happened(550, UP, 5), happened(600, CLOSED)]}
    assert ride_rows(build_day(day_of(events)))[0] == (540, 60, UP, 5, True, False)


def test_nothing_is_claimed_after_the_last_sign_of_life():
    events = {A: [happened(540, UP, 10), happened(600, UP, 20)], B: [happened(545, UP)]}
    rows = build_day(day_of(events, after=None))
    assert ride_rows(rows, A)[-1] == (600, 0, UP, 20, False, False)
    assert ride_rows(rows, B) == [(545, 55, UP, None, True, False)]


# -- opening and closing ---------------------------------------------------------------------------------


def test_without_a_schedule_a_park_of_two_rides_is_open_from_the_first_to_the_last_that_runs():
    events = {
        A: [happened(540, UP), happened(1200, CLOSED)],
        B: [happened(600, UP), happened(660, DOWN), happened(720, UP), happened(1260, CLOSED)],
    }
    rows = build_day(day_of(events, feed=EVERY_HOUR))
    assert spans(rows) == [(540, 1260)]
    assert ride_rows(rows, A)[-1] == (1200, 60, CLOSED, None, True, False)


def test_rows_stop_at_the_scheduled_closing_and_begin_again_at_no_other_time():
    events = {A: [happened(500, UP, 5), happened(1300, CLOSED)]}
    rows = build_day(day_of(events, schedule=[(540, 1200)], feed=EVERY_HOUR))
    assert ride_rows(rows) == [
        (500, 40, UP, 5, False, False),
        (540, 660, UP, 5, True, True),
        (1300, 140, CLOSED, None, False, False),
    ]


def test_a_state_set_before_opening_is_carried_to_the_opening_instant():
    memory = {A: known(DOWN, minutes=-300)}
    events = {A: [happened(600, UP, 10), happened(1200, CLOSED)]}
    rows = build_day(day_of(events, schedule=[(540, 1200)], memory=memory, feed=EVERY_HOUR))
    carried = rows.rides[0]
    assert ride_rows(rows)[0] == (540, 60, DOWN, None, True, True)
    assert carried.reported_at == at(-300)
    assert rows.rides[1].reported_at == at(600)


def test_a_ride_closed_all_day_has_one_carried_row_per_opening():
    memory = {A: known(WORKS, minutes=-20_000), B: known(CLOSED)}
    events = {B: [happened(540, UP), happened(1200, CLOSED)]}
    rows = build_day(day_of(events, memory=memory, feed=EVERY_HOUR))
    assert ride_rows(rows, A) == [(540, 660, WORKS, None, True, True)]


def test_an_empty_schedule_means_the_park_was_closed():
    events = {A: [happened(540, UP), happened(560, CLOSED)]}
    rows = build_day(day_of(events, schedule=[], feed=EVERY_HOUR))
    assert spans(rows) == []
    assert [row[4] for row in ride_rows(rows)] == [False, False]


def test_the_evening_before_that_runs_over_midnight_does_not_open_the_park_all_night():
    memory = {A: known(UP, 30, minutes=-30, last_operated=0), B: known(UP, 10, minutes=-20, last_operated=0)}
    events = {
        A: [happened(60, CLOSED), happened(540, UP, 5), happened(1320, CLOSED)],
        B: [happened(65, CLOSED), happened(550, UP, 5), happened(1330, CLOSED)],
    }
    rows = build_day(day_of(events, memory=memory, before=-5, feed=EVERY_HOUR))
    assert spans(rows) == [(0, 65), (540, 1330)]
    assert ride_rows(rows, A)[0] == (0, 60, UP, 30, True, True)
    assert ride_rows(rows, A)[1] == (60, 5, CLOSED, None, True, False)


def test_a_park_open_over_midnight_stays_open_to_the_end_of_the_day():
    events = {A: [happened(600, UP)]}
    rows = build_day(day_of(events, feed=EVERY_HOUR, after=60 * 24 + 30, schedule=[(600, 24 * 60 + 60)]))
    assert ride_rows(rows) == [(600, 840, UP, None, True, False)]


def test_a_ride_forgotten_in_operation_does_not_keep_the_park_open():
    memory = {B: known(UP, 5, minutes=-3000)}
    events = {A: [happened(540, UP), happened(1200, CLOSED)]}
    rows = build_day(day_of(events, memory=memory, before=-60, feed=EVERY_HOUR))
    assert spans(rows) == [(540, 1200)]


def test_a_late_runner_holds_no_park_open_and_a_play_area_none():
    hours = {ride: [happened(600, UP), happened(1080, CLOSED)] for ride in (1, 2, 3, 4)}
    late = {5: [happened(600, UP), happened(1380, CLOSED)]}
    area = {6: [happened(minute, UP, minute % 7) for minute in range(0, 24 * 60, 60)]}
    rows = build_day(day_of({**hours, **late, **area}, feed=EVERY_HOUR))
    assert spans(rows) == [(600, 1080)]
    assert rows.apart == {6}
    assert {ride for ride, known in rows.memory.items() if known.last_apart == START} == {6}


def test_rides_that_ran_apart_within_seven_days_are_no_witnesses():
    memory = {ride: known(CLOSED, last_operated=-100) for ride in (1, 2, 3, 4)}
    events = {ride: [happened(600, UP), happened(1080, CLOSED)] for ride in (1, 2)}
    assert spans(build_day(day_of(events, memory=memory, feed=EVERY_HOUR))) == [(600, 1080)]
    for ride in (1, 2):
        memory[ride].last_apart = at(-7 * 24 * 60)
    rows = build_day(day_of(events, memory=memory, feed=EVERY_HOUR))
    assert spans(rows) == []
    assert rows.memory[1].last_apart == at(-7 * 24 * 60), "it is remembered"
    for ride in (1, 2):
        memory[ride].last_apart = at(-8 * 24 * 60)
    assert spans(build_day(day_of(events, memory=memory, feed=EVERY_HOUR))) == [(600, 1080)]


def test_many_breakdowns_at_noon_do_not_close_the_park():
    events = {
        ride: [happened(600, UP), happened(720, DOWN), happened(840, UP), happened(1080, CLOSED)]
        for ride in range(1, 9)
    }
    rows = build_day(day_of(events, feed=EVERY_HOUR))
    assert spans(rows) == [(600, 1080)]
    assert (720, 120, DOWN, None, True, False) in ride_rows(rows)


def test_a_schedule_needs_no_witnesses():
    assert build_day(day_of({A: [happened(0, UP)]}, schedule=[(600, 1080)], feed=EVERY_HOUR)).apart is None


# -- silence ---------------------------------------------------------------------------------------------


def test_a_silence_of_the_whole_feed_in_opening_hours_is_unknown():
    events = {
        A: [happened(540, UP, 10), happened(900, UP, 30), happened(1200, CLOSED)],
        B: [happened(545, UP), happened(1190, CLOSED)],
    }
    rows = build_day(day_of(events, feed=(600, 660, 720, 960, 1020, 1080, 1140)))
    assert [((a - START) / 60, (b - START) / 60) for a, b in rows.gaps] == [(720, 900)]
    assert ride_rows(rows, A)[:2] == [(540, 180, UP, 10, True, False), (900, 300, UP, 30, True, False)]
    assert ride_rows(rows, B)[:2] == [(545, 175, UP, None, True, False), (900, 290, UP, None, True, True)]


def test_the_last_report_before_a_silence_is_kept_though_it_is_known_for_no_time():
    events = {A: [happened(540, UP, 10), happened(600, UP, 40), happened(900, UP, 30), happened(960, CLOSED)]}
    rows = build_day(day_of(events))
    assert ride_rows(rows)[1] == (600, 0, UP, 40, True, False)


def test_a_single_ride_without_news_is_no_silence():
    events = {A: [happened(540, UP, 10), happened(1200, CLOSED)]}
    rows = build_day(day_of(events, feed=EVERY_HOUR))
    assert rows.gaps == []
    assert ride_rows(rows)[0] == (540, 660, UP, 10, True, False)


def test_a_silence_of_exactly_the_limit_is_still_known():
    events = {A: [happened(540, UP, 10), happened(660, CLOSED)]}
    assert ride_rows(build_day(day_of(events)))[0] == (540, 120, UP, 10, True, False)


def test_the_quiet_night_of_a_closed_park_is_no_gap():
    events = {A: [happened(540, UP), happened(600, UP, 5), happened(660, CLOSED)]}
    rows = build_day(day_of(events, before=-200))
    assert rows.gaps == []


def test_a_feed_that_dies_while_rides_run_is_logged_and_claims_nothing():
    events = {A: [happened(540, UP), happened(600, UP, 5)]}
    rows = build_day(day_of(events))
    assert rows.gaps == [(at(600), at(60 * 33))]
    assert spans(rows) == [(540, 600)]


def test_a_scheduled_day_without_a_word_is_unknown_altogether():
    memory = {A: known(UP, minutes=-600, last_operated=-100)}
    rows = build_day(day_of({}, memory=memory, schedule=[(540, 1200)], before=-600))
    assert rows.rides == []
    assert rows.gaps == [(at(540), at(1200))]


# -- beside live collection ------------------------------------------------------------------------------


def test_archive_rows_leave_room_for_live_ones():
    events = {A: [happened(540, UP, 10), happened(650, DOWN), happened(800, UP, 5), happened(900, CLOSED)]}
    live = {A: [(at(600), at(700))]}
    rows = build_day(day_of(events, feed=EVERY_HOUR, live=live))
    assert ride_rows(rows) == [
        (540, 60, UP, 10, True, False),
        (700, 100, DOWN, None, True, True),
        (800, 100, UP, 5, True, False),
        (900, 540, CLOSED, None, False, False),
    ]


# -- the park --------------------------------------------------------------------------------------------


def test_the_park_has_a_row_per_grid_point_from_opening_to_closing_and_one_where_it_closes():
    events = {A: [happened(541, UP, 10), happened(551, CLOSED)]}
    rows = build_day(day_of(events))
    found = [((row.at - START) / 60, row.seconds / 60, row.park_open, row.open) for row in rows.parks]
    assert found == [(541, 4, True, 1), (545, 5, True, 1), (550, 1, True, 1), (551, 889, False, 0)]


def test_where_the_data_end_a_park_that_still_runs_has_not_closed():
    reported = build_day(day_of({A: [happened(540, UP), happened(600, UP, 5)]}, after=None, covered_until=at(600)))
    assert [(row.at, row.park_open) for row in reported.parks if not row.park_open] == []
    assert reported.parks[-1].at == at(595)


def test_where_the_data_end_a_park_whose_rides_have_stopped_has():
    reported = build_day(day_of({A: [happened(540, UP), happened(600, CLOSED)]}, after=None, covered_until=at(600)))
    assert [row.at for row in reported.parks if not row.park_open] == [at(600)]


def test_where_the_data_end_at_the_scheduled_closing_the_park_has_closed():
    day = day_of(
        {A: [happened(540, UP), happened(600, UP, 5)]}, after=None, covered_until=at(600), schedule=[(540, 600)]
    )
    assert [row.at for row in build_day(day).parks if not row.park_open] == [at(600)]


def test_the_score_weighs_what_is_down_against_what_ran_within_seven_days():
    memory = {
        A: known(CLOSED, last_operated=-100),
        B: known(DOWN, minutes=-100, last_operated=-100),
        3: known(WORKS, last_operated=-8 * 24 * 60),
        4: known(DOWN, last_operated=-100),
    }
    events = {A: [happened(540, UP, 20), happened(600, CLOSED)]}
    rides = {A: RideFacts(3, True), B: RideFacts(1, True), 3: RideFacts(3, True), 4: RideFacts(3, False)}
    rows = build_day(day_of(events, memory=memory, rides=rides))
    first = rows.parks[0]
    assert (first.total, first.open, first.avg_wait, first.max_wait) == (4, 1, Decimal("20.00"), 20)
    assert first.score == Decimal("2.5")
    assert rows.parks[-1].score is None


def test_a_ride_that_begins_to_run_counts_from_the_next_row_on():
    events = {A: [happened(540, UP), happened(560, DOWN), happened(570, UP), happened(600, CLOSED)]}
    rows = build_day(day_of(events))
    scores = {(row.at - START) // 60: row.score for row in rows.parks if row.park_open}
    assert scores[540] == 0
    assert scores[560] == 10
    assert scores[570] == 0


def test_closed_is_down_only_where_the_park_does_not_report_breakdowns():
    memory = {A: known(UP, last_operated=-60), B: known(UP, last_operated=-60)}
    events = {A: [happened(500, UP, 1)], B: [happened(540, CLOSED)]}
    for reports_down, score in ((True, Decimal("0.0")), (False, Decimal("5.0"))):
        day = day_of(events, memory=memory, schedule=[(540, 600)], feed=EVERY_HOUR, reports_down=reports_down)
        assert build_day(day).parks[0].score == score


# -- changes ---------------------------------------------------------------------------------------------


def test_status_changes_report_how_long_the_state_before_lasted():
    memory = {A: known(CLOSED, minutes=-120)}
    events = {A: [happened(540, UP, 5), happened(550, UP, 10), happened(600.5, DOWN), happened(700, UP, 15)]}
    rows = build_day(day_of(events, memory=memory, feed=EVERY_HOUR))
    assert [((row.at - START) / 60, row.before, row.after, row.minutes, row.wait) for row in rows.changes] == [
        (540, CLOSED, UP, 660, 5),
        (600.5, UP, DOWN, 60, None),
        (700, DOWN, UP, 99, 15),
    ]


def test_the_first_state_ever_seen_is_no_change():
    assert build_day(day_of({A: [happened(540, UP)]})).changes == []


def test_the_memory_hands_the_state_to_the_next_day():
    events = {A: [happened(540, UP, 5), happened(600, DOWN), happened(700, CLOSED)]}
    memory = build_day(day_of(events, feed=EVERY_HOUR)).memory[A]
    assert memory.state == (CLOSED, None)
    assert memory.status_since == memory.last_event == memory.reported_at == at(700)
    assert memory.last_operated == at(600)


# -- intervals and invariants ----------------------------------------------------------------------------


def test_intervals_merge_subtract_and_clip():
    assert merged([(5, 7), (1, 3), (3, 4), (9, 9), (6, 8)]) == [(1, 4), (5, 8)]
    assert without([(0, 10), (20, 30)], [(2, 4), (8, 22), (40, 50)]) == [(0, 2), (4, 8), (22, 30)]
    assert clipped([(0, 10), (20, 30)], 5, 25) == [(5, 10), (20, 25)]


STATES = st.tuples(st.sampled_from([*Status, None]), st.sampled_from([None, 0, 5, 10, 500]))
STEPS = st.lists(st.tuples(st.integers(0, 1439), STATES), max_size=25)
SCHEDULES = st.none() | st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=2)


@given(steps=st.dictionaries(st.sampled_from([A, B, 3]), STEPS), schedule=SCHEDULES, carried=STATES)
def test_rows_of_a_ride_never_overlap_and_never_leave_the_day_or_the_opening(steps, schedule, carried):
    events = {
        ride: [happened(minute, *state) for minute, state in sorted(found, key=lambda step: step[0])]
        for ride, found in steps.items()
        if found
    }
    windows = None if schedule is None else [(a, b) for a, b in schedule if a < b]
    rows = build_day(day_of(events, schedule=windows, memory={A: known(*carried)}, before=-30))
    edges = {edge for span in rows.spans for edge in span}
    for ride in (A, B, 3):
        mine = [row for row in rows.rides if row.ride == ride]
        for row, following in pairwise(mine):
            assert row.at + row.seconds <= following.at
        for row in mine:
            assert START <= row.at <= row.at + row.seconds <= END
            assert not any(row.at < edge < row.at + row.seconds for edge in edges)
            assert row.park_open == any(a <= row.at < b for a, b in rows.spans)
    observed = sum(row.seconds for row in rows.parks if row.park_open)
    unknown = sum(end - start for start, end in rows.gaps if any(a <= start < b for a, b in rows.spans))
    opened = sum(b - a for a, b in rows.spans)
    assert observed <= opened
    assert observed + unknown >= opened
    carried_on = [row for row in rows.rides if row.ride == A and row.park_open]
    reported = sum(row.seconds for row in carried_on)
    is_known = carried[0] is not None and all(event.status for event in events.get(A, ()))
    assert reported == observed if is_known else reported <= observed
    assert all(row.status for row in rows.rides)


# -- unknown statuses (N-7) ------------------------------------------------------------------------------


def test_a_state_without_a_status_is_unknown_for_as_long_as_it_lasts():
    events = [happened(600, UP, 20), happened(720, None, 20), happened(780, UP, 20), happened(1080, CLOSED)]
    other = [happened(600, UP, 5), happened(1080, CLOSED)]
    signs = range(600, 1080, 30)
    rows = build_day(day_of({A: events, B: other}, schedule=[(600, 1080)], feed=signs, reports_down=False))
    assert [row for row in ride_rows(rows) if row[4]] == [
        (600, 120, UP, 20, True, False),
        (780, 300, UP, 20, True, False),
    ]
    assert [(change.before, change.after) for change in rows.changes if change.ride == A] == [(UP, CLOSED)]
    unknown = [row for row in rows.parks if at(720) <= row.at < at(780)]
    assert {(row.total, row.open, row.score) for row in unknown} == {(1, 1, Decimal("0.0"))}
    assert not rows.gaps


def test_an_unknown_status_is_carried_into_the_next_day_as_unknown():
    rows = build_day(day_of({A: [happened(600, UP, 20), happened(720, None)]}))
    assert rows.memory[A].state[0] is None
    following = build_day(day_of({B: [happened(600, UP, 5), happened(1080, CLOSED)]}, memory=rows.memory))
    assert ride_rows(following) == []
