"""The server's own lock errors (1205, 1213), made by two connections, are overcome by retrying (design §5)."""

import logging
import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction

from core.database.querysets import retried_on_lock
from parks.models import Park
from parks.tests.factories import ParkFactory

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
PATIENCE = 30


def in_a_thread(act: Callable[[], None]) -> threading.Thread:
    """Run `act` over a connection of its own."""

    def session() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=session)
    thread.start()
    return thread


def rename(park: Park, name: str) -> None:
    Park.objects.filter(pk=park.pk).update(name=name)


def codes(caplog: pytest.LogCaptureFixture) -> list[int]:
    """The error codes of the warnings that retried_on_lock wrote."""
    arguments = [record.args for record in caplog.records if record.name == "core.database.querysets"]
    return [each[1] for each in arguments if isinstance(each, tuple) and isinstance(each[1], int)]


def test_of_two_in_a_deadlock_both_end_well(caplog):
    one, other = ParkFactory.create(name="One"), ParkFactory.create(name="Other")
    both = threading.Barrier(2)
    met: list[str] = []

    def act(name: str, first: Park, second: Park) -> None:
        @retried_on_lock
        def write() -> None:
            rename(first, f"{name} was here first")
            if name not in met:
                met.append(name)
                both.wait(PATIENCE)  # each holds what the other wants now
            rename(second, name)

        write()

    with caplog.at_level(logging.WARNING):
        threads = [in_a_thread(lambda: act("left", one, other)), in_a_thread(lambda: act("right", other, one))]
        for thread in threads:
            thread.join(PATIENCE)
    assert codes(caplog) == [1213], "one of them was the victim, once"
    names = {park.pk: park.name for park in Park.objects.all()}
    assert names in (
        {one.pk: "right", other.pk: "right was here first"},
        {one.pk: "left was here first", other.pk: "left"},
    ), "the later of the two wrote both, as a whole"


def test_a_lock_that_is_held_too_long_is_waited_for_again(caplog):
    park = ParkFactory.create(name="Before")
    held, waited = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            rename(park, "Held")
            held.set()
            waited.wait(PATIENCE)

    @retried_on_lock
    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        try:
            rename(park, "After")
        except OperationalError:
            waited.set()
            raise

    holder = in_a_thread(hold)
    held.wait(PATIENCE)
    with caplog.at_level(logging.WARNING):
        in_a_thread(write).join(PATIENCE)
    holder.join(PATIENCE)
    assert codes(caplog) == [1205]
    park.refresh_from_db()
    assert park.name == "After"


def test_a_lock_that_is_never_given_up_is_an_error_in_the_end(caplog):
    park = ParkFactory.create(name="Before")
    held, ended, errors = threading.Event(), threading.Event(), []

    def hold() -> None:
        with transaction.atomic():
            rename(park, "Held")
            held.set()
            ended.wait(PATIENCE)

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        try:
            retried_on_lock(rename)(park, "After")
        except OperationalError as error:
            errors.append(error.args[0])

    holder = in_a_thread(hold)
    held.wait(PATIENCE)
    with caplog.at_level(logging.WARNING):
        in_a_thread(write).join(PATIENCE)
    ended.set()
    holder.join(PATIENCE)
    assert codes(caplog) == [1205, 1205, 1205]
    assert errors == [1205]
    park.refresh_from_db()
    assert park.name == "Held"
