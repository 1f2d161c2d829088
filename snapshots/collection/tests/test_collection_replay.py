"""Recorded answers played again: rows, queues, changes and the API agree with the payloads, read here by hand."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from core.upstream.http import Reason, UpstreamError
from core.web.tests.production_client import writes
from parks.models import Park, Ride
from parks.tests.factories import RideFactory
from snapshots.collection.recordings import instant_of, recorded, recordings_of
from snapshots.collection.run import collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.tests.live_answers import (
    AT,
    INTERVAL,
    entry,
    fetch_of,
    line,
    live,
    queue_times,
    queue_times_park,
    tables,
    wiki_ride,
)

pytestmark = pytest.mark.django_db

Payloads = list[tuple[datetime, dict[str, Any]]]


def replay(place: Path, **options: Any) -> str:
    out = StringIO()
    call_command("collect_snapshots", replay=str(place), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def resort(shared_data_dir) -> Path:
    return shared_data_dir / "real" / "themeparks_wiki_v1_dlr_2026-02-03"


@pytest.fixture
def kingdom(shared_data_dir) -> Path:
    return shared_data_dir / "real" / "themeparks_wiki_v1"


def payloads(place: Path) -> Payloads:
    """The recorded answers with their instants, oldest first."""
    found = []
    for path in place.glob("*_live_20*Z.json*"):
        stamp = path.name.split("_")[2].split(".")[0].replace("-", "")
        form = "%Y%m%dT%H%M%SZ" if len(stamp) == 16 else "%Y%m%dT%H%MZ"
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found.append((datetime.strptime(stamp, form).replace(tzinfo=UTC), json.loads(text)))
    return sorted(found, key=lambda pair: (pair[0], pair[1]["name"]))


def attractions(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [reported for reported in payload["liveData"] if reported["entityType"] == "ATTRACTION"]


def wait_of(reported: dict[str, Any]) -> int | None:
    return ((reported.get("queue") or {}).get("STANDBY") or {}).get("waitTime")


def wanted_rides(reported: Payloads) -> set[tuple[Any, ...]]:
    return {
        (ride["id"], at, ride.get("status"), wait_of(ride), datetime.fromisoformat(ride["lastUpdated"]))
        for at, payload in reported
        for ride in attractions(payload)
    }


def wanted_queues(reported: Payloads) -> dict[tuple[str, datetime, str], dict[str, Any]]:
    found = {}
    for at, payload in reported:
        for ride in attractions(payload):
            for name, members in (ride.get("queue") or {}).items():
                if name != "STANDBY" and members is not None:
                    start, price = members.get("returnStart"), members.get("price") or {}
                    found[ride["id"], at, name] = {
                        "wait_time_minutes": members.get("waitTime", members.get("estimatedWait")),
                        "return_state": members.get("state"),
                        "return_time_start": start and datetime.fromisoformat(start),
                        "price_amount": Decimal(price["amount"]) / 100 if price.get("amount") else None,
                        "price_currency": price.get("currency"),
                        "boarding_group_status": members.get("allocationStatus"),
                    }
    return found


def wanted_changes(reported: Payloads) -> list[tuple[Any, ...]]:
    first: dict[str, datetime] = {}
    since: dict[str, datetime] = {}
    latest: dict[str, str] = {}
    found = []
    for at, payload in reported:
        for ride in attractions(payload):
            uuid, status = ride["id"], ride["status"]
            first.setdefault(uuid, at)
            if latest.setdefault(uuid, status) != status:
                minutes = int((at - since.get(uuid, first[uuid])).total_seconds() // 60)
                found.append((uuid, at, latest[uuid], status, minutes, wait_of(ride)))
                since[uuid], latest[uuid] = at, status
    return sorted(found)


def wanted_summary(reported: Payloads) -> dict[str, int]:
    """R-4.7 at the last instant; without a schedule a park is open while a ride operates."""
    buckets: Counter[str] = Counter()
    ran: set[str] = set()
    last: dict[str, dict[str, Any]] = {}
    for _, payload in reported:
        last[payload["id"]] = payload
        ran |= {ride["id"] for ride in attractions(payload) if ride["status"] == "OPERATING"}
    for payload in last.values():
        rides = attractions(payload)
        assert any(ride["status"] == "OPERATING" for ride in rides)
        for ride in rides:
            buckets["CLOSED" if ride["status"] == "DOWN" and ride["id"] not in ran else ride["status"]] += 1
    names = ("OPERATING", "DOWN", "CLOSED", "REFURBISHMENT", "PARK_CLOSED")
    return {**{name: buckets[name] for name in names}, "total": sum(buckets.values())}


def mean(waits: list[int]) -> float | None:
    exact = Decimal(sum(waits)) / len(waits) if waits else None
    return None if exact is None else float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def check_api(client, reported: Payloads) -> None:
    """The summary and every park's page at each moment, as seen two seconds later."""
    for n, (at, _) in enumerate(reported):
        if n + 1 < len(reported) and reported[n + 1][0] == at:
            continue  # the other park of this moment comes next
        seen = [pair for pair in reported if pair[0] <= at]
        writes.happened()  # as the cycle of this moment did
        with time_machine.travel(at.replace(second=(at.second + 2) % 60), tick=False):
            summary = client.get("/api/live/status-summary").json()
            assert summary["status_summary"] == wanted_summary(seen)
            pages = {park.pk: client.get(f"/api/parks/{park.pk}/details").json() for park in Park.objects.all()}
        for latest in {pair[1]["id"]: pair[1] for pair in seen}.values():
            park = Park.objects.get(themeparks_wiki_id=latest["id"])
            states = Counter(ride["status"] for ride in attractions(latest))
            ran = [ride for ride in attractions(latest) if ride["status"] == "OPERATING"]
            waits = [wait for ride in ran if (wait := wait_of(ride))]  # above zero (N-4)
            status = pages[park.pk]["current_status"]
            assert status["is_open"] is True
            assert status["rides_open"] == states["OPERATING"]
            assert status["rides_closed"] == states["DOWN"] + states["CLOSED"] + states["REFURBISHMENT"]
            assert status["total_rides"] == len(attractions(latest)) == states.total()
            assert (status["avg_wait_time"], status["max_wait_time"]) == (mean(waits), max(waits, default=None))
            assert status["last_updated"].startswith(f"{at:%Y-%m-%dT%H:%M:%S}")


