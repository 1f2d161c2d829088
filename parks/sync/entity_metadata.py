"""Places, heights and tags of rides follow the upstream, with a version for every change (R-26.6).

The list below a park says where its rides stand, in one request. Heights and tags stand in the answer of each ride
alone: a ride is asked for when it is new, and then once in a while.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.database.querysets import retried_on_lock
from core.upstream.http import Reason, UpstreamError
from parks.catalog.sample import real_parks
from parks.models import EntityMetadata, Park, Ride
from parks.sync.metadata import store_metadata
from parks.upstreams.themeparks_wiki import Children, Entity, ThemeParksWiki, read_children, read_entity

# A ride grows seldom.
CHECKED_EVERY = timedelta(days=30)


@dataclass(slots=True)
class MetadataSync:
    """What came of one park. `asked`: rides whose own answer was read; `errors`: what could not be had."""

    park: Park
    rides: int = 0
    created: int = 0
    changed: list[Ride] = field(default_factory=list)
    asked: int = 0
    errors: list[str] = field(default_factory=list)


def wiki_parks(park: Park | None = None) -> list[Park]:
    """The active parks that the upstream knows, or this one."""
    parks = real_parks().exclude(themeparks_wiki_id=None).order_by("name", "pk")
    return list(parks if park is None else parks.filter(pk=park.pk))


def sync_metadata(
    parks: Iterable[Park],
    wiki: ThemeParksWiki,
    now: datetime,
    everything: bool = False,
    progress: Callable[[int], object] = lambda parks: None,
) -> list[MetadataSync]:
    """Bring the metadata of the parks' active rides up to date; `everything` asks for every ride's own answer."""
    done = []
    for park in parks:
        done.append(sync_park(park, wiki, now, timedelta() if everything else CHECKED_EVERY))
        progress(1)
    return done


def sync_park(park: Park, wiki: ThemeParksWiki, now: datetime, checked_every: timedelta) -> MetadataSync:
    """One park; what could not be had stays as it is."""
    synced = MetadataSync(park)
    try:
        children = read_children(wiki.children(str(park.themeparks_wiki_id)))
    except UpstreamError as error:
        synced.errors.append(f"its list of rides: {error}")
        return synced
    listed = by_id(children)
    rides = Ride.objects.active().filter(park=park).exclude(themeparks_wiki_id=None)
    for ride in rides.select_related("metadata").order_by("pk"):
        known = getattr(ride, "metadata", None)
        last = known.checked_at if known else None
        is_due = last is None or not now - checked_every < last <= now  # of an instant to come it was never asked
        own = fetched_entity(wiki, str(ride.themeparks_wiki_id), synced) if is_due else None
        synced.rides += 1
        entity = listed.get(str(ride.themeparks_wiki_id)) or own
        if entity is not None and store_ride(ride, entity, own, now):
            if known is None:
                synced.created += 1
            else:
                synced.changed.append(ride)
    return synced


def by_id(children: Children) -> dict[str, Entity]:
    return {entity.id: entity for entity in children.entities}


def fetched_entity(wiki: ThemeParksWiki, uuid: str, synced: MetadataSync) -> Entity | None:
    """A ride's own answer; None when there is none, which is reported unless upstream has forgotten the ride."""
    try:
        entity, _ = read_entity(wiki.entity(uuid))
        if entity.id != uuid:
            raise UpstreamError(Reason.INVALID, f"the answer is that of {entity.id}")
    except UpstreamError as error:
        if error.reason != Reason.NOT_FOUND:
            synced.errors.append(f"ride {uuid}: {error}")
        return None
    synced.asked += 1
    return entity


@retried_on_lock
def store_ride(ride: Ride, entity: Entity, own: Entity | None, now: datetime) -> bool:
    """Was there a change? A run at the same time may have stored the ride's first version."""
    known = EntityMetadata.objects.filter(ride=ride).first()
    is_change = store_metadata(ride, known, entity, own)
    if own is not None:
        EntityMetadata.objects.filter(ride=ride).update(checked_at=now)
    return is_change
