"""Parks and rides from their own midnight until now, measured from raw observations."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.periods import ONE_DAY, Period
from core.zones import day_range
from parks.models import Category, Park, Ride, weight_of
from snapshots.current import ParkNow, RideNow, parks_now, rides_last_seen
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.measures.ride_measures import (
    RideMeasures,
    WindowScore,
    availability,
    hours,
    measure_openings,
    measure_rides,
    window_score,
)
from stats.readings.selection import chosen_parks, observed
from stats.readings.shared import is_shared, over_many_parks, shared


@dataclass(frozen=True, slots=True)
class ParkToday:
    """A park from its midnight until now."""

    window: WindowScore  # over rides of every category
    open_snapshots: int
    rides_up: int
    uptime: Decimal | None  # of its attractions, in percent (N-3)


@over_many_parks
def parks_today(parks: list[Park], now: datetime) -> Mapping[int, ParkToday]:
    """R-10.2 over each park's day so far; four queries."""
    reports_down = {park.pk: park.reports_down for park in parks}
    rides = Ride.objects.filter(is_active=True, park__in=reports_down)
    placed = list(rides.values_list("pk", "park_id", "category", "classification__tier_weight"))
    park_by_ride = {pk: park_id for pk, park_id, _, _ in placed}
    weights = {pk: weight for pk, _, _, weight in placed}
    attractions = {pk for pk, _, category, _ in placed if category == Category.ATTRACTION}
    members: dict[int, list[tuple[RideMeasures, int]]] = defaultdict(list)
    for pk, ride in rides_today(parks, park_by_ride, now).items():
        if ride.operated(evidence_by_down=reports_down[ride.park_id]):
            members[ride.park_id].append((ride, weight_of(weights[pk])))
    condition = observed([(park.pk, park.timezone) for park in parks], "park", Period.TODAY, now)
    openings = measure_openings(ParkActivitySnapshot.objects.filter(condition), now)
    return {
        park_id: ParkToday(
            window=window_score(members[park_id], opening.open_seconds),
            open_snapshots=opening.rows,
            rides_up=sum(ride.up_seconds > 0 for ride, _ in members[park_id]),
            uptime=park_uptime(ride for ride, _ in members[park_id] if ride.ride_id in attractions),
        )
        for park_id, opening in openings.items()
    }


def park_uptime(attractions: Iterable[RideMeasures]) -> Decimal | None:
    """N-3 over the attractions that operated, in percent."""
    measured = list(attractions)
    return availability(sum(ride.up_seconds for ride in measured), sum(ride.down_seconds for ride in measured))


def rides_today(parks: list[Park], park_by_ride: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """Measures of the day so far of rides of these parks; `park_by_ride`: the park of each. One query.

    Rides without an observation in the park they stand in now are missing.
    """
    if not is_shared(parks):
        return measured_today(parks, park_by_ride, now)
    everything = everywhere_today(chosen_parks(False), now)
    return {pk: everything[pk] for pk in park_by_ride if pk in everything}


@over_many_parks
def everywhere_today(parks: list[Park], now: datetime) -> Mapping[int, RideMeasures]:
    rides = Ride.objects.filter(park__in=[park.pk for park in parks])
    return measured_today(parks, dict(rides.values_list("pk", "park_id")), now)


def measured_today(parks: list[Park], places: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """`places`: the park of each ride; one query."""
    zones = {park.pk: park.timezone for park in parks}
    members = [(pk, zones[park_id]) for pk, park_id in places.items()]
    snapshots = RideStatusSnapshot.objects.filter(observed(members, "ride", Period.TODAY, now), park__in=zones)
    measured = measure_rides(snapshots, now, {park.pk: park.reports_down for park in parks})
    return {ride.ride_id: ride.sealed() for ride in measured if places[ride.ride_id] == ride.park_id}


@over_many_parks
def parks_at(parks: list[Park], now: datetime) -> Mapping[int, ParkNow]:
    """`parks_now`; two queries."""
    return parks_now(parks, now)


def rides_at(parks: list[Park], rides: Collection[int], now: datetime) -> dict[int, RideNow]:
    """`rides_now` of rides of these parks, by their ids; one query."""
    return {pk: ride for pk, ride in rides_seen_at(parks, rides, now).items() if ride.still_holds}


def rides_seen_at(parks: list[Park], rides: Collection[int], now: datetime) -> dict[int, RideNow]:
    """`rides_last_seen` of rides of these parks, by their ids; one query."""
    if not is_shared(parks):
        return rides_last_seen(Ride.objects.filter(pk__in=list(rides)), now)
    everything = shared("rides now", now, lambda: rides_last_seen(Ride.objects.active(), now))
    return {pk: everything[pk] for pk in rides if pk in everything}


def rides_down_today(parks: list[Park], park_by_ride: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """Of `rides_today` those with downtime, in hours as published; rides that did not operate have none (R-5.3)."""
    reports_down = {park.pk: park.reports_down for park in parks}
    return {
        pk: ride
        for pk, ride in rides_today(parks, park_by_ride, now).items()
        if hours(ride.down_seconds) > 0 and ride.operated(evidence_by_down=reports_down[ride.park_id])
    }


@over_many_parks
def a_day_ago(parks: list[Park], now: datetime) -> Mapping[int, RideMeasures]:
    """Rides of these parks on the day before, up to the same time on each park's clock: what today is compared with
    (N-5). Rides that were not observed then are missing. A query for each zone."""
    found: dict[int, RideMeasures] = {}
    for zone in sorted({park.timezone for park in parks}):
        there = {park.pk: park.reports_down for park in parks if park.timezone == zone}
        start, end = day_before_so_far(now, zone)
        places = dict(Ride.objects.filter(park__in=there).values_list("pk", "park_id"))
        rows = RideStatusSnapshot.objects.filter(
            ride__in=list(places), park__in=there, recorded_at__gte=start, recorded_at__lt=end
        )
        measured = measure_rides(rows, end, there) if places else []
        found |= {ride.ride_id: ride.sealed() for ride in measured if places[ride.ride_id] == ride.park_id}
    return found


def day_before_so_far(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """[start, end) in UTC of the local day before, up to the same time of the clock."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() - ONE_DAY
    return day_range(day, zone)[0], datetime.combine(day, local.timetz()).astimezone(UTC)
