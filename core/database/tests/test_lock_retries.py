"""A lock error is tried three times more, and nothing else is hidden (design §5)."""

import pytest
from django.db import IntegrityError, OperationalError, transaction

from core.database.querysets import retried_on_lock
from parks.models import Park
from parks.tests.factories import ParkFactory

TIMEOUT, DEADLOCK, GONE = 1205, 1213, 2006
outside_a_transaction = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def pauses(monkeypatch) -> list[float]:
    """The pauses between attempts, not slept."""
    taken: list[float] = []
    monkeypatch.setattr("core.database.querysets.time.sleep", taken.append)
    return taken


class Act:
    """Writes a park, then fails with each of `errors` in turn, then succeeds."""

    __name__ = "act"

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self, name: str) -> str:
        self.calls += 1
        ParkFactory.create(name=name)
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def lock(code: int) -> OperationalError:
    return OperationalError(code, "try restarting transaction")


@outside_a_transaction
@pytest.mark.parametrize("code", [TIMEOUT, DEADLOCK])
@pytest.mark.parametrize("failures", [0, 1, 3])
def test_up_to_three_lock_errors_are_overcome(code, failures, pauses):
    act = Act(*(lock(code) for _ in range(failures)))
    assert retried_on_lock(act)("Magic") == "done"
    assert act.calls == failures + 1
    assert Park.objects.count() == 1, "what a failed attempt wrote is rolled back"
    assert len(pauses) == failures
    assert sum(pauses) < 2


@outside_a_transaction
def test_the_fourth_lock_error_is_raised():
    act = Act(*(lock(DEADLOCK) for _ in range(9)))
    with pytest.raises(OperationalError):
        retried_on_lock(act)("Magic")
    assert act.calls == 4
    assert not Park.objects.exists()


@outside_a_transaction
@pytest.mark.parametrize("error", [OperationalError(GONE, "gone"), OperationalError(), IntegrityError(DEADLOCK)])
def test_any_other_error_is_raised_at_once(error, pauses):
    act = Act(error)
    with pytest.raises(type(error)):
        retried_on_lock(act)("Magic")
    assert (act.calls, pauses) == (1, [])
    assert not Park.objects.exists()


@pytest.mark.django_db
def test_inside_an_outer_transaction_the_error_is_passed_on(pauses):
    act = Act(lock(DEADLOCK))
    with pytest.raises(OperationalError), transaction.atomic():
        retried_on_lock(act)("Magic")
    assert (act.calls, pauses) == (1, [])


def test_the_wrapped_function_keeps_its_name():
    @retried_on_lock
    def store() -> None:
        """Stores."""

    assert (store.__name__, store.__doc__) == ("store", "Stores.")
