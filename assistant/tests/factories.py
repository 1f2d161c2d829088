"""Conversations and what hangs on them."""

import factory
from factory.django import DjangoModelFactory

from assistant.models import Citation, CitationKind, Conversation, Message, Role, ToolCall
from visits.tests.factories import UserFactory


class ConversationFactory(DjangoModelFactory[Conversation]):
    class Meta:
        model = Conversation

    user = factory.SubFactory(UserFactory)


class MessageFactory(DjangoModelFactory[Message]):
    class Meta:
        model = Message

    conversation = factory.SubFactory(ConversationFactory)
    role = Role.ASSISTANT
    content = "Down for 30 minutes. [1]"


class ToolCallFactory(DjangoModelFactory[ToolCall]):
    class Meta:
        model = ToolCall

    message = factory.SubFactory(MessageFactory)
    name = "downtime"
    arguments = factory.LazyFunction(lambda: {"ride_id": 1})
    result_digest = "0" * 64
    ms = 7
    ok = True


class CitationFactory(DjangoModelFactory[Citation]):
    class Meta:
        model = Citation

    message = factory.SubFactory(MessageFactory)
    ordinal = 1
    kind = CitationKind.FIGURE
    permalink = "/api/rides/1/details?period=yesterday"
    value = "30"
    unit = "min"
    metrics_version = 2
    data_revision = "0"
