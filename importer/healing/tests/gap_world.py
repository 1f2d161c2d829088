"""A park with two rides on 1 July 2026 that was not watched from 15:00 to 17:00 UTC; it opens at 13:00."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from importer.healing.tests.histories import FakeWiki, history, state
from parks.models import Park, Ride
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory, ScheduleFactory
from snapshots.collection.gaps import NOTHING, gap
from snapshots.models import DataQualityLog, DataSource, RideStatusSnapshot
from snapshots.status import Status
from snapshots.tests.watching import watch

DAY = date(2026, 7, 1)
HOUR = timedelta(hours=1)
UP, DOWN, CLOSED = Status.OPERATING, Status.DOWN, Status.CLOSED


def at(clock: str, day: int = 1) -> datetime:
    """A time of July 2026, UTC; day 0 is the last of June."""
    hour, minute, second = map(int, f"{clock}:0".split(":")[:3])
    return datetime(2026, 7, 1, hour, minute, second, tzinfo=UTC) + timedelta(days=day - 1)


START, END, NOW = at("15:00"), at("17:00"), at("18:05")


class World:
    """Watched from 13:00 to 15:00 and from 17:00 to 18:00, both rides running with a wait of ten minutes."""

    def __init__(self) -> None:
        self.park: Park = ParkFactory.create(is_disney=True)
        ScheduleFactory.create(park=self.park, schedule_date=DAY)
        self.coaster, self.flume = (self.ride() for _ in range(2))
        watch(self.park, self.rides, at("13:00"), START)
        watch(self.park, self.rides, END, at("18:00"))
        self.gap = self.missed(START, END)

    def ride(self) -> Ride:
        ride = RideFactory.create(park=self.park, last_operated_at=at("12:00"))
        ClassificationFactory.create(ride=ride)
        return ride

    @property
    def rides(self) -> list[Ride]:
        return [self.coaster, self.flume]

    def missed(self, start: datetime, end: datetime | None) -> DataQualityLog:
        row = gap(self.park, start, end, NOTHING)
        row.save()
        return row

    def wiki(self, **changes: Any) -> FakeWiki:
        """The histories of that day; `changes` by the ride's name here."""
        closed = state(at("04:00"), (CLOSED, None))
        reported = {
            "coaster": history(
                self.coaster,
                closed,
                state(at("12:55"), (UP, 10)),
                state(at("15:30"), (DOWN, None)),
                state(at("16:10"), (UP, 20), SINGLE_RIDER={"waitTime": 5}),
                state(at("16:20"), (UP, 20), SINGLE_RIDER={"waitTime": 10}),
                state(at("16:40:30"), (UP, 10)),
                state(at("17:20"), (UP, 15)),
            ),
            "flume": history(
                self.flume,
                closed,
                state(at("12:58"), (UP, 10)),
                state(at("14:30"), (UP, 30)),
                state(at("17:00"), (UP, 10)),
            ),
            **changes,
        }
        return FakeWiki({getattr(self, name).themeparks_wiki_id: answer for name, answer in reported.items()})


def rows_of(ride: Ride, start: datetime = START, end: datetime = END) -> list[tuple[Any, ...]]:
    """(clock, minutes, status, wait, carried) of the filled rows in [start, end)."""
    rows = RideStatusSnapshot.objects.filter(
        ride=ride, recorded_at__gte=start, recorded_at__lt=end, data_source=DataSource.ARCHIVE
    )
    return [
        (f"{row.recorded_at:%H:%M:%S}", row.duration_seconds / 60, row.status, row.wait_time, row.is_carried)
        for row in rows.order_by("recorded_at")
    ]
