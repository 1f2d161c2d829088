"""What granian runs: `granian --interface rsgi config.front:application` (ADR 25)."""

from config.wsgi import application as wsgi_application
from core.monitoring.metrics import count_for_all
from core.web.front import Front
from core.web.renewing import Renewal

count_for_all()
Renewal(wsgi_application).start()
application = Front(wsgi_application)
