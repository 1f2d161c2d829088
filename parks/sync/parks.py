"""The catalogue follows the upstreams: parks and rides by UUID, their place and zone, operators and lands (R-26.9).

What could not be had or read changes nothing: a park whose answer fails stays as it is, and nothing is ever
deactivated here. Rides that upstream no longer lists are reported; a person decides.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from core import data_version
from core.database.querysets import retried_on_lock
from core.upstream.http import Reason, UpstreamError
from core.upstream.payloads import Problem, ProblemKind
from parks.catalog.countries import country_of_name, country_of_zone
from parks.catalog.directory import UNKNOWN_CITY, UNKNOWN_COUNTRY, park_from
from parks.catalog.known import facts_for
from parks.catalog.names import folded
from parks.catalog.operators import Operators, place_of, type_flags
from parks.catalog.places import Place, is_near, may_lie_in, zone_near
from parks.catalog.sample import real_parks
from parks.models import CatalogCorrection, Park
from parks.sync.corrections import left_alone
from parks.sync.rides import RideSync, sync_queue_times_rides, sync_rides
from parks.upstreams.queue_times import QueueTimes, QueueTimesFeed, QueueTimesPark, read_parks, read_queue_times
from parks.upstreams.themeparks_wiki import (
    PARK,
    Children,
    Destination,
    DestinationPark,
    Directory,
    Entity,
    ThemeParksWiki,
    read_children,
    read_destinations,
    read_entity,
)

DEFAULT_COUNTRY = "US"


@dataclass(slots=True)
class ParkSync:
    """What came of one park. `errors`: answers that failed; what they would have reported was not touched."""

    name: str
    park: Park | None = None
    is_new: bool = False
    changed: list[str] = field(default_factory=list)  # columns
    rides: RideSync = field(default_factory=RideSync)
    lands: RideSync = field(default_factory=RideSync)  # by Queue-Times
    found: list[Problem] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [*self.found, *self.rides.problems, *self.lands.problems]

    @property
    def is_change(self) -> bool:
        rides = (*self.rides.created, *self.rides.updated, *self.lands.created, *self.lands.updated)
        return bool(self.is_new or self.changed or rides)

    def conflict(self, where: str, text: str) -> None:
        self.found.append(Problem(where, text, ProblemKind.CONFLICT))


@dataclass(frozen=True, slots=True)
class Plan:
    """The parks to ask for. `countries` None: all; `is_whole`: not of one destination alone."""

    directory: Directory
    chosen: tuple[tuple[Destination, DestinationPark], ...]
    countries: frozenset[str] | None
    is_whole: bool

    def takes(self, country: str) -> bool:
        return self.countries is None or country in self.countries


@dataclass(slots=True)
class Run:
    """One sync: whom it asks, and what it knows so far."""

    plan: Plan
    wiki: ThemeParksWiki
    times: QueueTimes
    operators: Operators
    dry_run: bool


def watched_countries() -> frozenset[str]:
    """Those of our active parks, and the default of R-26.9."""
    countries = real_parks().values_list("country", flat=True).distinct()
    return frozenset({DEFAULT_COUNTRY, *countries}) - {UNKNOWN_COUNTRY}


def plan_sync(wiki: ThemeParksWiki, countries: frozenset[str] | None, destination: str | None = None) -> Plan:
    """Which parks to ask for. Raises UpstreamError, and LookupError for a destination that is not listed.

    Parks of ours in another country are left out at once, new ones when their zone has reported theirs.
    """
    directory = read_destinations(wiki.destinations())
    wanted = [each for each in directory.destinations if destination in (None, each.id)]
    if destination is not None and not wanted:
        raise LookupError(destination)
    countries = None if destination else countries
    known = dict(Park.objects.exclude(themeparks_wiki_id=None).values_list("themeparks_wiki_id", "country"))
    taken = None if countries is None else {*countries, UNKNOWN_COUNTRY}
    listed = [(each, park) for each in wanted for park in each.parks]
    chosen = [each for each in listed if taken is None or known.get(each[1].id, UNKNOWN_COUNTRY) in taken]
    return Plan(directory, tuple(chosen), countries, destination is None)


def sync_parks(
    plan: Plan,
    wiki: ThemeParksWiki,
    times: QueueTimes,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda parks: None,
) -> list[ParkSync]:
    """Bring the chosen parks up to date, each in a transaction of its own; `dry_run` takes all of it back."""
    names = frozenset(folded(park.name) for each in plan.directory.destinations for park in each.parks)
    run = Run(plan, wiki, times, Operators((), names), dry_run)
    done = [directory_of(run)]
    for destination, listed in plan.chosen:
        synced = sync_wiki_park(run, destination, listed)
        done += [synced] if synced else []
        progress(1)
    # A park whose answer failed would look as if Queue-Times alone knew it.
    if plan.is_whole and not any(each.errors for each in done):
        done += [sync_queue_times_park(run, reported) for reported in others(run)]
    if not dry_run and any(each.is_change for each in done):
        data_version.move()
    return done


def directory_of(run: Run) -> ParkSync:
    """Ask Queue-Times for its parks; without them, operators and lands stay as they are."""
    synced = ParkSync("the lists of parks", found=list(run.plan.directory.problems))
    try:
        reported = read_parks(run.times.parks())
    except UpstreamError as error:
        synced.errors.append(f"Queue-Times: {error}")
        return synced
    run.operators.parks = reported.parks
    for one, other in run.operators.contradictions():
        text = (
            f"numbers {one.id} and {other.id} ({one.name}) stand at one place under {one.operator}, {other.operator}"
        )
        synced.conflict("[].parks[]", text)
    synced.found += reported.problems
    numbers = Park.objects.exclude(themeparks_wiki_id=None).values_list("queue_times_id", flat=True)
    run.operators.taken.update(number for number in numbers if number is not None)
    return synced


# -- parks of ThemeParks.wiki ------------------------------------------------------------------------------


def sync_wiki_park(run: Run, destination: Destination, listed: DestinationPark) -> ParkSync | None:
    """One park of the directory; None when it is new and in another country than those wanted."""
    synced = ParkSync(listed.name or listed.id)
    try:
        entity, problems = read_entity(run.wiki.entity(listed.id))
        if (entity.id, entity.entity_type) != (listed.id, PARK):
            raise UpstreamError(Reason.INVALID, f"the answer is that of a {entity.entity_type} {entity.id}")
    except UpstreamError as error:
        synced.errors.append(f"the park: {error}")
        return synced
    synced.found += problems
    synced.park = Park.objects.filter(themeparks_wiki_id=listed.id).first()
    operator = operator_of(run, synced.park, entity)
    zone = zone_of(entity, operator)
    if zone is None and synced.park is None:
        synced.errors.append("the park is new and has no usable time zone")
        return synced
    if synced.park is None and not run.plan.takes(country_of(zone, operator)):
        return None
    children = fetched_children(run, listed.id, synced)
    if synced.park is None:
        synced.park = park_with_number(operator) or new_park(entity, zone or "", operator)
    if operator is not None:
        run.operators.taken.add(operator.id)
    feed = fetched_feed(run, synced, synced.park.queue_times_id or (operator.id if operator else None))
    store_wiki_park(run, synced, synced.park, reported_columns(entity, destination, operator), children, feed)
    return synced


def operator_of(run: Run, park: Park | None, entity: Entity) -> QueueTimesPark | None:
    """Its entry at Queue-Times: by the number we have of the park, or know of it, else by name and place."""
    known = park or facts_for(entity.id)
    by_number = run.operators.numbered(known.queue_times_id) if known else None
    return by_number or run.operators.of(entity.name, place(entity))


def place(entity: Entity) -> Place | None:
    return None if entity.latitude is None or entity.longitude is None else (entity.latitude, entity.longitude)


def zone_of(entity: Entity, operator: QueueTimesPark | None) -> str | None:
    """The zone reported, else that of our own facts, of the other source, of the next park (R-26.9)."""
    facts, where = facts_for(entity.id), place(entity)
    return (
        entity.timezone
        or (facts and facts.timezone)
        or (operator and operator.timezone)
        or (where and zone_near(where))
        or None
    )


def country_of(zone: str | None, operator: QueueTimesPark | None) -> str:
    """ISO code by the other source's name, else by the zone; the default when nobody says (R-26.9)."""
    by_name = country_of_name(operator.country) if operator else None
    return by_name or country_of_zone(zone or "") or DEFAULT_COUNTRY


