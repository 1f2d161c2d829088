"""Incidents of a park: many rides going down at once. All thresholds are here (ADR 37).

A pure function of a day's outages and its weather, applied where the day's ledger is written: written again it gives
the same kinds, and the members are the incident, so that there is nothing else to keep in step.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import exp

from django.db.models import Q

from core.instants import seconds
from outages.models import Kind, Outage, Source, State
from parks.models import EntityMetadata, Shelter
from snapshots.models import RideStatusSnapshot
from stats.daily.compute import ParkDay
from weather.models import WeatherObservation

# So many rides, or such a share of those that run, go down within this time.
WITHIN = timedelta(minutes=10)
LEAST_RIDES = 3
LEAST_SHARE, LEAST_OF_SHARE = 0.25, 2
# And not by chance: were the day's outages spread evenly, so many such coincidences a day at most.
MOST_BY_CHANCE = 1 / 31
CYCLE = timedelta(minutes=5)  # instants come in steps of it, so that ten minutes hold three of them
# A start is known no better than the time since the observation before.
LONGEST_STEP = timedelta(minutes=10)
# Weather in the hours that touch an hour before to an hour after the first stop.
AROUND = timedelta(hours=1)
LIGHTNING = (95, 96, 99)  # WMO codes
HEAVY_RAIN_MM = 5  # in an hour
STORM_GUSTS_KMH = 60
HEAT_C = 40  # apparent temperature
MOST_INDOORS = 0.5  # a power cut stops rides indoors; of members of which it is known, at most this share
MEMBER_KINDS = (Kind.INCIDENT, Kind.WEATHER)


def mark_incidents(rows: Sequence[Outage], result: ParkDay) -> None:
    """Give the members of each incident of the day their kind; no query where nothing coincides, else three each."""
    begun = [row for row in rows if row.kind == Kind.BREAKDOWN and row.state == State.HOLDS]
    open_seconds = max((row.open_seconds or 0 for row in result.rides), default=0)
    for members in coincidences(begun, ran(result), rows, open_seconds):
        sure = surely_then(members)
        running = running_at(ran(result), rows, members[0].started_at)
        if not is_incident(sure, running, len(begun), open_seconds):
            continue
        kind = Kind.WEATHER if is_weather(sure, result) else Kind.INCIDENT
        for row in sure:
            row.kind = kind


def ran(result: ParkDay) -> frozenset[int]:
    """The rides that operated on the day."""
    return frozenset(row.ride_id for row in result.rides if row.ride_id is not None and row.up_seconds)


def coincidences(
    begun: Sequence[Outage], rides: frozenset[int], rows: Sequence[Outage], open_seconds: int
) -> Iterable[list[Outage]]:
    """Windows of ten minutes that are incidents, the fullest first, each outage in one of them."""
    left = sorted(begun, key=lambda row: (row.started_at, row.ride_id))
    while left:
        windows = (
            [row for row in left[n:] if row.started_at - first.started_at <= WITHIN] for n, first in enumerate(left)
        )
        fullest = max(windows, key=number_of_rides)
        if not is_incident(fullest, running_at(rides, rows, fullest[0].started_at), len(begun), open_seconds):
            return
        yield fullest
        taken = {id(row) for row in fullest}
        left = [row for row in left if id(row) not in taken]


def number_of_rides(rows: Iterable[Outage]) -> int:
    return len({row.ride_id for row in rows})


def running_at(rides: frozenset[int], rows: Iterable[Outage], at: datetime) -> int:
    """How many of the day's rides were not down already."""
    return len(rides - {row.ride_id for row in rows if row.started_at < at < row.ended_at})


def is_incident(members: Sequence[Outage], running: int, outages_of_day: int, open_seconds: int) -> bool:
    """`outages_of_day`: how many breakdowns began on the day."""
    rides = number_of_rides(members)
    is_much = rides >= LEAST_OF_SHARE and rides >= LEAST_SHARE * running
    return (rides >= LEAST_RIDES or is_much) and by_chance(rides, outages_of_day, open_seconds) <= MOST_BY_CHANCE


def by_chance(rides: int, outages_of_day: int, open_seconds: int) -> float:
    """How often a day has so many starts in ten minutes, if its outages fall evenly on the open time.

    Each outage opens a window; how many others fall into it is Poisson's.
    """
    if not open_seconds:
        return float("inf")
    mean = (outages_of_day - 1) * seconds_of(WITHIN + CYCLE) / open_seconds
    term, less = exp(-mean), 0.0
    for number in range(rides - 1):
        less += term
        term *= mean / (number + 1)
    return outages_of_day * max(0.0, 1 - less)


def seconds_of(span: timedelta) -> int:
    return int(span.total_seconds())


def surely_then(members: Sequence[Outage]) -> list[Outage]:
    """Without those that are only known to have begun since an observation long before; one query.

    Collection that paused sees all that broke meanwhile at once. The archive has the instants of the changes.
    """
    live = [row for row in members if row.data_source != Source.ARCHIVE]
    if not live:
        return list(members)
    first, last = live[0].started_at, live[-1].started_at
    before = RideStatusSnapshot.objects.filter(
        ride__in={row.ride_id for row in live}, recorded_at__gte=first - timedelta(days=1), recorded_at__lt=last
    )
    newest: dict[int, list[datetime]] = {}
    for ride, at in before.order_by("recorded_at").values_list("ride_id", "recorded_at"):
        newest.setdefault(ride, []).append(at)
    return [
        row
        for row in members
        if row.data_source == Source.ARCHIVE
        or any(row.started_at - LONGEST_STEP <= at < row.started_at for at in newest.get(row.ride_id, ()))
    ]


def is_weather(members: Sequence[Outage], result: ParkDay) -> bool:
    """Was the weather bad near the time, and do the members not stand indoors, as far as is known? Two queries."""
    first = members[0].started_at
    hours = WeatherObservation.objects.filter(
        park=result.park,
        observation_time__gt=first - AROUND,
        observation_time__lte=first + AROUND + timedelta(hours=1),
    )
    bad = (
        Q(weather_code__in=LIGHTNING)
        | Q(precipitation_mm__gte=HEAVY_RAIN_MM)
        | Q(wind_gusts_kmh__gte=STORM_GUSTS_KMH)
        | Q(apparent_temperature_c__gte=HEAT_C)
    )
    if not hours.filter(bad).exists():
        return False
    rows = EntityMetadata.objects.filter(ride__in={row.ride_id for row in members}, indoor_outdoor__isnull=False)
    shelters = list(rows.values_list("indoor_outdoor", flat=True))
    return shelters.count(Shelter.INDOOR) <= MOST_INDOORS * len(shelters)


def incidents_among(rows: Iterable[Outage]) -> list[list[Outage]]:
    """Members, in the order of their starts, as incidents: one follows the other within ten minutes."""
    found: list[list[Outage]] = []
    for row in sorted(rows, key=lambda row: (row.started_at, row.ride_id)):
        if found and seconds(row.started_at) - seconds(found[-1][-1].started_at) <= seconds_of(WITHIN):
            found[-1].append(row)
        else:
            found.append([row])
    return found
