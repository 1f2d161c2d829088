"""Parks and rides from their own midnight until now: from the state of the running day where it is stored and true
(`stats/running`), else measured from raw observations; both say the same."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F

from core.database.expressions import SecondsSince
from core.periods import ONE_DAY, Period
from core.zones import day_range, day_start, local_date
from parks.models import INCLUSION_WINDOW, Category, Park, Ride, weight_of
from snapshots.current import ParkNow, RideNow, parks_now, rides_last_seen
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import operating
from stats.measures.buckets import LASTING
from stats.measures.ride_measures import (
    OPEN,
    ParkOpening,
    RideMeasures,
    Stretch,
    WindowScore,
    availability,
    carried_over,
    down_stretches,
    has_operated,
    hours,
    measure_openings,
    measure_rides,
    window_score,
)
from stats.models import Which
from stats.readings.selection import begun_within, chosen_parks, observed
from stats.readings.shared import is_shared, over_many_parks, shared
from stats.running.days import ParkDay, day_before_so_far, running_days
from stats.running.state import RideSeconds

Running = Mapping[int, ParkDay]  # by park


@dataclass(frozen=True, slots=True)
class ParkToday:
    """A park from its midnight until now."""

    window: WindowScore  # over rides of every category
    open_snapshots: int
    rides_up: int
    attraction_up_seconds: int
    attraction_down_seconds: int

    @property
    def down_seconds(self) -> int:
        return self.window.down_seconds

    @property
    def uptime(self) -> Decimal | None:
        """N-3, one decimal."""
        return availability(self.attraction_up_seconds, self.attraction_down_seconds)


class PlacedRide(NamedTuple):
    """A ride of any category, and the park it stands in."""

    pk: int
    park_id: int
    is_attraction: bool
    weight: int
    last_operated: int | None  # seconds since 1970: instants take longer to read than all else

    def counts_at(self, now: datetime) -> bool:
        """Is it in the score of this moment (R-5.5)? The seventh day is included."""
        return self.last_operated is not None and self.last_operated >= (now - INCLUSION_WINDOW).timestamp()


def placed_rides(parks: list[Park], former: bool = False) -> list[PlacedRide]:
    """What scores and downtime of these parks are made of (R-5.6): active rides, and with `former` the others too; one
    query."""
    rides = (Ride.objects.in_history() if former else Ride.objects.filter(is_active=True)).filter(
        park__in=[park.pk for park in parks]
    )
    columns = ("pk", "park_id", "category", "classification__tier_weight", "operated")
    operated = SecondsSince("last_operated_at", 0)
    return [
        PlacedRide(pk, park_id, category == Category.ATTRACTION, weight_of(weight), last)
        for pk, park_id, category, weight, last in rides.annotate(operated=operated).values_list(*columns)
    ]


@over_many_parks
def parks_today(parks: list[Park], now: datetime) -> Mapping[int, ParkToday]:
    """R-10.2 over each park's day so far; at most four queries. Parks that were not open today are missing."""
    reports_down = {park.pk: park.reports_down for park in parks}
    members: dict[int, list[tuple[RideSeconds, int]]] = defaultdict(list)
    attractions: dict[int, list[RideSeconds]] = defaultdict(list)
    known: set[int] = set()
    placed = {ride.pk: ride for ride in placed_rides(parks)}
    running = running_today(parks, now)
    for ride in seconds_today(parks, {pk: each.park_id for pk, each in placed.items()}, now, running):
        here = placed[ride.ride_id]
        if ride.open_seconds:
            known.add(here.park_id)
        if has_operated(ride.up_seconds, ride.down_seconds, reports_down[here.park_id]):
            members[here.park_id].append((ride, here.weight))
            if here.is_attraction:
                attractions[here.park_id].append(ride)
    return {
        park_id: ParkToday(
            window=window_score(members[park_id], opening.open_seconds, park_id in known),
            open_snapshots=opening.rows,
            rides_up=sum(ride.up_seconds > 0 for ride, _ in members[park_id]),
            attraction_up_seconds=sum(ride.up_seconds for ride in attractions[park_id]),
            attraction_down_seconds=sum(ride.down_seconds for ride in attractions[park_id]),
        )
        for park_id, opening in openings_today(parks, now, running).items()
    }


