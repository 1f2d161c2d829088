"""Who guesses passwords of the admin site waits: five wrong ones lock out a user at an address, twenty the address."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

import redis
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from core.web.clients import client_of
from core.web.rate_limit import count

log = logging.getLogger("ridewatch.admin_login")

PATH = "/admin/login/"
MOST_FAILURES, MOST_OF_AN_ADDRESS = 5, 20
LOCKED_SECONDS = 15 * 60  # from the first wrong one


class LoginLimitMiddleware:
    """A wrong password comes back as a page (200), a right one as a redirect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path != PATH:
            return self.get_response(request)
        address, user = client_of(request.META), known_user(request.POST.get("username", "")[:150])
        names = {name_of(address, user): MOST_FAILURES, name_of(address, ""): MOST_OF_AN_ADDRESS}
        if any(count(name, 0, LOCKED_SECONDS) >= most for name, most in names.items()):
            log.warning("admin login refused: %s from %s is locked out", user, address)
            text = f"Too many wrong passwords. Try again in {LOCKED_SECONDS // 60} minutes."
            headers = {"Retry-After": str(LOCKED_SECONDS)}
            return HttpResponse(text, status=429, content_type="text/plain", headers=headers)
        response = self.get_response(request)
        if response.status_code == 200:
            failures = [count(name, 1, LOCKED_SECONDS) for name in names]
            log.warning("admin login failed: %s from %s, %d of %d", user, address, failures[0], MOST_FAILURES)
        elif response.status_code == 302:
            forget(names)
            log.info("admin login: %s from %s", user, address)
        return response


def name_of(address: str, user: str) -> str:
    return "login:" + hashlib.sha256(f"{address} {user}".encode()).hexdigest()[:32]


def forget(names: Iterable[str]) -> None:
    with suppress(redis.RedisError):
        cache.delete_many(names)


def known_user(name: str) -> str:
    """The user as the log may name it: what nobody is called may be a password in the wrong field."""
    users = get_user_model().objects
    return repr(name) if users.filter(username=name).exists() else "an unknown user"
