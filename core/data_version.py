"""Which state of the data an answer was computed from: moved by every collection, import and recompute.

With Redis all machines share one number; without, the processes of this machine share the time stamp of a
file, which costs a system call to read.
"""

import functools
import logging

import redis
from django.conf import settings

log = logging.getLogger(__name__)

KEY = "ridewatch:data-version"


@functools.lru_cache(maxsize=4)
def client(url: str) -> "redis.Redis":
    """A connection pool per URL; short time-outs, because every request asks."""
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def current() -> str:
    """The present version; raises redis.RedisError when Redis cannot be reached."""
    if settings.REDIS_URL:
        found = client(settings.REDIS_URL).get(KEY)
        return found.decode() if isinstance(found, bytes) else "0"
    try:
        return str(settings.DATA_VERSION_FILE.stat().st_mtime_ns)
    except FileNotFoundError:
        return "0"


def move() -> None:
    """Say that newer data are stored: every cached answer is dropped.

    Work that is done does not fail because Redis is away: answers then grow old by themselves.
    """
    if not settings.REDIS_URL:
        settings.DATA_VERSION_FILE.touch()
        return
    try:
        client(settings.REDIS_URL).incr(KEY)
    except redis.RedisError as error:
        log.warning("the data version cannot be moved, cached answers stay until they expire: %s", error)
