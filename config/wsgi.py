"""WSGI application: `granian --interface wsgi config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

from core.shortcuts import serve_from_here  # noqa: E402
from core.web.stored_answers import cached  # noqa: E402  (the settings must be there)

# Every view is loaded now; otherwise the first requests of each worker wait for that, all of them.
get_resolver().url_patterns  # noqa: B018

application = cached(django_application)

serve_from_here()