def seconds_today(
    parks: list[Park], park_by_ride: Mapping[int, int], now: datetime, running: Running
) -> Iterator[RideSeconds]:
    """Of each of the rides, which are in these parks, how long it operated and was down; at most one query."""
    for pk, day in running.items():
        for ride in day.seconds():
            if park_by_ride.get(ride.ride_id) == pk:
                yield ride
    rest = {pk: park for pk, park in park_by_ride.items() if park not in running}
    for measures in by_rows_today(parks, rest, now).values() if rest else ():
        yield seconds_of(measures)


def seconds_of(measures: RideMeasures) -> RideSeconds:
    return RideSeconds(measures.ride_id, measures.up_seconds, measures.down_seconds, measures.open_seconds)


def openings_today(parks: list[Park], now: datetime, running: Running) -> dict[int, ParkOpening]:
    """How long each park was seen open today; those that were not are missing. At most one query."""
    found = {pk: day.state.opening(day.asked.moment) for pk, day in running.items()}
    rest = [(park.pk, park.timezone) for park in parks if park.pk not in running]
    if rest:
        condition = observed(rest, "park", Period.TODAY, now)
        found |= measure_openings(ParkActivitySnapshot.objects.filter(condition), now)
    return {pk: opening for pk, opening in found.items() if opening.rows}


def running_today(parks: list[Park], now: datetime) -> dict[int, ParkDay]:
    return running(parks, Which.TODAY, now)


def running(parks: list[Park], which: Which, now: datetime) -> dict[int, ParkDay]:
    """`running_days`; one query at most. Not shared, as a day is folded on in place; what is read from it is."""
    return dict(running_days(parks, which, now))


