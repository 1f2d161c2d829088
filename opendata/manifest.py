"""What is published, file by file: `manifest.json`, the one record of it.

A file never changes. What a later computation makes of its month is a file of its own beside it, of the next revision.
"""

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from core.shapes import Shape, describe

FORMAT = "ridewatch data 1"
NAME = "manifest.json"


class PublicationError(Exception):
    """It cannot be published, or not be believed: one line for the operator."""


class PublishedFile(Shape):
    table: Annotated[str, describe("observations, queues, park_activity, outages …")]
    month: Annotated[str | None, describe("YYYY-MM; null: the table is one file")]
    revision: Annotated[int, describe("1 for the first; the greatest of a month is the one that holds")]
    path: Annotated[str, describe("below the address of the files")]
    sha256: str
    bytes: int
    rows: int
    least: Annotated[str | None, describe("first instant (UTC) or local date in it")]
    greatest: Annotated[str | None, describe("last of them")]
    seconds: Annotated[int | None, describe("sum of the table's seconds; null: it has none")]
    metrics_version: Annotated[int, describe("rule set of the computed figures")]
    data_revision: Annotated[str | None, describe("when a day of the month was last computed; null: never")]
    published_at: Annotated[str, describe("instant, UTC", format="date-time")]
    replaces: Annotated[str | None, describe("path of the revision before")]
    replaced_by: Annotated[str | None, describe("path of the next revision; null: this one holds")]


class Manifest(Shape):
    format: str = FORMAT
    files: list[PublishedFile] = []

    def newest(self, table: str, month: str | None) -> PublishedFile | None:
        """The revision of a month that holds."""
        return next((file for file in self.holding() if (file.table, file.month) == (table, month)), None)

    def holding(self) -> list[PublishedFile]:
        return [file for file in self.files if file.replaced_by is None]

    def with_file(self, added: PublishedFile) -> "Manifest":
        """With one more file, which replaces the one that held."""
        held = self.newest(added.table, added.month)
        others = [file for file in self.files if file is not held]
        if held is not None:
            others.append(msgspec.structs.replace(held, replaced_by=added.path))
        return Manifest(files=sorted([*others, added], key=lambda file: (file.table, file.month or "", file.revision)))


def read_manifest(directory: Path) -> Manifest:
    """Empty where nothing is published yet; raises PublicationError."""
    path = directory / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except (OSError, msgspec.DecodeError) as error:
        raise PublicationError(f"{path} cannot be read: {error}") from error
    if found.format != FORMAT:
        raise PublicationError(f"{path} is of the format “{found.format}”, this version reads “{FORMAT}”")
    for file in found.files:
        inside(directory, file.path)
    return found


def inside(directory: Path, path: str) -> Path:
    """The file of a path below the directory; raises PublicationError where it leads out of it."""
    found = (directory / path).resolve()
    if not found.is_relative_to(directory.resolve()):
        raise PublicationError(f"{path!r} leads out of the directory of the publication")
    return found


def write_text(path: Path, text: bytes) -> None:
    """All of it or nothing, also where the process is killed."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    write_text(directory / NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def month_of(text: str) -> date:
    """Of YYYY-MM; raises PublicationError."""
    try:
        year, month = text.split("-")
        if (len(year), len(month)) != (4, 2):
            raise ValueError
        return date(int(year), int(month), 1)
    except ValueError:
        raise PublicationError(f"{text!r} is no month, write it as 2026-07") from None
