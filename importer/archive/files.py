"""Where archive files lie: a directory, or the public bucket (sources 2.1).

Layout: `<destination UUID>/<YYYY>/<MM>/<DD>.json.gz`, one file per destination and UTC day.
"""

import hashlib
import logging
import random
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.upstream.payloads import UUID

LAYOUT = "<destination UUID>/<YYYY>/<MM>/<DD>.json.gz"
KEY = re.compile(rf"(?P<destination>{UUID.pattern})/(?P<year>\d{{4}})/(?P<month>\d\d)/(?P<day>\d\d)\.json\.gz")
MAX_PACKED_BYTES = 1 << 25  # a big destination's day is a few megabytes
ATTEMPTS = 4
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 8.0
TOO_LARGE = f"the file is larger than {MAX_PACKED_BYTES >> 20} MB; it is not read"
# What may go better next time; botocore repeats single requests, but no body that broke off.
PASSING = {
    "SlowDown",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
    "Throttling",
    "500",
    "502",
    "503",
    "504",
}
MISSING = {"404", "NoSuchKey", "403", "AccessDenied"}  # 403: missing, where listing is forbidden


log = logging.getLogger(__name__)


class ArchiveError(Exception):
    """The archive cannot be used as asked; the message says why and what to do."""


class UnreadableFile(Exception):
    """One file cannot be read, though it is there."""


@dataclass(frozen=True, slots=True, order=True)
class ArchiveFile:
    """One day of one destination; `day` is a UTC date. `tag`: what a listing reports the content, if it does."""

    destination: str
    day: date
    key: str
    tag: str = field(default="", compare=False)


def archive_file(key: str, tag: str = "") -> ArchiveFile | None:
    """The file a key names, or None when the key is not of the archive's layout."""
    match = KEY.fullmatch(key)
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return ArchiveFile(match["destination"].lower(), day, key, tag)


class Archive(Protocol):
    def destinations(self) -> list[str]:
        """UUIDs of the destinations that have files, sorted."""

    def files(self, destination: str) -> list[ArchiveFile]:
        """The files of one destination, by day."""

    def read(self, file: ArchiveFile) -> bytes | None:
        """The bytes as stored, or None when the file is gone; raises UnreadableFile."""

    def fingerprint(self, file: ArchiveFile) -> str:
        """Equal as long as the file's content is; "" when it cannot be reported."""


