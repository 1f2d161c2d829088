"""The synthetic archive: layout, label, determinism, realism, refusal of bad options."""

import itertools
import json
import zlib
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from importer.sample.hours import crowd_level, opening_minutes
from importer.sample.rides import roster
from importer.sample.text import clock, price
from importer.sample.write import LABEL_FILE, SampleSummary, sample_destinations, write_sample_archive
from parks.catalog.known import CATALOG, facts_for, sample_twin

pytestmark = pytest.mark.slow

# The clocks of the United States go forward on 8 March; 25 days hold a whole outage period and some.
ENDS_AT = datetime(2026, 3, 20, 18, 30, tzinfo=UTC)
DAYS, DESTINATIONS = 25, 4
QUEUE_TYPES = {
    "STANDBY", "SINGLE_RIDER", "RETURN_TIME", "PAID_RETURN_TIME", "PAID_STANDBY", "BOARDING_GROUP",
}  # fmt: skip
STATUSES = {"OPERATING", "DOWN", "CLOSED", "REFURBISHMENT"}

Event = dict[str, Any]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    out = tmp_path_factory.mktemp("sample") / "archive"
    return out, write_sample_archive(out, days=DAYS, destinations=DESTINATIONS, seed=7, ends_at=ENDS_AT)


@pytest.fixture(scope="module")
def files(archive: tuple[Path, SampleSummary]) -> dict[Path, list[Event]]:
    """Events by file, paths relative to the archive, in order."""
    out, _ = archive
    return {path.relative_to(out): read(path) for path in sorted(out.glob("*/*/*/*.json.gz"))}


@pytest.fixture(scope="module")
def sound(files: dict[Path, list[Event]]) -> list[Event]:
    """The events an importer can use, in order of time."""
    events = [event for events in files.values() for event in events if is_sound(event)]
    return sorted(events, key=lambda event: event["eventTime"])


def read(path: Path) -> list[Event]:
    events: list[Event] = json.loads(zlib.decompress(path.read_bytes()))["events"]
    return events


def is_sound(event: Event) -> bool:
    return (
        "entityId" in event
        and event["eventTime"].endswith("Z")
        and event.get("data", {}).get("status") in STATUSES
        and set(event["data"].get("queue", {})) <= QUEUE_TYPES
    )


def contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def by_entity(events: list[Event]) -> dict[str, list[Event]]:
    reported: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        reported[event["entityId"]].append(event)
    return reported


# -- layout ----------------------------------------------------------------------------------------------


def test_there_is_one_zlib_file_per_destination_and_utc_day(
    archive: tuple[Path, SampleSummary], files: dict[Path, list[Event]]
):
    out, summary = archive
    destinations = {sample_twin(parks[0]).destination_id for parks in sample_destinations()[:DESTINATIONS]}
    days = [ENDS_AT.date() - timedelta(days=back) for back in range(DAYS)]
    assert set(files) == {Path(f"{uuid}/{day:%Y/%m/%d}.json.gz") for uuid in destinations for day in days}
    assert all((out / path).read_bytes()[0] == 0x78 for path in files)
    assert summary.files == len(files)
    assert summary.events == sum(map(len, files.values()))


def test_a_file_holds_its_day_and_at_most_the_last_minutes_of_the_day_before(files: dict[Path, list[Event]]):
    for path, events in files.items():
        midnight = datetime.strptime("/".join(path.parts[1:])[:10], "%Y/%m/%d").replace(tzinfo=UTC)
        for event in filter(is_sound, events):
            at = datetime.fromisoformat(event["eventTime"])
            assert midnight - timedelta(minutes=2) <= at < midnight + timedelta(days=1)


def test_everything_is_labelled_synthetic(archive: tuple[Path, SampleSummary], files: dict[Path, list[Event]]):
    label = (archive[0] / LABEL_FILE).read_text()
    assert "SYNTHETIC" in label
    assert "seed: 7" in label
    for event in (event for events in files.values() for event in events):
        assert event["synthetic"] is True
        assert event["internalId"].startswith("synthetic;")
        assert event["parkSlug"].endswith("-sample")


