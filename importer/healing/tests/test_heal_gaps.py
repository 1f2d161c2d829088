"""A gap of live collection is filled from the rides' histories; live rows stay as they are (sources 3)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core import data_version
from importer.healing.heal import HealSummary, heal, works
from importer.healing.tests.gap_world import CLOSED, DAY, DOWN, END, HOUR, NOW, START, UP, World, at, rows_of
from importer.healing.tests.histories import history, state
from importer.models import HistoryCall
from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.models import (
    DataSource,
    ParkActivitySnapshot,
    QueueData,
    Resolution,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.tests.factories import ChangeFactory, QueueFactory, SnapshotFactory
from snapshots.tests.watching import watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


def healed(wiki: Any, now=NOW, park=None, computed: bool = True) -> tuple[HealSummary, list[Any]]:
    """The summary, and what was asked to be recomputed."""
    asked: list[Any] = []

    def recompute(*days: Any) -> bool:
        asked.append(days)
        return computed

    with time_machine.travel(now, tick=False):
        return heal(wiki, works(now, park), recompute), asked


def stored(**which: Any) -> list[list[Any]]:
    rows: list[list[Any]] = [
        list(table.objects.filter(**which).order_by("recorded_at").values())
        for table in (RideStatusSnapshot, ParkActivitySnapshot)
    ]
    return rows


COASTER = [
    ("15:00:00", 30.0, UP, 10, True),
    ("15:30:00", 40.0, DOWN, None, False),
    ("16:10:00", 30.5, UP, 20, False),
    ("16:40:30", 19.5, UP, 10, False),
]
FLUME = [("15:00:00", 120.0, UP, 30, True)]


def test_the_span_of_the_gap_is_filled_and_nothing_else_is_touched(world):
    before = stored(data_source=DataSource.LIVE)
    summary, asked = healed(world.wiki())
    assert (rows_of(world.coaster), rows_of(world.flume)) == (COASTER, FLUME)
    archive = RideStatusSnapshot.objects.filter(data_source=DataSource.ARCHIVE)
    assert archive.count() == len(COASTER) + len(FLUME)
    assert set(archive.values_list("park_appears_open", "park")) == {(True, world.park.pk)}
    assert archive.get(ride=world.flume).last_updated_api == at("14:30")
    assert stored(data_source=DataSource.LIVE) == before
    assert asked == [(world.park, DAY, DAY)]
    assert (summary.parks, summary.gaps, summary.calls, summary.seconds, summary.left) == (1, 1, 2, 7200, [])


def test_the_park_has_a_row_per_interval_with_its_figures(world):
    healed(world.wiki())
    rows = ParkActivitySnapshot.objects.filter(park=world.park, data_source=DataSource.ARCHIVE).order_by("recorded_at")
    assert [row.recorded_at for row in rows] == [START + n * HOUR / 12 for n in range(24)]
    assert {row.duration_seconds for row in rows} == {300}
    reported = {f"{row.recorded_at:%H:%M}": (row.rides_open, row.avg_wait_time, row.shame_score) for row in rows}
    assert reported["15:25"] == (2, Decimal("20.00"), Decimal("0.0"))
    assert reported["15:30"] == (1, Decimal("30.00"), Decimal("5.0"))
    assert reported["16:15"] == (2, Decimal("25.00"), Decimal("0.0"))


def test_queues_and_status_changes_of_the_gap_are_stored_too(world):
    healed(world.wiki())
    queues = QueueData.objects.order_by("recorded_at").values_list("ride", "recorded_at", "wait_time_minutes")
    assert list(queues) == [(world.coaster.pk, at("16:10"), 5), (world.coaster.pk, at("16:20"), 10)]
    columns = ("ride", "changed_at", "previous_status_enum", "new_status_enum", "duration_in_previous_status")
    assert list(RideStatusChange.objects.order_by("changed_at").values_list(*columns)) == [
        (world.coaster.pk, at("15:30"), UP, DOWN, 155),  # running since 12:55
        (world.coaster.pk, at("16:10"), DOWN, UP, 40),
    ]


def test_the_change_that_ended_the_gap_is_made_true(world):
    """Live collection saw it running before and down after; the history knows when it broke down."""
    RideStatusSnapshot.objects.filter(ride=world.coaster, recorded_at__gte=END).update(
        status=DOWN, computed_is_open=False
    )
    noted = ChangeFactory.create(ride=world.coaster, changed_at=END, previous_status_enum=UP, new_status_enum=DOWN)
    later = ChangeFactory.create(ride=world.coaster, changed_at=at("17:50"), duration_in_previous_status=50)
    reported = history(
        world.coaster,
        state(at("04:00"), (CLOSED, None)),
        state(at("13:00"), (UP, 5)),
        state(at("16:20"), (DOWN, None)),
    )
    healed(world.wiki(coaster=reported))
    changes = RideStatusChange.objects.filter(ride=world.coaster).order_by("changed_at")
    assert list(changes.values_list("changed_at", "duration_in_previous_status")) == [
        (at("16:20"), 200),
        (later.changed_at, 90),
    ]
    assert not RideStatusChange.objects.filter(pk=noted.pk).exists()


def test_a_change_at_the_end_of_the_gap_that_nobody_could_see_is_added(world):
    reported = history(
        world.coaster,
        state(at("04:00"), (CLOSED, None)),
        state(at("13:00"), (UP, 5)),
        state(at("16:20"), (DOWN, None)),
    )
    later = ChangeFactory.create(ride=world.coaster, changed_at=at("17:50"), duration_in_previous_status=290)
    healed(world.wiki(coaster=reported))
    columns = ("changed_at", "previous_status_enum", "new_status_enum", "duration_in_previous_status")
    changes = RideStatusChange.objects.filter(ride=world.coaster).order_by("changed_at").values_list(*columns)
    assert list(changes) == [
        (at("16:20"), UP, DOWN, 200),
        (END, DOWN, UP, 40),
        (later.changed_at, None, None, 50),
    ]


def test_the_record_is_closed_and_reports_what_was_filled(world):
    world.ride()  # one the upstream has no history of
    healed(world.wiki())
    world.gap.refresh_from_db()
    assert world.gap.resolution_status == Resolution.RESOLVED
    assert world.gap.resolution_notes == (
        "data returned; filled from the upstream's history: 120 of 120 minutes, 2 rides, 1 without history"
    )
    assert world.gap.raw_data == {"healed_until": END.isoformat(), "rides": 2, "filled_seconds": 7200}


def test_again_there_is_nothing_to_do_and_forced_nothing_changes(world):
    healed(world.wiki())
    before = stored()
    wiki = world.wiki()
    assert healed(wiki)[0] == HealSummary()
    assert wiki.asked == []
    type(world.gap).objects.update(raw_data=None)
    summary, _ = healed(wiki)
    assert (summary.gaps, summary.rows) == (1, {"unchanged": len(COASTER) + len(FLUME) + 24 + 2 + 2})
    assert stored() == before


def test_what_an_earlier_import_wrote_of_the_gap_is_replaced(world):
    imported = {"ride": world.coaster, "data_source": DataSource.ARCHIVE, "duration_seconds": 60}
    SnapshotFactory.create(recorded_at=at("15:30"), **imported)
    SnapshotFactory.create(recorded_at=at("15:40"), **imported)
    outside = SnapshotFactory.create(recorded_at=at("12:00"), **imported)
    healed(world.wiki())
    assert rows_of(world.coaster) == COASTER
    assert RideStatusSnapshot.objects.filter(ride=world.coaster, recorded_at=outside.recorded_at).exists()


def test_live_rows_inside_the_gap_are_neither_overwritten_nor_overlapped(world):
    """A cycle of the gap that was stored after all, reported without the flume."""
    watch(world.park, [world.coaster], at("15:30"), at("15:35"), UP, 44)
    QueueFactory.create(ride=world.coaster, recorded_at=at("15:30"), wait_time_minutes=33)
    before = stored(data_source=DataSource.LIVE)
    healed(world.wiki())
    assert stored(data_source=DataSource.LIVE) == before
    assert rows_of(world.coaster)[:2] == [("15:00:00", 30.0, UP, 10, True), ("15:35:00", 35.0, DOWN, None, True)]
    assert rows_of(world.flume) == FLUME
    assert ParkActivitySnapshot.objects.get(park=world.park, recorded_at=at("15:30")).data_source == DataSource.LIVE
    assert QueueData.objects.get(ride=world.coaster, recorded_at=at("15:30")).wait_time_minutes == 33


def test_a_gap_over_midnight_and_closing_has_rows_in_opening_hours_alone(world):
    """From 20:00 to 14:00 of the next day; the park is closed from 23:00 to 13:00, local midnight is 04:00."""
    ScheduleFactory.create(park=world.park, schedule_date=date(2026, 7, 2))
    watch(world.park, world.rides, at("18:00"), at("20:00"))
    watch(world.park, world.rides, at("14:00", 2), at("14:10", 2))
    world.gap.delete()
    world.missed(at("20:00"), at("14:00", 2))
    reported = history(
        world.coaster,
        state(at("04:00"), (CLOSED, None)),
        state(at("12:55"), (UP, 10)),
        *(state(at(f"{hour}:30"), (UP, hour)) for hour in range(13, 23)),
        state(at("23:05"), (CLOSED, None)),
        *(state(at(f"{hour:02}:00", 2), (CLOSED, None)) for hour in range(2, 13, 2)),
        state(at("12:50", 2), (UP, 35)),
    )
    summary, asked = healed(world.wiki(coaster=reported), at("14:15", 2))
    assert rows_of(world.coaster, at("20:00"), at("14:00", 2)) == [
        ("20:00:00", 30.0, UP, 19, True),
        ("20:30:00", 60.0, UP, 20, False),
        ("21:30:00", 60.0, UP, 21, False),
        ("22:30:00", 30.0, UP, 22, False),
        ("23:05:00", 295.0, CLOSED, None, False),  # to the local midnight
        ("12:50:00", 10.0, UP, 35, False),
        ("13:00:00", 60.0, UP, 35, True),
    ]
    assert asked == [(world.park, DAY, date(2026, 7, 2))]
    assert summary.left == []


def test_what_the_upstream_itself_does_not_know_stays_unknown(world, settings):
    """No sign of life of the whole park from 15:00, when it was last read, to 16:50: too long a silence."""
    settings.MAX_FEED_SILENCE_SECONDS = 3600
    reported = history(
        world.coaster, state(at("04:00"), (CLOSED, None)), state(at("12:55"), (UP, 10)), state(at("16:50"), (UP, 20))
    )
    summary, _ = healed(world.wiki(coaster=reported))
    assert rows_of(world.coaster) == [("16:50:00", 10.0, UP, 20, False)]
    world.gap.refresh_from_db()
    assert "10 of 120 minutes" in world.gap.resolution_notes
    assert (summary.seconds, summary.left) == (600, [])


def test_a_calm_feed_is_not_silent_while_live_collection_reads_it(world):
    """Nothing changed from 12:55 on, and the answers before and after the gap say so."""
    calm = [history(ride, state(at("04:00"), (CLOSED, None)), state(at("12:55"), (UP, 10))) for ride in world.rides]
    summary, _ = healed(world.wiki(coaster=calm[0], flume=calm[1]))
    assert rows_of(world.coaster) == rows_of(world.flume) == [("15:00:00", 120.0, UP, 10, True)]
    assert summary.seconds == 7200


def test_a_park_without_schedule_is_open_while_its_rides_run(world):
    world.park.schedules.all().delete()
    reported = history(
        world.coaster,
        state(at("04:00"), (CLOSED, None)),
        state(at("12:55"), (UP, 10)),
        state(at("15:30"), (UP, 20)),
        state(at("16:00"), (CLOSED, None)),
    )
    calm = history(world.flume, state(at("04:00"), (CLOSED, None)))
    healed(world.wiki(coaster=reported, flume=calm))
    rows = RideStatusSnapshot.objects.filter(ride=world.coaster, data_source=DataSource.ARCHIVE).order_by(
        "recorded_at"
    )
    columns = rows.values_list("recorded_at", "duration_seconds", "park_appears_open")
    assert list(columns) == [(START, 1800, True), (at("15:30"), 1800, True), (at("16:00"), 3600, False)]


def test_the_ride_has_operated_when_the_history_says_so(world):
    world.coaster.last_operated_at = None
    world.coaster.save()
    healed(world.wiki())
    world.coaster.refresh_from_db()
    assert START < world.coaster.last_operated_at <= NOW


def test_nonsense_in_a_history_costs_only_itself(world):
    reported = history(
        world.coaster,
        state(at("04:00"), ("ASLEEP", None)),
        {"time": "yesterday", "status": "DOWN"},
        state(at("15:10"), (UP, -5)),
        state(at("15:20"), (UP, 20), TELEPORT={"waitTime": 1}),
    )
    summary, _ = healed(world.wiki(coaster=reported))
    assert rows_of(world.coaster) == [
        ("15:10:00", 10.0, UP, None, False),
        ("15:20:00", 100.0, UP, 20, False),
    ]
    assert summary.problems.total() == 3


def test_several_gaps_of_a_park_take_one_call_per_ride(world):
    RideStatusSnapshot.objects.filter(recorded_at__gte=at("14:00"), recorded_at__lt=at("14:10")).delete()
    ParkActivitySnapshot.objects.filter(recorded_at__gte=at("14:00"), recorded_at__lt=at("14:10")).delete()
    world.missed(at("14:00"), at("14:10"))
    wiki = world.wiki()
    summary, _ = healed(wiki)
    assert (summary.gaps, summary.parks, len(wiki.asked)) == (2, 1, 2)
    assert rows_of(world.coaster, at("14:00"), at("14:10")) == [("14:00:00", 10.0, UP, 10, True)]
    assert rows_of(world.coaster) == COASTER


def test_only_gaps_that_the_upstream_can_report_of_are_work(world):
    elsewhere = World()
    elsewhere.park.themeparks_wiki_id = None
    elsewhere.park.save()
    for columns in (
        {"import_id": "imp_1"},
        {"entity_type": "archive_file"},
        {"issue_type": "DUPLICATE"},
        {"resolution_status": Resolution.WONTFIX},
    ):
        row = world.missed(START + len(columns) * HOUR / 60, END)
        type(row).objects.filter(pk=row.pk).update(**columns)
        type(row).objects.filter(pk=row.pk).update(fingerprint=str(columns))
    for ride in (
        {"is_active": False},
        {"themeparks_wiki_id": None},
        {"entity_type": "RESTAURANT"},
    ):
        RideFactory.create(park=world.park, **ride)
    (work,) = works(NOW)
    assert work.park == world.park
    assert [hole.gap for hole in work.holes] == [world.gap]
    assert list(work.rides) == world.rides
    assert works(NOW, elsewhere.park) == []
    assert works(NOW, ParkFactory.create()) == []


def test_an_open_gap_is_filled_up_to_the_last_midnight_and_stays_open(world):
    RideStatusSnapshot.objects.filter(recorded_at__gte=END).delete()
    ParkActivitySnapshot.objects.filter(recorded_at__gte=END).delete()
    type(world.gap).objects.update(timestamp_end=None, resolution_status=Resolution.OPEN)
    wiki = world.wiki()
    assert healed(wiki)[0] == HealSummary()  # its day is not over
    summary, asked = healed(wiki, at("05:00", 2))
    assert (summary.gaps, asked, wiki.asked[0][1:]) == (1, [(world.park, DAY, DAY)], (DAY, DAY))
    world.gap.refresh_from_db()
    assert (world.gap.resolution_status, world.gap.timestamp_end) == (Resolution.OPEN, None)
    assert world.gap.raw_data["healed_until"] == at("04:00", 2).isoformat()
    assert healed(wiki, at("06:00", 2))[0] == HealSummary()  # once a day, not once an hour

    ScheduleFactory.create(park=world.park, schedule_date=date(2026, 7, 2))
    type(world.gap).objects.update(timestamp_end=at("14:00", 2), resolution_status=Resolution.RESOLVED)
    signs = [state(at(f"{hour:02}:00", 2), (UP, hour)) for hour in range(6, 15)]
    rest = [history(ride, state(at("04:00", 2), (UP, 5)), *signs) for ride in world.rides]
    wiki = world.wiki(coaster=rest[0], flume=rest[1])
    summary, asked = healed(wiki, at("14:10", 2))
    assert (asked, wiki.asked[0][1:]) == ([(world.park, date(2026, 7, 2), date(2026, 7, 2))], (date(2026, 7, 2),) * 2)
    world.gap.refresh_from_db()
    assert world.gap.resolution_status == Resolution.RESOLVED
    assert world.gap.raw_data["healed_until"] == at("14:00", 2).isoformat()


def test_a_run_that_was_killed_before_the_record_was_closed_is_made_up_for_without_a_call(world):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    wiki = world.wiki()
    with time_machine.travel(NOW, tick=False), pytest.raises(Killed):
        heal(wiki, works(NOW), killed)
    world.gap.refresh_from_db()
    assert world.gap.raw_data is None
    summary, asked = healed(wiki)
    assert (len(wiki.asked), asked, summary.gaps) == (2, [(world.park, DAY, DAY)], 1)
    assert set(summary.rows) == {"unchanged"}
    assert not HistoryCall.objects.filter(body__isnull=False).exists()


def test_a_gap_whose_days_could_not_be_computed_is_left_open_for_the_next_run(world):
    wiki = world.wiki()
    summary, _ = healed(wiki, computed=False)
    assert summary.left == [f"{world.park.name}: filled, but its statistics are not computed"]
    assert (healed(wiki)[0].gaps, len(wiki.asked)) == (1, 2)


def test_what_was_stored_before_the_day_counts_for_the_time_in_a_state_and_for_the_score(world):
    """The flume ran all the evening before and is down since midnight: it is part of the park's capacity."""
    watch(world.park, [world.flume], at("20:00", 0), at("20:10", 0))
    ChangeFactory.create(ride=world.coaster, changed_at=at("22:00", 0), new_status_enum=UP)
    watch(world.park, [world.coaster], at("22:00", 0), at("22:05", 0))
    reported = [
        history(world.coaster, state(at("04:00"), (UP, 5)), state(at("15:30"), (DOWN, None))),
        history(world.flume, state(at("04:00"), (DOWN, None)), state(at("16:30"), (DOWN, 5))),
    ]
    healed(world.wiki(coaster=reported[0], flume=reported[1]))
    lasted = RideStatusChange.objects.get(changed_at=at("15:30")).duration_in_previous_status
    assert lasted == (at("15:30") - at("22:00", 0)).total_seconds() / 60
    score = ParkActivitySnapshot.objects.get(park=world.park, recorded_at=START).shame_score
    assert score == Decimal("5.0")


