"""What was asked for lately is computed anew after each change of the data, before somebody asks again (ADR 35)."""

import logging
import threading
import time

import redis
from django.conf import settings

from core import data_version
from core.web.stored_answers import CachedApplication

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
LATELY = 900.0  # seconds: who has not been asked for since is not renewed
MOST_RENEWED = 200
# Of a process's time, after one change of the data; as long is then left to those who ask.
MOST_SECONDS = 5.0


class Renewal:
    """One thread of a process of the web server."""

    def __init__(self, application: CachedApplication) -> None:
        self.application = application
        self.version = ""

    def start(self) -> None:
        if self.application.seconds:
            threading.Thread(target=self.run, name="renewal", daemon=True).start()

    def run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                self.renew()
            except redis.RedisError as error:
                log.warning("nothing is renewed: %s", error)
            time.sleep(max(POLL_SECONDS, time.monotonic() - began))

    def renew(self) -> int:
        """Compute what was asked for lately if the data have moved, until they move again or the time is over.

        Returns how many answers. Raises redis.RedisError when the version cannot be read.
        """
        version = data_version.current()
        if version == self.version:
            return 0
        self.version = version
        began, renewed = time.monotonic(), 0
        for key in self.application.at_hand.asked_since(began - LATELY)[:MOST_RENEWED]:
            if time.monotonic() - began > MOST_SECONDS or data_version.current() != version:
                break
            renewed += self.renewed(key, version)
        return renewed

    def renewed(self, key: str, version: str) -> bool:
        """Is the answer of this version there now? Dear questions are left to who asks them."""
        if key.rpartition(" ")[2].startswith(settings.DEAR_PATHS):
            return False
        try:
            self.application.renew(key, version)
        except redis.RedisError:
            raise
        except Exception:
            log.exception("an answer cannot be renewed: %s", key)
            return False
        return True
