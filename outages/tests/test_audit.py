"""What the audit says when the ledger and the days drift apart."""

import pytest

from outages.audit import LEDGER_CHECK
from outages.models import LedgerDay, Outage
from stats.audit.scope import Scope
from stats.audit.validation import MORE_CHECKS, run_check
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def ride():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60 D10 O60")
    recomputed(ride.park)
    return ride


def test_days_and_their_ledger_agree(ride):
    assert LEDGER_CHECK in MORE_CHECKS
    assert run_check(LEDGER_CHECK, Scope(DAY, 2)).violations == 0


def test_a_second_that_is_missing_is_critical(ride):
    Outage.objects.update(seconds=599)
    found = run_check(LEDGER_CHECK, Scope(DAY, 2, ride.park_id))
    assert (found.passed, found.severity, found.violations) == (False, "CRITICAL", 1)
    (row,) = found.sample
    assert (row["ride_id"], row["stored_seconds"], row["ledger_seconds"]) == (ride.pk, 600, 599)


def test_an_outage_that_is_missing_is_found(ride):
    Outage.objects.all().delete()
    assert run_check(LEDGER_CHECK, Scope(DAY, 2)).violations == 1


def test_a_day_whose_ledger_nobody_wrote_is_left_out(ride):
    Outage.objects.all().delete()
    LedgerDay.objects.all().delete()
    assert run_check(LEDGER_CHECK, Scope(DAY, 2)).violations == 0