def park_with_number(operator: QueueTimesPark | None) -> Park | None:
    """A park of ours that only Queue-Times knew until now."""
    number = operator.id if operator else None
    return Park.objects.filter(queue_times_id=number, themeparks_wiki_id=None).first() if number else None


def new_park(entity: Entity, zone: str, operator: QueueTimesPark | None) -> Park:
    """An unsaved park: with the facts we know, else with what was reported."""
    facts = facts_for(entity.id)
    if facts is None:
        return Park(city=UNKNOWN_CITY, country=country_of(zone, operator), timezone=zone)
    park = park_from(facts)
    if Park.objects.filter(queue_times_id=park.queue_times_id).exists():
        park.queue_times_id = None
    return park


def fetched_children(run: Run, uuid: str, synced: ParkSync) -> Children | None:
    try:
        children = read_children(run.wiki.children(uuid))
        if children.parent_id != uuid:
            raise UpstreamError(Reason.INVALID, f"the answer is that of {children.parent_id}")
    except UpstreamError as error:
        synced.errors.append(f"its rides: {error}")
        return None
    synced.found += children.problems
    return children


def fetched_feed(run: Run, synced: ParkSync, number: int | None) -> QueueTimesFeed | None:
    """What Queue-Times reports of the park, if it lists it."""
    if run.operators.numbered(number) is None or number is None:
        return None
    try:
        feed = read_queue_times(run.times.queue_times(number))
    except UpstreamError as error:
        synced.errors.append(f"its lands: {error}")
        return None
    synced.found += feed.problems
    return feed


