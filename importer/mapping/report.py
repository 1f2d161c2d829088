"""What the import decided of each entity of the archive: counts by method, and what a person should look at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from importer.models import MappingDecision, MappingMethod

COLUMNS = (
    "destination",
    "park_id",
    "park",
    "entity",
    "name",
    "method",
    "ride_id",
    "ride",
    "edits",
    "confidence",
    "decided_at",
    "decided_by",
    "reviewed",
    "notes",
)


@dataclass
class ParkReport:
    """The entities of one park. `to_look_at`: mapped by a name that differs, or not at all, and not reviewed."""

    destination: str
    park: str
    methods: Counter[str] = field(default_factory=Counter)
    to_look_at: list[MappingDecision] = field(default_factory=list)


def decisions(destination: str | None = None, park_id: int | None = None) -> Iterator[MappingDecision]:
    """By destination, park and name; one query, a row at a time."""
    found = MappingDecision.objects.select_related("park", "ride").order_by(
        "destination_uuid", "park__name", "park_id", "entity_name", "pk"
    )
    if destination is not None:
        found = found.filter(destination_uuid=destination)
    if park_id is not None:
        found = found.filter(park=park_id)
    return found.iterator(chunk_size=1000)


def mapping_report(destination: str | None = None, park_id: int | None = None) -> list[ParkReport]:
    """One report per destination and park, of all entities met so far."""
    reports: dict[tuple[str, int | None], ParkReport] = {}
    for decision in decisions(destination, park_id):
        key = (decision.destination_uuid, decision.park_id)
        if key not in reports:
            name = decision.park.name if decision.park else "no park"
            reports[key] = ParkReport(decision.destination_uuid, name)
        reports[key].methods[decision.method] += 1
        if decision.method in (MappingMethod.FUZZY, MappingMethod.FAILED) and not decision.is_reviewed:
            reports[key].to_look_at.append(decision)
    return list(reports.values())


def cells(decision: MappingDecision) -> list[object]:
    """A decision as a line of COLUMNS."""
    return [
        decision.destination_uuid,
        decision.park_id,
        decision.park.name if decision.park else "",
        decision.entity_uuid,
        decision.entity_name,
        decision.method,
        decision.ride_id,
        decision.ride.name if decision.ride else "",
        decision.edits,
        decision.confidence,
        decision.decided_at.isoformat(timespec="seconds"),
        decision.decided_by,
        "yes" if decision.is_reviewed else "no",
        decision.notes,
    ]
