"""The net is red when any one definition is changed: six of them by hand, each in a small world of its own."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.db.models import Q

from config.tests.agreement.designed import AUTUMN, PLANS, build
from config.tests.agreement.net import Net, check
from config.tests.agreement.readers import READERS
from config.tests.agreement.readers_stored import STORED
from core import periods
from core.periods import Days, Period
from core.web.tests.production_client import ProductionClient
from snapshots.status import has_state
from stats.measures import buckets, ride_measures
from stats.measures.ride_measures import WaitTotals

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.uncounted]
# The garden has nights, closures of every kind, and waits of 0.
SMALL = PLANS[2:3]
ASKED = (STORED["stored days of rides"], READERS["rides by downtime"], READERS["ride details"])


def everywhere(patch: pytest.MonkeyPatch, original: Any, changed: Any) -> None:
    """In each module that has the definition by its name."""
    found = 0
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith(("core", "parks", "snapshots", "stats", "dashboard")):
            continue
        for name, value in list(vars(module).items()):
            if value is original:
                patch.setattr(module, name, changed)
                found += 1
    assert found, original


def waits_with_zeros(patch: pytest.MonkeyPatch) -> None:
    """The average over all posted waits (what N-4 replaced)."""
    average = property(
        lambda totals: ride_measures.mean_of(totals.minute_seconds, totals.seconds + totals.walk_on_seconds)
    )
    patch.setattr(WaitTotals, "average", average)


def uptime_that_forgives(patch: pytest.MonkeyPatch) -> None:
    """Half an hour in which a ride did not run is left out of the divisor of its uptime (against N-3)."""

    def changed(up: int, known: int, operated: bool, digits: int = 1) -> Any:
        return ride_measures.percentage(up, known - min(known - up, 1800), digits) if operated else None

    everywhere(patch, ride_measures.uptime, changed)


def rows_without_length(patch: pytest.MonkeyPatch) -> None:
    """Rows of zero seconds count (against N-10)."""
    everywhere(patch, buckets.LASTING, Q())
    everywhere(patch, buckets.OBSERVED, has_state())


def weeks_from_monday(patch: pytest.MonkeyPatch) -> None:
    """Weeks that begin on another day (against R-3.3)."""
    original = periods.days_of

    def changed(period: Period, now: Any, zone: str) -> Days:
        days = original(period, now, zone)
        shift = timedelta(days=1) if period == Period.LAST_WEEK else timedelta(0)
        return Days(days.first + shift, days.last + shift)

    everywhere(patch, original, changed)


def silence_is_down(patch: pytest.MonkeyPatch) -> None:
    """A row without the status that its feed has says that the ride does not run (against N-7)."""
    everywhere(patch, buckets.OBSERVED, buckets.LASTING)


def outages_end_at_midnight(patch: pytest.MonkeyPatch) -> None:
    """No outage is carried over (against N-11)."""
    everywhere(patch, ride_measures.carried_over, lambda asked, park, day: set())


CHANGES: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    waits_with_zeros,
    uptime_that_forgives,
    rows_without_length,
    weeks_from_monday,
    silence_is_down,
    outages_end_at_midnight,
)
CAUGHT_BY: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    waits_with_zeros: "average wait",
    uptime_that_forgives: "uptime",
    rows_without_length: "outages",
    weeks_from_monday: "downtime",
    silence_is_down: "unknown time",
    outages_end_at_midnight: "outages carried",
}


def quantities_that_disagree() -> set[str]:
    with time_machine.travel(AUTUMN, tick=False):
        build(AUTUMN, SMALL)
        net = Net(ProductionClient(), AUTUMN, site.SITE_TIME_ZONE)
        return {each.reading.place.quantity for reader in ASKED for each in check(net, reader(net))}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_definition_is_found(change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    change(monkeypatch)
    assert CAUGHT_BY[change] in quantities_that_disagree()


def test_nothing_is_found_while_the_definitions_are_as_they_are():
    assert quantities_that_disagree() == set()
