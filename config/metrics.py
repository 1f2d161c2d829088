"""`/metrics` for Prometheus: what the processes counted (core/monitoring/metrics.py), and what the database says.

A scrape costs at most `MOST_STATEMENTS` statements, whatever is stored. What is not known is absent, never 0: a job
that never succeeded has no last success, a park that was never observed no newest observation, a server without a
database only what it counted itself.
"""

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from config.views import IDENTITY
from core import data_version
from core.jobs import running
from core.jobs.ledger import AHEAD, JobLock, JobRun, JobStatus
from core.jobs.queue import QueuedTask
from core.monitoring.metrics import counted, living
from importer.models import ACTIVE, ImportCheckpoint, ImportSlice, ImportStatus
from parks.models import Park
from snapshots.collection.park_freshness import newest_by_park
from snapshots.models import DataSource
from snapshots.storage.tables import connections_of_server

MOST_STATEMENTS = 11
DAY = timedelta(days=1)
# What a proxy adds: somebody else asks through it.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_FORWARDED_PROTO", "HTTP_VIA", "HTTP_X_REAL_IP")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if (no := refusal(request)) is not None:
        return no
    registry = counted()
    registry.register(Stored())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Who has METRICS_TOKEN may ask; without one, who asks from this machine and through no proxy."""
    if settings.METRICS_TOKEN:
        if constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
            return None
        text, status = "Authorization: Bearer METRICS_TOKEN is needed.\n", 401
    elif is_beside(request):
        return None
    else:
        text, status = "Only for this machine, unless METRICS_TOKEN is set.\n", 403
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return HttpResponse(text, status=status, content_type="text/plain", headers=headers)


def is_beside(request: HttpRequest) -> bool:
    if settings.BEHIND_TLS_PROXY or settings.TRUSTED_PROXIES or any(name in request.META for name in FORWARDED):
        return False  # a proxy on this machine asks for strangers
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class Stored(Collector):
    """What is asked at each scrape."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        about = {"version": IDENTITY.version, "metrics_version": str(settings.METRICS_VERSION)}
        yield InfoMetricFamily("ridewatch", "What answers.", about | {"database": connection.vendor})
        yield gauge("ridewatch_web_processes", "Processes of this machine that answer and count.", living())
        yield from versions()
        parts: tuple[Callable[[datetime], Iterator[Metric]], ...] = (parks, jobs, queues, imports, connections)
        try:
            found = [metric for part in parts for metric in part(now)]
        except Error:
            found = []  # of what a broken database says nobody knows whether it is whole
        yield gauge("ridewatch_database_up", "Does the database answer?", int(bool(found)))
        yield from found


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value)


def gauges(name: str, text: str, labels: tuple[str, ...], values: dict[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def versions() -> Iterator[Metric]:
    try:
        yield gauge("ridewatch_data_version", "Moves with newer data.", int(data_version.current()))
    except (redis.RedisError, ValueError):
        return


def parks(now: datetime) -> Iterator[Metric]:
    """Of live collection, whatever else is stored."""
    names = dict(Park.objects.active().values_list("pk", "name"))
    newest = newest_by_park(Park.objects.active(), now, data_source=DataSource.LIVE)
    yield gauge("ridewatch_parks_active", "Parks that are to be collected.", len(names))
    yield gauges(
        "ridewatch_park_newest_observation_timestamp_seconds",
        "Instant of the newest live observation of an active park.",
        ("park_id", "park"),
        {(str(pk), names[pk]): at.timestamp() for pk, at in newest.items() if pk in names},
    )


def jobs(now: datetime) -> Iterator[Metric]:
    known = settings.JOBS.values()
    last, since = running.last_finished(known), running.known_since()
    limits = {job.name: timedelta(seconds=job.limit) for job in known}
    held = {lock.job for lock in JobLock.objects.filter(job__in=limits) if lock.is_held(limits[lock.job], now)}
    runs = JobRun.objects.filter(job__in=limits, slot__gt=now - DAY, slot__lte=now + AHEAD).order_by()
    counts = {(job, status): count for job, status, count in runs.values_list("job", "status").annotate(Count("pk"))}
    yield gauges(
        "ridewatch_job_last_success_timestamp_seconds",
        "When the job last succeeded, all or most of it.",
        ("name",),
        {(name,): at.timestamp() for name, at in last.items()},
    )
    yield gauges(
        "ridewatch_job_overdue",
        "Did two slots pass without a success?",
        ("name",),
        {(job.name,): running.is_overdue(job, last.get(job.name), since, now) for job in known},
    )
    yield gauges("ridewatch_job_running", "Is somebody at it?", ("name",), {(name,): name in held for name in limits})
    yield gauges(
        "ridewatch_job_slots_last_day",
        "Slots of the last 24 hours by what became of them.",
        ("name", "status"),
        {(name, status): counts.get((name, status), 0) for name in limits for status in JobStatus.values},
    )


def queues(now: datetime) -> Iterator[Metric]:
    waiting: dict[tuple[str, ...], float] = {("database",): QueuedTask.objects.count()}
    if settings.REDIS_URL:
        with suppress(redis.RedisError):
            waiting["celery",] = int(data_version.client(settings.REDIS_URL).llen("celery"))
    yield gauges("ridewatch_queued_tasks", "What was handed over and is not done.", ("queue",), waiting)


def imports(now: datetime) -> Iterator[Metric]:
    found = ImportCheckpoint.objects.order_by().values_list("status").annotate(Count("pk"), Sum("records_imported"))
    rows = {status: (count, records or 0) for status, count, records in found}
    slices = ImportSlice.objects.filter(job__status__in=ACTIVE).order_by().values_list("state").annotate(Count("pk"))
    yield gauges(
        "ridewatch_imports",
        "Imports by their state.",
        ("status",),
        {(status,): rows.get(status, (0, 0))[0] for status in ImportStatus.values},
    )
    yield CounterMetricFamily(
        "ridewatch_import_records", "Rows that imports stored.", sum(records for _, records in rows.values())
    )
    yield gauges(
        "ridewatch_import_slices",
        "Slices of the imports that are not done, by their state.",
        ("state",),
        {(state,): count for state, count in slices},
    )


def connections(now: datetime) -> Iterator[Metric]:
    pool = settings.DATABASES["default"].get("POOL")
    if pool:
        most = pool["pool_size"] + pool["max_overflow"]
        yield gauge("ridewatch_database_pool_limit", "Connections that the pool of a process may open.", most)
    found = connections_of_server()
    if found is not None:
        yield gauge("ridewatch_database_connections", "Connections of the server, everybody's.", found.open)
        yield gauge("ridewatch_database_connections_limit", "As many as it allows.", found.most)
