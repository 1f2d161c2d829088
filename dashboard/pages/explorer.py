"""The explorer: `/explorer?entity=rides&park_id=4&start=2025-07-01&end=2025-07-07&bucket=1h`, and `.csv`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework.exceptions import ValidationError

from dashboard.components.tables import csv_answer
from dashboard.pages.explorer_form import (
    ANSWERS,
    MOST_ROWS,
    ExplorerForm,
    bucket_count,
    buckets,
    chart,
    csv_columns,
    csv_rows,
    groups,
    measure,
    parameters,
    totals,
    with_defaults,
)
from dashboard.views import first_of, one_of, page
from stats.api.analytics_serializers import AnalyticsQuery
from stats.measures.windows import Bucket


@page
def explorer(request: HttpRequest) -> HttpResponse:
    """The form with its answer; a question that cannot be answered is a 400 with the form, and says what to mend."""
    entity = one_of(request, "entity", ANSWERS, "parks")
    given = with_defaults(request.GET)
    asked, form = parameters(given), ExplorerForm(given)
    try:
        body = ANSWERS[entity](AnalyticsQuery.of(asked))
    except ValidationError as error:
        form.refuse(first_of(error.detail))
        return render(request, "dashboard/explorer.html", {"form": form}, status=400)
    shown = one_of(request, "show", body.metrics, body.metrics[0])
    has_buckets = body.bucket != Bucket.NONE
    rows = bucket_count(body) if has_buckets else len(body.data)
    context: dict[str, Any] = {
        "form": form,
        "entity": entity,
        "body": body,
        "call": f"/api/analytics/{entity}?{asked.urlencode(safe=',:')}",
        "query": asked.urlencode(safe=",:"),
        "shown": shown,
        "metrics": {name: measure(name)[0] for name in body.metrics},
        "chart": chart(body, shown) if has_buckets and body.data else None,
        "totals": totals(body, entity, shown),
        "buckets": buckets(body, entity) if has_buckets else None,
        "groups": groups(body, entity) if body.group_by else None,
        "rows": rows,
        "left": max(0, rows - MOST_ROWS),
    }
    return render(request, "dashboard/explorer.html", context)


@page
def download(request: HttpRequest) -> HttpResponse:
    """All figures of the answer as CSV."""
    entity = one_of(request, "entity", ANSWERS, "parks")
    body = ANSWERS[entity](AnalyticsQuery.of(parameters(with_defaults(request.GET))))
    return csv_answer(f"ridewatch-{entity}-{body.start[:10]}", csv_columns(body, entity), csv_rows(body))


urlpatterns = [
    path("explorer", explorer, name="explorer"),
    path("explorer.csv", download, name="explorer-csv"),
]