def check_rows(reported: Payloads) -> None:
    columns = ("ride__themeparks_wiki_id", "recorded_at", "status", "wait_time", "last_updated_api")
    assert set(RideStatusSnapshot.objects.values_list(*columns)) == wanted_rides(reported)
    assert not RideStatusSnapshot.objects.exclude(data_source="LIVE").exists()
    expected = wanted_queues(reported)
    members = next(iter(expected.values()))
    rows = QueueData.objects.values("ride__themeparks_wiki_id", "recorded_at", "queue_type", *members)
    found = {
        (row["ride__themeparks_wiki_id"], row["recorded_at"], row["queue_type"]): {name: row[name] for name in members}
        for row in rows
    }
    assert found == expected
    changed = RideStatusChange.objects.values_list(
        "ride__themeparks_wiki_id",
        "changed_at",
        "previous_status_enum",
        "new_status_enum",
        "duration_in_previous_status",
        "wait_time_at_change",
    )
    assert sorted(changed) == wanted_changes(reported)


def test_the_recorded_resort_is_stored_as_it_was_reported(resort, client):
    reported = payloads(resort)
    out = replay(resort)
    assert len(reported) == 18
    assert out.count("2 parks") == 9
    check_rows(reported)
    assert len(wanted_changes(reported)) == 3, "two rides broke down, both came back"
    assert {name for _, _, name in wanted_queues(reported)} >= {"RETURN_TIME", "PAID_RETURN_TIME", "SINGLE_RIDER"}
    check_api(client, reported)


