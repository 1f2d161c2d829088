"""A published figure that changes is noted: what, old, new, why, when."""

from datetime import timedelta

import pytest
import time_machine

from outages.models import Cause, Correction, Outage
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from stats.daily.recompute import refresh_today
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db

MORNING = local(DAY, "09:00")
LATER = local(DAY + timedelta(days=1), "00:10")
MUCH_LATER = LATER + timedelta(days=30)


def recompute_at(park: Park, at=MUCH_LATER) -> None:
    with time_machine.travel(at, tick=False):
        recomputed(park)


@pytest.fixture
def ride():
    """With a published day: ten minutes down."""
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    recompute_at(ride.park, LATER)
    return ride


def test_the_first_figures_correct_nothing(ride):
    assert not Correction.objects.exists()


def test_computed_again_nothing_is_corrected(ride):
    recompute_at(ride.park)
    assert not Correction.objects.exists()


def test_a_day_that_still_runs_is_not_published():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10")
    for minutes in (65, 70):
        at = MORNING + timedelta(minutes=minutes)
        with time_machine.travel(at, tick=False):
            refresh_today(at, 2)
    recompute_at(ride.park, LATER)
    assert not Correction.objects.exists()


def test_contradicting_history_is_a_correction_of_the_day_and_of_the_outage(ride):
    RideStatusSnapshot.objects.filter(recorded_at__gte=MORNING + timedelta(minutes=60)).delete()
    report(ride, MORNING + timedelta(minutes=60), "D20 O50")
    recompute_at(ride.park)
    day, outage = Correction.objects.order_by("pk")
    assert day.started_at is None
    assert day.changes == {"up_seconds": [7200, 6600], "down_seconds": [600, 1200]}
    assert (outage.address, outage.cause) == (Outage.objects.get().address, Cause.OBSERVATIONS)
    assert outage.changes["seconds"] == [600, 1200]
    assert outage.made_at == Outage.objects.get().revised_at == MUCH_LATER


def test_a_withdrawn_outage_and_a_new_one_are_corrections(ride):
    RideStatusSnapshot.objects.all().delete()
    report(ride, MORNING, "O100 D10 O20")
    recompute_at(ride.park)
    new, old = Correction.objects.exclude(started_at=None).order_by("-started_at")
    assert old.changes["state"] == ["holds", "withdrawn"]
    assert new.changes["state"] == [None, "holds"]


def test_the_same_observations_that_count_differently_are_a_changed_rule(ride):
    Park.objects.update(is_disney=True)
    RideStatusSnapshot.objects.filter(status="DOWN").update(status="CLOSED")  # as if it had been so from the start
    recompute_at(Park.objects.get())
    assert {row.cause for row in Correction.objects.all()} == {Cause.RULES}


def test_a_ride_whose_day_is_gone_is_a_correction(ride):
    RideStatusSnapshot.objects.all().delete()
    recompute_at(ride.park)
    day = Correction.objects.get(started_at=None)
    assert day.changes["down_seconds"] == [600, None]
