"""A question and its answer, stored together or not at all."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from assistant.answering.composer import compose, stamp
from assistant.answering.language_model import model_answer
from assistant.models import Citation, Conversation, Message, Role, ToolCall


def ask(conversation: Conversation, content: str) -> tuple[Message, Message]:
    """The stored question and answer. What is read is read before the transaction, which is then short."""
    asked_at = timezone.now()
    answer = model_answer(content, asked_at) or compose(content, asked_at)
    stamped = stamp()
    # After the question even where the clock stands still: messages are ordered by it.
    answered_at = max(timezone.now(), asked_at + timedelta(microseconds=1))
    with transaction.atomic():
        question = Message.objects.create(
            conversation=conversation, role=Role.USER, content=content, created_at=asked_at
        )
        reply = Message.objects.create(
            conversation=conversation, role=Role.ASSISTANT, content=answer.content, created_at=answered_at
        )
        ToolCall.objects.bulk_create(
            ToolCall(
                message=reply,
                name=call.name,
                arguments=call.arguments,
                result_digest=call.digest,
                ms=call.ms,
                ok=call.result is not None,
            )
            for call in answer.calls
        )
        Citation.objects.bulk_create(
            Citation(
                message=reply,
                ordinal=ordinal,
                kind=note.kind,
                permalink=note.permalink,
                value=note.text,
                unit=note.unit,
                **stamped,
            )
            for ordinal, note in enumerate(answer.notes, start=1)
        )
        conversation.save(update_fields=["updated_at"])
    return question, reply


def begin(user: User) -> Conversation:
    return Conversation.objects.create(user=user)
