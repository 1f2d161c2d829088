"""Who is asking, without an account: a signed cookie names a user that the first save made (issue 18, 2).

Such a user has no password and may do nothing in the admin site. The cookie says `<id>.<half of a hash>`, signed; the
hash is of the user's unusable password, so that a new one ends every cookie of that user.
"""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from visits.models import VISITOR_PREFIX

COOKIE = "ridewatch_visitor"
COOKIE_SECONDS = 400 * 86_400  # the longest that browsers keep one
COOKIE_SALT, LINK_SALT = "visits.cookie", "visits.link"
LINK_SECONDS = 3_600


def new_visitor() -> User:
    """A user that no password opens. The name is as long as the oldest table of users takes."""
    user = User(username=f"{VISITOR_PREFIX}{secrets.token_hex(11)}")
    user.set_unusable_password()
    user.save()
    return user


def proof_of(user: User, salt: str) -> str:
    """What names a visitor, signed and dated."""
    return signing.TimestampSigner(salt=salt).sign(f"{user.pk}.{user.get_session_auth_hash()[:32]}")


def proven(text: str, salt: str, seconds: int) -> User | None:
    """The visitor whom a text names; None when we did not sign it, it is too old, or he is gone. One query."""
    try:
        number, _, digest = signing.TimestampSigner(salt=salt).unsign(text, max_age=seconds).partition(".")
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=int(number), is_active=True, is_staff=False).first()
    return user if user is not None and user.get_session_auth_hash()[:32] == digest else None


def visitor_of(request: HttpRequest) -> User | None:
    """Who the request's cookie names; None: nobody that we know."""
    text = request.COOKIES.get(COOKIE, "")
    return proven(text, COOKIE_SALT, COOKIE_SECONDS) if text else None


def remember(response: HttpResponseBase, user: User) -> None:
    """Send the visitor's cookie along: no script reads it, and no other site's form carries it."""
    response.set_cookie(
        COOKIE,
        proof_of(user, COOKIE_SALT),
        max_age=COOKIE_SECONDS,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")


def is_from_elsewhere(request: Any) -> bool:
    """Was it another site's page that sent this? A browser names the page's origin with everything that is not GET."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return False  # no browser's page
    return bool(origin != f"{request.scheme}://{request.get_host()}")
