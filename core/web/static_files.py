"""Static files under hashed names, so that browsers may keep them for ever."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Hashed names once `collectstatic` has run, the plain ones before: tests and `runserver` need no such step."""

    support_js_module_import_aggregation = True  # our modules may import each other

    def url(self, name: str | None, force: bool = False) -> str:
        if name is None or not self.hashed_files:
            return StaticFilesStorage.url(self, name)
        found: str = super().url(name, force)
        return found
