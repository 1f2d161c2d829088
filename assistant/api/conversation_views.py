"""Conversations and their messages (issue 18, 3)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import OuterRef, Prefetch, Subquery
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assistant.answering.talking import ask, begin
from assistant.models import Citation, CitationKind, Conversation, Message, Role, ToolCall
from core.api.bodies import json_body
from core.api.queries import Query
from core.shapes import Shape, describe
from visits.api import access
from visits.api.access import VisitorViewSet, own
from visits.api.paging import CursorField, limit, listed
from visits.api.shapes import Body, Done
from visits.api.views import check_room

MOST_CONVERSATIONS = 20_000
LONGEST_QUESTION = 2_000
CONVERSATION_ID = OpenApiParameter("conversation_id", str, OpenApiParameter.PATH, description="a UUID")


class PageQuery(Query):
    limit = limit()
    cursor = CursorField()


class QuestionBody(Body):
    content = serializers.CharField(max_length=LONGEST_QUESTION, help_text="a question in plain words")
    role = serializers.ChoiceField(
        choices=[Role.USER.value],
        default=Role.USER.value,
        error_messages={"invalid_choice": "must be user: the assistant writes its own messages"},
    )


class CitationShape(Shape):
    ordinal: Annotated[int, describe("the number in brackets in the text")]
    kind: Annotated[str, describe(enum=CitationKind.values)]
    permalink: Annotated[str, describe("a path of this site that shows it")]
    value: Annotated[str | None, describe("the figure, as JSON; null: unknown, or the footnote has no figure")]
    unit: str | None
    metrics_version: int
    data_revision: str


class ToolCallShape(Shape):
    name: str
    arguments: dict[str, Any]
    result_digest: Annotated[str, describe("SHA-256 of the result")]
    ms: Annotated[int, describe("milliseconds")]
    ok: bool


class MessageShape(Shape):
    id: UUID
    role: Annotated[str, describe(enum=Role.values)]
    content: str
    created_at: datetime
    citations: list[CitationShape]
    tool_calls: list[ToolCallShape]


class MessageList(Shape):
    success: bool = True
    items: Annotated[list[MessageShape], describe("oldest first")]
    next: Annotated[str | None, describe("the `cursor` of the next page; null: this is the last")]
    total: int


class Answered(Shape):
    success: bool = True
    question: MessageShape
    answer: MessageShape


class ConversationShape(Shape):
    id: UUID
    created_at: datetime
    updated_at: Annotated[datetime, describe("when the last message was added")]
    first_question: Annotated[str | None, describe("its first 200 characters; null: nothing was asked yet")]


class ConversationAnswer(Shape):
    success: bool = True
    conversation: ConversationShape


class ConversationList(Shape):
    success: bool = True
    items: Annotated[list[ConversationShape], describe("the last used one first")]
    next: Annotated[str | None, describe("the `cursor` of the next page; null: this is the last")]
    total: int


def conversations_of(user: Any) -> Any:
    """The visitor's own, with their first question; one query."""
    first = Message.objects.filter(conversation=OuterRef("pk"), role=Role.USER).in_order().values("content")[:1]
    rows = Conversation.objects.annotate(first_question=Subquery(first))
    return rows.filter(user=user) if isinstance(user, User) else rows.none()


def messages_of(conversation: Conversation) -> Any:
    """With citations and tool calls; three queries when they are read."""
    return Message.objects.filter(conversation=conversation).prefetch_related(
        Prefetch("citations", Citation.objects.order_by("ordinal")),
        Prefetch("tool_calls", ToolCall.objects.order_by("pk")),
    )


def conversation_shape(row: Any) -> ConversationShape:
    first = getattr(row, "first_question", None)
    return ConversationShape(
        id=row.pk,
        created_at=row.created_at,
        updated_at=row.updated_at,
        first_question=None if first is None else first[:200],
    )