@dataclass(frozen=True)
class DirectoryArchive:
    """An archive copied, or written, to a directory."""

    root: Path

    def destinations(self) -> list[str]:
        return sorted({path.name.lower() for path in self.folders()})

    def folders(self) -> list[Path]:
        """The folders of destinations; raises ArchiveError."""
        try:
            return [path for path in self.root.iterdir() if UUID.fullmatch(path.name) and path.is_dir()]
        except OSError as error:
            raise ArchiveError(f"cannot list {self.root}: {error.strerror}") from error

    def files(self, destination: str) -> list[ArchiveFile]:
        folders = (path for path in self.folders() if path.name.lower() == destination.lower())
        paths = (path for folder in folders for path in folder.glob("*/*/*.json.gz"))
        found = (archive_file(path.relative_to(self.root).as_posix()) for path in paths)
        return sorted(file for file in found if file)

    def read(self, file: ArchiveFile) -> bytes | None:
        try:
            with (self.root / file.key).open("rb") as opened:
                data = opened.read(MAX_PACKED_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnreadableFile(f"the file cannot be read: {error.strerror}") from error
        if len(data) > MAX_PACKED_BYTES:
            raise UnreadableFile(TOO_LARGE)
        return data

    def fingerprint(self, file: ArchiveFile) -> str:
        try:
            with (self.root / file.key).open("rb") as opened:
                return hashlib.file_digest(opened, "blake2b").hexdigest()
        except OSError:
            return ""


@dataclass(frozen=True)
class BucketArchive:
    """The archive in an S3 bucket, read without credentials."""

    bucket: str
    prefix: str
    region: str
    endpoint_url: str | None = None

    @cached_property
    def client(self) -> Any:
        config = Config(
            signature_version=UNSIGNED,
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
            s3={"addressing_style": "path"},  # the bucket's name has dots
        )
        return boto3.client("s3", region_name=self.region, endpoint_url=self.endpoint_url, config=config)

    def pages(self, prefix: str, delimiter: str = "") -> Iterator[dict[str, Any]]:
        paginator = self.client.get_paginator("list_objects_v2")
        try:
            yield from paginator.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter)
        except (BotoCoreError, ClientError) as error:
            raise ArchiveError(f"cannot list s3://{self.bucket}/{prefix}: {error}") from error

    def destinations(self) -> list[str]:
        pages = self.pages(self.prefix, "/")
        names = (p["Prefix"][len(self.prefix) : -1] for page in pages for p in page.get("CommonPrefixes", []))
        return sorted(name.lower() for name in names if UUID.fullmatch(name))

    def files(self, destination: str) -> list[ArchiveFile]:
        pages = self.pages(f"{self.prefix}{destination}/")
        items = (item for page in pages for item in page.get("Contents", []))
        found = (archive_file(each["Key"][len(self.prefix) :], f"{each['ETag']} {each['Size']}") for each in items)
        return sorted(file for file in found if file)

    def fingerprint(self, file: ArchiveFile) -> str:
        return file.tag

    def read(self, file: ArchiveFile) -> bytes | None:
        """As the protocol says; a connection that breaks off is tried again from the start of the file, with growing
        pauses. Raises ArchiveError when that does not help."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.read_once(file)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code in MISSING:
                    return None
                if code not in PASSING or attempt == ATTEMPTS:
                    raise ArchiveError(f"cannot read s3://{self.bucket}/{self.prefix}{file.key}: {error}") from error
                log.warning("%s: %s, attempt %d of %d", file.key, error, attempt, ATTEMPTS)
            except (BotoCoreError, OSError) as error:
                if attempt == ATTEMPTS:
                    where = f"s3://{self.bucket}/{self.prefix}{file.key}"
                    raise ArchiveError(f"cannot read {where}, tried {ATTEMPTS} times: {error}") from error
                log.warning("%s: %s, attempt %d of %d", file.key, error, attempt, ATTEMPTS)
            time.sleep(pause(attempt))
        raise AssertionError("unreachable")

    def read_once(self, file: ArchiveFile) -> bytes:
        answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + file.key)
        with closing(answer["Body"]) as body:  # as its own manager it hands out the bare stream, which checks nothing
            if answer["ContentLength"] > MAX_PACKED_BYTES:
                raise UnreadableFile(TOO_LARGE)
            data: bytes = body.read()  # raises when it is shorter than reported
        return data


def pause(attempt: int) -> float:
    """Seconds before the next attempt: doubled each time, a quarter of it by chance."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.75, 1)


def is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long, a NUL byte
        return False


def open_archive(source: str, region: str, endpoint_url: str | None = None) -> Archive:
    """The archive at a directory, a `file://` or an `s3://bucket[/prefix]` URL; raises ArchiveError."""
    try:
        parts = urlsplit(source)
    except ValueError:
        raise ArchiveError(f"{source!r} is neither a directory nor an s3:// URL") from None
    if parts.scheme == "s3":
        prefix = parts.path.strip("/")
        return BucketArchive(parts.netloc, f"{prefix}/" if prefix else "", region, endpoint_url)
    if parts.scheme not in ("", "file"):
        raise ArchiveError(f"{source!r} is neither a directory nor an s3:// URL")
    root = Path(unquote(parts.path) if parts.scheme == "file" else source)
    if not is_directory(root):
        raise ArchiveError(f"{source!r} is not a directory; expected one that holds {LAYOUT}")
    return DirectoryArchive(root)
