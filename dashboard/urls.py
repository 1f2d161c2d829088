"""Routes of the pages. Each page module under `dashboard/pages/` names its own; `/` is wired in config."""

from django.urls import include, path

app_name = "dashboard"
PAGES = (
    *("now", "rankings", "outages", "reliability", "park", "ride", "years", "compare", "search", "awards", "charts"),
    *("heatmaps", "explorer", "glossary", "trust", "ask", "visits", "visitor", "site", "data", "directory"),
)
urlpatterns = [path("", include(f"dashboard.pages.{page}")) for page in PAGES]
