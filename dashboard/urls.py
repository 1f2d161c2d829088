"""Routes of the pages. Each page module under `dashboard/pages/` names its own; `/` is wired in config."""

from django.urls import include, path

app_name = "dashboard"
PAGES = (
    *("now", "rankings", "outages", "park", "ride", "search", "awards", "charts", "heatmaps", "explorer", "trust"),
    *("ask", "visitor", "site", "years", "compare", "glossary"),
)
urlpatterns = [path("", include(f"dashboard.pages.{page}")) for page in PAGES]