def test_events_carry_the_twins_identity_and_the_parks_clock(files: dict[Path, list[Event]]):
    for path, events in files.items():
        for event in filter(is_sound, events):
            park = facts_for(event["parkId"])
            assert park is not None
            assert park.name.endswith(" (sample)")
            assert park.destination_id == event["data"]["destinationId"] == path.parts[0]
            assert event["timezone"] == park.timezone
            at = datetime.fromisoformat(event["eventTime"])
            local = at.astimezone(ZoneInfo(park.timezone)).isoformat(timespec="seconds")
            assert event["localTime"] == local
            assert event["eventTime"] == f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def test_nothing_is_later_than_the_end_and_open_parks_are_reported_until_then(sound: list[Event]):
    assert datetime.fromisoformat(sound[-1]["eventTime"]) < ENDS_AT
    latest = by_entity(sound)
    flagships = [ride.uuid for ride in roster(sample_twin(CATALOG[0])) if ride.kind == "flagship"]
    for uuid in flagships:
        assert datetime.fromisoformat(latest[uuid][-1]["eventTime"]) > ENDS_AT - timedelta(hours=8)


def test_the_first_day_reports_the_state_of_every_entity(files: dict[Path, list[Event]]):
    day = min(str(Path(*path.parts[1:])) for path in files)
    reported = {
        event["entityId"] for path in files if str(path).endswith(day) for event in filter(is_sound, files[path])
    }
    for park in (park for parks in sample_destinations()[:DESTINATIONS] for park in parks):
        assert {ride.uuid for ride in roster(sample_twin(park))} <= reported


# -- determinism -----------------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_bytes_whatever_the_workers(tmp_path: Path):
    for name, workers in (("one", 1), ("two", 2)):
        write_sample_archive(tmp_path / name, days=16, destinations=2, seed=3, ends_at=ENDS_AT, workers=workers)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_reports_another_history(tmp_path: Path):
    for seed in (1, 2):
        write_sample_archive(tmp_path / str(seed), days=1, destinations=1, seed=seed, ends_at=ENDS_AT)
    assert contents(tmp_path / "1") != contents(tmp_path / "2")


def test_an_earlier_end_only_cuts_the_history_short(tmp_path: Path):
    for name, back in (("late", 0), ("early", 5)):
        ends_at = ENDS_AT - timedelta(hours=back)
        write_sample_archive(tmp_path / name, days=2, destinations=1, seed=1, ends_at=ends_at)
    late, early = contents(tmp_path / "late"), contents(tmp_path / "early")
    first = min(name for name in late if name.endswith(".gz"))
    assert late[first] == early[first]


def test_an_earlier_sample_is_replaced_and_progress_counts_files(tmp_path: Path):
    written: list[int] = []
    for days in (3, 2):
        written.clear()
        write_sample_archive(tmp_path, days=days, destinations=1, seed=1, ends_at=ENDS_AT, progress=written.append)
    assert sum(written) == 2
    assert len(list(tmp_path.glob("*/*/*/*.json.gz"))) == 2


def test_an_end_at_midnight_belongs_to_the_day_before(tmp_path: Path):
    ends_at = datetime(2026, 3, 2, tzinfo=UTC)
    write_sample_archive(tmp_path, days=1, destinations=1, seed=1, ends_at=ends_at)
    assert [path.name for path in tmp_path.glob("*/*/*/*.json.gz")] == ["01.json.gz"]


# -- realism ---------------------------------------------------------------------------------------------


def test_all_queue_types_and_statuses_occur(sound: list[Event]):
    assert {event["data"]["status"] for event in sound} == STATUSES
    assert {name for event in sound for name in event["data"].get("queue", {})} == QUEUE_TYPES


def test_parks_that_only_close_never_say_down(sound: list[Event]):
    down = {event["parkSlug"] for event in sound if event["data"]["status"] == "DOWN"}
    assert "magickingdompark-sample" in down
    assert "disneylandparkparis-sample" in down
    assert "dollywood-sample" not in down


