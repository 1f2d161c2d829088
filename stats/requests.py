"""What the rooms below ask of the statistics: each request is a command of this app, with its output and errors."""

from typing import Any

from django.core.management import call_command

from core.jobs.requests import HANDLERS, CompareStats, RecomputeDays, RefreshToday


def recompute_days(wanted: RecomputeDays, **output: Any) -> None:
    days = {"start_date": str(wanted.first), "end_date": str(wanted.last)}
    call_command("recompute_daily_stats", **days, park_id=wanted.park_id, **output)


def refresh_today(wanted: RefreshToday, **output: Any) -> None:
    call_command("refresh_today", **output)


def compare_stats(wanted: CompareStats, **output: Any) -> None:
    call_command("reconcile_stats", sample=wanted.sample, park_id=wanted.park_id, **output)


HANDLERS |= {RecomputeDays: recompute_days, RefreshToday: refresh_today, CompareStats: compare_stats}
