"""Who asks, as far as limits are concerned."""

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings

CLIENT = "ridewatch.client"  # in the environment of a neutral request: whom a limit counts


def client_of(environ: Mapping[str, Any]) -> str:
    """The address that a limit counts: that of the last proxy we trust, or the one that reached us.

    X-Forwarded-For is believed as far as `TRUSTED_PROXIES` of ours wrote it: whoever sends one himself stands before.
    Of IPv6 the network of a customer, /64.
    """
    proxies: int = settings.TRUSTED_PROXIES
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")[-1_000:].split(",") if proxies else []
    text = (forwarded[-min(proxies, len(forwarded))] if forwarded else "").strip() or environ.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return text[:50]
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def key_of(environ: Mapping[str, Any]) -> str:
    """A name for the admin key that a request brings, valid or not; empty without one."""
    text = environ.get("HTTP_AUTHORIZATION", "")
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] if text else ""
