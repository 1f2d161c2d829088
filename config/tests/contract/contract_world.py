"""The data that the contract is tested on: one Disney park, one other park on another date, and a crowd for limits.

Both parks have observations right now, today, yesterday, in the last week and in the last month, with the periods
before each of them to compare with. The Disney park gets better with time, the other one worse.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
import time_machine
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from pytest_django import DjangoDbBlocker

from core.rounding import half_up
from core.web.compression import Application
from core.web.tests.production_client import ProductionClient, writes
from parks.models import Category, Park, Ride
from snapshots.models import IssueSource, ParkActivitySnapshot
from snapshots.tests.factories import IssueFactory
from stats.models import AggregationStatus, ParkDailyStats, RideDailyStats
from stats.running.days import HOURS_A_CYCLE, keep_running_days
from stats.tests.builders import LOS_ANGELES, TOKYO, local, make_park, make_ride, recomputed, report, show_park
from stats.tests.factories import AggregationFactory, ParkDayFactory, RideDayFactory

# Tuesday the 23rd, 17:30, in Los Angeles; Wednesday the 24th, 10:30, in Tokyo. Both parks are open.
NOW = datetime(2025, 12, 24, 1, 30, tzinfo=UTC)
# A Sunday in New York: yesterday belongs to the last week.
CROWD_NOW = datetime(2025, 12, 21, 20, tzinfo=UTC)
CROWD_PARKS, CROWD_RIDES = 106, 2  # more parks, and more rides in all, than any list may show

WEEK, WEEK_BEFORE = date(2025, 12, 17), date(2025, 12, 10)
MONTH, MONTH_BEFORE = date(2025, 11, 12), date(2025, 10, 15)
OPENING, MINUTES_BEFORE_A_BREAKDOWN = "09:00", 60
LONG_DAY, SHORT_DAY = 720, 300  # minutes for which the one and the other park opened
GRAIN, COARSE_GRAIN = 600, 1800  # seconds of a row, today and on days that have ended

Minutes = dict[str, int]  # down, by ride
GIB = 1 << 30
Usage = namedtuple("Usage", "total used free")


@dataclass(frozen=True, slots=True)
class World:
    """The ids that paths and bodies are made of."""

    park: int  # the Disney park
    ride: int
    other_park: int
    other_ride: int

    def path(self, template: str) -> str:
        return template.format(park=self.park, ride=self.ride)

    def elsewhere(self) -> "World":
        """The world as the other park sees it."""
        return replace(self, park=self.other_park, ride=self.other_ride)


# -- stories ---------------------------------------------------------------------------------------------


def ended_day(park: Park, rides: dict[str, Ride], day: date, minutes: int, down: Minutes) -> None:
    """A complete day of so many minutes: rides break down once; with its daily rows."""
    opening = local(day, OPENING, park.timezone)
    for name, ride in rides.items():
        rest = minutes - MINUTES_BEFORE_A_BREAKDOWN - down.get(name, 0)
        story = f"O{MINUTES_BEFORE_A_BREAKDOWN} D{down.get(name, 0)} O{rest}"
        report(ride, opening, story, COARSE_GRAIN, WAITS[name])
    show_park(park, opening, minutes, "3.0", grain=COARSE_GRAIN)
    recomputed(park, day)


WAITS: dict[str, int | None] = {
    "Space Mountain": 60,
    "Haunted Mansion": 35,
    "Dumbo": 5,
    "Monorail": None,  # nothing to queue for
    "Fantasmic!": None,
    "Takabisha": 80,
    "Fujiyama": 45,
    "Tea Cups": 10,
}


def disney_park(name: str = "Disneyland Park", zone: str = LOS_ANGELES) -> tuple[Park, dict[str, Ride]]:
    """Open since 9:00, now 17:30: one ride was down twice, two are, a show plays, others have not run for long."""
    park = make_park(
        name=name,
        city="Anaheim",
        state_province="California",
        timezone=zone,
        is_disney=True,
        operator="Walt Disney Attractions",
    )
    ran: dict[str, Any] = {"last_operated_at": NOW}
    rides = {
        "Space Mountain": make_ride(park, 1, name="Space Mountain", land_area="Tomorrowland", **ran),
        "Haunted Mansion": make_ride(park, 2, name="Haunted Mansion", **ran),
        "Dumbo": make_ride(park, 3, name="Dumbo", **ran),
        "Monorail": make_ride(park, name="Monorail", **ran),
        "Fantasmic!": make_ride(park, name="Fantasmic!", category=Category.SHOW, **ran),
    }
    closed = make_ride(park, 1, name="Matterhorn", land_area="Fantasyland", last_operated_at=NOW - timedelta(days=20))
    make_ride(park, name="Not built yet")
    make_ride(park, 3, name="Gone", is_active=False)
    today = local(date(2025, 12, 23), OPENING, zone)
    for ride, story in {
        "Space Mountain": "O200 D60 O100 D40 O110",
        "Haunted Mansion": "O390 D120",
        "Dumbo": "O510",
        "Monorail": "O480 D30",
        "Fantasmic!": "O510",
    }.items():
        report(rides[ride], today, story, GRAIN, WAITS[ride])
    report(closed, today, "R510", GRAIN)
    show_park(park, today, 510, "4.0", grain=GRAIN)
    worse: Minutes = {"Space Mountain": 150, "Haunted Mansion": 300, "Monorail": 90}
    better: Minutes = {"Space Mountain": 120, "Haunted Mansion": 240, "Monorail": 60}
    for day in (date(2025, 12, 21), WEEK_BEFORE, MONTH_BEFORE):
        ended_day(park, rides, day, LONG_DAY, worse)
    for day in (date(2025, 12, 22), WEEK, MONTH):
        ended_day(park, rides, day, LONG_DAY, better)
    return park, rides


def other_park(name: str = "Fuji-Q Highland", zone: str = TOKYO) -> tuple[Park, dict[str, Ride]]:
    """Open since 9:00, now 10:30 of the next date: two of three rides are down. Queue-Times does not know it."""
    park = make_park(
        name=name, city="Fujiyoshida", state_province=None, country="JP", timezone=zone, queue_times_id=None
    )
    rides = {
        "Takabisha": make_ride(park, 1, name="Takabisha", last_operated_at=NOW),
        "Fujiyama": make_ride(park, 2, name="Fujiyama", last_operated_at=NOW, queue_times_id=None),
        "Tea Cups": make_ride(park, 3, name="Tea Cups", last_operated_at=NOW),
    }
    today = local(date(2025, 12, 24), OPENING, zone)
    report(rides["Takabisha"], today, "O20 D70", GRAIN, WAITS["Takabisha"])
    report(rides["Fujiyama"], today, "O40 C50", GRAIN, WAITS["Fujiyama"])
    report(rides["Tea Cups"], today, "O90", GRAIN, WAITS["Tea Cups"])
    show_park(park, today, 90, "2.5", grain=GRAIN)
    worse: Minutes = {"Takabisha": 60, "Fujiyama": 30}
    better: Minutes = {"Takabisha": 30, "Fujiyama": 20}
    # The site's yesterday is the 22nd, the park's own the 23rd.
    for day in (date(2025, 12, 21), WEEK_BEFORE, MONTH_BEFORE):
        ended_day(park, rides, day, SHORT_DAY, better)
    for day in (date(2025, 12, 22), date(2025, 12, 23), WEEK, MONTH):
        ended_day(park, rides, day, SHORT_DAY, worse)
    return park, rides


def build_world() -> World:
    """Both parks, three of which nothing but their names is known, and what the audit has to say.

    Each choice of parks has as many as share their readings, and the same time zones.
    """
    disney, rides = disney_park()
    other, other_rides = other_park()
    make_park(name="Announced Park")
    make_park(name="Announced Disney Park", is_disney=True)
    make_park(name="Announced Disney Sea", is_disney=True, timezone=TOKYO)
    ParkActivitySnapshot.objects.update(
        rides_open=4, rides_closed=2, avg_wait_time=Decimal("33.33"), max_wait_time=60, total_rides_tracked=6
    )
    aggregated = datetime(2025, 12, 23, 9, 37, tzinfo=UTC)
    AggregationFactory.create(
        run=None,
        aggregation_date=date(2025, 12, 22),
        status=AggregationStatus.SUCCESS,
        started_at=aggregated,
        completed_at=aggregated,
    )
    # A park's day that its rides' days contradict, and two stale rides, one of them unknown.
    ParkDailyStats.objects.filter(park=disney, stat_date=MONTH_BEFORE).update(total_downtime_hours=99)
    for hours, source in ((1, IssueSource.THEMEPARKS_WIKI), (2, IssueSource.QUEUE_TIMES)):
        IssueFactory.create(detected_at=NOW - timedelta(hours=hours), data_source=source)
        IssueFactory.create(
            detected_at=NOW - timedelta(hours=hours + 4),
            data_source=source,
            park=disney,
            ride=rides["Space Mountain"],
            entity_name="Space Mountain",
            themeparks_wiki_id="88197808-3c56-4198-a5a4-6066541251cf",
            queue_times_id=1100,
            reported_status="DOWN",
            data_age_minutes=43201,
            last_updated_api=NOW - timedelta(days=30),
        )
    keep_running_days(list(Park.objects.active()), NOW)
    return World(disney.pk, rides["Space Mountain"].pk, other.pk, other_rides["Takabisha"].pk)


def build_larger_world(zones: Sequence[tuple[str, str]] = ((LOS_ANGELES, TOKYO),) * 2) -> World:
    """The same, and both parks once more for each pair of zones."""
    world = build_world()
    for n, (zone, other_zone) in enumerate(zones):
        disney_park(f"Disney Park {n}", zone)
        other_park(f"Other Park {n}", other_zone)
    for _ in range(Park.objects.count() // HOURS_A_CYCLE):  # until the hours of the day before are kept of all
        keep_running_days(list(Park.objects.active()), NOW)
    return world


# Minutes down on three days of the crowd's rides: every other park gets better, the rest worse.
BETTER_AND_WORSE = (
    {date(2025, 12, 20): 20, date(2025, 12, 19): 300, date(2025, 12, 13): 550},
    {date(2025, 12, 20): 100, date(2025, 12, 19): 50, date(2025, 12, 13): 20},
)


def build_crowd() -> None:
    """Many parks with daily rows of yesterday, the day before and the week before; each with another figure."""
    rides: list[RideDailyStats] = []
    days: list[ParkDailyStats] = []
    for n in range(CROWD_PARKS):
        park = make_park(is_disney=True)
        members = [make_ride(park, 1 + m, last_operated_at=CROWD_NOW) for m in range(CROWD_RIDES)]
        for day, base in BETTER_AND_WORSE[n % 2].items():
            down = base + n // 4
            rides += [crowd_ride_day(ride, day, down + m, 10 + n) for m, ride in enumerate(members)]
            days.append(crowd_park_day(park, day, down, 10 + n))
    RideDailyStats.objects.bulk_create(rides)
    ParkDailyStats.objects.bulk_create(days)


def crowd_ride_day(ride: Ride, day: date, down: int, wait: int) -> RideDailyStats:
    return RideDayFactory.build(
        ride=ride,
        stat_date=day,
        uptime_minutes=600 - down,
        downtime_minutes=down,
        uptime_percentage=half_up(Decimal(100 * (600 - down)) / 600, 2),
        operating_hours_minutes=600,
        avg_wait_time=Decimal(wait),
        peak_wait_time=2 * wait,
        status_changes=2,
    )


def crowd_park_day(park: Park, day: date, down: int, wait: int) -> ParkDailyStats:
    return ParkDayFactory.build(
        park=park,
        stat_date=day,
        total_rides_tracked=CROWD_RIDES,
        avg_uptime_percentage=half_up(Decimal(100 * (600 - down)) / 600, 2),
        shame_score=Decimal(2) + Decimal(wait) / 20,
        total_downtime_hours=half_up(Decimal(CROWD_RIDES * down) / 60, 2),
        weighted_downtime_hours=half_up(Decimal(5 * down) / 60, 2),
        effective_park_weight=5,
        rides_with_downtime=CROWD_RIDES,
        operating_hours_minutes=600,
        avg_wait_time=Decimal(wait),
        peak_wait_time=2 * wait,
    )


# -- asking ----------------------------------------------------------------------------------------------


# One for all tests: a client of its own would look through all static files each time.
API = ProductionClient()


@contextmanager
def stage(blocker: DjangoDbBlocker, now: datetime, build: Callable[[], Any]) -> Iterator[Any]:
    """What `build` makes, for read-only tests at the moment `now`; afterwards nothing of it is left.

    The tests are marked with `django_db`: without a test that is, there is no test database.
    """
    with (
        blocker.unblock(),
        time_machine.travel(now, tick=False),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        patch.setattr("shutil.disk_usage", lambda path: Usage(100 * GIB, 50 * GIB, 50 * GIB))
        assert not Park.objects.exists(), "not a test database"
        asked.cache_clear()
        yield build()
        transaction.set_rollback(True)
        writes.happened()
        asked.cache_clear()


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests that leave the test's connection, and the transaction it is in, alone, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def over_wsgi(
    application: Application, url: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in small letters, and body, as a server would send them."""
    path, _, query = url.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()}
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = "localhost"
    reported: list[Any] = []
    with one_connection():
        body = b"".join(application(environ, lambda *args: reported.append(args)))
    status, sent = reported[-1][:2]
    return int(status[:3]), {name.lower(): value for name, value in sent}, body


@cache
def asked(url: str) -> Any:
    """The answer to a GET request, which must be 200; each is asked once while a stage stands."""
    response = API.get(url)
    assert response.status_code == 200, (url, response.status_code, response.content)
    return response.json()
