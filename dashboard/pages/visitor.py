"""The link of a mail that makes another device the visitor's (issue 18, 2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from dashboard.views import BadInput, acted
from visits import visitors


@csrf_exempt  # `acted` refuses what the page of another site sends
@cache_control(private=True, no_store=True)
@acted
def open_link(request: HttpRequest) -> HttpResponse:
    """A page with a button, because programs that read mail follow its links; the button's POST sets the cookie."""
    user = visitors.proven(request.GET.get("link", ""), visitors.LINK_SALT, visitors.LINK_SECONDS)
    if user is None:
        raise BadInput("This link is not, or no longer, valid. Have another one mailed from the first device.")
    if request.method != "POST":
        response = render(request, "dashboard/visitor_open.html", {"link": request.GET["link"]})
        response["Referrer-Policy"] = "no-referrer"  # the address opens all that is kept
        return response
    response = redirect("dashboard:now")
    visitors.remember(response, user)
    return response


urlpatterns = [path("visitor/open", open_link, name="visitor-open")]
