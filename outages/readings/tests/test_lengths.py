"""Lengths of outages, as `stats.reliability` asks for them."""

from collections import Counter
from datetime import timedelta

import pytest

from core.periods import Days
from core.zones import local_date
from outages.models import State
from outages.readings.lengths import lengths_of_outages
from outages.tests.factories import OutageFactory
from parks.tests.factories import NOON, RideFactory
from stats.reliability.lengths import READERS

pytestmark = pytest.mark.django_db


def test_whole_outages_that_touch_the_days_are_counted_by_length():
    ride, other = RideFactory(), RideFactory()
    day = local_date(NOON, ride.park.timezone)
    for hours, seconds in ((0, 600), (1, 600), (2, 5400)):
        OutageFactory(ride=ride, started_at=NOON + timedelta(hours=hours), total_seconds=seconds)
    OutageFactory(ride=ride, started_at=NOON + timedelta(hours=3), state=State.WITHDRAWN)
    OutageFactory(ride=ride, started_at=NOON - timedelta(days=2))
    OutageFactory(ride=other, started_at=NOON)
    assert lengths_of_outages([ride.pk], Days(day, day)) == {ride.pk: Counter({600: 2, 5400: 1})}


def test_the_ledger_answers_for_reliability():
    assert lengths_of_outages in READERS
