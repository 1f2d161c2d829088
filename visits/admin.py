"""The admin site's pages of what visitors keep: read, to help who asks for help. Nobody edits what is a visitor's."""

from typing import Any

from django.contrib import admin

from core.admin_base import ReadingAdmin, ReadingInline
from visits.models import PlanStop, Task, Visit, VisitorToken


@admin.register(Task)
class TaskAdmin(ReadingAdmin):
    list_display = ["title", "user", "completed", "created_at"]
    list_select_related = ["user"]
    search_fields = ["=id", "=user__username"]
    search_help_text = "id of a task, or name of a visitor"
    ordering = ["-created_at", "-id"]


class StopInline(ReadingInline):
    model = PlanStop
    fields = ("position", "ride", "wanted_arrival", "task")
    ordering = ["position"]


@admin.register(Visit)
class VisitAdmin(ReadingAdmin):
    list_display = ["park", "visit_date", "start_time", "end_time", "user"]
    list_select_related = ["park", "user"]
    search_fields = ["=id", "=user__username"]
    search_help_text = "id of a visit, or name of a visitor"
    ordering = ["-visit_date", "-id"]
    inlines = [StopInline]


@admin.register(VisitorToken)
class VisitorTokenAdmin(ReadingAdmin):
    """The digest of the secret is nobody's to see. Deleting one revokes it."""

    list_display = ["name", "public_id", "user", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["=public_id", "=user__username"]
    search_help_text = "the part of a token that may be seen, or name of a visitor"
    ordering = ["-created_at", "-id"]
    exclude = ["digest"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return super(ReadingAdmin, self).has_delete_permission(request, obj)