def reported_columns(entity: Entity, destination: Destination, operator: QueueTimesPark | None) -> dict[str, Any]:
    """Columns of a park as the sources say them; what they do not say is not in it."""
    reported = {
        "themeparks_wiki_id": entity.id,
        "destination_id": destination.id,
        "name": entity.name,
        "latitude": entity.latitude,
        "longitude": entity.longitude,
        "timezone": entity.timezone,
        "country": country_of(entity.timezone, operator) if entity.timezone or operator else None,
        **(operator_columns(operator) if operator else {}),
    }
    return {name: value for name, value in reported.items() if value not in (None, "")}


def operator_columns(operator: QueueTimesPark) -> dict[str, Any]:
    named = {"operator": operator.operator, **type_flags(operator.operator)} if operator.operator else {}
    return {"queue_times_id": operator.id, **named}


@retried_on_lock
def store_wiki_park(
    run: Run,
    synced: ParkSync,
    park: Park,
    reported: dict[str, Any],
    children: Children | None,
    feed: QueueTimesFeed | None,
) -> None:
    """Park and rides, together or not at all."""
    synced.park = park = copy.copy(park)  # a try that meets a lock leaves nothing behind for the next
    store_park(synced, park, reported)
    if children is not None:
        synced.rides = sync_rides(park, children)
    if feed is not None:
        synced.lands = sync_queue_times_rides(park, feed.entries)
    if run.dry_run:
        transaction.set_rollback(True)


