from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Ridewatch configuration"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from config import checks  # noqa: F401  (registers the system checks)
        from core.web import abandoned, slow_queries

        connection_created.connect(slow_queries.watch, dispatch_uid="slow queries")
        connection_created.connect(abandoned.watch, dispatch_uid="abandoned requests")