def test_each_row_of_the_recorded_resort_holds_until_the_next(resort):
    replay(resort)
    instants = sorted({at for at, _ in payloads(resort)})
    wanted = [min(300, int((after - at).total_seconds())) for at, after in pairwise(instants)]
    for ride in Ride.objects.all():
        held = ride.snapshots.order_by("recorded_at").values_list("duration_seconds", flat=True)
        assert list(held) == [*wanted, 300]


def test_the_same_recordings_again_change_nothing(resort):
    replay(resort)
    before = tables()
    out = replay(resort)
    assert tables() == before
    assert out.count("2 parks stored before") == 9


def test_the_recordings_in_another_order_give_the_same_observations(resort, tmp_path):
    """Scores alone are reported what was known at the time."""
    for path in resort.glob("dca_*"):
        (tmp_path / path.name).symlink_to(path)
    replay(tmp_path)
    before = tables()
    for model in (RideStatusSnapshot, QueueData, ParkActivitySnapshot, RideStatusChange, DataQualityIssue):
        model._default_manager.all().delete()
    Ride.objects.update(last_operated_at=None)
    for path in sorted(tmp_path.iterdir(), reverse=True):
        replay(path)
    after = tables()
    for name in ("RideStatusSnapshot", "QueueData", "Ride"):
        assert after[name] == before[name]
    check_rows(payloads(tmp_path))


def test_the_recorded_kingdom_is_stored_as_it_was_reported(kingdom, client):
    reported = payloads(kingdom)
    assert len(reported) == 1
    replay(kingdom)
    states = Counter(row[2] for row in wanted_rides(reported))
    assert states == {"OPERATING": 32, "CLOSED": 2, "REFURBISHMENT": 1}, "as its README says"
    check_rows(reported)
    check_api(client, reported)


def test_an_empty_line_in_a_recording_is_read(kingdom, tmp_path):
    body = (kingdom / "mk_live_edited_null_queue.json").read_bytes()
    (tmp_path / "mk_live_20260414T222700Z.json").write_bytes(body)
    replay(tmp_path)
    reported = [(datetime(2026, 4, 14, 22, 27, tzinfo=UTC), json.loads(body))]
    check_rows(reported)


def test_the_recordings_hold_nothing_that_we_do_not_know(resort, kingdom):
    replay(resort)
    replay(kingdom)
    # What is new in a feed is noted as settled.
    assert not DataQualityLog.objects.exclude(resolution_status="RESOLVED").exists()
    assert not DataQualityIssue.objects.exclude(issue_type="STALE_DATA").exists()


# -- keeping and playing ---------------------------------------------------------------------------------


def test_what_was_kept_gives_the_same_rows_again(tmp_path):
    wiki, times = wiki_ride(), RideFactory.create(park=queue_times_park())
    parks = [wiki.park, times.park]
    for n, (status, is_open) in enumerate([("OPERATING", True), ("DOWN", False), ("OPERATING", True)]):
        queue = {"SINGLE_RIDER": {"waitTime": n}, "TELEPORT": {}}
        reported = fetch_of(
            {
                wiki.park: live(wiki.park, entry(wiki, status, 5 * n, queue=queue)),
                times.park: queue_times(line(times, is_open, 0)),
            }
        )
        collect(AT + n * INTERVAL, recorded(reported, tmp_path, AT + n * INTERVAL), parks)
    before = tables()
    assert len(list(tmp_path.iterdir())) == 6
    for model in (RideStatusSnapshot, QueueData, ParkActivitySnapshot, RideStatusChange, DataQualityIssue):
        model._default_manager.all().delete()
    Ride.objects.update(last_operated_at=None)
    replay(tmp_path)
    after = tables()
    assert len(before["RideStatusSnapshot"]) == 6
    for name in ("RideStatusSnapshot", "QueueData", "Ride"):
        assert after[name] == before[name]
    for name in ("ParkActivitySnapshot", "RideStatusChange", "DataQualityIssue"):
        assert [{**row, "id": 0} for row in after[name]] == [{**row, "id": 0} for row in before[name]]


