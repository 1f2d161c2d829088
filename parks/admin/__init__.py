"""The admin site's pages of the catalogue and of the service itself."""

from parks.admin import catalog, classifications, schedules, service

__all__ = ["catalog", "classifications", "schedules", "service"]
