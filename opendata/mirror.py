"""The publication in a bucket: what the bucket lacks is sent, the manifest last."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from opendata.manifest import NAME, PublicationError, inside, read_manifest

ABOUT = ("datapackage.json", "croissant.json", "COLUMNS.md", "LICENCES.md", "SHA256SUMS", NAME)


class NoBucket(Exception):
    """Not an address of a bucket."""


class Bucket(NamedTuple):
    name: str
    prefix: str  # "", or ends with /


def bucket_of(place: str) -> Bucket:
    """Of s3://bucket/prefix; raises NoBucket."""
    parts = urlsplit(place)
    if parts.scheme != "s3" or not parts.netloc:
        raise NoBucket(f"--to: {place!r} names no bucket, write it as s3://bucket/prefix")
    prefix = parts.path.strip("/")
    return Bucket(parts.netloc, f"{prefix}/" if prefix else "")


def send(directory: Path, bucket: Bucket) -> int:
    """How many files were sent; those of an earlier sending with the same checksum stay. Raises PublicationError."""
    client = boto3.client("s3")
    sent = 0
    try:
        for file in read_manifest(directory).files:
            if stored_checksum(client, bucket, file.path) != file.sha256:
                put(client, bucket, inside(directory, file.path), file.path, {"sha256": file.sha256})
                sent += 1
        for name in ABOUT:
            if (directory / name).exists():
                put(client, bucket, directory / name, name, {})
                sent += 1
    except (BotoCoreError, ClientError, OSError) as error:
        raise PublicationError(f"s3://{bucket.name}/{bucket.prefix}: {error}") from error
    return sent


def stored_checksum(client: Any, bucket: Bucket, path: str) -> str | None:
    try:
        found: dict[str, Any] = client.head_object(Bucket=bucket.name, Key=bucket.prefix + path)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
    return str(found["Metadata"].get("sha256"))


def put(client: Any, bucket: Bucket, source: Path, path: str, metadata: dict[str, str]) -> None:
    client.upload_file(str(source), bucket.name, bucket.prefix + path, ExtraArgs={"Metadata": metadata})
