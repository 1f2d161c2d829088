"""An empty cache for a test."""

from uuid import uuid4

from django.core.cache import cache


def forget_cached() -> None:
    """Find nothing in the cache any more.

    What others of the run count in the same Redis stays: to clear it would empty theirs in the middle of a test.
    """
    cache.key_prefix = uuid4().hex
