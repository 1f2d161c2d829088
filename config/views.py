"""The identity document of the service (public-api 4.1) and its documentation."""

from typing import Any

from csp.decorators import csp_update
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api import schema  # noqa: F401  (registers how shapes are described)
from core.api.errors import failure
from core.commands import cause_of
from core.shapes import Shape
from dashboard.pages.now import now
from dashboard.views import prefers_page
from parks.models import Park


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked, so that a database that is away restarts no server."""
    return probe("ok")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has its tables; 503 and the cause where it does not."""
    try:
        Park.objects.exists()
    except Error as error:
        return probe(cause_of(error).partition(":")[0], 503)  # what the database says may name users and hosts
    return probe("ready")


def probe(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})


class Identity(Shape):
    name: str
    version: str
    status: str
    endpoints: dict[str, str]


IDENTITY = Identity(
    name="Theme Park Downtime Tracker API",
    version="1.0.0",
    status="running",
    endpoints={
        "health": "/api/health",
        "parks": "/api/parks/downtime",
        "rides": "/api/rides/downtime",
        "trends": "/api/trends/longest-wait-times",
        "audit": "/api/audit/status",
        "search": "/api/search/index",
        "docs": "/api/docs/",
        "schema": "/api/schema/",
    },
)


class IdentityViewSet(ViewSet):
    """The identity document; a browser, which would rather have HTML, gets the page Now."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wants_page = request.method in ("GET", "HEAD") and prefers_page(request)
        response = now(request) if wants_page else super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept"])
        return response

    @extend_schema(summary="Who answers here", tags=["service"], responses=Identity)
    def retrieve(self, request: Request) -> Response:
        return Response(IDENTITY)


class YamlUnlessJson(DefaultContentNegotiation):
    """The renderer asked for by `format` or Accept; what cannot be had is no error, the first comes in its place."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        named = [each for each in renderers if each.format == request.query_params.get("format")]
        if named:
            return named[0], named[0].media_type
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


class DocumentPage:
    """What the two documentation pages answer to other methods than GET, in the API's manner."""

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(headers={"Allow": "GET, HEAD, OPTIONS"})

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body = failure(f'Method "{request.method}" not allowed.')
        return JsonResponse(body, status=405, headers={"Allow": "GET, HEAD, OPTIONS"})


class SchemaView(DocumentPage, SpectacularAPIView):  # type: ignore[misc]
    """YAML, or JSON for a client that asks for it."""

    content_negotiation_class = YamlUnlessJson


# Swagger's page brings its own script and styles inside the page, and pictures inside the styles.
INLINE = {"script-src": ["'unsafe-inline'"], "style-src": ["'unsafe-inline'"], "img-src": ["data:"]}


@method_decorator(csp_update(INLINE), name="dispatch")
class DocsView(DocumentPage, SpectacularSwaggerView):  # type: ignore[misc]
    """The documentation page, from the project's own static files."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        # A token would come with a cookie, in the place of the admin site's: its open forms could not be sent.
        response.data["csrf_token"] = ""
        return response