def rides_today(parks: list[Park], park_by_ride: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """Measures of the day so far of rides of these parks; `park_by_ride`: the park of each. At most two queries.

    Rides without an observation in the park they stand in now are missing.
    """
    return rides_measured(parks, park_by_ride, now, running_today(parks, now))


def rides_measured(
    parks: list[Park], park_by_ride: Mapping[int, int], now: datetime, running: Running
) -> dict[int, RideMeasures]:
    """`rides_today`; at most one query."""
    by_park = rides_by_park(park_by_ride)
    measured = [ride for pk, day in running.items() for ride in day.rides(by_park.get(pk, ()))]
    rest = {pk: park for pk, park in park_by_ride.items() if park not in running}
    return {ride.ride_id: ride.sealed() for ride in measured} | (by_rows_today(parks, rest, now) if rest else {})


def rides_by_park(park_by_ride: Mapping[int, int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for ride, park in park_by_ride.items():
        found[park].add(ride)
    return found


def by_rows_today(parks: list[Park], park_by_ride: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """`rides_today` from raw rows; one query."""
    if not is_shared(parks):
        return measured_by_rows(parks, park_by_ride, now)
    everything = everywhere_by_rows(chosen_parks(False), now)
    return {pk: everything[pk] for pk in park_by_ride if pk in everything}


@over_many_parks
def everywhere_by_rows(parks: list[Park], now: datetime) -> Mapping[int, RideMeasures]:
    rides = Ride.objects.filter(park__in=[park.pk for park in parks])
    return measured_by_rows(parks, dict(rides.values_list("pk", "park_id")), now)


def measured_by_rows(parks: list[Park], places: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
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


def rides_seen_at(
    parks: list[Park], rides: Collection[int], now: datetime, running: Running | None = None
) -> dict[int, RideNow]:
    """`rides_last_seen` of rides of these parks, by their ids; at most two queries. `running`: if it was read."""
    wanted = set(rides)
    found: dict[int, RideNow] = {}
    for day in (running_today(parks, now) if running is None else running).values():
        found.update(day.present(wanted, now))
    rest = wanted - found.keys()  # not heard of today, in the park of the list
    return found | (rides_seen_in_rows(parks, rest, now) if rest else {})


def rides_seen_in_rows(parks: list[Park], rides: Collection[int], now: datetime) -> dict[int, RideNow]:
    """`rides_seen_at` from raw rows; one query."""
    if not is_shared(parks):
        return rides_last_seen(Ride.objects.filter(pk__in=list(rides)), now)
    everything = shared("rides now", now, lambda: rides_last_seen(Ride.objects.active(), now))
    return {pk: everything[pk] for pk in rides if pk in everything}


def rides_down_today(
    parks: list[Park], park_by_ride: Mapping[int, int], now: datetime, running: Running | None = None
) -> dict[int, RideMeasures]:
    """Of `rides_today` those with downtime, in hours as published; rides that did not operate have none (R-5.3)."""
    reports_down = {park.pk: park.reports_down for park in parks}
    running = running_today(parks, now) if running is None else running
    down = {
        ride.ride_id
        for ride in seconds_today(parks, park_by_ride, now, running)
        if hours(ride.down_seconds) > 0
        and has_operated(ride.up_seconds, ride.down_seconds, reports_down[park_by_ride[ride.ride_id]])
    }
    return rides_measured(parks, {pk: park_by_ride[pk] for pk in down}, now, running)


def outages_today(
    parks: list[Park], measured: Mapping[int, RideMeasures], now: datetime, running: Running | None = None
) -> dict[int, list[Stretch]]:
    """The stretches down today of rides of these parks that are known to operate, in order; those marked that began on
    the day before (N-11). At most two queries, and two for each park without a running day that had a ride down at its
    midnight."""
    places = rides_by_park({pk: ride.park_id for pk, ride in measured.items()})
    running = running_today(parks, now) if running is None else running
    found = {ride: down for pk, day in running.items() for ride, down in day.down(places.get(pk, ())).items()}
    rest = {pk: ride for pk, ride in measured.items() if ride.park_id not in running}
    return found | (outages_of_rows(parks, rest, now) if rest else {})


def outages_of_rows(
    parks: list[Park], measured: Mapping[int, RideMeasures], now: datetime
) -> dict[int, list[Stretch]]:
    by_id = {park.pk: park for park in parks}
    members = [(pk, by_id[ride.park_id].timezone) for pk, ride in measured.items()]
    rows = RideStatusSnapshot.objects.filter(observed(members, "ride", Period.TODAY, now), park=F("ride__park"))
    found = down_stretches(rows, now)
    at_midnight: dict[int, list[int]] = defaultdict(list)
    for pk, stretches in found.items():
        park = by_id[measured[pk].park_id]
        if stretches[0].start == day_start(local_date(now, park.timezone), park.timezone):
            at_midnight[park.pk].append(pk)
    for park_id, rides in at_midnight.items():
        for pk in carried_over(rides, by_id[park_id], local_date(now, by_id[park_id].timezone)):
            found[pk][0] = replace(found[pk][0], is_carried=True)
    return found


# -- the day before --------------------------------------------------------------------------------------


@over_many_parks
def a_day_ago(parks: list[Park], now: datetime) -> Mapping[int, RideMeasures]:
    """Rides of these parks on the day before, up to the same time on each park's clock: what today is compared with
    (N-5). Down is what counted on that day, because the ride operated on it (R-5.3). Rides that were not observed then
    are missing. Two queries where the running days are stored, else up to four."""
    running_days = running(parks, Which.DAY_BEFORE, now)
    places = places_of(parks)
    by_park = rides_by_park(places)
    found = {}
    for pk, day in running_days.items():
        operated = set(day.state.operated)
        for ride in day.rides(by_park.get(pk, ())):
            ride.down_seconds *= ride.ride_id in operated
            found[ride.ride_id] = ride
    found |= a_day_ago_by_rows([park for park in parks if park.pk not in running_days], places, now)
    return {pk: ride.sealed() for pk, ride in found.items()}


def places_of(parks: list[Park]) -> dict[int, int]:
    """The park of each ride of these parks; one query."""
    return dict(Ride.objects.filter(park__in=[park.pk for park in parks]).order_by().values_list("pk", "park_id"))


def a_day_ago_by_rows(parks: list[Park], places: Mapping[int, int], now: datetime) -> dict[int, RideMeasures]:
    """`a_day_ago` from raw rows: one query, one more where a ride had not yet run at that time, or the clocks are
    changed."""
    zones = {park.pk: park.timezone for park in parks}
    spans = {zone: day_before_so_far(now, zone) for zone in set(zones.values())}
    by_end: dict[datetime, list[tuple[int, str]]] = defaultdict(list)
    for pk, park_id in places.items():
        if park_id in zones:
            by_end[spans[zones[park_id]][1]].append((pk, zones[park_id]))
    measured: list[RideMeasures] = []
    for end, members in by_end.items():
        begun = begun_within(members, "ride", spans.__getitem__)
        rows = RideStatusSnapshot.objects.filter(begun, park__in=zones)
        measured += measure_rides(rows, end, {park.pk: park.reports_down for park in parks})
    found = {ride.ride_id: ride for ride in measured if places[ride.ride_id] == ride.park_id}
    unsure = [(pk, zones[ride.park_id]) for pk, ride in found.items() if ride.down_seconds and not ride.up_seconds]
    for pk in {pk for pk, _ in unsure} - ran_the_day_before(unsure, now):
        found[pk].down_seconds = 0
    return found


def ran_the_day_before(members: Collection[tuple[int, str]], now: datetime) -> set[int]:
    """Which of these rides, with the zone of each, operated on the whole day before; one query at most."""
    if not members:
        return set()
    begun = begun_within(members, "ride", lambda zone: day_range(local_date(now, zone) - ONE_DAY, zone))
    rows = RideStatusSnapshot.objects.filter(begun, operating(), LASTING, park=F("ride__park"), **OPEN)
    return set(rows.order_by().values_list("ride_id", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class ParkBefore:
    """A park on the day before, up to the same time of its clock."""

    down_seconds: int = 0  # of rides of every category
    attraction_up_seconds: int = 0
    attraction_down_seconds: int = 0


@over_many_parks
def parks_a_day_ago(parks: list[Park], now: datetime) -> Mapping[int, ParkBefore]:
    """Parks of which a ride was observed then; what today's figures are compared with (N-5)."""
    placed = {ride.pk: ride for ride in placed_rides(parks)}
    sums: dict[int, list[int]] = {}
    for ride in seconds_a_day_ago(parks, {pk: each.park_id for pk, each in placed.items()}, now):
        here = placed[ride.ride_id]
        up, down = (ride.up_seconds, ride.down_seconds) if here.is_attraction else (0, 0)
        found = sums.setdefault(here.park_id, [0, 0, 0])
        for n, seconds in enumerate((ride.down_seconds, up, down)):
            found[n] += seconds
    return {pk: ParkBefore(*found) for pk, found in sums.items()}


def seconds_a_day_ago(parks: list[Park], park_by_ride: Mapping[int, int], now: datetime) -> Iterator[RideSeconds]:
    """`a_day_ago`, of each of the rides that was observed in the open park how long it operated and was down."""
    running_days = running(parks, Which.DAY_BEFORE, now)
    for pk, day in running_days.items():
        operated = set(day.state.operated)
        for ride in day.seconds():
            if park_by_ride.get(ride.ride_id) == pk and ride.open_seconds:
                yield ride if ride.ride_id in operated else ride._replace(down_seconds=0)
    rest = {park.pk: park for park in parks if park.pk not in running_days}
    places = {pk: park for pk, park in park_by_ride.items() if park in rest}
    for measures in a_day_ago_by_rows(list(rest.values()), places, now).values() if places else ():
        if measures.open_seconds:
            yield seconds_of(measures)