def test_a_park_that_only_closes_still_has_breakdowns(sound: list[Event]):
    reopened = 0
    for events in by_entity([event for event in sound if event["parkSlug"] == "dollywood-sample"]).values():
        days = Counter(
            event["localTime"][:10]
            for before, event in itertools.pairwise(events)
            if (before["data"]["status"], event["data"]["status"]) == ("CLOSED", "OPERATING")
        )
        reopened += sum(times - 1 for times in days.values())
    assert reopened > 0


def test_waits_are_multiples_of_five_null_or_absurd(sound: list[Event]):
    waits = Counter(event["data"].get("queue", {}).get("STANDBY", {}).get("waitTime") for event in sound)
    absurd = waits.pop(995)
    assert 0 < absurd < len(sound) / 5_000
    assert waits.pop(None) > 0
    assert all(wait % 5 == 0 and 5 <= wait <= 235 for wait in waits)


def test_operating_rides_sometimes_post_no_wait(sound: list[Event]):
    assert any(
        event["data"]["status"] == "OPERATING"
        and event["data"].get("queue", {}).get("STANDBY", {}).get("waitTime", 0) is None
        for event in sound
    )


def test_prices_are_in_minor_units(sound: list[Event]):
    prices = [
        event["data"]["queue"]["PAID_RETURN_TIME"]["price"]
        for event in sound
        if "PAID_RETURN_TIME" in event["data"].get("queue", {}) and event["data"]["status"] == "OPERATING"
    ]
    known = [price for price in prices if price["amount"] is not None and price["currency"] == "USD"]
    assert known
    assert all(price["formatted"] == f"${price['amount'] / 100:.2f}" for price in known)


def test_yen_prices_are_unknown_as_upstream_has_them():
    assert json.loads(price("JP", 15)) == {"amount": 0, "currency": "JPY", "formatted": "Unknown"}


def test_return_windows_move_every_few_minutes(sound: list[Event]):
    moves = Counter(
        (event["entityId"], event["localTime"][:10])
        for event in sound
        if "RETURN_TIME" in event["data"].get("queue", {})
    )
    busiest = [count for count in moves.values() if count > 20]
    assert 60 <= sum(busiest) / len(busiest) <= 130


def test_the_park_itself_reports_once_per_local_day_without_queue(sound: list[Event]):
    own = {json.dumps(event): event for event in sound if event["entityId"] == event["parkId"]}.values()
    assert all("queue" not in event["data"] and event["name"].endswith(" (sample)") for event in own)
    per_day = Counter((event["parkId"], event["localTime"][:10]) for event in own)
    assert set(per_day.values()) == {1}
    assert {event["data"]["status"] for event in own} == {"OPERATING", "CLOSED"}


def test_shows_publish_their_times(sound: list[Event]):
    shows = [event for event in sound if "showtimes" in event["data"]]
    assert shows
    assert all(set(time) == {"type", "startTime", "endTime"} for event in shows for time in event["data"]["showtimes"])


def test_rides_close_a_few_minutes_after_the_park(sound: list[Event]):
    """Magic Kingdom closes at 23:00 on 15 March, a Sunday in spring break."""
    zone = ZoneInfo("America/New_York")
    closes = datetime(2026, 3, 15, 23, tzinfo=zone)
    rides = [ride.uuid for ride in roster(sample_twin(CATALOG[0])) if ride.kind == "coaster"]
    reported = by_entity(sound)
    closed = [
        next(event for event in reported[uuid] if datetime.fromisoformat(event["eventTime"]) >= closes)
        for uuid in rides
    ]
    delays = [datetime.fromisoformat(event["eventTime"]) - closes for event in closed]
    assert all(event["data"]["status"] == "CLOSED" for event in closed)
    assert all(timedelta(minutes=1) < delay < timedelta(minutes=13) for delay in delays)


def test_some_parks_close_after_local_midnight():
    park = CATALOG[0]
    assert opening_minutes(park, date(2025, 12, 27)) == (8 * 60, 25 * 60)


def test_seasonal_parks_are_closed_in_winter_and_every_park_has_a_calendar():
    open_days = {
        park.slug: sum(opening_minutes(park, date(2026, 1, 1) + timedelta(days=day)) is not None for day in range(365))
        for park in CATALOG
    }
    assert min(open_days.values()) > 100
    assert open_days["epcot"] == 365
    assert open_days["cedarpoint"] < 200


