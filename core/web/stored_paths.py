"""Which answers are stored, and by which parameters they differ: read once from the URL configuration."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework.serializers import ListField, Serializer

ID = "<int:"  # what a route has instead of an id, up to ">"


class StoredPath(URLPattern):
    """A path whose answers are stored; they differ by the parameters of `query`, and ignore all others."""

    def __init__(self, route: str, view: Callable[..., Any], query: type[Serializer[Any]] | None = None) -> None:
        super().__init__(RoutePattern(route, is_endpoint=True), view)
        self.query = query


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default`: as a client would write it; None when there is none, or none that is one text."""

    default: str | None
    is_repeatable: bool


Parameters = Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Stored:
    """`route`: the pattern of the path."""

    route: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class StoredPaths:
    plain: Mapping[str, Stored]
    with_id: Mapping[tuple[str, str], Stored]  # by what stands before and after the id

    def of(self, path: str) -> Stored | None:
        """Route and parameters of a path whose answers are stored; None for all others."""
        found = self.plain.get(path)
        if found is None:
            for (before, after), stored in self.with_id.items():
                if path.startswith(before) and path.endswith(after) and path[len(before) : -len(after)].isdigit():
                    return stored
        return found


@functools.cache
def stored_paths() -> StoredPaths:
    """Loads every view the first time."""
    plain, with_id = {}, {}
    for route, query in stored_routes(get_resolver().url_patterns, "/"):
        stored = Stored(route, parameters_of(query) if query else {})
        if ID in route:
            before, _, rest = route.partition(ID)
            with_id[before, rest.partition(">")[2]] = stored
        else:
            plain[route] = stored
    return StoredPaths(plain, with_id)


def stored_routes(
    patterns: Iterable[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, type[Serializer[Any]] | None]]:
    for each in patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from stored_routes(each.url_patterns, route)
        elif isinstance(each, StoredPath):
            yield route, each.query


def parameters_of(query: type[Serializer[Any]]) -> Parameters:
    """The parameters of a request serializer by name, in order."""
    fields = query().fields
    return {
        name: Parameter(default_text(fields[name].default), isinstance(fields[name], ListField))
        for name in sorted(fields)
    }


def default_text(default: Any) -> str | None:
    """A default as a client would write it; None when there is none, or none that is one text."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if isinstance(default, str | int) else None


def key_of(path: str, query: str, parameters: Parameters) -> str:
    """One name for all spellings of a request: known parameters alone, in order, defaults filled in."""
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        if name in parameters:
            given.setdefault(name, []).append(value)
    chosen = []
    for name, known in parameters.items():
        values = given.get(name, [] if known.default is None else [known.default])
        chosen += [(name, value) for value in (sorted(set(values)) if known.is_repeatable else values[:1])]
    return f"{path}?{urlencode(chosen, errors='surrogateescape')}"
