"""What counts as operating and as down: the predicate and the query agree everywhere (R-4.5, R-5.1)."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from parks.tests.factories import ParkFactory, RideFactory
from snapshots.models import DataSource, RideStatusSnapshot
from snapshots.status import (
    EXTREME_WAIT_MINUTES,
    Status,
    counted_status,
    down,
    effective_status,
    has_state,
    is_down,
    is_operating,
    is_plausible_wait,
    operating,
    parse_status,
    plausible_wait,
    says_state,
)
from snapshots.tests.factories import SnapshotFactory

PARK_TYPES = {"disney": (True, False), "universal": (False, True), "both": (True, True), "other": (False, False)}
STATES = list(itertools.product([*Status, None], [True, False]))
WAITS = [None, 0, 1, 479, 480, 481, 65_535]


@pytest.mark.django_db
def test_the_predicates_and_the_queries_agree_on_every_combination():
    found = {}
    for is_disney, is_universal in PARK_TYPES.values():
        ride = RideFactory.create(park=ParkFactory.create(is_disney=is_disney, is_universal=is_universal))
        for status, is_open in STATES:
            row = SnapshotFactory.create(ride=ride, status=status, computed_is_open=is_open)
            found[row.pk] = row
    for condition, holds in (
        (operating(), lambda row: is_operating(row.status, row.computed_is_open)),
        (down(), lambda row: is_down(row.status, row.computed_is_open, row.park.reports_down)),
        (~operating(), lambda row: not is_operating(row.status, row.computed_is_open)),
        (~down(), lambda row: not is_down(row.status, row.computed_is_open, row.park.reports_down)),
    ):
        selected = {row.pk for row in RideStatusSnapshot.objects.filter(condition)}
        assert selected == {pk for pk, row in found.items() if holds(row)}, str(condition)
    assert len(found) == len(PARK_TYPES) * len(STATES)
    assert not RideStatusSnapshot.objects.filter(operating(), down()).exists()


@pytest.mark.django_db
def test_only_a_source_without_a_status_says_by_silence_that_a_ride_does_not_run():
    expected = set()
    numbered, unnumbered = RideFactory.create(), RideFactory.create(queue_times_id=None)
    for ride, source in itertools.product([numbered, unnumbered], DataSource):
        for n, (status, is_open) in enumerate(STATES):
            at = datetime(2026, 5, 1 + (source == DataSource.LIVE), 12, n, tzinfo=UTC)
            row = SnapshotFactory.create(
                ride=ride, recorded_at=at, status=status, computed_is_open=is_open, data_source=source
            )
            if says_state(status, is_open, source == DataSource.LIVE, ride == numbered):
                expected.add(row.pk)
    assert set(RideStatusSnapshot.objects.filter(has_state()).values_list("pk", flat=True)) == expected
    assert len(expected) == 4 * len(STATES) - 3


@pytest.mark.parametrize("reports_down", [True, False])
@pytest.mark.parametrize(("status", "is_open"), STATES)
def test_nothing_is_both_operating_and_down_and_refurbishment_is_neither(status, is_open, reports_down):
    operates, fails = is_operating(status, is_open), is_down(status, is_open, reports_down)
    assert not (operates and fails)
    if status == Status.REFURBISHMENT:
        assert not operates
        assert not fails
    if status is not None:
        assert operates == is_operating(status, not is_open), "a rich status outweighs the open flag"
        assert fails == is_down(status, not is_open, reports_down)


@pytest.mark.parametrize("reports_down", [True, False])
@pytest.mark.parametrize(("status", "is_open"), STATES)
def test_an_observation_counts_as_what_the_predicates_say(status, is_open, reports_down):
    counted = counted_status(status, is_open, reports_down)
    assert (counted == Status.OPERATING) == is_operating(status, is_open)
    assert (counted == Status.DOWN) == is_down(status, is_open, reports_down)
    assert (counted == Status.REFURBISHMENT) == (status == Status.REFURBISHMENT)


@pytest.mark.django_db
def test_the_golden_cases_of_operating_and_down(shared_data_dir):
    cases = json.loads((shared_data_dir / "golden" / "ride_status.json").read_text())["operating_and_down"]
    assert len(cases) == 18
    for case in cases:
        flags = {name: case[name] for name in ("is_disney", "is_universal")}
        state = {name: case[name] for name in ("status", "computed_is_open")}
        row = SnapshotFactory.create(ride__park=ParkFactory.create(**flags), **state)
        expected = (case["expected_operating"], case["expected_down"])
        assert (is_operating(**state), is_down(**state, reports_down=any(flags.values()))) == expected, case
        rows = RideStatusSnapshot.objects.filter(pk=row.pk)
        assert (rows.filter(operating()).exists(), rows.filter(down()).exists()) == expected, case


@pytest.mark.django_db
def test_plausible_waits_agree_in_python_and_in_the_database():
    ride = RideFactory.create()
    for wait in WAITS:
        SnapshotFactory.create(ride=ride, wait_time=wait)
    selected = set(RideStatusSnapshot.objects.filter(plausible_wait()).values_list("wait_time", flat=True))
    assert selected == {wait for wait in WAITS if is_plausible_wait(wait)} == {0, 1, EXTREME_WAIT_MINUTES - 1}


@pytest.mark.parametrize(
    ("status", "is_open", "effective"),
    [
        *((status, is_open, status) for status in Status for is_open in (True, False)),
        (None, True, "OPERATING"),
        (None, False, "DOWN"),
    ],
)
def test_the_effective_status(status, is_open, effective):
    assert effective_status(status, is_open) == effective


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("OPERATING", Status.OPERATING),
        ("Down", Status.DOWN),
        (" closed\n", Status.CLOSED),
        ("refurbishment", Status.REFURBISHMENT),
        ("CLOSED?", None),
        ("", None),
        (None, None),
        (1, None),
        (True, None),
        (["OPERATING"], None),
        ({"status": "DOWN"}, None),
    ],
)
def test_upstream_words_are_read_in_any_letter_case(text, status):
    assert parse_status(text) is status
