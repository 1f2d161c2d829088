"""What rooms below ask of the statistics is answered, and as the command line would."""

from datetime import date
from io import StringIO
from typing import get_args

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core.jobs.requests import HANDLERS, CompareStats, RecomputeDays, RefreshToday, Request, request
from parks.tests.factories import ParkFactory
from stats.models import RecomputeRun

pytestmark = pytest.mark.django_db

DAYS = date(2024, 7, 3), date(2024, 7, 5)


def test_every_request_has_a_handler():
    assert set(HANDLERS) == set(get_args(Request))


def test_a_recomputation_by_hand_is_the_one_that_was_requested():
    out, days = StringIO(), RecomputeDays(ParkFactory.create().pk, *DAYS)
    request(days, stdout=out)
    call_command(*days.by_hand().split()[1:], stdout=out)
    first, second = RecomputeRun.objects.values_list("park", "first_date", "last_date", "metrics_version")
    assert first == second == (days.park_id, *DAYS, settings.METRICS_VERSION)
    assert out.getvalue() == "No observations from 2024-07-03 to 2024-07-05: nothing to compute.\n" * 2


def test_a_request_prints_where_it_is_reported():
    out = StringIO()
    request(RefreshToday(), stdout=out)
    request(CompareStats(0), stdout=out)
    assert [line.split(":")[0] for line in out.getvalue().splitlines()] == [
        "Computed the day so far of 0 parks.",
        "0 park-days recomputed",
    ]


def test_a_request_that_cannot_be_done_ends_as_the_command_does():
    with pytest.raises(CommandError, match="park 7 is not known") as raised:
        request(CompareStats(1, park_id=7))
    assert raised.value.returncode == 2
