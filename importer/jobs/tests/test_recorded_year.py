"""The recorded year 2018 of four Florida parks, checked against the table it was made from.

The source table has one row per posted wait. A wait holds until the next one; the last one of a park day
holds for seven minutes (then the archive says CLOSED).
"""

import csv
import gzip
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.rounding import half_up
from core.zones import day_range
from importer.archive.files import DirectoryArchive
from importer.jobs import running
from importer.jobs.planning import plan
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot

pytestmark = pytest.mark.django_db

DISNEY_WORLD = "e957da41-3552-4cf6-b636-5babc5cbc4e5"
NEW_YORK = ZoneInfo("America/New_York")
LAST_WAIT_HOLDS = timedelta(minutes=7)
CASES = [
    ("flight_of_passage", "Avatar Flight of Passage", date(2018, 7, 4)),
    ("toy_story_mania", "Toy Story Mania!", date(2018, 3, 12)),
    ("pirates_of_caribbean", "Pirates of the Caribbean", date(2018, 10, 17)),
]


@pytest.fixture(scope="module")
def archive(shared_data_dir):
    return DirectoryArchive(shared_data_dir / "archive")


def imported(archive, **days):
    return running.run(plan(archive, DISNEY_WORLD, source=str(archive.root), is_again=True, **days))


def posted_waits(shared_data_dir, attraction, day):
    """(instant, minutes) of every posted wait of a park day, in order."""
    table = shared_data_dir / "real" / "touringplans" / "wdw_14_attractions_2018.csv.gz"
    with gzip.open(table, "rt", newline="") as rows:
        return sorted(
            (datetime.fromisoformat(row["local_datetime"]).replace(tzinfo=NEW_YORK), int(row["wait_minutes_posted"]))
            for row in csv.DictReader(rows)
            if row["attraction"] == attraction and row["park_day"] == str(day) and row["wait_minutes_posted"]
        )


def by_hand(waits):
    """Minutes in operation, time-weighted mean, minimum and maximum of the posted waits."""
    ends = [at for at, _ in waits[1:]] + [waits[-1][0] + LAST_WAIT_HOLDS]
    held = [(wait, int((end - at).total_seconds())) for (at, wait), end in zip(waits, ends, strict=True)]
    seconds = sum(length for _, length in held)
    mean = Decimal(sum(wait * length for wait, length in held)) / seconds
    return {
        "uptime_minutes": int(half_up(Decimal(seconds) / 60, 0)),
        "avg_wait_time": half_up(mean, 2),
        "min_wait_time": min(wait for wait, _ in held),
        "max_wait_time": max(wait for wait, _ in held),
    }


@pytest.mark.parametrize(("attraction", "name", "day"), CASES)
def test_the_stored_rows_of_a_day_agree_with_the_source_table(archive, shared_data_dir, attraction, name, day):
    imported(archive, start_date=day, end_date=day)
    start, end = day_range(day, "America/New_York")
    ride = Ride.objects.get(name=name)
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end)
    held = list(rows.filter(status="OPERATING").values_list("wait_time", "duration_seconds"))
    expected = by_hand(posted_waits(shared_data_dir, attraction, day))
    seconds = sum(length for _, length in held)
    assert int(half_up(Decimal(seconds) / 60, 0)) == expected["uptime_minutes"]
    mean = Decimal(sum(wait * length for wait, length in held)) / seconds
    assert half_up(mean, 2) == expected["avg_wait_time"]
    assert min(wait for wait, _ in held) == expected["min_wait_time"]
    assert max(wait for wait, _ in held) == expected["max_wait_time"]


def test_a_week_creates_the_four_parks_in_new_york_and_comes_in_the_same_twice(archive):
    week = {"start_date": date(2018, 3, 5), "end_date": date(2018, 3, 12)}  # with the 23-hour day
    first = imported(archive, **week)
    parks = Park.objects.order_by("name").values_list("name", "timezone", "is_disney")
    assert list(parks) == [
        ("Disney's Animal Kingdom Theme Park", "America/New_York", True),
        ("Disney's Hollywood Studios", "America/New_York", True),
        ("EPCOT", "America/New_York", True),
        ("Magic Kingdom Park", "America/New_York", True),
    ]
    assert first.rows["created"] > 5_000
    again = imported(archive, **week)
    assert again.rows_written == 0
    assert again.rows["unchanged"] == first.rows["created"]