def test_a_night_that_runs_over_midnight_is_not_silent_because_its_day_ends(world):
    """Open until 05:00, an hour after midnight; the last change before it is at 03:00, the next one at 04:30."""
    world.park.schedules.all().delete()
    ScheduleFactory.create(park=world.park, schedule_date=DAY, opening_time=at("13:00"), closing_time=at("05:00", 2))
    watch(world.park, world.rides, at("18:00"), at("02:00", 2))
    watch(world.park, world.rides, at("05:00", 2), at("05:10", 2))
    world.gap.delete()
    world.missed(at("02:00", 2), at("05:00", 2))
    reported = history(
        world.coaster,
        state(at("04:00"), (CLOSED, None)),
        state(at("12:55"), (UP, 10)),
        state(at("03:00", 2), (UP, 20)),
        state(at("04:30", 2), (UP, 30)),
    )
    healed(world.wiki(coaster=reported), at("12:00", 2))
    assert rows_of(world.coaster, at("02:00", 2), at("05:00", 2)) == [
        ("02:00:00", 60.0, UP, 10, True),
        ("03:00:00", 60.0, UP, 20, False),
        ("04:00:00", 30.0, UP, 20, True),
        ("04:30:00", 30.0, UP, 30, False),
    ]


def test_stored_answers_of_the_api_are_dropped(world):
    before = data_version.current()
    healed(world.wiki(), computed=False)
    assert data_version.current() != before
