"""Parks by the hours of their clock, today until now or the day before, from the running days that are stored and
true: as `stats.measures.window_measures` says it of the raw rows, without numbers of rows and extremes of waits."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from core.zones import local_date
from parks.models import Park
from stats.measures.ride_measures import RideMeasures, WaitTotals, has_operated
from stats.measures.window_measures import ParkWindow
from stats.models import Which
from stats.running.days import ParkDay, running_days


def windows_by_hour(
    rides: Mapping[Park, Iterable[int]], day_in: Callable[[str], date], now: datetime
) -> dict[int, ParkWindow]:
    """By park, the hours of a day of its zone, cut at the present, of some of its rides; parks of which that day is
    not stored are missing.

    One query of days that run, two of the day before; two more where rows are newer than what is stored.
    """
    found: dict[int, ParkWindow] = {}
    for which, ago in ((Which.TODAY, 0), (Which.DAY_BEFORE, 1)):
        parks = [park for park in rides if (local_date(now, park.timezone) - day_in(park.timezone)).days == ago]
        days = running_days(parks, which, now, with_hours=True) if parks else {}
        found |= {pk: window_of(day, set(rides[day.park]), which) for pk, day in days.items()}
    return found


def window_of(day: ParkDay, wanted: set[int], which: Which) -> ParkWindow:
    found, of_day = ParkWindow(day.park), day.asked.day
    hours = day.hours_so_far(wanted) if which == Which.TODAY else day.hours_of(wanted)
    found.open_seconds = {(of_day, hour): seconds for hour, seconds in hours.open_seconds.items()}
    for ride, by_hour in hours.rides.items():
        for hour, sums in by_hour.items():
            found.rides[ride, of_day, hour] = RideMeasures(
                ride,
                day.park.pk,
                open_seconds=sums.open_seconds,
                up_seconds=sums.up_seconds,
                down_seconds=sums.down_seconds,
                summed=WaitTotals(sums.wait_seconds, sums.wait_minute_seconds, walk_on_seconds=sums.walk_on_seconds),
            )
            # A park without activity rows was open for as long as its rides say.
            seen = found.open_seconds.get((of_day, hour), 0)
            found.open_seconds[of_day, hour] = max(seen, sums.open_seconds)
    # Once the day has ended a DOWN reading is no evidence that a ride operated on it.
    by_down = which == Which.TODAY and day.park.reports_down
    ran: dict[int, tuple[int, int]] = {}
    for (ride, _, _), measures in found.rides.items():
        up, down = ran.get(ride, (0, 0))
        ran[ride] = up + measures.up_seconds, down + measures.down_seconds
    found.operated = {(ride, of_day) for ride, (up, down) in ran.items() if has_operated(up, down, by_down)}
    return found
