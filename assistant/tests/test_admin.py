"""The admin site's pages of visits and conversations: they open, and change nothing of a visitor's."""

import pytest
from django.urls import reverse

from assistant.models import Conversation, Message
from assistant.tests.factories import MessageFactory
from visits.models import Task, Visit, VisitorToken
from visits.tests.factories import PlanStopFactory, VisitorTokenFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    stop, message = PlanStopFactory.create(), MessageFactory.create()
    found = (stop.task, stop.visit, VisitorTokenFactory.create(), message.conversation, message)
    return {type(row): row for row in found}


@pytest.mark.parametrize("model", [Task, Visit, VisitorToken, Conversation, Message])
def test_a_page_is_read_and_not_edited(admin_client, rows, model):
    row, place = rows[model], f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = admin_client.get(reverse(f"{place}_changelist"), {"q": str(row.pk)})
    assert listed.status_code == 200
    page = reverse(f"{place}_change", args=[row.pk])
    answer = admin_client.get(page)
    assert answer.status_code == 200
    assert admin_client.get(reverse(f"{place}_add")).status_code == 403
    before = model.objects.values().get(pk=row.pk)
    assert admin_client.post(page, {"title": "Mine", "name": "Mine", "content": "Mine"}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before
    may_delete = model is VisitorToken
    gone = admin_client.post(reverse(f"{place}_delete", args=[row.pk]), {"post": "yes"})
    assert gone.status_code == (302 if may_delete else 403)
    assert model.objects.filter(pk=row.pk).exists() is not may_delete


def test_the_secret_of_a_token_is_not_shown_even_as_a_digest(admin_client, rows):
    token = rows[VisitorToken]
    page = admin_client.get(reverse("admin:visits_visitortoken_change", args=[token.pk]))
    assert token.digest not in page.content.decode()
