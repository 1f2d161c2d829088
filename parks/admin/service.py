"""Keys of the admin API, and what the clock ran."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core.admin_base import ReadingAdmin
from core.admin_keys import AdminKey
from core.jobs.ledger import JobRun


@admin.register(AdminKey)
class AdminKeyAdmin(ReadingAdmin):
    """Keys are made by `manage.py create_admin_key` and revoked here; none is ever deleted."""

    list_display = ["name", "public_id", "created_at", "last_used_at", "state"]
    search_fields = ["name", "public_id"]
    fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    ordering = ["name"]
    actions = ["revoke"]

    @display(ordering="revoked_at", label={"valid": "success", "revoked": "danger"})
    def state(self, key: AdminKey) -> str:
        return "revoked" if key.revoked_at else "valid"

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AdminKey]) -> None:
        revoked = [key for key in queryset if key.revoke()]
        self.done(request, revoked, "Revoked.", f"{len(revoked)} revoked.")


@admin.register(JobRun)
class JobRunAdmin(ReadingAdmin):
    """What the clock ran, the newest first."""

    list_display = ["job", "slot", "state", "attempts", "took", "result"]
    list_filter = ["job", "status"]
    ordering = ["-pk"]

    @display(
        ordering="status",
        label={"SUCCESS": "success", "PARTIAL": "warning", "FAILED": "danger", "MISSED": "danger", "RUNNING": "info"},
    )
    def state(self, run: JobRun) -> str:
        return run.status

    @admin.display(description="seconds")
    def took(self, run: JobRun) -> str:
        return "" if run.seconds is None else f"{run.seconds:,.1f}"
