"""Redis as Celery's broker: a message that is none is logged and dropped. Kombu would end the worker with it."""

import logging
from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as original

log = logging.getLogger(__name__)

HERE = f"{__name__}:Transport"


class Channel(original.Channel):
    def _brpop_read(self, **options: Any) -> bool:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[no-untyped-call]
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # no JSON; JSON, but no message
            log.error("the broker held a message that cannot be read; it is dropped: %r", error)
            return True


class Transport(original.Transport):
    Channel = Channel


def use() -> None:
    """From now on it is what `redis://` means to Celery."""
    TRANSPORT_ALIASES.update(redis=HERE, rediss=HERE)
