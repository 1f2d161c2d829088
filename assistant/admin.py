"""The admin site's pages of conversations: what was asked, and what each answer rests on. Nothing is edited."""

from django.contrib import admin

from assistant.models import Citation, Conversation, Message, ToolCall
from core.admin_base import ReadingAdmin, ReadingInline


class CitationInline(ReadingInline):
    model = Citation
    ordering = ["ordinal"]


class ToolCallInline(ReadingInline):
    model = ToolCall
    ordering = ["id"]


@admin.register(Conversation)
class ConversationAdmin(ReadingAdmin):
    list_display = ["id", "user", "created_at", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["=id", "=user__username"]
    search_help_text = "id of a conversation, or name of a visitor"
    ordering = ["-updated_at", "-id"]


@admin.register(Message)
class MessageAdmin(ReadingAdmin):
    list_display = ["id", "role", "beginning", "created_at"]
    search_fields = ["=id", "=conversation__id"]
    search_help_text = "id of a message or of a conversation"
    ordering = ["-created_at", "-id"]
    inlines = [CitationInline, ToolCallInline]

    @admin.display(description="content")
    def beginning(self, message: Message) -> str:
        return message.content[:100]
