"""What is refused by its first line alone, before anything remembers, stores or logs it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core.web.cors import origin_headers

LONGEST_PATH = 2_000  # characters, unquoted
LONGEST_QUERY = 8_000  # characters; analytics takes 200 parks and 200 rides, which are 7,000
JSON = "application/json"

Refusal = tuple[str, list[tuple[str, str]], bytes]
Environ = Mapping[str, Any]


def refusal(environ: Environ, status: str, message: str, **headers: str) -> Refusal:
    """Status, headers and body of an answer that says why there is no other; the API's clients can read it."""
    body = msgspec.json.encode({"success": False, "error": message})
    found = [("Content-Type", JSON), ("Content-Length", str(len(body)))]
    if str(environ.get("PATH_INFO", ""))[:5] == "/api/":
        found += origin_headers(environ.get("HTTP_ORIGIN")).items()
    return status, [*found, *((name.replace("_", "-"), value) for name, value in headers.items())], body


def refused(environ: Environ) -> Refusal | None:
    """The answer to a request whose first line is too long, or whose method HTTP does not know."""
    if len(environ["PATH_INFO"]) > LONGEST_PATH:
        return refusal(environ, "414 URI Too Long", f"The path may have {LONGEST_PATH:,} characters at most")
    if len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
        return refusal(environ, "414 URI Too Long", f"The query may have {LONGEST_QUERY:,} characters at most")
    method = environ["REQUEST_METHOD"]
    if len(method) > 20 or method != method.upper():  # Django would take `get` for GET (RFC 9110, 9.1)
        message = f"Method {method[:20]!r} is not known; methods are case-sensitive"
        return refusal(environ, "405 Method Not Allowed", message, Allow="GET, HEAD, OPTIONS")
    return None
