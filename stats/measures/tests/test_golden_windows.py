"""The golden outages over several hours, each hour asked for as a window of instants (R-5.3, R-16.1, R-16.3)."""

from typing import Any

import pytest

from stats.daily.tests.golden_windows import (
    EVIDENCE,
    EVIDENCE_HOUR,
    OUTAGES,
    Reported,
    hour_of_day,
    new_ride,
    observe,
    report_evidence,
    report_outage,
)
from stats.measures.ride_measures import hours
from stats.measures.window_measures import park_window
from stats.measures.windows import Bucket, Window
from stats.tests.builders import DAY, local

pytestmark = pytest.mark.django_db

# The other cases report the day alone.
OF_WINDOWS = [
    case
    for case in EVIDENCE
    if case.values[0] is None or "ride_operated_for_windows" in case.values[0]["expected"]  # None: skipped
]
EVENING = local(DAY, "23:00")  # inside the day: the exception of holds


def figures(reported: Reported, hour: int) -> dict[str, Any]:
    """R-16.1 of one hour."""
    start, end = hour_of_day(hour)
    found = park_window(reported.park, [reported.ride.pk], Window(start, end), Bucket.NONE, EVENING)
    (measures,) = found.rides.values()
    return {
        "hour": hour,
        "snapshot_count": measures.rows,
        "operating_snapshots": measures.up_rows,
        "down_snapshots": measures.down_rows,
        "ride_operated": (reported.ride.pk, DAY) in found.operated,
        "downtime_hours": hours(found.counted_down(reported.ride.pk, DAY, measures)),
    }


@pytest.mark.parametrize("case", OUTAGES)
def test_the_golden_outage_counts_in_every_hour(case):
    reported = report_outage(case["input"])
    assert [figures(reported, expected["hour"]) for expected in case["expected"]] == case["expected"]


@pytest.mark.parametrize("case", OUTAGES)
def test_the_golden_outage_is_the_same_as_hourly_buckets_of_one_window(case):
    reported = report_outage(case["input"])
    first, last = case["expected"][0]["hour"], case["expected"][-1]["hour"]
    window = Window(hour_of_day(first)[0], hour_of_day(last)[1])
    found = park_window(reported.park, [reported.ride.pk], window, Bucket.H1, EVENING)
    down = {key: hours(found.counted_down(ride, day, each)) for (ride, day, key), each in found.rides.items()}
    expected = {int(hour_of_day(each["hour"])[0].timestamp()): each["downtime_hours"] for each in case["expected"]}
    assert down == expected


@pytest.mark.parametrize("case", OF_WINDOWS)
def test_the_golden_evidence_of_operation_decides_over_the_hour(case):
    found = figures(report_evidence(case["input"]), EVIDENCE_HOUR)
    expected = case["expected"]["ride_operated_for_windows"], case["expected"]["window_downtime_hours"]
    assert (found["ride_operated"], found["downtime_hours"]) == expected
    assert found["snapshot_count"] == 6


def test_an_outage_stops_counting_at_midnight_until_the_ride_runs_again():
    """The third row of R-16.3, with the evening before."""
    reported = new_ride({"is_disney": False}, 10)
    start = at = local(DAY, "21:00")
    for status in ["OPERATING", *["DOWN"] * 35]:
        at = observe(reported, at, status, True)
    found = park_window(reported.park, [reported.ride.pk], Window(start, at), Bucket.H1, at)
    down = [found.counted_down(ride, day, each) // 60 for (ride, day, _), each in sorted(found.rides.items())]
    assert down == [50, 60, 60, 0, 0, 0]
