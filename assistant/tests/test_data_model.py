"""The written data model is what the models say; messages are append-only; a deletion takes a bounded number of
statements and leaves nothing behind."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from assistant import data_model
from assistant.models import AppendOnly, Citation, Conversation, Message, Role, ToolCall
from assistant.tests.factories import CitationFactory, ConversationFactory, MessageFactory, ToolCallFactory
from parks.tests.factories import NOON
from visits.erasing import delete_visit, erase
from visits.models import PlanStop, Task, Visit, VisitorToken
from visits.tests.factories import PlanStopFactory, TaskFactory, UserFactory, VisitFactory, VisitorTokenFactory


def test_the_written_model_is_up_to_date(monkeypatch, tmp_path):
    call_command("visits_data_model", "--check")
    monkeypatch.setattr(data_model, "PLACE", tmp_path / "model.md")
    with pytest.raises(CommandError, match="out of date"):
        call_command("visits_data_model", "--check")
    call_command("visits_data_model", "--write")
    call_command("visits_data_model", "--check")


def test_the_diagram_has_each_table_column_and_relation():
    lines = data_model.text().splitlines()
    for line in (
        "        uuid id PK",
        "        varchar(200) title",
        '        varchar(1000) description "may be null"',
        "        enum role",
        "        uuid task_id PK,FK",
        "    auth_user ||--o{ tasks : user",
        "    tasks ||--o| plan_stops : task",
        "    messages ||--o{ citations : message",
    ):
        assert line in lines, line
    for model in data_model.MODELS:
        assert f"    {model._meta.db_table} {{" in lines


pytestmark_db = pytest.mark.django_db


@pytestmark_db
def test_messages_are_never_changed():
    message = MessageFactory.create()
    message.content = "Other words"
    for change in (
        message.save,
        lambda: Message.objects.filter(pk=message.pk).update(content="x"),
        lambda: Message.objects.bulk_update([message], ["content"]),
    ):
        with pytest.raises(AppendOnly):
            change()
    message.refresh_from_db()
    assert message.content == "Down for 30 minutes. [1]"
    assert not [field.name for field in Message._meta.local_fields if field.name == "updated_at"]


@pytestmark_db
def test_messages_are_read_in_the_order_of_their_instants_then_ids():
    conversation = ConversationFactory.create()
    made = [
        MessageFactory.create(conversation=conversation, created_at=NOON + timedelta(seconds=second))
        for second in (2, 0, 1, 1, 1)
    ]
    read = list(Message.objects.in_order())
    assert [message.created_at for message in read] == sorted(message.created_at for message in made)
    assert {message.pk for message in read} == {message.pk for message in made}
    assert read == list(reversed(Message.objects.order_by("-created_at", "-id"))), (
        "each database orders ids its own way"
    )


@pytestmark_db
def test_a_message_has_its_instant_from_the_database_where_nobody_gives_one():
    conversation = ConversationFactory.create()
    with time_machine.travel(NOON, tick=False):
        assert Message.objects.create(conversation=conversation, role=Role.USER, content="?").created_at == NOON


def talk(user: User, conversations: int) -> None:
    for _ in range(conversations):
        conversation = ConversationFactory.create(user=user)
        for _ in range(2):
            message = MessageFactory.create(conversation=conversation)
            ToolCallFactory.create(message=message)
            CitationFactory.create(message=message)


def counts() -> dict[type[Model], int]:
    models = (Conversation, Message, ToolCall, Citation, Task, Visit, PlanStop, VisitorToken)
    return {model: model._default_manager.count() for model in models}


@pytestmark_db
@pytest.mark.parametrize("many", [1, 30])
def test_a_conversation_goes_with_all_of_it_in_four_statements(many, django_assert_num_queries):
    conversation, other = ConversationFactory.create(), ConversationFactory.create()
    for number in range(many):
        message = MessageFactory.create(conversation=conversation)
        CitationFactory.create(message=message, ordinal=number)
        ToolCallFactory.create(message=message)
    kept = CitationFactory.create(message__conversation=other)
    before = connection.features.uses_savepoints
    with django_assert_num_queries(4 + 2 * before):  # and a savepoint of the tests' own transaction
        conversation.delete()
    assert list(Citation.objects.all()) == [kept]
    assert counts()[Message] == counts()[Conversation] == 1
    connection.check_constraints()


@pytestmark_db
def test_the_conversations_of_a_query_go_alike():
    user, other = UserFactory.create(), UserFactory.create()
    talk(user, 3)
    talk(other, 1)
    with pytest.raises(TypeError, match="'limit' or 'offset'"):
        Conversation.objects.order_by("pk")[:1].delete()
    count, by_model = Conversation.objects.filter(user=user).latest_first().delete()
    assert count == 3 + 6 + 6 + 6
    assert by_model["assistant.Message"] == 6
    assert list(Conversation.objects.values_list("user_id", flat=True)) == [other.pk]
    connection.check_constraints()


@pytestmark_db
@pytest.mark.parametrize("many", [1, 20])
def test_a_visitor_goes_with_everything_in_a_number_of_statements_that_does_not_grow(
    many, django_assert_max_num_queries
):
    user, other = UserFactory.create(), UserFactory.create()
    for each in (user, other):
        talk(each, many)
        for _ in range(many):
            PlanStopFactory.create(task__user=each, visit__user=each)
            VisitorTokenFactory.create(user=each)
            TaskFactory.create(user=each)
    before = counts()
    with django_assert_max_num_queries(30):
        erase(user)
    assert not User.objects.filter(pk=user.pk).exists()
    assert counts() == {model: count // 2 for model, count in before.items()}
    connection.check_constraints()


@pytestmark_db
def test_a_user_deleted_in_the_admin_site_goes_with_everything_too():
    user = UserFactory.create()
    talk(user, 2)
    PlanStopFactory.create(task__user=user, visit__user=user)
    user.delete()
    assert set(counts().values()) == {0}


@pytestmark_db
def test_a_visit_takes_the_tasks_of_its_stops_along_and_no_other():
    user = UserFactory.create()
    visit = VisitFactory.create(user=user)
    for position in (1, 2):
        PlanStopFactory.create(task__user=user, visit=visit, position=position)
    kept = TaskFactory.create(user=user)
    delete_visit(visit)
    assert list(Task.objects.all()) == [kept]
    assert counts()[Visit] == counts()[PlanStop] == 0


@pytestmark_db
def test_a_task_outlives_its_ride():
    stop = PlanStopFactory.create()
    stop.ride.delete()
    assert Task.objects.filter(pk=stop.task_id).exists()
    assert not PlanStop.objects.exists()


@transaction.atomic
def tried(act):
    """Do it, and what SQLite else checks at the end of a transaction."""
    act()
    connection.check_constraints()


@pytestmark_db
@pytest.mark.parametrize(
    "orphan",
    [
        lambda: Message(conversation=Conversation(), role=Role.USER, content="x"),
        lambda: Citation(message=Message(), ordinal=1, kind="rule", permalink="/", metrics_version=1),
        lambda: ToolCall(message=Message(), name="x", arguments={}, result_digest="", ms=1, ok=True),
        lambda: Task(user_id=2_000_000_000, title="x"),
        lambda: PlanStop(task=Task(), visit=Visit(), ride_id=2_000_000_000, position=1),
    ],
)
def test_the_database_refuses_orphans(orphan):
    row = orphan()
    with pytest.raises(IntegrityError):
        tried(lambda: type(row)._base_manager.bulk_create([row]))


@pytestmark_db
def test_a_parent_cannot_be_taken_from_under_its_rows():
    message = MessageFactory.create()
    with pytest.raises(IntegrityError):
        tried(lambda: Conversation.objects.filter(pk=message.conversation_id)._raw_delete("default"))
