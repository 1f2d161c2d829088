"""The rides of one park, from what ThemeParks.wiki lists below it and what Queue-Times reports of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from core.upstream.payloads import Problem, ProblemKind
from parks.catalog.identity import by_unique_name, returned
from parks.catalog.names import folded
from parks.models import CatalogCorrection, Category, EntityMetadata, EntityType, Park, Ride
from parks.sync.corrections import Standing, left_alone
from parks.sync.metadata import store_metadata
from parks.upstreams.queue_times import QueueTimesEntry, is_single_rider
from parks.upstreams.themeparks_wiki import PARK, Children, Entity

# Hints of the upstream (sources 1.3); for other attraction types our own classification decides.
CATEGORY_HINTS = {
    "MEET_AND_GREET": Category.MEET_AND_GREET,
    "SHOW": Category.SHOW,
    "PARADE": Category.SHOW,
    "RIDE": Category.ATTRACTION,
    "TRANSPORT": Category.EXPERIENCE,
    "OTHER": Category.EXPERIENCE,
}
KEPT_TYPES = frozenset(EntityType.values)


@dataclass(slots=True)
class RideSync:
    """What a sync did to the rides of a park. `vanished`: active rides upstream no longer lists; they stay active."""

    created: list[Ride] = field(default_factory=list)
    updated: list[Ride] = field(default_factory=list)
    unchanged: int = 0
    vanished: list[Ride] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)  # entities that are no rides, by type
    problems: list[Problem] = field(default_factory=list)
    standing: Standing = field(default_factory=dict)  # what persons have said of the park's rides

    def conflict(self, entity: str, text: str) -> None:
        self.problems.append(Problem("children[]", text, ProblemKind.CONFLICT, entity))


def sync_rides(park: Park, children: Children) -> RideSync:
    """Create and update the park's rides by UUID. Attractions become rides; shows and restaurants do not (R-4.2).

    A ride of ours without UUID and with the same name is taken for the same (R-26.4). Nothing is deactivated,
    moved to another park or classified.
    """
    done = RideSync()
    reported = [entity for entity in children.entities if entity.entity_type != PARK]
    uuids = [entity.id for entity in reported]
    rides = Ride.objects.filter(Q(park=park) | Q(themeparks_wiki_id__in=uuids)).select_related("classification")
    ours = list(rides)
    known = {ride.themeparks_wiki_id: ride for ride in ours if ride.themeparks_wiki_id}
    nameless = by_unique_name(ride for ride in ours if ride.themeparks_wiki_id is None)
    attractions = [entity for entity in reported if entity.entity_type == EntityType.ATTRACTION]
    here = [ride for ride in ours if ride.park_id == park.pk]
    back = returned(here, {entity.id: entity.name for entity in attractions}, "themeparks_wiki_id")
    for uuid, same in back.items():
        if uuid not in known:
            came_back(done, same, uuid)
            known[uuid] = same
    metadata = {row.ride_id: row for row in EntityMetadata.objects.filter(ride__in=ours)}
    done.standing = CatalogCorrection.objects.of_rides(ours).standing()
    for entity in reported:
        ride = known.get(entity.id)
        if ride is None and entity.entity_type == EntityType.ATTRACTION:
            ride = nameless.pop(folded(entity.name), None)
        if ride is None and entity.entity_type != EntityType.ATTRACTION:
            done.skipped[entity.entity_type or "without type"] += 1
        elif not entity.name and ride is None:
            done.conflict(entity.id, "has no name; it is left out")
        elif entity.park_id not in (None, park.themeparks_wiki_id):
            done.conflict(entity.id, f"{entity.name} is reported to stand in park {entity.park_id}; it is left out")
        elif ride is not None and ride.park_id != park.pk:
            done.conflict(entity.id, f"{entity.name} stands in park {ride.park_id} of ours; it is left there")
        else:
            sync_ride(park, ride, entity, metadata.get(ride.pk) if ride else None, done)
    listed = set(uuids)
    done.vanished = [
        ride
        for ride in ours
        if ride.park_id == park.pk and ride.is_active and ride.themeparks_wiki_id not in (None, *listed)
    ]
    return done


def came_back(done: RideSync, ride: Ride, entity: str) -> None:
    old = ride.themeparks_wiki_id or ride.queue_times_id
    done.conflict(entity, f"{ride.name} (ride {ride.pk}) came back under another key, {old} is gone; joined")


def sync_ride(park: Park, ride: Ride | None, entity: Entity, metadata: EntityMetadata | None, done: RideSync) -> None:
    """One entity that is a ride of the park."""
    is_new = ride is None
    ride = ride or Ride(park=park, name=entity.name)
    wanted: dict[str, object] = {"themeparks_wiki_id": entity.id}
    if entity.name:
        wanted["name"] = entity.name
    if entity.entity_type in KEPT_TYPES:
        wanted["entity_type"] = entity.entity_type
    category = hinted_category(entity)
    if category and (is_new or not is_classified(ride)):
        wanted["category"] = category
    for text in left_alone(ride, wanted, done.standing):
        done.conflict(entity.id, text)
    changed = [name for name, value in wanted.items() if getattr(ride, name) != value]
    for name in changed:
        setattr(ride, name, wanted[name])
    if is_new:
        ride.save()
    elif changed:
        ride.save(update_fields=[*changed, "updated_at"])
    more = store_metadata(ride, metadata, entity)
    if is_new:
        done.created.append(ride)
    elif changed or (more and metadata is not None):
        done.updated.append(ride)
    else:
        done.unchanged += 1


def hinted_category(entity: Entity) -> Category | None:
    if entity.entity_type == EntityType.SHOW:
        return Category.SHOW
    return CATEGORY_HINTS.get(entity.attraction_type or "")


def is_classified(ride: Ride) -> bool:
    """Has our own classification or a person said what kind of ride it is? Their word goes before a hint."""
    return hasattr(ride, "classification")


# -- Queue-Times -------------------------------------------------------------------------------------------


def queue_times_rides(entries: Iterable[QueueTimesEntry]) -> list[QueueTimesEntry]:
    """The entries that are rides: single-rider lines are another line of a ride (R-4.3)."""
    return [entry for entry in entries if entry.name and not is_single_rider(entry.name)]


def sync_queue_times_rides(park: Park, entries: Iterable[QueueTimesEntry]) -> RideSync:
    """Number and land of the park's rides, found by number, else by name. Without a wiki id, new rides are created."""
    done = RideSync()
    reported = queue_times_rides(entries)
    numbers = [entry.id for entry in reported]
    ours = list(Ride.objects.filter(Q(park=park) | Q(queue_times_id__in=numbers)))
    done.standing = CatalogCorrection.objects.of_rides(ours).standing()
    known = {ride.queue_times_id: ride for ride in ours if ride.queue_times_id is not None}
    unnumbered = by_unique_name(ride for ride in ours if ride.queue_times_id is None)
    here = [ride for ride in ours if ride.park_id == park.pk]
    for number, back in returned(here, {entry.id: entry.name for entry in reported}, "queue_times_id").items():
        if number not in known:
            came_back(done, back, str(number))
            known[number] = back
    times = Counter(folded(entry.name) for entry in reported)  # stations of one railway may share a name
    for entry in reported:
        ride = known.get(entry.id)
        if ride is None and times[folded(entry.name)] == 1:
            ride = unnumbered.pop(folded(entry.name), None)
        if ride is not None and ride.park_id != park.pk:
            done.conflict(str(entry.id), f"{entry.name} stands in park {ride.park_id} of ours; it is left there")
        elif ride is None and park.themeparks_wiki_id is not None:
            done.skipped["Queue-Times only"] += 1
        else:
            sync_queue_times_ride(park, ride, entry, done)
    return done


def sync_queue_times_ride(park: Park, ride: Ride | None, entry: QueueTimesEntry, done: RideSync) -> None:
    if ride is None:
        done.created.append(
            Ride.objects.create(park=park, queue_times_id=entry.id, name=entry.name, land_area=entry.land)
        )
        return
    wanted: dict[str, object] = {"queue_times_id": entry.id}
    if entry.land:
        wanted["land_area"] = entry.land
    if park.themeparks_wiki_id is None:
        wanted["name"] = entry.name
    for text in left_alone(ride, wanted, done.standing):
        done.conflict(str(entry.id), text)
    changed = [name for name, value in wanted.items() if getattr(ride, name) != value]
    if not changed:
        done.unchanged += 1
        return
    for name in changed:
        setattr(ride, name, wanted[name])
    ride.save(update_fields=[*changed, "updated_at"])
    done.updated.append(ride)
