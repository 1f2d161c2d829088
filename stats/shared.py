"""Readings that many answers of one moment have in common: read once per state of the data, then shared.

Today's observations of every ride are one scan of some hundred thousand rows. Lists, awards, charts and the summary
begin with it, each for its own choice of parks.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sized
from datetime import datetime
from typing import Any, TypeVar

import redis
from django.conf import settings

from parks import data_version

T = TypeVar("T")

# A question about fewer parks reads them itself.
MANY_PARKS = 10

kept: dict[str, tuple[tuple[str, int], Any]] = {}
locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def is_shared(parks: Sized) -> bool:
    """Is a question about these parks answered from what all parks share?"""
    return len(parks) >= MANY_PARKS and settings.TODAY_SHARED_SECONDS > 0


def shared(name: str, now: datetime, read: Callable[[], T]) -> T:
    """What `read` says at `now`, or said up to TODAY_SHARED_SECONDS ago while the data have not moved since.

    One thread of the process reads, the others wait for it. Nobody may change what comes back.
    """
    seconds = settings.TODAY_SHARED_SECONDS
    try:
        version = data_version.current() if seconds else ""
    except redis.RedisError:
        version = ""
    if not version:
        return read()
    state = (version, int(now.timestamp()) // seconds)
    with locks[name]:
        known = kept.get(name)
        if known is None or known[0] != state:
            known = kept[name] = (state, read())
    found: T = known[1]
    return found
