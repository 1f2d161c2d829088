"""What browsers and search engines ask of a site beside its pages: manifest, icon, robots, sitemap."""

import json
from xml.sax.xmlreader import AttributesImpl

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from dashboard.components.links import park_url, ride_url
from dashboard.components.navigation import SECTIONS
from parks.models import Park, Ride

MOST_ADDRESSES = 50_000  # of one sitemap, by its standard
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
ICONS = (
    ("icon-192.png", "192x192", "image/png"),
    ("icon-512.png", "512x512", "image/png"),
    ("icon.svg", "any", "image/svg+xml"),
)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """With it, phones put the site on the home screen."""
    body = {
        "name": "Ridewatch",
        "short_name": "Ridewatch",
        "description": "What was down in theme parks, for how long, and how do you know.",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf8",
        "theme_color": "#0b5cad",
        "icons": [{"src": static(f"dashboard/{name}"), "sizes": sizes, "type": kind} for name, sizes, kind in ICONS],
    }
    return HttpResponse(json.dumps(body), content_type="application/manifest+json")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Pages may be read by machines; the API, with its address for every span of time, has its own clients."""
    lines = (
        "User-agent: *",
        "Disallow: /api/",
        "Disallow: /admin/",
        "Disallow: /explorer?",
        "Disallow: /search?",
        f"Sitemap: {request.build_absolute_uri(reverse('dashboard:sitemap'))}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Sections, parks and rides, those no longer active too (N-15); two queries."""
    addresses = [reverse(f"dashboard:{section.route}") for section in SECTIONS]
    addresses += [park_url(pk) for pk in Park.objects.order_by("pk").values_list("pk", flat=True)]
    left = MOST_ADDRESSES - len(addresses)
    addresses += [ride_url(pk) for pk in Ride.objects.order_by("pk").values_list("pk", flat=True)[:left]]
    response = HttpResponse(content_type="application/xml; charset=utf-8")
    xml = SimplerXMLGenerator(response, "utf-8")
    xml.startDocument()
    xml.startElement("urlset", AttributesImpl({"xmlns": SITEMAP}))
    for address in addresses:
        xml.startElement("url", AttributesImpl({}))
        xml.addQuickElement("loc", request.build_absolute_uri(address))
        xml.endElement("url")
    xml.endElement("urlset")
    xml.endDocument()
    return response


class Favicon(RedirectView):
    """Browsers that read no SVG ask at this address, whatever the page says."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("dashboard/icon-192.png")


urlpatterns = [
    path("manifest.webmanifest", manifest, name="manifest"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("favicon.ico", Favicon.as_view(), name="favicon"),
]
