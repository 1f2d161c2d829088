"""Recompute and live refresh, killed at any statement and run again, leave the ledger of undisturbed ones."""

import multiprocessing
import os
import signal
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections

from outages.models import LedgerDay, Outage
from snapshots.models import RideStatusSnapshot
from stats.daily.recompute import recompute_park_day, refresh_today
from stats.daily.tests.test_recompute_processes import database_url  # noqa: F401  (a database that processes share)
from stats.models import RideDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.no_cover]

NEXT_DAY = DAY + timedelta(days=1)
FORK = multiprocessing.get_context("fork")
STEP = 11  # every how-manieth statement is the last one of a process


def ledger() -> list[dict]:
    """Every row with its key; the times of writing are those of whoever wrote."""
    return list(
        Outage.objects.order_by("pk").values(*(f.attname for f in Outage._meta.fields if f.name != "revised_at"))
    )


def killed_at(statement: int, work) -> bool:
    """Whether a process that does `work` was killed at its n-th statement; it may be done before."""

    def run() -> None:
        connections.close_all()
        left = statement

        def execute(execute, sql, params, many, context):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(execute):
            work()
        os._exit(0)

    connections.close_all()
    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("how", ["recompute", "refresh"])
def test_the_ledger_is_that_of_an_undisturbed_one(how):
    """The day before is corrected meanwhile: rows are merged, withdrawn and attached again over midnight."""
    park = make_park()
    ride, other = make_ride(park), make_ride(park)
    report(ride, local(DAY, "20:00"), "O30 D20 O40 D20 O60 D120 O60")
    report(other, local(DAY, "20:00"), "O60 D30 O60")
    now = local(NEXT_DAY, "02:00")

    def compute() -> None:
        with time_machine.travel(now, tick=False):
            if how == "recompute":
                recompute_park_day(park, DAY, 2)
            recompute_park_day(park, NEXT_DAY, 2) if how == "recompute" else refresh_today(now, 2)

    for day in (DAY, NEXT_DAY):
        recompute_park_day(park, day, 2)
    first = list(Outage.objects.all())
    day = DAY if how == "recompute" else NEXT_DAY
    rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=local(day, "00:00"))
    rows.filter(recorded_at__lt=local(day, "23:20")).update(status="OPERATING", computed_is_open=True)
    begun = list(LedgerDay.objects.all()), list(RideDailyStats.objects.all())

    def begin_again() -> None:
        for model, saved in ((Outage, first), (LedgerDay, begun[0]), (RideDailyStats, begun[1])):
            model.objects.all().delete()
            model.objects.bulk_create(saved)

    compute()
    expected = ledger()
    assert len(expected) >= len(first)
    statement = 0
    while True:
        begin_again()
        was_killed = killed_at(statement, compute)
        if not was_killed:
            break
        compute()
        assert ledger() == expected, statement
        statement += STEP
    assert statement > STEP
