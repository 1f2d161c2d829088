"""The file of manual mappings: which ride an entity of the archive is, said by a person (R-26.4)."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.upstream.payloads import uuid_of
from importer.mapping.remapping import Moved, remap
from importer.models import LONGEST_NOTES, SURE, MappingDecision, MappingMethod
from parks.catalog.names import folded
from parks.models import Park, Ride

COLUMNS = ("entity_uuid", "ride_id", "park_id", "ride_name", "notes")
MOST_ERRORS_TOLD = 10
NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class BadMappings(ValueError):
    """The file cannot be used; the text names each bad line and column."""


@dataclass(frozen=True, slots=True)
class ManualMapping:
    """A line of the file, with the ride it names."""

    line: int
    entity: str
    ride: Ride
    notes: str


def read_mappings(path: Path) -> list[ManualMapping]:
    """The lines of the file, all of them good; raises BadMappings."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadMappings(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise BadMappings(f"{path}: not UTF-8 text: {error}") from None
    found: list[ManualMapping] = []
    wrong: list[str] = []
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if "entity_uuid" not in header or not set(header) <= set(COLUMNS) or len(set(header)) != len(header):
            raise BadMappings(f"{path}: line 1: the header must be {','.join(COLUMNS)}")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            try:
                found.append(read_line(reader.line_num, header, row))
            except ValueError as error:
                wrong.append(f"line {reader.line_num}: {error}")
    except csv.Error as error:
        wrong.append(f"line {reader.line_num}: {error}")
    wrong += reported_twice(found)
    if wrong:
        more = len(wrong) - MOST_ERRORS_TOLD
        reported = [*wrong[:MOST_ERRORS_TOLD], *([f"{more} more"] if more > 0 else [])]
        raise BadMappings("\n".join(f"{path}: {each}" for each in reported))
    return found


def read_line(number: int, header: list[str], row: list[str]) -> ManualMapping:
    """A row as a mapping; raises ValueError with the column's name."""
    if len(row) > len(header):
        raise ValueError(f"more than {len(header)} fields; notes with a comma need quotation marks")
    cells = {**dict.fromkeys(COLUMNS, ""), **dict(zip(header, (cell.strip() for cell in row), strict=False))}
    entity = uuid_of(cells["entity_uuid"])
    if entity is None:
        raise ValueError(f"entity_uuid: {cells['entity_uuid']!r} is not a UUID")
    if len(cells["notes"]) > LONGEST_NOTES:
        raise ValueError(f"notes: longer than {LONGEST_NOTES} characters")
    return ManualMapping(number, entity, ride_of(cells), cells["notes"])


def ride_of(cells: Mapping[str, str]) -> Ride:
    """The ride of a line, by its number, or by its park and name; raises ValueError."""
    for column in ("ride_id", "park_id"):
        if cells[column] and not NUMBER.fullmatch(cells[column]):
            raise ValueError(f"{column}: {cells[column]!r} is not a number")
    if cells["ride_id"]:
        ride = Ride.objects.select_related("park").filter(pk=cells["ride_id"]).first()
        if ride is None:
            raise ValueError(f"ride_id: ride {cells['ride_id']} is not known")
        if cells["park_id"] and ride.park_id != int(cells["park_id"]):
            raise ValueError(f"park_id: ride {ride.pk} stands in park {ride.park_id}, not {cells['park_id']}")
        return ride
    if not cells["park_id"] or not cells["ride_name"]:
        raise ValueError("ride_id: is missing; give it, or park_id and ride_name")
    if not Park.objects.filter(pk=cells["park_id"]).exists():
        raise ValueError(f"park_id: park {cells['park_id']} is not known")
    wanted = folded(cells["ride_name"])
    rides = Ride.objects.select_related("park").filter(park=int(cells["park_id"]))
    named = [ride for ride in rides if folded(ride.name) == wanted]
    if len(named) != 1:
        many = f"{len(named)} rides have" if named else "no ride has"
        raise ValueError(f"ride_name: {many} the name {cells['ride_name']!r} in park {cells['park_id']}")
    return named[0]


def reported_twice(found: list[ManualMapping]) -> list[str]:
    first: dict[str, int] = {}
    return [
        f"line {each.line}: entity_uuid: {each.entity} stands in line {first[each.entity]} already"
        for each in found
        if first.setdefault(each.entity, each.line) != each.line
    ]


def apply_mapping(mapping: ManualMapping, by: str, recompute: bool = True) -> Moved:
    """Make a line the decision of its entity, and move what came in for another ride. Raises RemappingRefused."""
    decision, _ = MappingDecision.objects.get_or_create(
        entity_uuid=mapping.entity,
        defaults={
            "destination_uuid": mapping.ride.park.destination_id or "",
            "park": mapping.ride.park,
            "method": MappingMethod.FAILED,
            "confidence": 0,
            "decided_by": by[:100],
        },
    )
    is_said = decision.method == MappingMethod.MANUAL and decision.ride_id == mapping.ride.pk
    if is_said and decision.moving_from_id is None and decision.confidence == SURE:
        return Moved()
    return remap(decision, mapping.ride, by, mapping.notes, recompute)
