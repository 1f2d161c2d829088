"""A small world for whoever asks the tools."""

from datetime import date, timedelta

import pytest
import time_machine

from parks.tests.factories import ScheduleFactory
from stats.daily.recompute import recompute_park_day
from stats.tests.builders import local, make_park, make_ride, report, show_park

DAY = date(2025, 7, 5)  # a Saturday
NOW = local(DAY + timedelta(days=1), "12:00")


@pytest.fixture
def world(settings):
    """A Disney park, open 9 to 19, on a day that is over: one ride down for an hour, one never, one never seen."""
    park = make_park(name="Magic Kingdom", is_disney=True)
    opening = local(DAY, "09:00")
    ScheduleFactory.create(
        park=park,
        schedule_date=DAY,
        schedule_type="OPERATING",
        opening_time=opening,
        closing_time=opening + timedelta(hours=10),
    )
    show_park(park, opening, 600)
    space = make_ride(park, 1, name="Space Mountain")
    mansion = make_ride(park, 2, name="Haunted Mansion")
    unseen = make_ride(park, 3, name="Peter Pan")
    report(space, opening, "O120 D60 O420", wait=30)
    report(mansion, opening, "O600", wait=20)
    with time_machine.travel(NOW, tick=False):
        recompute_park_day(park, DAY, settings.METRICS_VERSION)
        yield {"park": park, "space": space, "mansion": mansion, "unseen": unseen}
