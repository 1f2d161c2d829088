"""What the navigation shows: sections in order, each a title and the name of its first route."""

from typing import NamedTuple


class Section(NamedTuple):
    title: str
    route: str  # in the namespace `dashboard`
    under: str  # paths that belong to it begin with this


SECTIONS = (
    Section("Now", "now", "/now"),
    Section("Downtime", "downtime", "/downtime"),
    Section("Outages", "outages", "/outages"),
    Section("Waits", "waits", "/waits"),
    Section("Awards", "awards", "/awards"),
    Section("Charts", "charts", "/charts"),
    Section("Heatmaps", "heatmaps", "/heatmaps"),
    Section("Compare", "compare", "/compare"),
    Section("Explorer", "explorer", "/explorer"),
    Section("Visits", "visits", "/visits"),
    Section("Ask", "ask", "/ask"),
    Section("Trust", "trust", "/trust"),
)
