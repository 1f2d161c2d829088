"""Histories of rides as the upstream says them, and a client that answers with them."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from core.upstream.http import Reason, UpstreamError
from parks.models import Ride

State = tuple[str | None, int | None]  # status and standby wait


def state(at: datetime, reported: State, **queue: Any) -> dict[str, Any]:
    status, wait = reported
    return {"time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "status": status, "queue": {"STANDBY": {"waitTime": wait}, **queue}}


def history(ride: Ride, opening: dict[str, Any] | None, *states: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "id": ride.themeparks_wiki_id,
            "name": ride.name,
            "entityType": "ATTRACTION",
            "timezone": "America/New_York",
            "opening": opening,
            "history": list(states),
        }
    ).encode()


def refusal(status: int, reason: Reason = Reason.REFUSED, **error: Any) -> UpstreamError:
    """An error as the endpoint says it."""
    body = json.dumps({"success": False, "error": {"code": status, **error}}).encode()
    return UpstreamError(reason, f"HTTP {status}", status, body)


class FakeWiki:
    """Answers by ride's UUID: a history, an error, or several in turn, the last one again and again."""

    def __init__(self, answers: Mapping[str | None, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, date, date]] = []

    def __enter__(self) -> "FakeWiki":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def history(self, uuid: str, first: date, last: date) -> bytes:
        earlier = sum(each[0] == uuid for each in self.asked)
        self.asked.append((uuid, first, last))
        found = self.answers.get(uuid, refusal(404, Reason.NOT_FOUND))
        if isinstance(found, list):
            found = found[min(earlier, len(found) - 1)]
        if isinstance(found, Exception):
            raise found
        return found
