"""What the upstream reports a ride besides its state: place, heights, tags (R-26.6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.upstream.payloads import clean, degrees
from parks.models import EntityMetadata, EntityMetadataVersion, Ride, Shelter
from parks.upstreams.themeparks_wiki import Entity

CM_PER_UNIT = {"cm": Decimal(1), "in": Decimal("2.54")}
INDOOR = frozenset(
    {"indoor", "dark ride", "dark-ride", "indoor ride", "indoor-ride", "enclosed", "air conditioned", "covered"}
)
OUTDOOR = frozenset(
    {"outdoor", "outdoor ride", "outdoor-ride", "coaster", "roller coaster", "water ride", "log flume", "rapids"}
    | {"boat ride"}
)
FIELDS = (
    "entity_name",
    "entity_type",
    "latitude",
    "longitude",
    "indoor_outdoor",
    "height_min_cm",
    "height_max_cm",
    "tags",
)


def reported_metadata(entity: Entity) -> dict[str, Any]:
    """The columns of FIELDS an entity says; what it does not say is not in it."""
    reported = {
        "entity_name": entity.name,
        "entity_type": entity.entity_type[:50],
        **dict(zip(("latitude", "longitude"), place_of(entity), strict=True)),
        "indoor_outdoor": shelter_of(entity),
        "height_min_cm": height_of(entity, "MINIMUM_HEIGHT"),
        "height_max_cm": height_of(entity, "MAXIMUM_HEIGHT"),
        "tags": sorted({name for tag in entity.tags if (name := clean(tag.get("tag")))}),
    }
    return {name: value for name, value in reported.items() if value not in (None, "", [])}


def place_of(entity: Entity) -> tuple[Decimal | None, Decimal | None]:
    """Latitude and longitude: of its location, else of a LOCATION tag (sources 1.3)."""
    place = entity.latitude, entity.longitude
    if None in place:
        reported = next((tag.get("value") for tag in entity.tags if tag.get("tag") == "LOCATION"), None)
        value = reported if isinstance(reported, dict) else {}
        tagged = degrees(value.get("latitude"), 90), degrees(value.get("longitude"), 180)
        place = place if None in tagged else tagged
    latitude, longitude = (None if value is None else Decimal(str(round(value, 7))) for value in place)
    return latitude, longitude


def shelter_of(entity: Entity) -> Shelter | None:
    """Indoor, outdoor or both by whole tags, in any letter case; None: they do not say."""
    words = {clean(tag.get(member)).lower() for tag in entity.tags for member in ("tag", "tagName")}
    is_indoor, is_outdoor = bool(words & INDOOR), bool(words & OUTDOOR)
    if is_indoor and is_outdoor:
        return Shelter.HYBRID
    if is_indoor:
        return Shelter.INDOOR
    return Shelter.OUTDOOR if is_outdoor else None


def height_of(entity: Entity, code: str) -> int | None:
    """Whole centimetres of a height tag, truncated; inches are converted."""
    for tag in entity.tags:
        value = tag.get("value")
        if tag.get("tag") != code or not isinstance(value, dict):
            continue
        height, unit = value.get("height"), value.get("unit")
        if isinstance(height, bool) or not isinstance(height, int | float) or not 0 < height < 1000:
            continue
        if unit in CM_PER_UNIT:
            return int(Decimal(str(height)) * CM_PER_UNIT[unit])
    return None


def store_metadata(ride: Ride, known: EntityMetadata | None, entity: Entity, own: Entity | None = None) -> bool:
    """Write what changed as a new version and keep what was; what is not reported erases nothing. Was there a change?

    `own`: the entity's own answer, which adds to that of the list it stands in.
    """
    reported = {**(reported_metadata(own) if own else {}), **reported_metadata(entity)}
    if known is None:
        EntityMetadata.objects.create(ride=ride, themeparks_wiki_id=entity.id, **reported)
        return True
    changed = [name for name in FIELDS if name in reported and reported[name] != getattr(known, name)]
    if not changed:
        return False
    keep_version(known)
    for name in changed:
        setattr(known, name, reported[name])
    known.version += 1
    known.last_synced = timezone.now()
    known.save()
    return True


def keep_version(known: EntityMetadata) -> None:
    """A row of the version that ends: what it said, and what it had changed of the one before."""
    fields = {name: as_json(getattr(known, name)) for name in FIELDS}
    before = known.versions.filter(version=known.version - 1).first()
    changed = [name for name in FIELDS if before.fields.get(name) != fields[name]] if before else []
    EntityMetadataVersion.objects.create(metadata=known, version=known.version, fields=fields, changed_fields=changed)


def as_json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a ride's metadata. `since`: when it was stored, None: unknown; `changed`: against the one before."""

    number: int
    since: datetime | None
    changed: tuple[str, ...]
    fields: dict[str, Any]


def history(known: EntityMetadata) -> list[Version]:
    """Every version in order, the present one last; one query."""
    found: list[Version] = []
    since = None
    states = [(row.version, row.fields, row.recorded_at) for row in known.versions.order_by("version")]
    present = {name: as_json(getattr(known, name)) for name in FIELDS}
    for number, fields, ended in (*states, (known.version, present, None)):
        before = found[-1].fields if found else fields
        changed = tuple(name for name in FIELDS if before.get(name) != fields.get(name))
        found.append(Version(number, since, changed, fields))
        since = ended
    return found
