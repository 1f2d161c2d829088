"""What the admin site's pages of all apps share: rows that the system writes are read there, and acted on."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextInputWidget

MOST_AT_ONCE = 1_000  # rows of one action: as many as a statement may name on every database


class ReadingAdmin(ModelAdmin):
    """Rows are shown, never edited, added or deleted by hand; the actions of the list change what may change.

    No page counts its rows: a list of millions opens as fast as a list of ten.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The actions of the list change rows; the page of one row shows it."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def refuse(self, request: HttpRequest, *reasons: str) -> None:
        self.message_user(request, f"Nothing changed: {'; '.join(reasons)}", messages.ERROR)

    def done(self, request: HttpRequest, rows: Iterable[Model], said: str, reported: str) -> None:
        """Keep who did it in the site's history, and say."""
        LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, said)
        self.message_user(request, reported, messages.SUCCESS)


class ReadingInline(TabularInline):
    """Rows of a row's page, of which none is added, changed or taken away."""

    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NotesForm(ActionForm):
    """Notes beside the list of actions; those that need them say so."""

    notes = forms.CharField(
        required=False,
        label="",
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "notes", "aria-label": "notes"}),
    )

    def said(self) -> str:
        """The notes of a posted form, without spaces around them."""
        return str(self.data.get("notes", "")).strip()
