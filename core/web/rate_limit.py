"""How much one client may ask in a while: by address, and by admin key besides (`API_RATE_LIMIT`)."""

import logging
import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.api.errors import failure
from core.web.clients import CLIENT, client_of, key_of

log = logging.getLogger(__name__)

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
DEAR = 10  # requests that a dear one counts as
FREE = ("/api/health", "/healthz", "/readyz", "/metrics")  # for monitoring


class RateLimitMiddleware:
    """Counts what is computed, in windows of the clock; what is answered from stored bytes never gets here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wait = seconds_to_wait(request) if settings.API_RATE_LIMIT and request.path not in FREE else 0
        if not wait:
            return self.get_response(request)
        body = failure(f"Request was throttled. Expected available in {wait} seconds.")
        return JsonResponse(body, status=429, headers={"Retry-After": str(wait)})


def seconds_to_wait(request: HttpRequest) -> int:
    """Until this request would be answered; 0: it is now. One more is counted for each name of its client."""
    most_text, _, unit = str(settings.API_RATE_LIMIT).partition("/")
    most, period, now = int(most_text), SECONDS[unit], time.time()
    weight = min(most, DEAR) if is_dear(request) else 1
    names = filter(None, [request.META.get(CLIENT) or client_of(request.META), key_of(request.META)])
    counted = [count(f"rate:{name}:{int(now // period)}", weight, period) for name in names]
    return int(period - now % period) + 1 if max(counted, default=0) > most else 0


def is_dear(request: HttpRequest) -> bool:
    is_login = request.method == "POST" and request.path.startswith("/admin/")
    # A question to the assistant asks several of the tools.
    is_question = request.method == "POST" and (request.path == "/ask" or request.path.endswith("/messages"))
    return is_login or is_question or request.path.startswith(settings.DEAR_PATHS)


def count(name: str, weight: int, seconds: int) -> int:
    """What was counted under a name, with this. A cache that is away counts nothing: answers go on."""
    try:
        cache.add(name, 0, seconds + 1)
        return cache.incr(name, weight)
    except ValueError:
        return 0  # dropped meanwhile
    except redis.RedisError as error:
        log.warning("requests cannot be counted: %s", type(error).__name__)
        return 0