def test_a_full_disk_costs_the_recording_and_not_the_rows(tmp_path):
    ride = wiki_ride()
    reported = fetch_of({ride.park: live(ride.park, entry(ride))})
    result = collect(AT, recorded(reported, tmp_path / "missing" / "directory", AT), [ride.park])
    assert result.stored == [ride.park]


def test_a_failed_request_keeps_no_file(tmp_path):
    park = wiki_ride().park
    result = collect(AT, recorded(fetch_of({park: UpstreamError(Reason.TIMEOUT, "-")}), tmp_path, AT), [park])
    assert list(result.failed) == [park]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dl_live_20260203T212045Z.json.gz", datetime(2026, 2, 3, 21, 20, 45, tzinfo=UTC)),
        ("mk_live_2026-04-14T2227Z.json", datetime(2026, 4, 14, 22, 27, tzinfo=UTC)),
        ("mk_live_2026-04-14T22:27:31Z.json", datetime(2026, 4, 14, 22, 27, 31, tzinfo=UTC)),
        ("mk_live_20261314T222731Z.json", None),
        ("mk_children.json", None),
        ("mk_schedule_2026-04-14.json", None),
    ],
)
def test_the_instant_of_a_recording_is_in_its_name(name, expected):
    assert instant_of(name) == expected


@pytest.mark.parametrize("damage", ["truncated", "not gzip", "empty", "other park", "queue times", "50 MB"])
def test_a_recording_that_cannot_be_used_is_reported_and_the_others_are_played(tmp_path, damage):
    ride = wiki_ride()
    for n in (0, 2):
        good = recorded(fetch_of({ride.park: live(ride.park, entry(ride))}), tmp_path, AT + n * INTERVAL)
        good(ride.park)
    name, body = f"live_x_{AT + INTERVAL:%Y%m%dT%H%M%SZ}.json.gz", gzip.compress(live(ride.park, entry(ride)))
    if damage == "queue times":
        name = "live_queue-times-99999_" + name.removeprefix("live_x_")
    stranger = RideFactory.build(park__themeparks_wiki_id="00000000-0000-4000-8000-00000000dead")
    broken = {
        "truncated": body[:40],
        "not gzip": b"{}",
        "empty": b"",
        "other park": gzip.compress(live(stranger.park, entry(stranger))),
        "queue times": gzip.compress(queue_times()),
        "50 MB": gzip.compress(b" " * 60_000_000),
    }
    (tmp_path / name).write_bytes(broken[damage])
    with pytest.raises(CommandError) as error:
        replay(tmp_path)
    assert error.value.returncode == 1
    assert RideStatusSnapshot.objects.count() == 2


def test_a_queue_times_recording_of_a_park_that_is_now_collected_elsewhere_is_reported_and_no_gap(tmp_path):
    ride = wiki_ride()
    (tmp_path / f"live_queue-times-{ride.park.queue_times_id}_20260701T120000Z.json").write_bytes(queue_times())
    with pytest.raises(CommandError):
        replay(tmp_path)
    assert not DataQualityLog.objects.exists()


def test_parks_and_rides_that_are_not_known_are_left_out_if_so_wanted(resort):
    with pytest.raises(CommandError) as error:
        replay(resort, auto_create=False)
    assert error.value.returncode == 1
    assert not Park.objects.exists()
    replay(resort)
    gone = Ride.objects.order_by("pk").first()
    assert gone is not None
    for model in (RideStatusSnapshot, QueueData, ParkActivitySnapshot, RideStatusChange, DataQualityLog):
        model._default_manager.all().delete()
    gone.delete()
    replay(resort, auto_create=False)
    assert not Ride.objects.filter(themeparks_wiki_id=gone.themeparks_wiki_id).exists()
    assert DataQualityLog.objects.get().external_id == gone.themeparks_wiki_id


def test_recordings_come_in_the_order_of_their_instants(resort):
    instants = [recording.at for recording in recordings_of(resort)]
    assert instants == sorted(instants)
    assert len(instants) == 18
