"""Answers of the classifier that are sure enough to be kept, in a JSON file of this machine (R-9.2, 2).

    {"schema_version": "2.0", "classifications": {"4:100": {"ride_name": "Space Mountain", "tier": 1, …}}}

The key is our number of the park and of the ride. Numbers begin anew with a new database, so an answer counts only
while the ride has the name it was asked about.
"""

import fcntl
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.upstream.http import UpstreamError
from core.upstream.payloads import parsed
from parks.classification.language_model import Answer, read_answer
from parks.models import CLASSIFICATION_SCHEMA_VERSION, Ride

log = logging.getLogger(__name__)

LEAST_CONFIDENCE = Decimal("0.85")  # AI_CACHE_MIN_CONFIDENCE, inclusive


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer and the name it was asked about; None: whoever wrote the file did not say."""

    ride_name: str | None
    answer: Answer


def key_of(ride: Ride) -> str:
    return f"{ride.park_id}:{ride.pk}"


def answer_for(ride: Ride, kept: Mapping[str, KeptAnswer]) -> Answer | None:
    found = kept.get(key_of(ride))
    return found.answer if found and found.ride_name in (None, ride.name) else None


def read_answers(path: Path) -> dict[str, KeptAnswer]:
    """The answers by key. What is damaged is left out: the classifier can be asked again."""
    kept = {}
    for key, entry in entries(path).items():
        try:
            answer = read_answer(entry)
        except ValueError as error:
            log.warning("%s: the answer for %s is left out: %s", path, key, error)
            continue
        name = entry.get("ride_name")
        kept[key] = KeptAnswer(name if isinstance(name, str) else None, answer)
    return kept


def entries(path: Path) -> dict[str, Any]:
    """The entries as they stand in the file; none of another schema version (R-9.2)."""
    try:
        content = parsed(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, UpstreamError) as error:
        log.warning("%s cannot be read, so nothing is taken from it: %s", path, error)
        return {}
    if not isinstance(content, dict) or content.get("schema_version") != CLASSIFICATION_SCHEMA_VERSION:
        log.warning("%s is not of version %s, so nothing is taken from it", path, CLASSIFICATION_SCHEMA_VERSION)
        return {}
    found = content.get("classifications")
    return found if isinstance(found, dict) else {}


def keep_answers(path: Path, answers: Mapping[Ride, Answer]) -> None:
    """Add the answers that are sure enough; of two processes none loses what the other adds.

    Answers that cannot be kept are still answers: a file that cannot be written is reported in the log.
    """
    sure = {key_of(ride): entry_of(ride, answer) for ride, answer in answers.items() if is_sure(answer)}
    if not sure:
        return
    try:
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            content = {"schema_version": CLASSIFICATION_SCHEMA_VERSION, "classifications": entries(path) | sure}
            unfinished = path.with_suffix(".tmp")
            unfinished.write_text(json.dumps(content, indent=1, default=float))
            os.replace(unfinished, path)  # a reader sees the old file or the new one
    except OSError as error:
        log.warning("%d answers of the classifier cannot be kept: %s", len(sure), error)


def is_sure(answer: Answer) -> bool:
    return answer.confidence >= LEAST_CONFIDENCE


def entry_of(ride: Ride, answer: Answer) -> dict[str, Any]:
    return {
        "ride_name": ride.name,
        "tier": answer.tier,
        "category": answer.category,
        "confidence": answer.confidence,
        "reasoning": answer.reasoning,
        "sources": list(answer.sources),
    }