def message_shape(message: Message) -> MessageShape:
    return MessageShape(
        id=message.pk,
        role=message.role,
        content=message.content,
        created_at=message.created_at,
        citations=[
            CitationShape(
                ordinal=each.ordinal,
                kind=each.kind,
                permalink=each.permalink,
                value=each.value,
                unit=each.unit,
                metrics_version=each.metrics_version,
                data_revision=each.data_revision,
            )
            for each in message.citations.all()
        ],
        tool_calls=[
            ToolCallShape(
                name=each.name, arguments=each.arguments, result_digest=each.result_digest, ms=each.ms, ok=each.ok
            )
            for each in message.tool_calls.all()
        ],
    )


class ConversationViewSet(VisitorViewSet):
    @extend_schema(
        operation_id="api_conversations_index",
        summary="Your conversations, the last used one first",
        tags=["assistant"],
        parameters=[PageQuery],
        responses={200: ConversationList, 400: access.BAD_QUERY, **access.READS},
    )
    def index(self, request: Request) -> Response:
        query = PageQuery.read(request)
        return Response(
            ConversationList(**listed(conversations_of(request.user), "updated_at", query, conversation_shape))
        )

    @extend_schema(
        summary="Begin a conversation",
        tags=["assistant"],
        request=None,
        responses={201: ConversationAnswer, 409: access.FULL, **access.WRITES},
    )
    def create(self, request: Request) -> Response:
        user = self.keeper(request)
        check_room(user, Conversation.objects, MOST_CONVERSATIONS)
        return Response(ConversationAnswer(conversation=conversation_shape(begin(user))), status=201)

    @extend_schema(
        summary="A conversation",
        tags=["assistant"],
        parameters=[CONVERSATION_ID],
        responses={200: ConversationAnswer, 404: access.NOT_YOURS, **access.READS},
    )
    def retrieve(self, request: Request, conversation_id: str) -> Response:
        found = own(request, conversations_of(request.user), conversation_id)
        return Response(ConversationAnswer(conversation=conversation_shape(found)))

    @extend_schema(
        summary="Delete a conversation with its messages",
        tags=["assistant"],
        parameters=[CONVERSATION_ID],
        responses={200: Done, 404: access.NOT_YOURS, **access.WRITES},
    )
    def destroy(self, request: Request, conversation_id: str) -> Response:
        own(request, Conversation.objects.all(), conversation_id).delete()
        return Response(Done())

    @extend_schema(
        operation_id="api_conversations_messages_index",
        summary="The messages of a conversation, oldest first",
        tags=["assistant"],
        parameters=[CONVERSATION_ID, PageQuery],
        responses={200: MessageList, 400: access.BAD_QUERY, 404: access.NOT_YOURS, **access.READS},
    )
    def messages(self, request: Request, conversation_id: str) -> Response:
        conversation = own(request, Conversation.objects.all(), conversation_id)
        query = PageQuery.read(request)
        found = listed(messages_of(conversation), "created_at", query, message_shape, descending=False)
        return Response(MessageList(**found))

    @extend_schema(
        summary="Ask a question",
        description=(
            "Answers with the assistant's message, its citations and the tools that were called. Every figure of the"
            " text has a footnote."
        ),
        tags=["assistant"],
        parameters=[CONVERSATION_ID],
        request=QuestionBody,
        responses={201: Answered, 404: access.NOT_YOURS, **access.TAKES},
        examples=[
            OpenApiExample("A question", value={"content": "What does downtime mean?"}, request_only=True),
        ],
    )
    def ask(self, request: Request, conversation_id: str) -> Response:
        conversation = own(request, Conversation.objects.all(), conversation_id)
        body = QuestionBody.of(json_body(request))
        question, answer = ask(conversation, body["content"])
        shown = {
            message.pk: message_shape(message)
            for message in messages_of(conversation).filter(pk__in=[question.pk, answer.pk])
        }
        return Response(Answered(question=shown[question.pk], answer=shown[answer.pk]), status=201)
