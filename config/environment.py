"""What the settings are read with from the environment (or a `.env` file beside manage.py).

Nonsense is refused here, with the variable's name.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

from core.monitoring.masking import masked

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
MAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl", "filemail")
SCHEMES_WITH_HOST = {"http", "https", "s3", "mysql", "redis", "rediss", *MAIL_SCHEMES[:3]}


def text(name: str, default: str) -> str:
    """A variable without the blanks around it; raises ImproperlyConfigured when it is empty without need.

    Read past django-environ, which would take a value that begins with `$` for another variable's name.
    """
    value = str(env.ENVIRON.get(name, default)).strip()
    if default and not value:
        raise ImproperlyConfigured(f"{name} must not be empty")
    return value


def flag(name: str, default: bool) -> bool:
    """A yes/no variable; raises ImproperlyConfigured for any other word."""
    word = text(name, str(default)).lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ImproperlyConfigured(f"{name} must be true or false, not {word!r}")
    return word in TRUE_WORDS


def whole_number(name: str, default: int, minimum: int, maximum: int) -> int:
    """An integer variable within [minimum, maximum]; raises ImproperlyConfigured otherwise."""
    digits = text(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,12}", digits):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {digits!r}")
    number = int(digits)
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} must be between {minimum} and {maximum}, not {number}")
    return number


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    """A URL variable with one of the schemes; empty only where the default is."""
    value = text(name, default)
    if not value:
        return value
    try:
        parts = urlsplit(value)
        has_place = bool(parts.hostname or parts.path.strip("/")) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be a URL with a usable host and port, not {masked(value)!r}"
        ) from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(schemes)}://, not {masked(value)!r}")
    if not has_place or (parts.scheme in SCHEMES_WITH_HOST and not parts.hostname):
        raise ImproperlyConfigured(f"{name} must name a place, not {masked(value)!r}")
    return value


def directory(name: str, default: Path) -> Path:
    """A directory variable; made if it is missing, raises ImproperlyConfigured when that is impossible."""
    path = Path(text(name, str(default)))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} must be a directory that can be written: {error}") from None
    return path


def header(name: str, default: str) -> str:
    """A variable that goes into an HTTP header: printable ASCII only."""
    value = text(name, default)
    if not re.fullmatch(r"[ -~]*", value):
        raise ImproperlyConfigured(f"{name} must be printable ASCII: it is sent in an HTTP header")
    return value


def zone(name: str, default: str) -> str:
    """An IANA time zone variable."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ImproperlyConfigured(f"{name} must be an IANA time zone, not {value!r}") from None
    return value


def addresses(value: str, name: str) -> list[str]:
    """Mail addresses separated by commas; raises ImproperlyConfigured for what is none."""
    found = [address.strip() for address in value.split(",") if address.strip()]
    for address in found:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):
            raise ImproperlyConfigured(f"{name} must be addresses separated by commas, not {address!r}")
    return found


RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")


def rate(name: str, default: str) -> str | None:
    """A variable such as `100/minute`; None when it is empty."""
    value = str(env.ENVIRON.get(name, default)).strip()
    if value and not RATE.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must look like 100/minute (second, minute, hour, day), not {value!r}")
    return value or None
