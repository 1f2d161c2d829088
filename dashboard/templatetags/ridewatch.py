"""Tags and filters of the pages' templates."""

from datetime import datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString

from dashboard.components import formatting, links
from dashboard.components.glossary import explained
from dashboard.components.navigation import SECTIONS
from dashboard.components.sample import sample_state
from dashboard.components.spans import Choice, Span, address, dates_in_words, rest_of
from dashboard.components.tables import ASCENDING, DESCENDING, Column, Table
from dashboard.components.timeline import duration
from dashboard.views import PERIODS
from parks.catalog.sample import is_sample

register = template.Library()
HOW_SHOWN = ("sort", "order", "page", "length", "limit", "refresh")

register.filter("hours", formatting.hours)
register.filter("minutes", formatting.minutes)
register.filter("percent", formatting.percent)
register.filter("number", formatting.number)
register.filter("length_words", formatting.length)
register.filter("duration", duration)
register.filter("park_url", links.park_url)
register.filter("ride_url", links.ride_url)
register.filter("explained", explained)
register.simple_tag(formatting.state, name="status")
register.simple_tag(sample_state)
register.filter("is_sample", is_sample)
register.simple_tag(formatting.trend)
register.simple_tag(formatting.sparkline)


@register.simple_tag
def local_time(instant: datetime | None, zone: str, shape: str = "time") -> SafeString | str:
    return formatting.local_time(instant, zone, shape)


@register.simple_tag
def outages_url(first: str = "", last: str = "", **chosen: Any) -> str:
    """The outages behind a figure, on local dates."""
    return links.outages_url(first, last, **chosen)


@register.simple_tag
def cell(row: dict[str, Any], column: Column) -> Any:
    """A value of a table as HTML."""
    return formatting.KINDS[column.kind](row, column.key)


@register.inclusion_tag("dashboard/components/navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    request: HttpRequest | None = context.get("request")
    path = request.path if request else ""
    return {
        "sections": [
            {"title": each.title, "route": f"dashboard:{each.route}", "is_here": is_under(path, each.under)}
            for each in SECTIONS
        ]
    }


def is_under(path: str, section: str) -> bool:
    return path == section or path.startswith(f"{section}/") or (section == "/now" and path == "/")


@register.inclusion_tag("dashboard/components/choices.html", takes_context=True)
def period_picker(context: dict[str, Any], chosen: str, periods: dict[str, str] | None = None) -> dict[str, Any]:
    """Links that change `period` in the address; `periods` are words by value, all of the API's by default."""
    return choices_of(context, "Period", "period", {str(p): t for p, t in (periods or PERIODS).items()}, chosen)


@register.inclusion_tag("dashboard/components/span.html", takes_context=True)
def span_picker(context: dict[str, Any], span: Span) -> dict[str, Any]:
    """The period control: periods by name, the dates before and after, any dates."""
    query = context["request"].GET

    def link(choice: Choice | None) -> dict[str, Any] | None:
        if choice is None:
            return None
        return {"text": choice.text, "url": address(query, choice), "is_chosen": choice.is_chosen}

    return {
        "span": span,
        "dates": dates_in_words(span.days),
        "links": [link(choice) for choice in span.choices],
        "before": link(span.before),
        "after": link(span.after),
        "rest": rest_of(query),
    }


@register.inclusion_tag("dashboard/components/choices.html", takes_context=True)
def filter_picker(context: dict[str, Any], chosen: str) -> dict[str, Any]:
    """Links that change `filter` in the address."""
    words = {"all-parks": "All parks", "disney-universal": "Disney & Universal"}
    return choices_of(context, "Parks", "filter", words, chosen)


@register.inclusion_tag("dashboard/components/choices.html", takes_context=True)
def choices(context: dict[str, Any], title: str, name: str, words: dict[str, str], chosen: str) -> dict[str, Any]:
    """Links that change the parameter `name` in the address; `words` by value."""
    return choices_of(context, title, name, words, chosen)


def choices_of(context: dict[str, Any], title: str, name: str, words: dict[str, str], chosen: str) -> dict[str, Any]:
    """The rest of the address stays, but for the number of the page."""
    request: HttpRequest = context["request"]
    links = []
    for value, text in words.items():
        query = request.GET.copy()
        query[name] = value
        query.pop("page", None)
        links.append({"text": text, "url": f"?{query.urlencode()}", "is_chosen": value == chosen})
    return {"title": title, "links": links}


@register.simple_tag(takes_context=True)
def canonical_url(context: dict[str, Any]) -> str:
    """The whole address of a page, without what only changes how it is shown; "" where there is no request."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return ""
    query = request.GET.copy()
    for name in HOW_SHOWN:
        query.pop(name, None)
    return request.build_absolute_uri(f"{request.path}{'?' if query else ''}{query.urlencode()}")


@register.simple_tag(takes_context=True)
def sort_url(context: dict[str, Any], table: Table, column: Column) -> str:
    """The address that sorts by a column; the other way round when it is sorted by it already."""
    query = context["request"].GET.copy()
    order = column.first_order
    if table.sort == column.key:
        order = ASCENDING if table.order == DESCENDING else DESCENDING
    query["sort"], query["order"] = column.key, order
    query.pop("page", None)
    return f"?{query.urlencode()}"
