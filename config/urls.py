"""Routes. Paths have no trailing slash, except the two documentation pages and the admin site's."""

from django.contrib import admin
from django.urls import include, path
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.metrics import metrics
from config.views import DocsView, IdentityViewSet, SchemaView, healthz, readyz
from core.web.second_factor import second_factor

admin.site.login_template = "core/login.html"
# Their pages would show the secrets; `manage.py admin_totp` does what is needed.
admin.site.unregister([TOTPDevice, StaticDevice])

urlpatterns = [
    path("", IdentityViewSet.as_view({"get": "retrieve"})),  # or the page Now
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/", include("parks.api.urls")),
    path("api/", include("weather.api.urls")),
    path("api/", include("stats.api.urls")),
    path("api/", include("snapshots.api.urls")),
    path("api/", include("importer.api.urls")),
    path("api/", include("outages.api.urls")),
    path("api/", include("opendata.api.urls")),
    path("api/", include("visits.api.urls")),
    path("api/", include("assistant.api.urls")),
    path("", include("assistant.mcp.views")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("admin/second-factor/", second_factor),
    path("admin/", admin.site.urls),
    path("api/docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("", include("dashboard.urls")),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
