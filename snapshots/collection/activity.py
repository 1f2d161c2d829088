"""Which parks without a schedule their rides hold open at an instant (N-8), from the day's past alone."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta

from core.zones import day_range, local_date
from parks.models import INCLUSION_WINDOW, Park
from parks.opening_windows import Plan
from snapshots.collection.apart import apart_before, dates_apart
from snapshots.collection.feeds import ParkReading
from snapshots.models import ParkActivitySnapshot, ParkOperatingSession
from snapshots.park_open import open_by_schedule
from snapshots.witnesses import LONGEST_PAUSE, are_enough, witnesses

PAUSE = timedelta(seconds=LONGEST_PAUSE)
# What still runs before this hour ends the night, and no storm follows it.
NIGHT_HOURS = 6


def open_by_activity(
    readings: Iterable[ParkReading], at: datetime, plans: Mapping[int, Plan], lately: Mapping[int, Mapping[int, int]]
) -> set[int]:
    """Of the parks whose schedule says nothing of the instant, those that are open.

    `lately`: by park, the rides that operated in it within seven days. One query for the rides that run apart, two
    where the rides of a park have stopped.
    """
    asked = [reading for reading in readings if open_by_schedule(plans[reading.park.pk], at) is None]
    enough = [reading for reading in asked if is_active(reading, lately[reading.park.pk].keys(), set())]
    apart = dates_apart([row.ride.pk for reading in enough for row in reading.readings])
    found = set()
    for reading in enough:
        ran_apart = apart_before(apart, local_date(at, reading.park.timezone))
        if is_active(reading, lately[reading.park.pk].keys(), ran_apart):
            found.add(reading.park.pk)
    rest = {reading.park: len(lately[reading.park.pk]) for reading in asked if reading.park.pk not in found}
    return found | paused(rest, at)


def is_active(reading: ParkReading, lately: Set[int], apart: Set[int]) -> bool:
    operating = {row.ride.pk for row in reading.readings if row.is_operating}
    asked = witnesses(lately, operating, {row.ride.pk for row in reading.readings}, apart)
    return are_enough(len(operating & asked), len(asked))


def paused(parks: Mapping[Park, int], at: datetime) -> set[int]:
    """The parks, with how many rides they have, whose rides have stopped in the middle of the day: within the last
    three hours, and more than three before the earliest closing of seven days. A storm, as far as one can know."""
    hours = {park: day_range(local_date(at, park.timezone), park.timezone) for park in parks}
    awake = [park for park, (start, _) in hours.items() if at - start >= timedelta(hours=NIGHT_HOURS)]
    if not awake:
        return set()
    rows = ParkActivitySnapshot.objects.filter(
        park__in=awake, recorded_at__gte=at - PAUSE, recorded_at__lt=at, park_appears_open=True
    ).values_list("park_id", "rides_open")
    rides = {park.pk: number for park, number in parks.items()}
    stopped = {pk for pk, number in rows if are_enough(number, rides[pk])}
    if not stopped:
        return set()
    closings = usual_closings([park for park in awake if park.pk in stopped], at)
    return {park.pk for park in awake if park.pk in closings and at - hours[park][0] < closings[park.pk] - PAUSE}


def usual_closings(parks: Sequence[Park], at: datetime) -> dict[int, timedelta]:
    """The earliest of the last seven days: time since midnight, by park; parks that were not open are missing."""
    today = {park.pk: (local_date(at, park.timezone), park.timezone) for park in parks}
    days = [day for day, _ in today.values()]
    sessions = ParkOperatingSession.objects.filter(
        park__in=parks,
        session_date__gte=min(days) - INCLUSION_WINDOW,
        session_date__lt=max(days),
        session_end_utc__isnull=False,
    ).values_list("park_id", "session_date", "session_end_utc")
    found: dict[int, timedelta] = {}
    for pk, day, end in sessions:
        if end is not None and today[pk][0] - INCLUSION_WINDOW <= day < today[pk][0]:
            lasted = end - day_range(day, today[pk][1])[0]
            found[pk] = min(lasted, found.get(pk, lasted))
    return found
