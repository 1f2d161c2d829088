"""Variations of the archive's format (sources 2): normalised on the way in, and noted once per file.

The recorder's format is described by third parties only and has changed over the years. What is met here is no
error; it is noted so that somebody who doubts a figure can see how its file was read. Disorder, repeated events and
events of a neighbouring day are no variations: every file may have them.
"""

from collections import Counter
from typing import Any

from parks.models import EntityType
from snapshots.models import QueueType

GZIP = "gzip instead of zlib"
PLAIN = "plain JSON, not compressed"
MEMBERS = "several compressed members in one file"
TRAILING = "bytes behind the compressed document, not read"
PADDED = "a byte order mark or blanks before the document"
BARE_LIST = "a bare list instead of an object with events"
STATUS_CASE = "statuses not in capitals"
UUID_CASE = "UUIDs not in small letters"
FLAT_EVENT = "the members of data beside it"
FLAT_WAIT = "waitTime beside the queue instead of in it"
PREVIEW_META = "lines explained by meta, as in the preview generation of the API"
FLOAT_WAIT = "whole minutes written as fractions"
NAME_MAP = "names as a map of languages"
Met = Counter[str]

FLAT_MEMBERS = ("status", "queue", "waitTime", "meta")


def flat_data(raw: dict[str, Any], met: Met) -> dict[str, Any] | None:
    """The `data` of an event that has none, from the members beside it; None: there are none either."""
    data = {name: raw[name] for name in FLAT_MEMBERS if name in raw}
    if data:
        met[FLAT_EVENT] += 1
    return data or None


def flat_queue(data: dict[str, Any], met: Met) -> dict[str, Any]:
    """The queues of an event that says its lines flat (`waitTime` beside `meta`), as the live API would."""
    queue: dict[str, Any] = {}
    if "waitTime" in data:
        met[FLAT_WAIT] += 1
        queue[QueueType.STANDBY] = {"waitTime": data["waitTime"]}
    meta = data.get("meta")
    if not isinstance(meta, dict):
        return queue
    met[PREVIEW_META] += 1
    if meta.get("singleRider") or meta.get("singleRiderWaitTime") is not None:
        queue[QueueType.SINGLE_RIDER] = {"waitTime": meta.get("singleRiderWaitTime")}
    if isinstance(meta.get("boardingGroup"), dict):
        queue[QueueType.BOARDING_GROUP] = meta["boardingGroup"]
    return queue


def preview_kind(data: dict[str, Any]) -> str | None:
    """The entity type that the preview generation reported in `meta.type`; None: it did not."""
    meta = data.get("meta")
    reported = meta.get("type") if isinstance(meta, dict) else None
    return reported.upper() if isinstance(reported, str) and reported.upper() in EntityType.values else None
