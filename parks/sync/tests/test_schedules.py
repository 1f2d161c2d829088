"""Schedules: the newest answer for a date holds, the older is kept as superseded (N-9, R-6.5)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from core import data_version
from core.tests.stub_upstream import HTML_PAGE, NOT_FOUND, TRUNCATED, Answer, StubUpstream, answer
from core.upstream.http import Limits, Reason
from parks.catalog.known import CATALOG, sample_twin
from parks.models import Park, ParkSchedule, ScheduleType
from parks.sync.schedules import (
    Month,
    Refreshed,
    parks_with_schedule,
    refresh_schedule,
    refresh_schedules,
    stale_parks,
)
from parks.sync.tests.upstream_world import PARK, schedule, window
from parks.tests.factories import ParkFactory, ScheduleFactory, wiki_id
from parks.upstreams import themeparks_wiki
from parks.upstreams.themeparks_wiki import ThemeParksWiki

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 16, tzinfo=UTC)  # noon in New York
MONTH = Month(2026, 7)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def stub(settings: Any) -> Iterator[StubUpstream]:
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL = stub.url
        yield stub


@pytest.fixture
def wiki(stub: StubUpstream) -> Iterator[ThemeParksWiki]:
    with themeparks_wiki.client(Limits(attempts=1)) as wiki:
        yield wiki


@pytest.fixture
def park() -> Park:
    return ParkFactory.create(themeparks_wiki_id=PARK)


def report(stub: StubUpstream, *windows: Any, month: str = "", **changes: Any) -> None:
    stub.routes[f"/entity/{PARK}/schedule{month}"] = answer(schedule(*windows, **changes))


def stored(park: Park) -> list[tuple[str, str, str | None]]:
    """Date, type and closing clock (UTC) of every row."""
    rows = park.schedules.order_by("schedule_date", "opening_time", "schedule_type")
    return [
        (
            f"{row.schedule_date:%m-%d}",
            row.schedule_type,
            f"{row.closing_time:%H:%M}" if row.closing_time else None,
        )
        for row in rows
    ]


def counts(refreshed: Refreshed) -> tuple[int, int, int, int]:
    assert refreshed.error is None
    return refreshed.added, refreshed.changed, refreshed.unchanged, refreshed.withdrawn


# -- storing -----------------------------------------------------------------------------------------------


def test_all_windows_of_a_date_are_stored_in_utc(stub, wiki, park):
    report(
        stub,
        window("2026-07-02", "08:30", "09:00", type="TICKETED_EVENT"),
        window("2026-07-02"),
        window("2026-07-02", "21:00", "23:30", type="TICKETED_EVENT"),
        window("2026-07-03", None, None, type="INFO"),
    )
    assert counts(refresh_schedule(wiki, park)) == (4, 0, 0, 0)
    assert stored(park) == [
        ("07-02", "TICKETED_EVENT", "13:00"),
        ("07-02", "OPERATING", "01:00"),
        ("07-02", "TICKETED_EVENT", "03:30"),
        ("07-03", "INFO", None),
    ]
    operating = park.schedules.get(schedule_type=ScheduleType.OPERATING)
    assert operating.opening_time == datetime(2026, 7, 2, 13, tzinfo=UTC)
    assert operating.fetched_at == NOON


def test_the_recorded_month_is_stored_whole(stub, wiki, shared_data_dir):
    magic_kingdom = ParkFactory(themeparks_wiki_id="75ea578a-adc8-4116-a54d-dccb60765ef9")
    body = (shared_data_dir / "real" / "themeparks_wiki_v1" / "mk_schedule_2026-04-14.json").read_bytes()
    stub.routes[f"/entity/{magic_kingdom.themeparks_wiki_id}/schedule"] = Answer(body)
    assert counts(refresh_schedule(wiki, magic_kingdom)) == (69, 0, 0, 0)
    assert magic_kingdom.schedules.filter(schedule_type=ScheduleType.OPERATING).count() == 31


def test_the_same_answer_twice_only_moves_the_time_of_the_fetch(stub, wiki, park):
    report(stub, window("2026-07-02"), window("2026-07-03", None, None, type="INFO"))
    refresh_schedule(wiki, park)
    before = list(park.schedules.values_list("pk", "updated_at").order_by("pk"))
    with time_machine.travel(NOON + timedelta(hours=25), tick=False):
        assert counts(refresh_schedule(wiki, park)) == (0, 0, 2, 0)
    assert list(park.schedules.values_list("pk", "updated_at").order_by("pk")) == before
    assert set(park.schedules.values_list("fetched_at", flat=True)) == {NOON + timedelta(hours=25)}


def test_a_new_closing_time_corrects_the_window(stub, wiki, park):
    report(stub, window("2026-07-02"))
    refresh_schedule(wiki, park)
    report(stub, window("2026-07-02", closes="22:00"))
    assert counts(refresh_schedule(wiki, park)) == (0, 1, 0, 0)
    assert stored(park) == [("07-02", "OPERATING", "02:00")]


def test_a_closing_time_that_is_not_reported_any_more_stays(stub, wiki, park):
    report(stub, window("2026-07-02"))
    refresh_schedule(wiki, park)
    report(stub, window("2026-07-02", closes=None))
    assert counts(refresh_schedule(wiki, park)) == (0, 0, 1, 0)
    assert stored(park) == [("07-02", "OPERATING", "01:00")]


def test_a_future_window_that_upstream_withdrew_goes(stub, wiki, park):
    report(stub, window("2026-07-02"), window("2026-07-03"), window("2026-07-04"))
    refresh_schedule(wiki, park)
    report(stub, window("2026-07-02", "10:00"), window("2026-07-04"))
    assert counts(refresh_schedule(wiki, park)) == (1, 0, 1, 2)
    assert [day for day, _, _ in stored(park)] == ["07-02", "07-04"]
    assert park.schedules.order_by("pk").last().opening_time == datetime(2026, 7, 2, 14, tzinfo=UTC)


def begun(park: Park, *days: date) -> None:
    """Windows of 13:00 to 23:00 UTC, 9:00 to 19:00 in New York."""
    for day in days:
        ScheduleFactory(park=park, schedule_date=day, fetched_at=NOON - timedelta(days=1))


def former(park: Park) -> list[tuple[str, str, str]]:
    """Date, hours (UTC) and cause of what was superseded."""
    rows = park.superseded_schedules.order_by("pk")
    return [
        (f"{row.schedule_date:%m-%d}", f"{row.opening_time:%H:%M}-{row.closing_time:%H:%M}", row.cause) for row in rows
    ]


def test_the_newest_answer_for_a_date_replaces_the_older_also_after_opening(stub, wiki, park):
    """N-9: the old window is kept with both instants, and makes no union with the new one."""
    begun(park, date(2026, 6, 30), date(2026, 7, 1))
    report(stub, window("2026-06-30", "09:00", "18:00"), window("2026-07-01", "10:00", "19:00"), window("2026-07-02"))
    refreshed = refresh_schedule(wiki, park)
    assert counts(refreshed) == (2, 1, 0, 1)
    assert refreshed.moved_days == (date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2))
    assert stored(park)[:2] == [("06-30", "OPERATING", "22:00"), ("07-01", "OPERATING", "23:00")]
    assert former(park) == [("06-30", "13:00-23:00", "REPLACED"), ("07-01", "13:00-23:00", "REPLACED")]
    row = park.superseded_schedules.latest("pk")
    assert (row.confirmed_at, row.superseded_at, row.person) == (NOON - timedelta(days=1), NOON, None)


def test_what_has_begun_is_not_removed_by_an_answer_that_says_nothing_of_it(stub, wiki, park):
    begun(park, date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1))
    early = window("2026-07-01", "08:30", "09:00", type="TICKETED_EVENT")
    report(stub, window("2026-06-29"), early, window("2026-07-02"))
    assert counts(refresh_schedule(wiki, park)) == (3, 0, 0, 0)
    assert [day for day, kind, _ in stored(park) if kind == "OPERATING"] == [
        "06-01",
        "06-29",
        "06-30",
        "07-01",
        "07-02",
    ]


def test_a_day_said_to_be_closed_replaces_its_hours(stub, wiki, park):
    begun(park, date(2026, 7, 1), date(2026, 7, 2))
    report(stub, *(window(day, "11:00", "11:00", type="Closed") for day in ("2026-07-01", "2026-07-02")))
    assert counts(refresh_schedule(wiki, park)) == (2, 0, 0, 2)
    assert stored(park) == [("07-01", "CLOSED", None), ("07-02", "CLOSED", None)]
    report(stub, window("2026-07-02"))
    refresh_schedule(wiki, park)
    assert stored(park) == [("07-01", "CLOSED", None), ("07-02", "OPERATING", "01:00")]


def test_a_day_that_is_called_off_goes_though_another_cannot_be_read(stub, wiki, park):
    days = ("2026-07-02", "2026-07-03", "2026-07-04", "2026-07-05")
    report(stub, *map(window, days))
    refresh_schedule(wiki, park)
    report(stub, window(days[0]), window(days[1], closingTime="soon"), window(days[3]))
    assert counts(refresh_schedule(wiki, park)) == (0, 0, 2, 1)
    assert [day for day, _, _ in stored(park)] == ["07-02", "07-03", "07-05"]
    assert former(park) == [("07-04", "13:00-01:00", "CALLED_OFF")]


def test_a_date_read_in_part_gains_what_nothing_was_known_of(stub, wiki, park):
    begun(park, date(2026, 7, 3))
    early = window("2026-07-03", "08:30", "09:00", type="TICKETED_EVENT")
    report(stub, early, window("2026-07-03", "10:00"), window("2026-07-03", closingTime="soon"))
    assert counts(refresh_schedule(wiki, park)) == (1, 0, 0, 0)
    assert stored(park) == [("07-03", "TICKETED_EVENT", "13:00"), ("07-03", "OPERATING", "23:00")]


def test_a_date_that_a_person_set_is_left_alone(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 2), set_by="ann", reason="their sign says so")
    report(stub, window("2026-07-02", "10:00"), window("2026-07-03"))
    refreshed = refresh_schedule(wiki, park)
    assert (counts(refreshed), refreshed.by_hand) == ((1, 0, 0, 0), 1)
    assert stored(park) == [("07-02", "OPERATING", "23:00"), ("07-03", "OPERATING", "01:00")]


def test_a_window_without_times_of_a_past_date_stays(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 6, 30), opening_time=None, schedule_type=ScheduleType.INFO)
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 2), opening_time=None, schedule_type=ScheduleType.INFO)
    report(stub, window("2026-06-29"), window("2026-07-03"))
    assert refresh_schedule(wiki, park).withdrawn == 1
    assert ("06-30", "INFO", None) in stored(park)


def test_dates_outside_the_answer_are_left_alone(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 8, 20))
    report(stub, window("2026-07-02"), window("2026-07-30"))
    assert refresh_schedule(wiki, park).withdrawn == 0
    assert park.schedules.count() == 3


def test_other_parks_are_left_alone(stub, wiki, park):
    other = ScheduleFactory(schedule_date=date(2026, 7, 3))
    report(stub, window("2026-07-02"), window("2026-07-04"))
    refresh_schedule(wiki, park)
    assert ParkSchedule.objects.filter(pk=other.pk).exists()


def test_an_empty_schedule_means_unknown_and_removes_nothing(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 3))
    report(stub)
    assert counts(refresh_schedule(wiki, park)) == (0, 0, 0, 0)
    assert park.schedules.count() == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (NOT_FOUND, Reason.NOT_FOUND),
        (Answer(status=500), Reason.SERVER_ERROR),
        (HTML_PAGE, Reason.NOT_JSON),
        (TRUNCATED, Reason.NOT_JSON),
        (answer({"id": PARK, "timezone": "UTC", "parks": []}), Reason.INVALID),
        (answer(schedule(window("2026-07-02"), id=wiki_id(1))), Reason.INVALID),
    ],
    ids=["404", "500", "HTML", "truncated", "no schedule", "another park's"],
)
def test_an_answer_that_fails_touches_nothing(stub, wiki, park, fault, reason):
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 3))
    before = list(park.schedules.values())
    stub.routes[f"/entity/{PARK}/schedule"] = fault
    refreshed = refresh_schedule(wiki, park)
    assert refreshed.error is not None
    assert refreshed.error.reason == reason
    assert list(park.schedules.values()) == before


def test_a_failing_park_stops_no_other(stub, wiki, park):
    broken = ParkFactory()
    report(stub, window("2026-07-02"))
    done = list(refresh_schedules(wiki, [broken, park]))
    assert [each.error is None for each in done] == [False, True]
    assert park.schedules.count() == 1


def test_another_zone_than_the_parks_is_reported_and_the_instants_are_right(stub, wiki, park):
    report(stub, window("2026-07-02"), timezone="America/Chicago")
    refreshed = refresh_schedule(wiki, park)
    assert [problem.field for problem in refreshed.problems] == ["timezone"]
    assert park.schedules.get().opening_time == datetime(2026, 7, 2, 13, tzinfo=UTC)


def test_a_whole_month_can_be_asked_for_and_withdraws_to_its_end(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 7, 31))
    ScheduleFactory(park=park, schedule_date=date(2026, 8, 1))
    report(stub, window("2026-07-02"), month="/2026/07")
    assert counts(refresh_schedule(wiki, park, MONTH)) == (1, 0, 0, 1)
    assert [day for day, _, _ in stored(park)] == ["07-02", "08-01"]
    assert stub.paths() == [f"/entity/{PARK}/schedule/2026/07"]


def test_a_past_month_only_adds(stub, wiki, park):
    ScheduleFactory(park=park, schedule_date=date(2026, 5, 3))
    report(stub, window("2026-05-01"), window("2026-05-31"), month="/2026/05")
    assert counts(refresh_schedule(wiki, park, Month(2026, 5))) == (2, 0, 0, 0)
    assert park.schedules.count() == 3


@pytest.mark.parametrize(("months", "last"), [((2024, 2), 29), ((2026, 2), 28), ((2026, 12), 31)])
def test_a_month_knows_its_days(months, last):
    first_day, last_day = Month(*months).days()
    assert (first_day.day, last_day.day, first_day.month, last_day.month) == (1, last, months[1], months[1])


def test_answers_that_were_kept_are_dropped_only_when_something_changed(stub, wiki, park, settings, tmp_path):
    settings.DATA_VERSION_FILE = tmp_path / "version"
    settings.REDIS_URL = ""
    report(stub, window("2026-07-02"))
    refresh_schedule(wiki, park)
    moved = data_version.current()
    assert moved != "0"
    refresh_schedule(wiki, park)
    assert data_version.current() == moved


def test_it_costs_few_statements_however_many_windows(stub, wiki, park, django_assert_max_num_queries):
    days = [f"2026-07-{day:02d}" for day in range(2, 32)]
    report(stub, *(window(day, closes=None if day == days[0] else "21:00") for day in days))
    refresh_schedule(wiki, park)
    report(stub, *(window(day, closes="22:00") for day in days))
    with django_assert_max_num_queries(8):
        assert counts(refresh_schedule(wiki, park)) == (0, 30, 0, 0)


# -- which parks are stale ---------------------------------------------------------------------------------


def fetched(hours_ago: float, **columns: Any) -> Park:
    return ScheduleFactory.create(fetched_at=NOON - timedelta(hours=hours_ago), **columns).park


def test_a_park_is_stale_when_its_newest_row_is_older_than_a_day():
    old, oldest, _fresh, never = fetched(24.1), fetched(90), fetched(23.9), ParkFactory()
    ScheduleFactory(park=(mixed := fetched(90)), schedule_date=date(2026, 7, 9), fetched_at=NOON)
    assert mixed not in stale_parks(NOON)
    assert stale_parks(NOON) == [oldest, old, never]


def test_inactive_sample_and_queue_times_parks_have_no_schedule():
    ParkFactory(is_active=False)
    ParkFactory(themeparks_wiki_id=None)
    ParkFactory(themeparks_wiki_id=sample_twin(CATALOG[0]).themeparks_wiki_id)
    assert parks_with_schedule() == []


# -- the command -------------------------------------------------------------------------------------------


def run(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("sync_schedules", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_asks_stale_parks_and_sums_up(stub, park):
    fetched(1)
    report(stub, window("2026-07-02"), window("2026-07-03"), window("nonsense"))
    out, err = run()
    assert (
        "Asked for 1 parks: 2 windows new, 0 changed, 0 withdrawn, 0 unchanged; 1 problems, 1 new in the quality log."
        in out
    )
    assert "nonsense" in err
    assert stub.paths() == [f"/entity/{PARK}/schedule"]


def test_with_all_it_asks_fresh_ones_too(stub, park):
    other = fetched(1)
    stub.routes[f"/entity/{other.themeparks_wiki_id}/schedule"] = answer(schedule(id=other.themeparks_wiki_id))
    report(stub, window("2026-07-02"))
    run("--all")
    assert len(stub.requests) == 2


def test_a_month_of_one_park(stub, park):
    ParkFactory()
    report(stub, window("2026-08-02"), month="/2026/08")
    assert "1 windows new" in run("--park", str(park.pk), "--month", "2026-08")[0]
    assert stub.paths() == [f"/entity/{PARK}/schedule/2026/08"]


def test_a_park_that_fails_is_named_with_exit_code_1(stub, park):
    ParkFactory(name="Broken Park")
    report(stub, window("2026-07-02"))
    err = StringIO()
    with pytest.raises(CommandError, match="1 of 2 parks failed") as raised:
        call_command("sync_schedules", stdout=StringIO(), stderr=err)
    assert raised.value.returncode == 1
    assert "Broken Park: NOT_FOUND" in err.getvalue()
    assert park.schedules.count() == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--park", "999"),
        ("--month", "2026-13"),
        ("--month", "2026-4"),
        ("--month", "July"),
        ("--month", "0000-01"),
        ("--month", "9999-12"),
    ],
)
def test_a_bad_option_costs_one_line_and_exit_code_2(options):
    with pytest.raises(CommandError, match=options[0]) as raised:
        run(*options)
    assert raised.value.returncode == 2


def test_a_park_without_a_wiki_id_is_refused():
    park = ParkFactory(themeparks_wiki_id=None)
    with pytest.raises(CommandError, match="nobody publishes its schedule") as raised:
        run("--park", str(park.pk))
    assert raised.value.returncode == 2
