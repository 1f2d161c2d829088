"""Parks by the hours of their clock from their midnight until now, from the running days that are stored and true: as
`stats.measures.window_measures` says it of the raw rows, without numbers of rows, least and greatest waits."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from parks.models import Park
from stats.measures.ride_measures import RideMeasures, WaitTotals, has_operated
from stats.measures.window_measures import ParkWindow
from stats.models import Which
from stats.running.days import ParkDay, running_days


def windows_today(rides: Mapping[Park, Iterable[int]], now: datetime) -> dict[int, ParkWindow]:
    """By park, the hours of the day so far of some of its rides; parks without a stored day are missing.

    One query, two more where rows are newer than what is stored.
    """
    days = running_days(list(rides), Which.TODAY, now, with_hours=True)
    return {park.pk: window_of(days[park.pk], set(ids)) for park, ids in rides.items() if park.pk in days}


def window_of(day: ParkDay, wanted: set[int]) -> ParkWindow:
    found, date = ParkWindow(day.park), day.asked.day
    hours = day.hours_so_far(wanted)
    found.open_seconds = {(date, hour): seconds for hour, seconds in hours.open_seconds.items()}
    for ride, by_hour in hours.rides.items():
        for hour, sums in by_hour.items():
            found.rides[ride, date, hour] = RideMeasures(
                ride,
                day.park.pk,
                open_seconds=sums.open_seconds,
                up_seconds=sums.up_seconds,
                down_seconds=sums.down_seconds,
                summed=WaitTotals(sums.wait_seconds, sums.wait_minute_seconds, walk_on_seconds=sums.walk_on_seconds),
            )
            # A park without activity rows was open for as long as its rides say.
            seen = found.open_seconds.get((date, hour), 0)
            found.open_seconds[date, hour] = max(seen, sums.open_seconds)
    reports_down = day.park.reports_down
    found.operated = {
        (ride.ride_id, date)
        for ride in day.seconds()
        if ride.ride_id in wanted and has_operated(ride.up_seconds, ride.down_seconds, reports_down)
    }
    return found
