"""A park whose rides post on Saturdays what is said here, so that medians can be read off."""

from datetime import date, timedelta

from parks.models import Park, Ride
from parks.tests.factories import MetadataFactory, ScheduleFactory
from stats.tests.builders import local, make_park, make_ride, recomputed, report, show_park

TODAY = date(2025, 7, 8)  # a Tuesday
NOW = local(TODAY, "12:00")
VISIT_DAY = date(2025, 7, 12)  # the Saturday after
SATURDAYS = [VISIT_DAY - timedelta(weeks=n) for n in range(1, 4)]


def make_planned_park(days: list[date] | None = None) -> tuple[Park, list[Ride]]:
    """Open from 9 to 19. Space Mountain posts 60 until noon and 10 after it; Mansion 10 and 40; Dumbo is down for half
    of each day, and refuses whom it is too small for; Matterhorn never runs."""
    park = make_park(name="Magic Kingdom")
    space, mansion, dumbo, matterhorn = (
        make_ride(park, 1, name=name) for name in ("Space Mountain", "Haunted Mansion", "Dumbo", "Matterhorn")
    )
    # 111 m apart along a meridian: 3 minutes at a normal pace
    for number, ride in enumerate((space, mansion)):
        MetadataFactory.create(ride=ride, latitude=f"{28.4 + number / 1000:.7f}", longitude="-81.5000000")
    MetadataFactory.create(ride=dumbo, latitude=None, longitude=None, height_min_cm=120)
    for day in SATURDAYS if days is None else days:
        opening = local(day, "09:00")
        show_park(park, opening, 600)
        noon = local(day, "12:00")
        for ride, before, after in ((space, 60, 10), (mansion, 10, 40)):
            report(ride, opening, "O180", wait=before)
            report(ride, noon, "O420", wait=after)
        report(dumbo, opening, "O300 D300", wait=20)
        report(matterhorn, opening, "C600")
        recomputed(park, day)
    for day in (VISIT_DAY, *SATURDAYS):
        hours = {"opening_time": local(day, "09:00"), "closing_time": local(day, "19:00")}
        ScheduleFactory.create(park=park, schedule_date=day, schedule_type="OPERATING", **hours)
    return park, [space, mansion, dumbo, matterhorn]
