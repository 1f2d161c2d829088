from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Ridewatch configuration"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from config import checks  # noqa: F401  (registers the system checks)
        from core.web.slow_queries import watch

        connection_created.connect(watch, dispatch_uid="slow queries")
