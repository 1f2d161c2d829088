"""What a request gets that no view answered: JSON as the API's clients know it, a page for people."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from core.api import errors
from dashboard import views


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    answer = views.not_found if views.wants_page(request) else errors.not_found
    return answer(request, exception)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    is_ours = not isinstance(exception, DisallowedHost)  # no page: its links would lead nowhere
    answer = views.bad_request if is_ours and views.wants_page(request) else errors.bad_request
    return answer(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    answer = views.server_error if views.wants_page(request) else errors.server_error
    return answer(request)
