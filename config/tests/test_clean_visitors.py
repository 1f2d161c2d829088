"""`manage.py clean_visitors`: who keeps nothing is forgotten after a month, and nobody else."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from assistant.tests.factories import ConversationFactory
from visits import idle
from visits.tests.factories import PlanStopFactory, TaskFactory, VisitFactory, VisitorTokenFactory
from visits.visitors import new_visitor

pytestmark = pytest.mark.django_db


def clean(*options):
    said = StringIO()
    call_command("clean_visitors", *options, stdout=said)
    return said.getvalue().strip()


def came(days, **changes):
    user = new_visitor()
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=days), **changes)
    return user


def test_a_visitor_who_kept_nothing_for_a_month_is_forgotten(monkeypatch):
    monkeypatch.setattr(idle, "ROWS_AT_A_TIME", 2)
    for _ in range(5):
        came(31)
    recent = came(29)
    assert clean("--dry-run") == "Would delete 5 visitors of whom nothing is kept."
    assert clean() == "Deleted 5 visitors of whom nothing is kept."
    assert list(User.objects.all()) == [recent]
    assert clean() == "Deleted 0 visitors of whom nothing is kept."


@pytest.mark.parametrize("factory", [TaskFactory, VisitFactory, VisitorTokenFactory, ConversationFactory])
def test_whoever_keeps_anything_stays(factory):
    user = came(900)
    factory.create(user=user)
    assert clean() == "Deleted 0 visitors of whom nothing is kept."
    assert User.objects.filter(pk=user.pk).exists()


def test_who_works_in_the_admin_site_stays_whatever_the_name():
    came(900, is_staff=True)
    User.objects.create(username="ann", date_joined=timezone.now() - timedelta(days=900))
    assert clean() == "Deleted 0 visitors of whom nothing is kept."


def test_who_saves_something_meanwhile_is_not_deleted():
    user = came(31)
    found = idle.idle_visitors(timezone.now())
    PlanStopFactory.create(task__user=user)
    assert idle.delete_some(found) == 0
