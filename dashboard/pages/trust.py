"""Trust: how figures are made, where the data come from, what is known of each park, what is not."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from core.periods import Period, days_of
from dashboard.components.coverage_table import coverage
from dashboard.views import PERIODS, disney_universal_only, one_of, page
from parks.classification.cache import LEAST_CONFIDENCE
from parks.models import CLASSIFICATION_REVIEW_BELOW, DEFAULT_TIER_WEIGHT, INCLUSION_WINDOW, TIER_WEIGHTS
from parks.sync.schedules import REFRESH_AFTER
from snapshots.collection.feeds import QUEUE_TIMES_STALE, WIKI_STALE
from snapshots.collection.gaps import LONGEST_SILENCE
from snapshots.collection.schedule_freshness import schedule_states
from snapshots.current import LIVE_WINDOW
from snapshots.queues import PLAUSIBLE_WAIT
from snapshots.score import SHAME_SCORE_MAX, SHAME_SCORE_MULTIPLIER
from snapshots.status import EXTREME_WAIT_MINUTES
from stats.answers.awards import LEAST_SCORE
from stats.answers.health import CRITICAL_MINUTES, STALE_MINUTES
from stats.answers.ride_details import OPERATING_THRESHOLD
from stats.answers.trends import TREND_THRESHOLD
from stats.audit import anomalies
from stats.audit.plausibility import LONGEST_AVERAGE_WAIT
from stats.audit.verification import INTERVAL_TOLERANCE
from stats.readings.selection import chosen_parks
from weather import freshness
from weather.open_meteo import FAILURE_LIMIT, FORECAST_HOURS

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PAGES = (
    ("dashboard:trust", "How do you know?"),
    ("dashboard:rules", "Rules"),
    ("dashboard:coverage", "Coverage"),
    ("dashboard:sources", "Sources"),
)
PARTS = tuple(
    (name, words, f"dashboard/trust/rules_{name}.html")
    for name, words in (
        ("time", "Numbers and time"),
        ("status", "States, and when a park is open"),
        ("score", "Uptime, weights and the score"),
        ("waits", "Waits, days and windows"),
        ("lists", "Rankings, awards and charts"),
        ("data", "Data and their quality"),
    )
)
CLOSED_PERIODS = (Period.YESTERDAY, Period.LAST_WEEK, Period.LAST_MONTH)


def numbers() -> dict[str, Any]:
    """The numbers in the rules' words, from where the code has them."""
    return {
        "version": settings.METRICS_VERSION,
        "site_zone": settings.SITE_TIME_ZONE,
        "interval_minutes": f"{settings.COLLECTION_INTERVAL_SECONDS / 60:g}",
        "interval_tolerance": 100 * INTERVAL_TOLERANCE,
        "silence_hours": settings.MAX_FEED_SILENCE_SECONDS / 3_600,
        "live_hours": LIVE_WINDOW / HOUR,
        "inclusion_days": INCLUSION_WINDOW.days,
        "schedule_hours": REFRESH_AFTER / HOUR,
        "tier_weights": TIER_WEIGHTS,
        "default_weight": DEFAULT_TIER_WEIGHT,
        "least_confidence": LEAST_CONFIDENCE,
        "review_below": CLASSIFICATION_REVIEW_BELOW,
        "score_max": SHAME_SCORE_MAX,
        "score_multiplier": SHAME_SCORE_MULTIPLIER,
        "extreme_wait": EXTREME_WAIT_MINUTES,
        "plausible_wait": PLAUSIBLE_WAIT,
        "longest_average_wait": LONGEST_AVERAGE_WAIT,
        "operating_threshold": OPERATING_THRESHOLD,
        "trend_threshold": TREND_THRESHOLD,
        "least_score": LEAST_SCORE,
        "wiki_stale": WIKI_STALE / MINUTE,
        "queue_times_stale": QUEUE_TIMES_STALE / MINUTE,
        "stale_minutes": STALE_MINUTES,
        "critical_minutes": CRITICAL_MINUTES,
        "gap_minutes": LONGEST_SILENCE / MINUTE,
        "weather_minutes": freshness.MINUTES,
        "forecast_hours": FORECAST_HOURS,
        "weather_failure": FAILURE_LIMIT,
        "outlier_sigmas": anomalies.OUTLIER_SIGMAS,
        "baseline_days": anomalies.BASELINE_DAYS,
        "minimum_days": anomalies.MINIMUM_DAYS,
        "sudden_change": anomalies.SUDDEN_CHANGE_PERCENT,
    }


@page
def reported(request: HttpRequest, template: str) -> HttpResponse:
    """A page of words with the numbers of the code in it; asks no database."""
    return render(request, f"dashboard/trust/{template}.html", {**numbers(), "parts": PARTS, "trust_pages": PAGES})


@page
def covered(request: HttpRequest) -> HttpResponse:
    """Of a period that is over, its dates as the site's zone has them."""
    period = Period(one_of(request, "period", CLOSED_PERIODS, Period.LAST_WEEK.value))
    now = timezone.now()
    days = days_of(period, now, settings.SITE_TIME_ZONE)
    table, unreported = coverage(chosen_parks(disney_universal_only(request), former=True), days, now)
    context: dict[str, Any] = {
        "table": table,
        "unreported": unreported,
        "warned_hours": [state for state in schedule_states(now) if state.is_warning],
        "days": days,
        "period": period.value,
        "periods": {each.value: PERIODS[each] for each in CLOSED_PERIODS},
        "chosen": request.GET.get("filter", "all-parks"),
        "trust_pages": PAGES,
    }
    return render(request, "dashboard/trust/coverage.html", context)


urlpatterns = [
    path("trust", reported, {"template": "index"}, "trust"),
    path("trust/rules", reported, {"template": "rules"}, "rules"),
    path("trust/sources", reported, {"template": "sources"}, "sources"),
    path("trust/coverage", covered, name="coverage"),
]
