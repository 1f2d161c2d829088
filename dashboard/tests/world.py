"""What the tests of the pages look at: three parks, one with names that try to break out, and one that says nothing.

It is Tuesday 23 December 2025, 17:30, in Los Angeles, and Wednesday, 10:30, in Tokyo.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import time_machine
from django.db import transaction
from pytest_django import DjangoDbBlocker

from core.web.tests.production_client import writes
from parks.models import Park
from stats.tests.builders import LOS_ANGELES, TOKYO, local, make_park, make_ride, recomputed, report, show_park

NOW = datetime(2025, 12, 24, 1, 30, tzinfo=UTC)
TODAY = date(2025, 12, 23)
EVIL_PARK = 'Parc "Été" & <b>Söhne</b> 🎢 مدينة الملاهي'
EVIL_RIDE = "</script><script>alert('Löwenbahn')</script> أفعوانية"


@dataclass(frozen=True, slots=True)
class World:
    """The ids that addresses are made of."""

    park: int
    ride: int
    evil_park: int
    evil_ride: int
    silent_park: int

    def path(self, template: str) -> str:
        return template.format(
            park=self.park,
            ride=self.ride,
            evil_park=self.evil_park,
            evil_ride=self.evil_ride,
            silent_park=self.silent_park,
        )


def build_world() -> World:
    disney = make_park(
        name="Disneyland Park", city="Anaheim", state_province="California", timezone=LOS_ANGELES, is_disney=True
    )
    space = make_ride(disney, 1, name="Space Mountain", land_area="Tomorrowland", last_operated_at=NOW)
    mansion = make_ride(disney, 2, name="Haunted Mansion", last_operated_at=NOW)
    dumbo = make_ride(disney, 3, name="Dumbo the Flying Elephant", last_operated_at=NOW)
    works = make_ride(disney, 1, name="Matterhorn Bobsleds", last_operated_at=NOW - timedelta(days=20))
    opening = local(TODAY, "09:00", LOS_ANGELES)
    for ride, story, wait in (
        (space, "O300 D100 O110", 60),
        (mansion, "O390 D120", 35),
        (dumbo, "O480 D30", 5),
        (works, "R510", None),
    ):
        report(ride, opening, story, wait=wait)
    show_park(disney, opening, 510, "4.0")
    for n in range(1, 16):
        day = TODAY - timedelta(days=n)
        start = local(day, "09:00", LOS_ANGELES)
        report(space, start, f"O60 D{10 * n} O{540 - 10 * n}", 1800, 40 + n)
        report(mansion, start, f"O300 D{90 - 5 * n} O{210 + 5 * n}", 1800, 30)
        show_park(disney, start, 600, "3.0", grain=1800)
        recomputed(disney, day)
    evil = make_park(name=EVIL_PARK, city="Ōsaka", state_province=None, country="JP", timezone=TOKYO)
    evil_ride = make_ride(evil, 1, name=EVIL_RIDE, last_operated_at=NOW)
    calm = make_ride(evil, 2, name="Tea Cups", last_operated_at=NOW)
    start = local(date(2025, 12, 24), "09:00", TOKYO)
    report(evil_ride, start, "O20 D70", wait=80)
    report(calm, start, "O90", wait=10)
    show_park(evil, start, 90, "2.5")
    for n in range(0, 8):
        day = TODAY - timedelta(days=n)
        start = local(day, "09:00", TOKYO)
        report(evil_ride, start, "O60 D60 O180", 1800, 50)
        show_park(evil, start, 300, "2.0", grain=1800)
        recomputed(evil, day)
    silent = make_park(name="Announced Park")
    return World(disney.pk, space.pk, evil.pk, evil_ride.pk, silent.pk)


@contextmanager
def stage(blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world at its moment; afterwards nothing of it is left. The tests are marked with `django_db`."""
    with blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        assert not Park.objects.exists(), "not a test database"
        yield build_world()
        transaction.set_rollback(True)
        writes.happened()
