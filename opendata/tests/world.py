"""Two parks of which one may go out, with a month of everything."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from outages.tests.factories import OutageFactory
from parks.catalog.known import SAMPLE_IDS
from parks.models import Park
from parks.tests.factories import ScheduleFactory
from snapshots.tests.factories import ActivityFactory, QueueFactory
from stats.tests.builders import DAY, PARIS, local, make_park, make_ride, report
from stats.tests.factories import ParkDayFactory, RideDayFactory

NOW = datetime(2026, 1, 8, 12, tzinfo=UTC)  # December is final, January is not
MONTH = DAY.replace(day=1)


def sample_park() -> Park:
    return make_park(themeparks_wiki_id=min(SAMPLE_IDS), timezone=PARIS, name="Parc à mots (sample)")


def fill(park: Park) -> None:
    """Two rides over a day of December, and whatever else is published."""
    for story in ("O60 D20 O30", "O90s D30 C20"):
        ride = make_ride(park, name='Le "Grand", Huit\n', classified=1)
        report(ride, local(DAY, "10:00", park.timezone), story, wait=25)
        RideDayFactory.create(ride=ride, stat_date=DAY, down_seconds=1_200)
    at = local(DAY, "10:00", park.timezone)
    OutageFactory.create(ride=ride, park=park, stat_date=DAY, started_at=at)
    QueueFactory.create(ride=ride, recorded_at=at, price_amount="12.50", price_currency="", boarding_group_status=None)
    ActivityFactory.create(park=park, recorded_at=at)
    ParkDayFactory.create(park=park, stat_date=DAY)
    ScheduleFactory.create(park=park, schedule_date=DAY)


def read(path: Path) -> list[dict[str, object]]:
    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
