"""Heatmaps: the charts' values as a table of coloured cells (R-20.1)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import ONE_DAY, Asked, Period
from dashboard.components.formatting import number
from dashboard.components.links import outages_url, park_url, ride_url
from dashboard.components.series_names import FIGURES
from dashboard.components.shades import shade, shades
from dashboard.components.spans import span_of
from dashboard.views import disney_universal_only, number_of, one_of, page
from stats.api.trend_serializers import HEATMAP_PERIODS, MOST_COLUMNS
from stats.charts.heatmaps import METRICS, HeatmapEntity, HeatmapType, heatmap
from stats.charts.series import Kind
from stats.readings.identity import Row

ROWS, MOST = 10, 20
TYPES = {
    HeatmapType.PARKS_SHAME.value: "Score of parks",
    HeatmapType.RIDES_DOWNTIME.value: "Downtime of rides",
    HeatmapType.PARKS.value: "Waits of parks",
    HeatmapType.RIDES_WAIT_TIMES.value: "Waits of rides",
}


def grid(asked: HeatmapType, period: Asked, only: bool, limit: int, now: datetime) -> Row:
    """The API's matrix with links, words and shades."""
    found = heatmap(asked, period, only, limit, now)
    kind = METRICS[asked].kind
    words, unit, digits = FIGURES[kind]
    largest = max((value for row in found.matrix for value in known(row)), default=0)
    link = park_url if kind.is_of_parks else ride_url
    rows = [
        {
            "name": entity.entity_name,
            "url": link(entity.entity_id, entity.start_date, entity.end_date),
            "of": entity.location or entity.park_name,
            "mean": number(entity.total_value, 1),
            "cells": [
                (
                    "none" if value is None else f"h{shade(value, largest)}",
                    number(value, digits),
                    outages_of_cell(kind, entity, n if found.granularity == "daily" else 0) if value else "",
                )
                for n, value in enumerate(values)
            ],
        }
        for entity, values in zip(found.entities, found.matrix, strict=True)
    ]
    return {
        "rows": rows,
        "labels": found.time_labels,
        "axis": "hour" if found.granularity == "hourly" else "day",
        "words": words,
        "unit": unit,
        "legend": shades(largest, digits) if largest else [],
    }


def outages_of_cell(kind: Kind, entity: HeatmapEntity, n: int) -> str:
    """The outages behind a figure of downtime, on the n-th date of its row; "" for a wait."""
    if kind not in (Kind.RIDE_DOWNTIME, Kind.PARK_SCORE):
        return ""
    day = (date.fromisoformat(entity.start_date) + n * ONE_DAY).isoformat()
    return outages_url(day, day, **{"park_id" if kind.is_of_parks else "ride_id": entity.entity_id})


def known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


@page
def heatmaps(request: HttpRequest) -> HttpResponse:
    asked = HeatmapType(one_of(request, "type", HeatmapType.values, HeatmapType.RIDES_DOWNTIME.value))
    now = timezone.now()
    span = span_of(request, now, HEATMAP_PERIODS, Period.LAST_WEEK, MOST_COLUMNS)
    limit = number_of(request, "limit", ROWS, 1, MOST)
    context: dict[str, Any] = {
        **grid(asked, span.asked, disney_universal_only(request), limit, now),
        "title": f"{TYPES[asked]}, {span.words}",
        "type": asked.value,
        "types": TYPES,
        "span": span,
        "chosen": request.GET.get("filter", "all-parks"),
        "limit": limit,
        "most": MOST,
    }
    return render(request, "dashboard/heatmaps.html", context)


urlpatterns = [path("heatmaps", heatmaps, name="heatmaps")]