def test_saturdays_and_holidays_are_busier():
    assert crowd_level(date(2025, 10, 11)) > crowd_level(date(2025, 10, 8))
    assert crowd_level(date(2025, 12, 27)) > crowd_level(date(2025, 9, 13))


def test_a_day_of_23_hours_keeps_its_offsets():
    texts = clock("America/New_York", date(2026, 3, 8))
    assert texts.offset[119] == '-05:00"'
    assert texts.offset[120] == '-04:00"'
    assert texts.slots[24] == '"2026-03-08T03:00:00-04:00"'


def test_a_whole_destination_falls_silent_for_some_hours(sound: list[Event]):
    destination = sample_twin(CATALOG[0]).destination_id
    zone = ZoneInfo(CATALOG[0].timezone)
    times = [
        datetime.fromisoformat(event["eventTime"]).astimezone(zone)
        for event in sound
        if event["data"]["destinationId"] == destination
    ]
    gaps = [
        later - earlier
        for earlier, later in itertools.pairwise(times)
        if 11 <= earlier.hour <= 15 and earlier.date() == later.date()
    ]
    assert timedelta(hours=2, minutes=20) < max(gaps) < timedelta(hours=4)


# -- faults ----------------------------------------------------------------------------------------------


def test_each_kind_of_malformed_event_occurs_at_a_low_rate(files: dict[Path, list[Event]]):
    events = [event for events in files.values() for event in events]
    malformed = [event for event in events if not is_sound(event)]
    assert 0 < len(malformed) < len(events) / 2_000
    assert any("entityId" not in event for event in malformed)
    assert any(not event["eventTime"].endswith("Z") for event in malformed)
    assert any("data" not in event for event in malformed)
    assert any(event.get("data", {}).get("status") not in STATUSES | {None} for event in malformed)
    assert any(set(event.get("data", {}).get("queue", {})) - QUEUE_TYPES for event in malformed)


def test_duplicates_occur_inside_a_file_and_across_the_border(files: dict[Path, list[Event]]):
    inside = across = 0
    before: set[str] = set()
    for events in files.values():
        texts = [json.dumps(event, sort_keys=True) for event in events]
        inside += len(texts) - len(set(texts))
        across += len(before & set(texts))
        before = set(texts)
    assert inside > 0
    assert across > 0


def test_events_are_slightly_out_of_order(files: dict[Path, list[Event]]):
    times = [event["eventTime"] for event in next(iter(files.values())) if is_sound(event)]
    assert times != sorted(times)


# -- the command -----------------------------------------------------------------------------------------


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call_command(
        "generate_sample_archive",
        f"--out={tmp_path / 'new'}", "--days=1", "--destinations=1", "--end=2026-03-01T12:00:00+01:00",
    )  # fmt: skip
    out, err = capsys.readouterr()
    assert "synthetic events" in out
    assert err == ""


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--days=0", "days must be at least 1"),
        ("--days=99999", "the history must lie"),
        ("--days=9999999999", "the history must lie"),
        ("--destinations=0", "destinations must be between 1 and"),
        ("--destinations=999", "destinations must be between 1 and"),
        ("--workers=0", "workers must be at least 1"),
        ("--end=yesterday", "end must be an instant"),
        ("--end=2026-03-01T12:00:00", "end must have a time zone"),
    ],
)
def test_bad_options_end_with_code_2_and_one_line(tmp_path: Path, option: str, complaint: str):
    with pytest.raises(CommandError) as caught:
        call_command("generate_sample_archive", f"--out={tmp_path / 'new'}", option)
    assert caught.value.returncode == 2
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_file_or_a_foreign_directory_is_refused(tmp_path: Path):
    (tmp_path / "real.json.gz").write_bytes(b"real history")
    for out, complaint in ((tmp_path, "is not empty"), (tmp_path / "real.json.gz", "is not a directory")):
        with pytest.raises(CommandError, match=complaint) as caught:
            call_command("generate_sample_archive", f"--out={out}")
        assert caught.value.returncode == 2
    assert (tmp_path / "real.json.gz").read_bytes() == b"real history"
