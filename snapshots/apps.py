from django.apps import AppConfig


class SnapshotsConfig(AppConfig):
    name = "snapshots"

    def ready(self) -> None:
        from snapshots.quality import clock  # noqa: F401  (registers the handler)
