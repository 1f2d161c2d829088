"""`/mcp`: the tools for programs that speak the Model Context Protocol, over streamable HTTP."""

from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from assistant.mcp.bridge import Exchange, protocol
from core.api.errors import failure

MISSING = (
    "The Model Context Protocol is not installed here: .venv/bin/pip install -r requirements/mcp.txt; the same tools"
    " are at /api/tools"
)


@csrf_exempt  # no cookie is read
def mcp(request: HttpRequest) -> HttpResponse:
    """One message of the protocol, one answer; Host was looked at by the middleware (ALLOWED_HOSTS)."""
    if request.method != "POST":
        text = "Only POST is answered here: every request stands alone, and there are no streams"
        return refusal(405, text, Allow="POST")
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.get_host():
        return refusal(403, "Origin: pages of other sites may not ask; /api/tools answers them")
    try:
        exchange = Exchange(scope_of(request), request.body)
    except RequestDataTooBig:
        return refusal(413, "The request body is too large")
    try:
        application, loop = protocol()
    except ModuleNotFoundError:
        return refusal(404, MISSING)
    exchange.answer(application, loop)
    response = HttpResponse(exchange.body, status=exchange.status)
    del response.headers["Content-Type"]
    for name, value in exchange.headers:
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def refusal(status: int, text: str, **headers: str) -> JsonResponse:
    return JsonResponse(failure(text), status=status, headers=headers)


def scope_of(request: HttpRequest) -> dict[str, object]:
    """The request as ASGI has it."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers.items()
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.META.get("QUERY_STRING", "").encode("latin-1", "replace"),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
    }


urlpatterns = [path("mcp", mcp)]
