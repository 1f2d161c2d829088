"""What granian runs: `granian --interface rsgi config.front:application` (ADR 25)."""

from config.wsgi import application as wsgi_application
from core.web.front import Front

application = Front(wsgi_application)
