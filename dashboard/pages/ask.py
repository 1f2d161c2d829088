"""Questions in plain words: `/ask`, `/ask?conversation=<id>`. A form without script; the answer has footnotes."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from assistant.answering.talking import ask as ask_assistant
from assistant.answering.talking import begin
from assistant.api.conversation_views import LONGEST_QUESTION, conversations_of, messages_of
from assistant.models import Conversation, Message
from core.web.clients import client_of
from core.web.rate_limit import count
from dashboard.views import BadInput, acted
from visits import visitors
from visits.api.access import HOUR, MOST_NEW_VISITORS, uuid_from

SHOWN_CONVERSATIONS, SHOWN_MESSAGES = 20, 100
MARK = re.compile(r"\[(\d+)\]")
EXAMPLES = (
    "What was down yesterday?",
    "Which ride had the longest wait last week?",
    "What does availability mean?",
)


@csrf_exempt  # `acted` refuses what the page of another site sends
@cache_control(private=True, no_store=True)
@acted
def ask(request: HttpRequest) -> HttpResponse:
    """The page; with POST, a question."""
    user = visitors.visitor_of(request)
    conversation = conversation_of(request, user)
    if request.method == "POST":
        return answered(request, user, conversation)
    context: dict[str, Any] = {
        "conversation": conversation,
        "conversations": conversations_of(user).latest_first()[:SHOWN_CONVERSATIONS],
        "messages": [shown(message) for message in latest_messages(conversation)] if conversation else [],
        "examples": EXAMPLES,
        "has_model": bool(settings.ASSISTANT_URL),
        "longest": LONGEST_QUESTION,
        "question": request.GET.get("q", "")[:LONGEST_QUESTION],
    }
    return render(request, "dashboard/ask.html", context)


def conversation_of(request: HttpRequest, user: User | None) -> Conversation | None:
    """The one that the address names; raises Http404 for another's as for none."""
    text = request.GET.get("conversation")
    if text is None:
        return None
    number = uuid_from(text)
    found = Conversation.objects.filter(user=user, pk=number).first() if user and number else None
    if found is None:
        raise Http404("There is no such conversation.")
    return found


def answered(request: HttpRequest, user: User | None, conversation: Conversation | None) -> HttpResponse:
    """Ask, store, and show it at an address of its own."""
    content = request.POST.get("content", "").strip()
    if not content or len(content) > LONGEST_QUESTION or "\0" in content:
        raise BadInput(f"A question has between 1 and {LONGEST_QUESTION:,} characters.")
    is_new = user is None
    with transaction.atomic():
        if user is None:
            if count(f"visits:visitors:{client_of(request.META)}", 1, HOUR) > MOST_NEW_VISITORS:
                raise BadInput("Too many new visitors come from your address; try again in an hour.")
            user = visitors.new_visitor()
        conversation = conversation or begin(user)
    ask_assistant(conversation, content)
    response = redirect(f"{reverse('dashboard:ask')}?conversation={conversation.pk}#latest")
    if is_new:
        visitors.remember(response, user)
    return response


def latest_messages(conversation: Conversation) -> list[Message]:
    return list(messages_of(conversation).order_by("-created_at", "-id")[:SHOWN_MESSAGES])[::-1]


def shown(message: Message) -> dict[str, Any]:
    """A message as the page shows it: lines, whose footnotes are links to the notes below it."""
    citations = list(message.citations.all())
    links = {each.ordinal: each.permalink for each in citations}
    return {
        "role": message.role,
        "at": message.created_at,
        "lines": [with_links(line, links) for line in message.content.splitlines()],
        "citations": citations,
    }


def with_links(line: str, links: dict[int, str]) -> SafeString:
    """The line, escaped, its footnotes as links to their evidence; a number without a note stays text."""
    escaped = str(conditional_escape(line))

    def link(match: "re.Match[str]") -> str:
        found = links.get(int(match[1]))
        if found is None:
            return match[0]
        return f'<sup><a href="{conditional_escape(found)}">{match[1]}</a></sup>'

    return mark_safe(MARK.sub(link, escaped))  # noqa: S308  (escaped above)


urlpatterns = [path("ask", ask, name="ask")]
