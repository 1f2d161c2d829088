"""What all pages share: GET only, errors as friendly pages, numbers from the address."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import ValidationError

from core.periods import Period
from visits.visitors import is_from_elsewhere

View = Callable[..., HttpResponse]
# The word of the address, the words on the page.
PERIODS = {
    Period.LIVE: "Now",
    Period.TODAY: "Today",
    Period.YESTERDAY: "Yesterday",
    Period.LAST_WEEK: "Last week",
    Period.LAST_MONTH: "Last month",
}
WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class BadInput(Exception):
    """A parameter that cannot be used; the message names it and the remedy, and is shown to the reader."""


def page(view: View) -> View:
    """A page: answers GET and HEAD; what the address asks for and cannot have becomes a friendly 400."""
    return require_safe(friendly(view))


def acted(view: View) -> View:
    """A page that also takes the form it shows: POST, and never from the page of another site."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and is_from_elsewhere(request):
            return error_page(request, 403, "Not from there", "The page of another site sent this.")
        return view(request, *args, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(friendly(answer))


def friendly(view: View) -> View:
    """What the address asks for and cannot have becomes a page with 400."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except BadInput as error:
            return bad_request(request, error)
        except ValidationError as error:
            return bad_request(request, BadInput(first_of(error.detail)))

    return answer


def first_of(detail: Any) -> str:
    """The first message inside a DRF error detail."""
    while isinstance(detail, Mapping | list) and detail:
        detail = detail[0] if isinstance(detail, list) else next(iter(detail.values()))
    return str(detail)


def one_of(request: HttpRequest, name: str, values: Iterable[str], default: str) -> str:
    """A parameter with one of the values; raises BadInput."""
    known = list(values)
    value = request.GET.get(name, default)
    if value not in known:
        raise BadInput(f"The {name} “{value[:60]}” is not known. Choose one of: {', '.join(known)}.")
    return value


def number_of(request: HttpRequest, name: str, default: int, minimum: int, maximum: int) -> int:
    """A parameter that is a whole number within [minimum, maximum]; raises BadInput."""
    text = request.GET.get(name, str(default))
    if not WHOLE_NUMBER.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise BadInput(f"The {name} “{text[:60]}” is not a whole number from {minimum} to {maximum}.")
    return int(text)


def period_of(request: HttpRequest, default: Period = Period.LIVE) -> Period:
    """The `period` of the address; raises BadInput."""
    return Period(one_of(request, "period", [period.value for period in PERIODS], default.value))


def disney_universal_only(request: HttpRequest) -> bool:
    """The `filter` of the address, in the API's words; raises BadInput."""
    return one_of(request, "filter", ("all-parks", "disney-universal"), "all-parks") == "disney-universal"


# -- errors ----------------------------------------------------------------------------------------------


def error_page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that says what is wrong and offers the way on; asks no database."""
    context = {"status": status, "title": title, "text": text}
    return render(request, "dashboard/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = str(exception) if isinstance(exception, BadInput) else "The address asks for something this site cannot do."
    return error_page(request, 400, "That does not work", text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reported = exception.args[0] if exception and exception.args and isinstance(exception.args[0], str) else ""
    return error_page(request, 404, "Not found", reported or "There is no page at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request, 500, "Something went wrong here", "The fault is ours, and it was written down. Try again in a minute."
    )


def wants_page(request: HttpRequest) -> bool:
    """Is it a person who asks: for one of the pages, or with a browser's Accept outside the API?"""
    if request.resolver_match is not None and request.resolver_match.app_name == "dashboard":
        return True
    return not request.path.startswith("/api") and prefers_page(request)


def prefers_page(request: HttpRequest) -> bool:
    """Does the client rather have HTML than JSON? `*/*`, or no word of either, is no."""
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"
