"""Cross-origin headers of the public API (public-api 2.9)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers
from django.views import View

from core.api.queries import UNKNOWN, unknown_of

ALLOWED_METHODS = ("GET", "OPTIONS", "POST")
ALLOWED_HEADERS = ("Content-Type", "X-API-Key")
# The admin API also changes and cancels, for whoever has a key; so do those of visitors, for whoever has a token. No
# page of another site acts with a visitor's cookie: credentials are never allowed.
ADMIN_PATHS = ("/api/admin/", "/api/tasks", "/api/visits", "/api/visitor", "/api/conversations")
ADMIN_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST")
DOCUMENTS = ("/api/schema/", "/api/docs/")  # their library reads parameters of its own
ADMIN_HEADERS = ("Authorization", "Content-Type")


def origin_headers(origin: str | None) -> dict[str, str]:
    """What every answer under `/api/` says of the page that asked; no origin is one that would break the header."""
    if not origin or not origin.isprintable():
        return {"Access-Control-Allow-Origin": "*"}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def allow_of(path: str) -> dict[str, str]:
    """What every answer to OPTIONS says of a route, a preflight's too (public-api 2.1); nothing without a route."""
    try:
        actions = getattr(resolve(path).func, "actions", {})
    except Resolver404:
        return {}
    methods = {*actions, "options", *(["head"] if "get" in actions else [])}
    allowed = ", ".join(method.upper() for method in View.http_method_names if method in methods)
    return {"Allow": allowed} if actions else {}


class CorsMiddleware:
    """Opens `/api/` to every origin, without credentials, and answers preflight requests itself.

    Own code because the contract echoes the origin without allowing credentials, which the usual
    library cannot do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        asked_method = request.headers.get("Access-Control-Request-Method")
        is_preflight = request.method == "OPTIONS" and asked_method is not None
        response = HttpResponse(headers=allow_of(request.path_info)) if is_preflight else self.get_response(request)
        is_admin = request.path.startswith(ADMIN_PATHS)
        methods = ADMIN_METHODS if is_admin else ALLOWED_METHODS
        if is_preflight and asked_method in methods:
            response["Access-Control-Allow-Methods"] = ", ".join(methods)
            for name, value in self.granted_headers(request, ADMIN_HEADERS if is_admin else ALLOWED_HEADERS).items():
                response[name] = value
        if unknown := self.unknown(request, response):
            response["Warning"] = unknown
        for name, value in origin_headers(request.headers.get("Origin")).items():
            if name == "Vary":
                patch_vary_headers(response, [value])
            else:
                response[name] = value
        return response

    @staticmethod
    def unknown(request: HttpRequest, response: HttpResponse) -> str:
        """What the view found, or all parameters where it answered without reading any."""
        found: str | None = request.META.get(UNKNOWN)
        if found is None and response.status_code < 300 and not request.path.startswith(DOCUMENTS):
            found = unknown_of(request.META.get("QUERY_STRING", ""), ())
        return found or ""

    @staticmethod
    def granted_headers(request: HttpRequest, allowed: tuple[str, ...]) -> dict[str, str]:
        asked = request.headers.get("Access-Control-Request-Headers", "")
        wanted = {name.strip().lower() for name in asked.split(",")}
        granted = [name for name in allowed if name.lower() in wanted]
        return {"Access-Control-Allow-Headers": ", ".join(granted)} if granted else {}
