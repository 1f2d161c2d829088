"""The numbers and dates in the answers of the API, by the places in which they stand."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from config.tests.agreement.net import Net
from config.tests.agreement.table import other_numbers, places


def leaves(body: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with its path; the places of a list are one."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(body, list):
        for value in body:
            yield from leaves(value, f"{path}[]")
    else:
        yield path, body


def is_figure(value: Any) -> bool:
    """A number or a date; what is null everywhere is nothing."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and is_moment(value)


def is_moment(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        try:
            return parsedate_to_datetime(text) is not None
        except ValueError:
            return False
    return True


def unlisted(net: Net) -> dict[str, tuple[Any, str]]:
    """Figures that `docs/quantities.md` does not know, each with an example and where it was answered."""
    known = {place.id for place in places().all}
    found: dict[str, tuple[Any, str]] = {}
    for endpoint, bodies in net.bodies.items():
        examples: dict[str, tuple[Any, str]] = defaultdict()
        for url, body in bodies:
            for path, value in leaves(body):
                if is_figure(value):
                    examples.setdefault(f"{endpoint}:{path}", (value, url))
        found |= {place: example for place, example in examples.items() if place not in known and not is_other(place)}
    return found


def unlisted_headings(net: Net) -> list[str]:
    """Columns of pages and files, and terms beside figures, that the document does not know."""
    known = {place.id for place in places().all}
    shown = {f"{prefix}{key}" for prefix, keys in net.headings.items() if prefix.startswith("/") for key in keys}
    return sorted(place for place in shown - known if not is_other(place))


def is_other(place: str) -> bool:
    return any(fnmatchcase(place, pattern) for pattern in patterns())


@cache
def patterns() -> tuple[str, ...]:
    """Brackets are those of lists, not of a choice of letters."""
    return tuple(pattern.replace("[", "[[]") for pattern in other_numbers())