def store_park(synced: ParkSync, park: Park, reported: dict[str, Any]) -> None:
    """Write what differs. What a person or the catalogue has said of operator and number stands; so does the zone,
    in which all stored days of the park are reckoned."""
    synced.is_new = park.pk is None
    wanted = dict(reported)
    if park.operator:
        wanted = {name: value for name, value in wanted.items() if name not in ("operator", *type_flags(""))}
    if park.queue_times_id is not None:
        wanted.pop("queue_times_id", None)
    if park.country not in ("", UNKNOWN_COUNTRY):
        wanted.pop("country", None)
    zone = wanted.pop("timezone", park.timezone)
    if zone != park.timezone:
        synced.conflict("timezone", f"is reported as {zone}, {park.name} keeps {park.timezone}")
    if wanted.get("country", park.country) == DEFAULT_COUNTRY and wanted.get("longitude", 0) > 0:
        synced.conflict("longitude", f"of a park in the US is reported as {wanted['longitude']}; its sign is turned")
        wanted["longitude"] = -wanted["longitude"]
    refuse_wrong_place(synced, park, wanted)
    for name in ("latitude", "longitude"):
        if name in wanted:
            wanted[name] = Decimal(str(round(wanted[name], 8)))
    for text in left_alone(park, wanted, CatalogCorrection.objects.filter(park=park.pk).standing() if park.pk else {}):
        synced.conflict("corrected", text)
    synced.changed = [name for name, value in wanted.items() if getattr(park, name) != value]
    for name in synced.changed:
        setattr(park, name, wanted[name])
    if synced.is_new:
        park.save()
    elif synced.changed:
        park.save(update_fields=[*synced.changed, "updated_at"])


def refuse_wrong_place(synced: ParkSync, park: Park, wanted: dict[str, Any]) -> None:
    """Drop a place outside the park's country, or the known one with its degrees swapped: the known one stays."""
    if not {"latitude", "longitude"} <= wanted.keys():
        return
    reported = (wanted["latitude"], wanted["longitude"])
    known = None if park.latitude is None or park.longitude is None else (float(park.latitude), float(park.longitude))
    is_swapped = known is not None and is_near(reported, known[::-1]) and not is_near(reported, known)
    if may_lie_in(str(wanted.get("country", park.country)), reported) and not is_swapped:
        return
    synced.conflict(
        "location", f"of {park.name or wanted.get('name')} is reported as {reported}, outside its country; refused"
    )
    del wanted["latitude"], wanted["longitude"]


# -- parks that only Queue-Times knows (R-4.1) -------------------------------------------------------------


def others(run: Run) -> list[QueueTimesPark]:
    """Parks of the wanted countries that found no counterpart."""
    free = [park for park in run.operators.parks if park.id not in run.operators.taken]
    return [park for park in free if run.plan.takes(country_of(park.timezone, park))]


def sync_queue_times_park(run: Run, reported: QueueTimesPark) -> ParkSync:
    """A park without a ThemeParks.wiki id, and its rides by number. One whose name the other source has is reported
    instead of created: it may be the same park, with a pin too far away."""
    synced = ParkSync(reported.name)
    park = Park.objects.filter(queue_times_id=reported.id).first()
    if park is None and folded(reported.name) in run.operators.names:
        synced.conflict(
            "parks[]", f"number {reported.id} has the name, but not the place of a park of ThemeParks.wiki"
        )
        return synced
    if park is None and reported.timezone is None:
        synced.errors.append("the park is new and has no usable time zone")
        return synced
    country = country_of(reported.timezone, reported)
    park = park or Park(city=UNKNOWN_CITY, country=country, timezone=reported.timezone or "")
    feed = fetched_feed(run, synced, reported.id)
    if feed is not None:
        store_queue_times_park(run, synced, park, reported, feed)
    return synced


@retried_on_lock
def store_queue_times_park(
    run: Run, synced: ParkSync, park: Park, reported: QueueTimesPark, feed: QueueTimesFeed
) -> None:
    synced.park = park = copy.copy(park)
    columns = {"name": reported.name, "timezone": reported.timezone, **operator_columns(reported)}
    where = place_of(reported)
    if where is not None:
        columns |= {"latitude": where[0], "longitude": where[1]}
    store_park(synced, park, {name: value for name, value in columns.items() if value is not None})
    synced.lands = sync_queue_times_rides(park, feed.entries)
    if run.dry_run:
        transaction.set_rollback(True)
