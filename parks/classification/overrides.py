"""The overrides file: what somebody knows of a ride's tier, before every other method (R-9.2, 1)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError

from parks.models import Category, Ride, check_override

COLUMNS = ("park_id", "ride_id", "tier", "category", "reason", "date_added")
MOST_ERRORS_TOLD = 10
NUMBER = re.compile(r"[1-9][0-9]{0,9}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadOverrides(ValueError):
    """The overrides file cannot be used; the text names each bad line and field."""


@dataclass(frozen=True, slots=True)
class Override:
    """A line of the file. Park and ride are named by our number or by the ThemeParks.wiki UUID (lower case)."""

    line: int
    park: str
    ride: str
    tier: int
    category: Category | None
    reason: str
    date_added: date


@dataclass(frozen=True, slots=True)
class RideNames:
    """What a line may call a ride and its park."""

    ride_id: int
    park_id: int
    ride: str | None  # ThemeParks.wiki UUIDs
    park: str | None


def read_overrides(path: Path) -> list[Override]:
    """The lines of the file; raises BadOverrides."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadOverrides(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadOverrides(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    found, wrong = [], []
    try:
        for number, cells in numbered_rows(io.StringIO(text)):
            try:
                found.append(read_line(number, cells))
            except ValueError as error:
                wrong.append(f"line {number}: {error}")
    except csv.Error as error:
        wrong.append(str(error))
    wrong += reported_twice(found)
    if wrong:
        more = len(wrong) - MOST_ERRORS_TOLD
        reported = [*wrong[:MOST_ERRORS_TOLD], *([f"{more} more"] if more > 0 else [])]
        raise BadOverrides("\n".join(f"{path}: {each}" for each in reported))
    return found


def numbered_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the header, each with the number of its last line; raises csv.Error for a wrong header."""
    # A comment becomes an empty line, so that lines keep their numbers.
    reader = csv.reader(("\n" if line.startswith("#") else line for line in lines), strict=True)
    header: list[str] = []
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise csv.Error(f"line {reader.line_num}: {error}") from None
        if row is None:
            break
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if header:
            # Missing cells are empty ones; what is too much is found under a name no column has.
            yield reader.line_num, {**dict.fromkeys(header, ""), **dict(zip([*header, ""], cells, strict=False))}
        elif sorted(cells) != sorted(COLUMNS):
            raise csv.Error(f"line {reader.line_num}: the header must be {','.join(COLUMNS)}")
        else:
            header = cells


def read_line(number: int, cells: Mapping[str, str]) -> Override:
    """A row as an override; raises ValueError with the field's name."""
    if "" in cells:
        raise ValueError(f"more than {len(COLUMNS)} fields; a reason with a comma needs quotation marks")
    park, ride = (cells[column].lower() for column in ("park_id", "ride_id"))
    for column, name in (("park_id", park), ("ride_id", ride)):
        if not NUMBER.fullmatch(name) and not UUID.fullmatch(name):
            raise ValueError(f"{column}: {cells[column]!r} is neither a number nor a UUID")
    if cells["tier"] not in ("1", "2", "3"):
        raise ValueError(f"tier: {cells['tier']!r} is not 1, 2 or 3")
    try:
        check_override(int(cells["tier"]), cells["category"] or None, cells["reason"])
    except ValidationError as error:
        ((field, messages),) = error.message_dict.items()
        raise ValueError(f"{field.removeprefix('override_')}: {messages[0]}") from None
    return Override(
        line=number,
        park=park,
        ride=ride,
        tier=int(cells["tier"]),
        category=Category(cells["category"]) if cells["category"] else None,
        reason=cells["reason"],
        date_added=read_day(cells["date_added"]),
    )


def read_day(text: str) -> date:
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"date_added: {text!r} is not a date (YYYY-MM-DD)") from None


def reported_twice(overrides: Iterable[Override]) -> list[str]:
    """A message for each line whose ride another line has named."""
    lines: dict[str, list[int]] = {}
    for each in overrides:
        lines.setdefault(each.ride, []).append(each.line)
    return [
        f"line {line}: ride_id: {ride} stands on line {first} already"
        for ride, (first, *others) in lines.items()
        for line in others
    ]


def all_rides() -> Iterator[RideNames]:
    """The names of every ride (one query)."""
    rows = Ride.objects.values_list("pk", "park_id", "themeparks_wiki_id", "park__themeparks_wiki_id")
    for ride_id, park_id, ride, park in rows:
        yield RideNames(ride_id, park_id, ride and ride.lower(), park and park.lower())


def by_ride(overrides: Iterable[Override], rides: Iterable[RideNames]) -> tuple[dict[int, Override], list[str]]:
    """The override of each ride by our number, and what is to be reported about lines that fit no ride.

    A UUID we do not have is no fault: a file may serve several installations.
    """
    named: dict[str, RideNames] = {}
    for ride in rides:
        named[str(ride.ride_id)] = ride
        if ride.ride:
            named[ride.ride] = ride
    found: dict[int, Override] = {}
    warnings = []
    for each in overrides:
        meant = named.get(each.ride)
        if meant is None:
            if NUMBER.fullmatch(each.ride):
                warnings.append(f"overrides, line {each.line}: ride_id: ride {each.ride} is not known")
        elif each.park not in (str(meant.park_id), meant.park):
            warnings.append(
                f"overrides, line {each.line}: park_id: ride {each.ride} is of park {meant.park_id}, not {each.park}"
            )
        elif meant.ride_id in found:
            first = found[meant.ride_id].line
            warnings.append(f"overrides, line {each.line}: ride_id: line {first} names the same ride and is used")
        else:
            found[meant.ride_id] = each
    return found, warnings
